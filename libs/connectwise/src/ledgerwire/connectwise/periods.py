"""Invoices by their date or number, whatever their state: what a comparison of a period reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ledgerwire.connectwise.conditions import Field, is_writable, text_chunks
from ledgerwire.connectwise.models import Invoice
from ledgerwire.connectwise.session import Session
from ledgerwire.connectwise.setup_tables import INVOICES

_FIELDS = "id,invoiceNumber,type,status,applyToType,applyToId,billToCompany,company,date,locationId,location,currency,total,glBatch"


async def invoices_dated(session: Session, first: date, last: date) -> list[Invoice]:
    """All invoices dated from `first` to `last`, open ones too.

    Invoice dates are calendar dates that travel as midnight UTC (M14); the day after `last` is left out by `<`.
    """
    condition = (Field("date") >= first) & (Field("date") < last + timedelta(days=1))
    rows = await session.rows(INVOICES, Invoice, conditions=condition, fields=_FIELDS)
    return [row for row in rows if row.date is not None and first <= row.date <= last]


async def invoices_numbered(session: Session, numbers: Sequence[str]) -> list[Invoice]:
    """The invoices of exactly these numbers; a number that cannot be asked for finds none."""
    rows: list[Invoice] = []
    for chunk in text_chunks([number for number in dict.fromkeys(numbers) if is_writable(number)]):
        rows += await session.rows(INVOICES, Invoice, conditions=Field("invoiceNumber").in_(chunk), fields=_FIELDS)
    return rows
