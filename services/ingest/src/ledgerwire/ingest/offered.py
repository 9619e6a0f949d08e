"""What stands on ConnectWise's unposted lists, as people choose from it before a run (A111, A116, A119-A121). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.models import Reference, UnpostedExpense, UnpostedInvoice, UnpostedProcurement
from ledgerwire.ingest.sweep import UnpostedRow

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Offered:
    """One row of an unposted list. `particulars` are the columns that only its type has."""

    record_type: RecordType
    source_id: str
    number: str
    party: str
    dated: date | None
    total: Decimal
    currency: str
    particulars: Mapping[str, str] = field(default_factory=dict)


def offered(row: UnpostedRow) -> Offered:
    """A row as a clerk reads it."""
    if isinstance(row, UnpostedInvoice):
        return _invoice(row)
    if isinstance(row, UnpostedProcurement):
        return _product(row)
    return _expense(row)


def dated_of(row: UnpostedRow) -> date | None:
    """The day a row is dated."""
    if isinstance(row, UnpostedInvoice):
        return row.invoice_date
    if isinstance(row, UnpostedProcurement):
        return row.vendor_invoice_date or row.purchase_date
    return row.date_expense


def _invoice(row: UnpostedInvoice) -> Offered:
    return Offered(
        record_type=RecordType.INVOICE,
        source_id=row.source_id or "",
        number=(row.invoice_number or "").strip(),
        party=_name(row.bill_to_company or row.company),
        dated=row.invoice_date,
        total=row.total or ZERO,
        currency=(row.currency.iso_code if row.currency else None) or "",
        particulars={
            "type": row.invoice_type or "",
            "tax": str(row.sales_tax_amount or ZERO),
            "due_date": row.due_date.isoformat() if row.due_date else "",
        },
    )


def _product(row: UnpostedProcurement) -> Offered:
    order = (row.purchase_order.number if row.purchase_order else None) or ""
    billed = row.vendor_invoice_date
    return Offered(
        record_type=RecordType.PROCUREMENT,
        source_id=row.source_id or "",
        number=order.strip() or row.source_id or "",
        party=_name(row.vendor) or (row.description or ""),
        dated=dated_of(row),
        total=row.total or ZERO,
        currency=(row.currency.iso_code if row.currency else None) or "",
        particulars={
            "type": row.procurement_type or "",
            "vendor_invoice_number": row.vendor_invoice_number or "",
            "vendor_invoice_date": billed.isoformat() if billed else "",
        },
    )


def _expense(row: UnpostedExpense) -> Offered:
    shown = row.classification
    return Offered(
        record_type=RecordType.EXPENSE,
        source_id=row.source_id or "",
        number=f"EXP-{row.source_id}",
        party=_name(row.member),
        dated=row.date_expense,
        total=row.total or ZERO,
        currency=(row.currency.iso_code if row.currency else None) or "",
        particulars={
            "classification": _name(shown) if isinstance(shown, Reference) else shown or "",
            "payment_type": _name(row.payment_method),
        },
    )


def _name(reference: Reference | None) -> str:
    return (reference.name or reference.identifier or "").strip() if reference else ""
