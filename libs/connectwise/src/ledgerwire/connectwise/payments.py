"""Payments of invoices. ConnectWise knows no idempotency keys: read an invoice's rows before each write.

An outcome that is unknown (Ambiguous) is settled by reading the rows again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from ledgerwire.common.canonical import wire_bytes
from ledgerwire.connectwise import patch
from ledgerwire.connectwise.conditions import IN_LIST_CHARS, Condition, Field, encode, in_chunks, literal
from ledgerwire.connectwise.errors import RecordMissing, unreadable
from ledgerwire.connectwise.models.payments import InvoiceBalance, Payment
from ledgerwire.connectwise.session import Session, decode

INVOICES = "/finance/invoices"
CASH_TYPE = "P"
_FIELDS = "id,invoiceNumber,total,payments,credits,balance,currency,location,locationId,_info"


class Payments:
    """The payments of one tenant's invoices. Errors as of every client method."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of_invoice(self, invoice_id: int) -> list[Payment]:
        """All rows of an invoice; RecordMissing for an unknown one."""
        return await self._session.rows(_path(invoice_id), Payment)

    async def create(
        self,
        invoice_id: int,
        amount: Decimal,
        paid_on: dt.date,
        *,
        type_code: str = CASH_TYPE,
        credit_id: int | None = None,
    ) -> int:
        """Add a row of money, or of a credit memo's part, and return its id. Refused: nothing was made."""
        body: dict[str, object] = {
            "type": type_code,
            "amount": amount,
            "paymentDate": f"{paid_on.isoformat()}T00:00:00Z",
            "invoice": {"id": invoice_id},
        }
        if credit_id is not None:
            body["credit"] = {"id": credit_id}
        answer = await self._session.write("POST", _path(invoice_id), wire_bytes(body))
        try:
            return decode(answer.body, Payment).id
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(answer, method="POST", path=_path(invoice_id), is_write=True) from error

    async def set_amount(self, invoice_id: int, payment_id: int, amount: Decimal) -> None:
        """Put another amount on a row. Refused: nothing was changed."""
        await self._session.write("PATCH", f"{_path(invoice_id)}/{payment_id}", patch.replace({"amount": amount}))

    async def delete(self, invoice_id: int, payment_id: int) -> None:
        """Take a row away; one that is gone already is no error."""
        try:
            await self._session.write("DELETE", f"{_path(invoice_id)}/{payment_id}")
        except RecordMissing:
            return

    async def balances(self, invoice_ids: Sequence[int]) -> list[InvoiceBalance]:
        """What these invoices show as settled and open, read now; ids that are gone are left out."""
        found: list[InvoiceBalance] = []
        for chunk in in_chunks(invoice_ids):
            found += await self._rows(Field("id").in_(chunk))
        return found

    async def balances_by_number(self, numbers: Iterable[str]) -> list[InvoiceBalance]:
        """The invoices of exactly these numbers. A number with both kinds of quotes cannot be asked for and finds none."""
        found: list[InvoiceBalance] = []
        for chunk in _text_chunks(numbers):
            found += await self._rows(Field("invoiceNumber").in_(chunk))
        return found

    async def numbers_with(self, digits: str, limit: int = 5) -> list[str]:
        """A few invoice numbers that contain these digits: what a person may have meant."""
        rows = await self._session.rows(
            INVOICES,
            InvoiceBalance,
            conditions=Field("invoiceNumber").contains(digits),
            fields="id,invoiceNumber",
            page_size=limit,
            max_pages=1,
        )
        return [row.invoice_number for row in rows if row.invoice_number]

    async def open_or_changed(self, since: dt.datetime | None) -> list[InvoiceBalance]:
        """Invoices with an open balance, and those saved since a moment: among them is every one whose balance changed."""
        condition = Field("balance").ne(0)
        if since is not None:
            condition |= Field("lastUpdated") >= since
        return await self._rows(condition)

    async def _rows(self, condition: Condition) -> list[InvoiceBalance]:
        return await self._session.rows(INVOICES, InvoiceBalance, conditions=condition, fields=_FIELDS)


def _path(invoice_id: int) -> str:
    return f"{INVOICES}/{invoice_id}/payments"


def _text_chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """Split texts so that each encoded list stays short; what the grammar cannot quote is left out."""
    chunk: list[str] = []
    used = 0
    for value in dict.fromkeys(values):
        try:
            size = len(encode(literal(value))) + 1
        except ValueError:
            continue
        if chunk and used + size > IN_LIST_CHARS:
            yield chunk
            chunk, used = [], 0
        chunk.append(value)
        used += size
    if chunk:
        yield chunk
