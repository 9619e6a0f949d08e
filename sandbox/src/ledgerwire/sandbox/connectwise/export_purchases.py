"""The purchase part of the GL export: one transaction a receipt; costs are debits, a return's are negative."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ledgerwire.sandbox.connectwise.catalog_columns import item_columns
from ledgerwire.sandbox.connectwise.gl import account_and_class, entry_account
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, InterfaceRecord
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.references import reference_or_none
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.tax import TaxLevel, levels_of
from ledgerwire.sandbox.connectwise.wire import midnight

Exported = tuple[InterfaceRecord, Sequence[GlEntry]]
_TAX_TYPES = frozenset({"PT", "FT"})


@dataclass(slots=True)
class _Purchase:
    """One receipt with everything that its transaction and details repeat."""

    state: ConnectWiseState
    receipt: Receipt
    record: InterfaceRecord
    vendor: Row = field(init=False)
    levels: Sequence[TaxLevel] = field(init=False)
    tax_code: Row | None = field(init=False)
    currency: Row | None = field(init=False)

    def __post_init__(self) -> None:
        self.vendor = self.state.tables["companies"].get(self.receipt.vendor_company_id, {})
        self.tax_code = reference_or_none(self.state, "tax_codes", self.receipt.tax_code_id)
        self.levels = levels_of(self.state, self.tax_code)
        self.currency = reference_or_none(self.state, "currencies", self.receipt.currency_id)

    @property
    def vendor_number(self) -> str | None:
        return self.vendor.get("vendorIdentifier")

    @property
    def company(self) -> Row | None:
        return reference_or_none(self.state, "companies", self.receipt.vendor_company_id)

    @property
    def order(self) -> Row:
        return self.state.tables["purchase_orders"].get(self.receipt.purchase_order_id, {})


def _skipped(state: ConnectWiseState, receipt: Receipt) -> bool:
    vendor = state.tables["companies"].get(receipt.vendor_company_id, {})
    return state.switches.vendor_without_number == "skip" and not vendor.get("vendorIdentifier")


def purchases(state: ConnectWiseState, receipts: Iterable[Exported]) -> list[Row]:
    """`purchaseTransactions` of the receipts' chosen entries."""
    return [
        _transaction(_Purchase(state, record.fact, record), entries)
        for record, entries in receipts
        if isinstance(record.fact, Receipt) and not _skipped(state, record.fact)
    ]


def _transaction(purchase: _Purchase, entries: Sequence[GlEntry]) -> Row:
    receipt = purchase.receipt
    details = [entry for entry in entries if entry.gl_type not in _TAX_TYPES]
    taxes = [entry for entry in entries if entry.gl_type in _TAX_TYPES]
    return {
        "id": receipt.id,
        "documentDate": midnight(receipt.received),
        "documentNumber": receipt.po_number,
        "description": f"Purchase order {receipt.po_number}",
        "memo": f"PO {receipt.po_number}",
        "purchaseDate": midnight(receipt.received),
        "packingSlip": receipt.packing_slip or None,
        "dropshipFlag": any(line.drop_shipped for line in receipt.lines),
        "currency": purchase.currency,
        "total": receipt.total,
        **_supplier(purchase),
        **_freight_and_tax(purchase),
        "purchaseDetail": [_detail(purchase, entry) for entry in details],
        "purchaseDetailTax": [_tax_detail(purchase, entry) for entry in taxes],
    }


def _supplier(purchase: _Purchase) -> Row:
    state, receipt, vendor, header = purchase.state, purchase.receipt, purchase.vendor, purchase.record.header
    account, gl_class = account_and_class(state, header.segments) if header else ("", "")
    types, terms_id = vendor.get("types") or [], receipt.billing_terms_id
    terms = state.tables["billing_terms"].get(terms_id or 0, {})
    dated = receipt.vendor_invoice_date
    return {
        "apAccountNumber": account,
        "purchaseClass": gl_class,
        "company": purchase.company,
        "companyType": types[0] if types else None,
        "contact": vendor.get("defaultContact"),
        "site": purchase.order.get("vendorSite") or vendor.get("site"),
        "billingTerms": reference_or_none(state, "billing_terms", terms_id),
        "billingTermsXref": terms.get("termsXref"),
        "dueDays": terms.get("dueDays"),
        "vendorNumber": purchase.vendor_number,
        "vendorAccountNumber": vendor.get("accountNumber"),
        "vendorInvoiceNumber": receipt.vendor_invoice_number,
        "vendorInvoiceDate": midnight(dated) if dated else None,
        "shipToCompany": reference_or_none(state, "companies", receipt.customer_company_id),
    }


def _freight_and_tax(purchase: _Purchase) -> Row:
    receipt, levels = purchase.receipt, purchase.levels
    first = levels[0] if levels else None
    return {
        "freightAmount": receipt.freight,
        "freightPackingSlip": (receipt.packing_slip or None) if receipt.freight else None,
        "taxAgencyXref": first.agency if first else None,
        "stateTaxXref": first.xref if first else None,
        "countyTaxXref": levels[1].xref if len(levels) > 1 else None,
        "cityTaxXref": levels[2].xref if len(levels) > 2 else None,
        "taxCode": purchase.tax_code,
        "taxGroupRate": sum(level.rate for level in levels) if levels else None,
        "useAvalaraTaxFlag": False,
        "purchaseHeaderTaxGroup": purchase.tax_code["name"] if purchase.tax_code else None,
        "purchaseHeaderTaxableFlag": any(line.taxable for line in receipt.lines),
        "purchaseHeaderFreightTaxableFlag": receipt.freight_taxable,
        "taxLevels": [{"taxLevel": level.number, "taxCodeXref": level.xref} for level in levels],
    }


def _common(purchase: _Purchase, entry: GlEntry) -> Row:
    account, gl_class = entry_account(purchase.state, entry)
    cost_account, _ = account_and_class(purchase.state, entry.cogs, "cogs")
    line = entry.receipt_line
    return {
        "id": entry.id,
        "documentDate": midnight(purchase.receipt.received),
        "accountNumber": account,
        "glClass": gl_class,
        "glTypeId": entry.gl_type,
        "glItemId": entry.product_id,
        "salesCode": entry.sales_code,
        "memo": entry.description,
        "vendorNumber": purchase.vendor_number,
        "vendorAccountNumber": purchase.vendor.get("accountNumber"),
        "costAccountNumber": cost_account or None,
        "inventoryAccountNumber": entry.inventory,
        "total": entry.amount,
        "currency": purchase.currency,
        "purchaseHeaderTaxGroup": purchase.tax_code["name"] if purchase.tax_code else None,
        **(_line(purchase, line) if line else {}),
    }


def _line(purchase: _Purchase, line: ReceiptLine) -> Row:
    warehouse = purchase.state.tables["warehouses"].get(line.warehouse_id or 0, {})
    negated = purchase.state.switches.purchase_quantity == "negated"
    return {
        **item_columns(purchase.state, line.item_id, line.item_identifier),
        "itemDescription": line.description,
        "salesDescription": line.description,
        "itemPrice": purchase.state.tables["catalog"].get(line.item_id or 0, {}).get("price"),
        "itemCost": line.cost,
        "cost": line.cost,
        "quantity": -line.quantity if negated else line.quantity,
        "serialNumbers": line.serial_numbers,
        "dropShippedFlag": line.drop_shipped,
        "lineNumber": line.line_number,
        "warehouseSite": warehouse.get("site"),
        "locationXref": warehouse.get("locationXref"),
    }


def _detail(purchase: _Purchase, entry: GlEntry) -> Row:
    line, levels = entry.receipt_line, purchase.levels
    taxed = line.taxable if line else purchase.receipt.freight_taxable
    first = levels[0] if levels and taxed else None
    return {
        **({} if line else {"quantity": 1, "cost": entry.amount}),
        **_common(purchase, entry),
        "description": entry.description,
        "taxable": taxed,
        "taxCode": purchase.tax_code if taxed else None,
        "taxCodeXref": first.xref if first else None,
        "taxRate": sum(level.rate for level in levels) / 100 if first else None,
        "taxAgencyXref": first.agency if first else None,
    }


def _tax_detail(purchase: _Purchase, entry: GlEntry) -> Row:
    level = next((one for one in purchase.levels if one.number == entry.tax_level), None)
    return {
        **_common(purchase, entry),
        "taxableFlag": True,
        "taxCode": purchase.tax_code,
        "taxRate": level.rate / 100 if level else None,
        "taxRatePercent": level.rate if level else None,
        "taxAgencyXref": level.agency if level else None,
    }


def vendors_of(state: ConnectWiseState, receipts: Iterable[Exported]) -> list[Row]:
    """`vendors` of the receipts, each once."""
    found: dict[int, Row] = {}
    for record, _ in receipts:
        if isinstance(record.fact, Receipt) and not _skipped(state, record.fact):
            purchase = _Purchase(state, record.fact, record)
            found.setdefault(record.fact.vendor_company_id, _vendor(purchase))
    return list(found.values())


def _vendor(purchase: _Purchase) -> Row:
    vendor = purchase.vendor
    terms = purchase.state.tables["billing_terms"].get((vendor.get("billingTerms") or {}).get("id", 0), {})
    return {
        "vendor": purchase.company,
        "vendorNumber": purchase.vendor_number,
        "company": purchase.company,
        "contact": vendor.get("defaultContact"),
        "accountNumber": vendor.get("accountNumber"),
        "billingTerms": vendor.get("billingTerms"),
        "dueDays": terms.get("dueDays"),
        "site": vendor.get("site"),
        "taxCode": vendor.get("taxCode"),
    }
