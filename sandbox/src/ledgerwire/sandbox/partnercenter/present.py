"""Partner Center's and Graph's shapes of what the market holds."""

from datetime import date
from typing import Any

from ledgerwire.sandbox.partnercenter.market import Charge, Customer, Market, Subscription
from ledgerwire.sandbox.partnercenter.switches import Switches
from ledgerwire.sandbox.partnercenter.wire import Json

_TERMS = {"P1M": "One-Month", "P1Y": "One-Year", "P3Y": "Three-Year"}


def customer_item(customer: Customer) -> Json:
    """A row of the customer list."""
    return {
        "id": customer.id,
        "companyProfile": {
            "tenantId": customer.id,
            "domain": customer.domain,
            "companyName": customer.name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": customer.relationship,
        "attributes": {"objectType": "Customer"},
    }


def subscription_item(held: Subscription, switches: Switches) -> Json:
    """A subscription: no price stands on it; its id is in upper case, as some calls write it."""
    attributes: Json = {"objectType": "Subscription"}
    if switches.subscription_etags:
        attributes["etag"] = etag(held)
    return {
        "id": held.id.upper(),
        "offerId": f"{held.sku}:CFQ7TTC0K971",
        "offerName": held.name,
        "friendlyName": held.name,
        "productType": {"id": "OnlineServicesNCE", "displayName": "OnlineServicesNCE"},
        "quantity": held.quantity,
        "unitType": "Usage-based" if held.sku.startswith("DZH318Z0BPS6") else "Licenses",
        "creationDate": held.created,
        "effectiveStartDate": _midnight(held.term_start),
        "commitmentEndDate": _midnight(held.term_end),
        "billingCycleEndDate": _midnight(held.cycle_end),
        "cancellationAllowedUntilDate": None,
        "status": held.status,
        "autoRenewEnabled": held.auto_renew,
        "isTrial": held.trial,
        "billingType": "usage" if held.sku.startswith("DZH318Z0BPS6") else "license",
        "billingCycle": held.plan,
        "termDuration": held.term,
        "renewalTermDuration": "",
        "orderId": held.order_id,
        "partnerId": "",
        "attributes": attributes,
    }


def etag(held: Subscription) -> str:
    """The version of a subscription."""
    return f'"{held.id[:8]}-{held.version}"'


def invoice_item(number: str, first: date, last: date, dated: date, total: Any, currency: str) -> Json:
    """A row of the invoice list."""
    return {
        "id": number,
        "invoiceDate": _midnight(dated),
        "billingPeriodStartDate": _midnight(first),
        "billingPeriodEndDate": _midnight(last),
        "totalCharges": total,
        "paidAmount": 0,
        "currencyCode": currency,
        "documentType": "invoice",
        "invoiceType": "Recurring",
        "attributes": {"objectType": "Invoice"},
    }


def recon_line(line: Charge, market: Market, invoice: str, switches: Switches) -> Json:
    """A line of the reconciliation export, in the columns of the CSV file."""
    customer = market.customers[line.customer_id]
    product, _, sku = line.sku.partition(":")
    amounts: Json = {
        "UnitPrice": line.unit_price,
        "Quantity": line.quantity,
        "Subtotal": line.subtotal,
        "TaxTotal": 0,
        "Total": line.subtotal,
        "EffectiveUnitPrice": line.effective,
        "BillableQuantity": line.quantity,
    }
    if switches.numbers_as_text:
        amounts = {name: format(value, "f") if value else "0" for name, value in amounts.items()}
    return {
        "CustomerId": line.customer_id,
        "CustomerName": customer.name,
        "CustomerDomainName": customer.domain,
        "CustomerCountry": customer.country,
        "InvoiceNumber": invoice,
        "OrderId": line.order_id,
        "OrderDate": _midnight(line.ordered),
        "ProductId": product,
        "SkuId": sku,
        "SkuName": line.name,
        "ProductName": line.name,
        "ChargeType": line.kind,
        **amounts,
        "Currency": market.currency,
        "PublisherName": "Microsoft",
        "SubscriptionDescription": line.description or line.name,
        "SubscriptionId": line.subscription_id if switches.joined_ids else "",
        "ChargeStartDate": _midnight(line.first),
        "ChargeEndDate": _midnight(line.last),
        "TermAndBillingCycle": _text(line),
        "AlternateId": line.order_id,
        "BillingFrequency": line.frequency,
        "CreditReasonCode": line.credit_reason,
        "SubscriptionStartDate": _midnight(line.term_start),
        "SubscriptionEndDate": _midnight(line.term_end),
        "ReferenceId": line.reference,
        "ProductQualifiers": ["Trial"] if line.trial else [],
        "PCToBCExchangeRateDate": "0001-01-01T00:00:00",
    }


def _text(line: Charge) -> str:
    if line.trial:
        return "One-Month commitment for trial"
    months = (line.term_end - line.term_start).days // 28
    term = "P1M" if months < 2 else ("P1Y" if months < 14 else "P3Y")
    return f"{_TERMS[term]} commitment for {line.frequency.lower() or 'monthly'} billing"


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
