"""The layouts that are known by name; an account may declare others, or vary these, in the same terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledgerwire.common.seats import ChargeKind, Frequency, SubscriptionStatus
from ledgerwire.distributors.exports.layout import Layout, RowKind

_MICROSOFT_KINDS: Final = {
    "new": ChargeKind.NEW,
    "purchase": ChargeKind.NEW,
    "renew": ChargeKind.RENEW,
    "cyclecharge": ChargeKind.CYCLE,
    "addquantity": ChargeKind.ADD_QUANTITY,
    "removequantity": ChargeKind.REMOVE_QUANTITY,
    "cancelimmediate": ChargeKind.CANCEL,
    "cancel": ChargeKind.CANCEL,
    "refund": ChargeKind.CANCEL,
    "convert": ChargeKind.CONVERT,
    "movequantity": ChargeKind.MOVE_QUANTITY,
    "changebillingplan": ChargeKind.CHANGE_PLAN,
    "extendterm": ChargeKind.EXTEND_TERM,
    "customercredit": ChargeKind.CREDIT,
}
_FREQUENCIES: Final = {
    "monthly": Frequency.MONTHLY,
    "month": Frequency.MONTHLY,
    "annual": Frequency.ANNUAL,
    "annually": Frequency.ANNUAL,
    "yearly": Frequency.ANNUAL,
    "triennial": Frequency.TRIENNIAL,
    "3 year": Frequency.TRIENNIAL,
    "one-time": Frequency.ONE_TIME,
    "onetime": Frequency.ONE_TIME,
    "one_time": Frequency.ONE_TIME,
    "usage": Frequency.USAGE,
}
_STATUSES: Final = {
    "active": SubscriptionStatus.ACTIVE,
    "suspended": SubscriptionStatus.SUSPENDED,
    "pending": SubscriptionStatus.PENDING,
    "expired": SubscriptionStatus.EXPIRED,
    "deleted": SubscriptionStatus.DELETED,
    "cancelled": SubscriptionStatus.DELETED,
    "canceled": SubscriptionStatus.DELETED,
}

MICROSOFT_RECONCILIATION: Final = Layout(
    name="microsoft-reconciliation",
    rows=RowKind.CHARGE,
    columns={
        "customer_id": ("CustomerId",),
        "customer_name": ("CustomerName",),
        "domain": ("CustomerDomainName",),
        "country": ("CustomerCountry",),
        "reseller_id": ("ResellerMPNID", "Tier2MpnId"),
        "invoice": ("InvoiceNumber",),
        "order_id": ("AlternateId", "OrderId"),
        "event_date": ("OrderDate",),
        "product_id": ("ProductId",),
        "sku_id": ("SkuId",),
        "name": ("SkuName", "ProductName"),
        "publisher": ("PublisherName",),
        "kind": ("ChargeType",),
        "unit_price": ("UnitPrice",),
        "quantity": ("Quantity",),
        "billable_quantity": ("BillableQuantity",),
        "subtotal": ("Subtotal",),
        "tax": ("TaxTotal",),
        "currency": ("Currency",),
        "subscription_id": ("SubscriptionId",),
        "charge_start": ("ChargeStartDate",),
        "charge_end": ("ChargeEndDate",),
        "effective_unit_price": ("EffectiveUnitPrice",),
        "frequency": ("BillingFrequency",),
        "credit_reason": ("CreditReasonCode",),
        "term_start": ("SubscriptionStartDate",),
        "term_end": ("SubscriptionEndDate",),
        "reference_id": ("ReferenceID",),
        "description": ("SubscriptionDescription",),
        "term_text": ("TermAndBillingCycle",),
    },
    required=frozenset(
        [
            "customer_id",
            "product_id",
            "sku_id",
            "kind",
            "quantity",
            "subtotal",
            "currency",
            "charge_start",
            "charge_end",
        ]
    ),
    kinds=_MICROSOFT_KINDS,
    frequencies=_FREQUENCIES,
    frequency_by_default=Frequency.ONE_TIME,
)

PAX8_INVOICE_ITEMS: Final = Layout(
    name="pax8-invoice-items",
    rows=RowKind.CHARGE,
    columns={
        "key": ("id",),
        "invoice": ("invoiceId", "invoice id"),
        "customer_id": ("companyId",),
        "customer_name": ("companyName",),
        "subscription_id": ("subscriptionId",),
        "sku": ("vendorSkuId", "sku"),
        "name": ("productName", "description"),
        "publisher": ("vendorName",),
        "kind": ("type",),
        "frequency": ("term",),
        "quantity": ("quantity",),
        "unit_price": ("cost",),
        "subtotal": ("costTotal",),
        "unit_sell": ("price",),
        "sell_subtotal": ("subTotal",),
        "tax": ("salesTax",),
        "currency": ("currencyCode",),
        "charge_start": ("startPeriod",),
        "charge_end": ("endPeriod",),
    },
    required=frozenset(
        ["customer_id", "sku", "kind", "frequency", "quantity", "subtotal", "currency", "charge_start", "charge_end"]
    ),
    signed_quantity=True,
    kinds={
        "subscription": ChargeKind.CYCLE,
        "prorate": ChargeKind.ADD_QUANTITY,
        "one-time": ChargeKind.ONE_TIME,
        "rebate": ChargeKind.CREDIT,
        "payment-credit": ChargeKind.CREDIT,
        "service-credit": ChargeKind.CREDIT,
        "invoice-credit": ChargeKind.CREDIT,
        "service-charge": ChargeKind.FEE,
    },
    frequencies={
        **_FREQUENCIES,
        "2 year": Frequency.ANNUAL,
        "trial": Frequency.MONTHLY,
        "activation": Frequency.ONE_TIME,
        "arrears": Frequency.USAGE,
        "rebate": Frequency.ONE_TIME,
    },
)

SHERWEB_PAYABLE_CHARGES: Final = Layout(
    name="sherweb-payable-charges",
    rows=RowKind.CHARGE,
    columns={
        "customer_id": ("customerId", "customer id"),
        "customer_name": ("customerName", "customer"),
        "subscription_id": ("chargeId",),
        "invoice": ("invoice number", "invoice.number"),
        "sku": ("sku",),
        "name": ("productName", "chargeName"),
        "kind": ("chargeType",),
        "frequency": ("billingCycleType",),
        "charge_start": ("periodFrom",),
        "charge_end": ("periodTo",),
        "quantity": ("quantity",),
        "unit_price": ("netPrice",),
        "effective_unit_price": ("netPriceProrated",),
        "subtotal": ("subTotal",),
        "currency": ("currency",),
    },
    required=frozenset(
        ["customer_id", "sku", "frequency", "quantity", "subtotal", "currency", "charge_start", "charge_end"]
    ),
    kinds={"setup": ChargeKind.FEE, "recurring": ChargeKind.CYCLE, "usage": ChargeKind.USAGE},
    frequencies=_FREQUENCIES,
)

CRAYON_SUBSCRIPTIONS: Final = Layout(
    name="crayon-subscriptions",
    rows=RowKind.SUBSCRIPTION,
    columns={
        "id": ("publisherSubscriptionId", "id"),
        "customer_id": ("customerTenantId", "customerTenant"),
        "customer_name": ("customerTenantName", "customerTenant"),
        "sku": ("partNumber",),
        "name": ("name", "product"),
        "quantity": ("quantity",),
        "unit_cost": ("salesPrice",),
        "currency": ("currencyCode", "currency"),
        "frequency": ("billingCycle",),
        "term": ("termDuration",),
        "start": ("startDate", "creationDate"),
        "term_start": ("effectiveStartDate",),
        "term_end": ("commitmentEndDate", "endDate"),
        "status": ("status",),
        "auto_renew": ("autoRenewEnabled",),
        "trial": ("isTrial",),
        "order_id": ("orderId",),
    },
    required=frozenset(["id", "customer_id", "sku", "quantity", "frequency", "start"]),
    frequencies=_FREQUENCIES,
    statuses=_STATUSES,
)

STREAMONE_ION_REPORT: Final = Layout(
    name="streamone-ion",
    rows=RowKind.SUBSCRIPTION,
    columns={
        "id": ("subscriptionId",),
        "customer_id": ("customerId", "accountId", "customerName"),
        "customer_name": ("customerName",),
        "sku": ("subscriptionSkuId", "subscriptionOfferId", "subscriptionProductId"),
        "name": ("subscriptionName", "productName"),
        "quantity": ("subscriptionTotalLicenses", "seats", "quantity"),
        "unit_cost": ("sellerCost", "cost"),
        "unit_sell": ("customerCost", "price"),
        "currency": ("currency",),
        "frequency": ("subscriptionBillingCycle",),
        "term": ("subscriptionBillingTerm",),
        "start": ("subscriptionStartDate",),
        "term_end": ("subscriptionEndDate",),
        "status": ("subscriptionStatus",),
        "parent_id": ("parentSubscriptionId",),
    },
    required=frozenset(["id", "customer_id", "sku", "quantity", "currency", "frequency", "start"]),
    frequencies=_FREQUENCIES,
    statuses=_STATUSES,
)

LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.name: layout
    for layout in (
        MICROSOFT_RECONCILIATION,
        PAX8_INVOICE_ITEMS,
        SHERWEB_PAYABLE_CHARGES,
        CRAYON_SUBSCRIPTIONS,
        STREAMONE_ION_REPORT,
    )
}
