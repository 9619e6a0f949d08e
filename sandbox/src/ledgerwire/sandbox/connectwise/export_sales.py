"""The sales part of the GL export: one transaction each, revenue as credits, tax rows among the details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from ledgerwire.sandbox.connectwise.catalog_columns import item_columns
from ledgerwire.sandbox.connectwise.gl import account_and_class
from ledgerwire.sandbox.connectwise.interface_records import GlEntry, RecordKey
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.tax import TaxLevel, levels_of, tax_amounts, taxed_by_engine
from ledgerwire.sandbox.connectwise.unposted import bill_to

ITEM_TYPES = frozenset({"RP", "AP"})
_FOUR_PLACES = Decimal("0.0001")
_TAXABLE_COLUMNS = 5


@dataclass(slots=True)
class _Invoice:
    """One invoice with everything that its transaction and details repeat."""

    state: ConnectWiseState
    row: Row
    lines: Sequence[InvoiceLine]
    levels: Sequence[TaxLevel] = field(init=False)
    customer: Row = field(init=False)

    def __post_init__(self) -> None:
        self.levels = levels_of(self.state, self.row.get("taxCode"))
        self.customer = self.state.tables["companies"].get(int(bill_to(self.row)["id"]), {})

    @property
    def document_type(self) -> str:
        return "CREDIT MEMO" if self.row["type"] == "CreditMemo" else "INVOICE"

    def header_amount(self, name: str) -> Decimal:
        amount = Decimal(self.row.get(name) or 0)
        return abs(amount) if self.state.switches.export_header_total == "absolute" else amount

    def terms(self) -> Row:
        return self.state.tables["billing_terms"].get((self.row.get("billingTerms") or {}).get("id", 0), {})


def _company_type(customer: Row) -> Row | None:
    types = customer.get("types") or []
    return types[0] if types else None


def _taxed_at(invoice: _Invoice, level: TaxLevel) -> Decimal:
    return sum((line.total for line in invoice.lines if level.takes(line)), Decimal(0))


def _tax_header(invoice: _Invoice, entries: Sequence[GlEntry]) -> Row:
    state, row = invoice.state, invoice.row
    levels = {level.number: level for level in invoice.levels}
    tax_entry = next((entry for entry in entries if entry.gl_type == "ST"), None)
    engine = taxed_by_engine(entries)
    header: Row = {
        "taxable": bool(row.get("taxableFlag")),
        "taxableTotal": sum((line.total for line in invoice.lines if line.taxable), Decimal(0)),
        "taxCode": row.get("taxCode"),
        "taxGroupRate": sum((level.rate for level in invoice.levels), Decimal(0)),
        "piggyBackFlag": False,
        "taxAccountNumber": account_and_class(state, tax_entry.segments)[0] if tax_entry else None,
        "salesTax": invoice.header_amount("salesTax"),
        "taxAgencyXref": levels[1].agency if 1 in levels else None,
        "stateTaxXref": levels[1].xref if 1 in levels else None,
        "countyTaxXref": levels[2].xref if 2 in levels else None,
        "taxId": invoice.customer.get("taxIdentifier"),
        "taxDpAppliedFlag": bool(row.get("downpaymentPreviouslyTaxedFlag")),
        "useAvalaraFlag": engine,
        "sendAvalaraTaxFlag": engine,
        "taxLevels": [],
    }
    return header if engine else {**header, **_level_amounts(invoice)}


def _level_amounts(invoice: _Invoice) -> Row:
    """What each level takes, in the header's own columns and as `taxLevels`; an engine's tax has no levels."""
    amounts = tax_amounts(invoice.row, invoice.lines, invoice.levels)
    taxed = {level.number: _taxed_at(invoice, level) for level in invoice.levels}
    rows = [
        {
            "taxLevel": level.number,
            "taxCodeXref": level.xref,
            "taxableAmount": taxed[level.number],
            "taxAmount": amounts.get(level.number, Decimal(0)),
        }
        for level in invoice.levels
    ]
    named = ((1, "stateTax"), (2, "countyTax"), (3, "cityTax"))
    return {
        **{name: amounts.get(number, Decimal(0)) for number, name in named if number in taxed},
        **{f"taxableAmount{number}": amount for number, amount in taxed.items() if number <= _TAXABLE_COLUMNS},
        "taxLevels": rows,
    }


def _is_prepayment(state: ConnectWiseState, row: Row) -> bool:
    agreement = state.tables["agreements"].get((row.get("agreement") or {}).get("id", 0), {})
    kind = state.tables["agreement_types"].get((agreement.get("type") or {}).get("id", 0), {})
    return bool(kind.get("prePaymentFlag"))


def _transaction(invoice: _Invoice, entries: Sequence[GlEntry], open_entries: Sequence[GlEntry]) -> Row:
    state, row = invoice.state, invoice.row
    receivable = next(entry for entry in entries if entry.gl_type == "AR")
    account, gl_class = account_and_class(state, receivable.segments)
    terms = invoice.terms()
    return {
        "id": receivable.id,
        "glClass": gl_class,
        "glTypeId": "AR",
        "documentDate": row.get("date"),
        "documentNumber": row["invoiceNumber"],
        "documentType": invoice.document_type,
        "memo": row.get("reference") or f"{invoice.document_type} {row['invoiceNumber']}",
        "description": row.get("topComment"),
        "attention": row.get("attention"),
        "company": bill_to(row),
        "companyType": _company_type(invoice.customer),
        "companyAccountNumber": invoice.customer.get("accountNumber"),
        "site": row.get("billingSite"),
        "billingTerms": row.get("billingTerms"),
        "billingTermsXref": terms.get("termsXref"),
        "dueDays": terms.get("dueDays"),
        "dueDate": row.get("dueDate"),
        "emailDeliveryFlag": False,
        "printDeliveryFlag": False,
        "agreementPrePaymentFlag": _is_prepayment(state, row),
        "accountNumber": account,
        "billingType": row["type"],
        "glEntryIds": ",".join(str(entry.id) for entry in open_entries if entry.gl_type == "AR"),
        "project": row.get("project"),
        "currency": row.get("currency"),
        "total": invoice.header_amount("total"),
        **_tax_header(invoice, entries),
        "shipToCompany": row.get("shipToCompany") or row["company"],
        "shipSite": row.get("shippingSite"),
        "customerPO": row.get("customerPO"),
        "status": row["status"],
        "detail": [_detail(invoice, entry) for entry in open_entries if entry.gl_type != "AR"],
    }


def _detail(invoice: _Invoice, entry: GlEntry) -> Row:
    account, gl_class = account_and_class(invoice.state, entry.segments)
    common: Row = {
        "id": entry.id,
        "documentDate": invoice.row.get("date"),
        "documentType": invoice.document_type,
        "accountNumber": account,
        "glClass": gl_class,
        "glTypeId": entry.gl_type,
        "glItemId": entry.product_id,
        "salesCode": entry.sales_code,
        "memo": entry.description,
        "description": entry.description,
        "total": entry.amount,
        "currency": invoice.row.get("currency"),
    }
    if entry.line is None:
        return {**common, **_tax_detail(invoice, entry)}
    return {**common, **_line_detail(invoice, entry, entry.line)}


def _tax_detail(invoice: _Invoice, entry: GlEntry) -> Row:
    level = next((one for one in invoice.levels if one.number == entry.tax_level), None)
    return {
        "quantity": Decimal(1),
        "taxableFlag": False,
        "taxCode": invoice.row.get("taxCode"),
        "taxCodeXref": level.xref if level else None,
        "taxAgencyXref": level.agency if level else None,
        "taxRatePercent": level.rate if level else None,
        "taxRate": level.rate / 100 if level else None,
    }


def _cogs(invoice: _Invoice, entry: GlEntry) -> Row:
    setup: Row = next(iter(invoice.state.tables["accounting_package_setup"].values()), {})
    if not setup.get("includeCogsEntriesFlag", True):
        return {}
    account, _ = account_and_class(invoice.state, entry.cogs, "cogs")
    return {"costAccountNumber": account or None, "inventoryAccountNumber": entry.inventory}


def _line_detail(invoice: _Invoice, entry: GlEntry, line: InvoiceLine) -> Row:
    is_item = entry.gl_type in ITEM_TYPES
    unit_cost = (line.cost / line.quantity).quantize(_FOUR_PLACES) if line.quantity else Decimal(0)
    return {
        "quantity": -line.quantity if is_item else line.quantity,
        "cost": line.cost,
        **_cogs(invoice, entry),
        "productAccountNumber": account_and_class(invoice.state, entry.segments)[0] if is_item else None,
        **_line_tax(invoice, line),
        **item_columns(invoice.state, line.item_id, line.item_identifier),
        "itemTaxableFlag": line.taxable,
        "itemPrice": line.price,
        "itemCost": unit_cost,
        "itemDescription": line.description if is_item else None,
        "salesDescription": line.description if is_item else None,
        "dropShippedFlag": line.drop_shipped,
    }


def _line_tax(invoice: _Invoice, line: InvoiceLine) -> Row:
    taken = [level for level in invoice.levels if level.takes(line)]
    rate = sum((level.rate for level in taken), Decimal(0))
    first = taken[0] if taken else None
    return {
        "taxCode": invoice.row.get("taxCode") if line.taxable else None,
        "taxCodeXref": first.xref if first else None,
        "taxAgencyXref": first.agency if first else None,
        "taxRatePercent": rate if line.taxable else None,
        "taxRate": rate / 100 if line.taxable else None,
        "taxableFlag": line.taxable,
        **{f"taxable{one.number}Flag": one in taken for one in invoice.levels if 1 < one.number <= _TAXABLE_COLUMNS},
        "taxLevels": [{"taxLevel": level.number, "taxableFlag": level in taken} for level in invoice.levels],
    }


def _customer(state: ConnectWiseState, company_id: int) -> Row:
    row = state.tables["companies"].get(company_id, {})
    levels = levels_of(state, row.get("taxCode"))
    terms = state.tables["billing_terms"].get((row.get("billingTerms") or {}).get("id", 0), {})
    return {
        "company": {"id": company_id, "identifier": row.get("identifier"), "name": row.get("name")},
        "companyType": _company_type(row),
        "contact": row.get("billingContact") or row.get("defaultContact"),
        "site": row.get("billingSite"),
        "accountNumber": row.get("accountNumber"),
        "billingTerms": row.get("billingTerms"),
        "billingTermsXref": terms.get("termsXref"),
        "dueDays": terms.get("dueDays"),
        "taxable": bool(levels),
        "taxCode": row.get("taxCode"),
        "currency": row.get("currency"),
        "taxGroupRate": sum((level.rate for level in levels), Decimal(0)),
        "taxLevels": [
            {"taxLevel": one.number, "taxRate": one.rate, "taxCodeXref": one.xref, "agencyXref": one.agency}
            for one in levels
        ],
    }


def sales(state: ConnectWiseState, chosen: Mapping[RecordKey, Sequence[GlEntry]]) -> tuple[list[Row], list[Row]]:
    """`transactions` and `customers` of the invoices' chosen entries."""
    transactions: list[Row] = []
    customers: dict[int, Row] = {}
    for key, entries in chosen.items():
        number = int(key.id)
        invoice = _Invoice(state, state.tables["invoices"][number], state.invoice_lines.get(number, []))
        transactions.append(_transaction(invoice, state.gl_entries.get(number, []), entries))
        company_id = int(bill_to(invoice.row)["id"])
        customers.setdefault(company_id, _customer(state, company_id))
    return transactions, list(customers.values())
