"""The unposted invoice list: closed, and not wholly in a batch."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.tax import (
    TaxLevel,
    level_columns,
    level_rows,
    levels_of,
    tax_amounts,
    taxed_by_engine,
)


def unposted_invoice_ids(state: ConnectWiseState, among: Collection[Any] | None = None) -> list[int]:
    """Ids of the invoices that stand on the list; only of those `among` which it is asked for."""
    invoices, listed = state.tables["invoices"], state.unposted_rows
    asked = listed if among is None else sorted(listed.keys() & among, key=listed.__getitem__)
    return [number for number in asked if number in invoices and not invoices[number].get("glBatch")]


def _tax(state: ConnectWiseState, invoice: Row) -> tuple[list[TaxLevel], dict[int, Decimal]]:
    """Levels and their amounts; none where an engine worked the tax out."""
    number = int(invoice["id"])
    if taxed_by_engine(state.gl_entries.get(number, [])):
        return [], {}
    levels = levels_of(state, invoice.get("taxCode"))
    return levels, tax_amounts(invoice, state.invoice_lines.get(number, []), levels)


def _due_days(state: ConnectWiseState, invoice: Row) -> str | None:
    terms = state.tables["billing_terms"].get((invoice.get("billingTerms") or {}).get("id", 0))
    return str(terms["dueDays"]) if terms and terms.get("dueDays") is not None else None


def bill_to(invoice: Row) -> Row:
    """The company that pays: bill-to, else the invoice's own."""
    company: Row = invoice.get("billToCompany") or invoice["company"]
    return company


def unposted_row(state: ConnectWiseState, invoice_id: int) -> Row:
    """One row; its `id` is not the invoice's id, which is `billingLogId`."""
    invoice = state.tables["invoices"][invoice_id]
    kinds = {line.kind for line in state.invoice_lines.get(invoice_id, [])}
    customer = state.tables["companies"].get(int(bill_to(invoice)["id"]), {})
    return {
        "id": state.unposted_rows[invoice_id],
        "billingLogId": invoice_id,
        "locationId": invoice.get("locationId") or (invoice.get("location") or {}).get("id"),
        "location": invoice.get("location"),
        "departmentId": invoice.get("departmentId") or (invoice.get("department") or {}).get("id"),
        "department": invoice.get("department"),
        "company": invoice["company"],
        "accountNumber": customer.get("accountNumber"),
        "billToCompany": bill_to(invoice),
        "billToSite": invoice.get("billingSite"),
        "shipToCompany": invoice.get("shipToCompany") or invoice["company"],
        "shipToSite": invoice.get("shippingSite"),
        "invoiceNumber": invoice["invoiceNumber"],
        "invoiceDate": invoice.get("date"),
        "invoiceType": invoice["type"],
        "description": invoice.get("reference"),
        "billingTerms": invoice.get("billingTerms"),
        "dueDays": _due_days(state, invoice),
        "dueDate": invoice.get("dueDate"),
        "currency": invoice.get("currency"),
        "subTotal": invoice.get("subtotal"),
        "total": invoice.get("total"),
        "hasTime": "R" in kinds,
        "hasExpenses": "RE" in kinds,
        "hasProducts": bool(kinds & {"RP", "AP"}),
        "invoiceTaxableFlag": bool(invoice.get("taxableFlag")),
        "taxCode": invoice.get("taxCode"),
        "avalaraTaxFlag": taxed_by_engine(state.gl_entries.get(invoice_id, [])),
        "itemTaxableFlag": any(line.taxable for line in state.invoice_lines.get(invoice_id, [])),
        "salesTaxAmount": invoice.get("salesTax"),
        **level_columns(*_tax(state, invoice), taxable=bool(invoice.get("taxableFlag"))),
        "createdBy": (invoice.get("_info") or {}).get("enteredBy"),
        "dateClosed": state.closed_at[invoice_id],
        "_info": invoice.get("_info"),
    }


def taxable_levels(state: ConnectWiseState, invoice_id: int) -> list[Row]:
    """`/unpostedinvoices/{id}/taxableLevels`: what each level of the tax code takes."""
    invoice = state.tables["invoices"][invoice_id]
    return level_rows(*_tax(state, invoice))
