"""Bring together what both systems show of some settlements now, as the plan compares them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import ZERO, total
from ledgerwire.common.side_by_side import side_by_side
from ledgerwire.connectwise.errors import RecordMissing
from ledgerwire.connectwise.models.payments import InvoiceBalance, Payment
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments import repository
from ledgerwire.poster.payments.domain.model import CASH, Allocation, Case, LedgerView, PaymentRow, UnknownCredit
from ledgerwire.poster.payments.ports import Terms, Turn
from ledgerwire.poster.payments.state import SeenBalance, Stored

CONCURRENT_READS = 4
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Together:
    """The settlements of one look.

    Attributes:
        stored: by invoice id, with what ConnectWise shows now.
        cases: by invoice id; an invoice that ConnectWise does not have any more has none.
        ledger_ids: of every document named in the cases, by invoice id.
    """

    stored: Mapping[int, Stored]
    cases: Mapping[int, Case]
    ledger_ids: Mapping[int, str]


async def bring_together(turn: Turn, psa: Payments, terms: Terms, rows: Sequence[Stored]) -> Together:
    """Read ConnectWise's balances first and rows after them: what changes in between is seen as a change next time."""
    rows = await _with_credits(turn, rows)
    stored = {row.invoice_id: row for row in rows if row.invoice_id is not None}
    balances = {row.id: row for row in await psa.balances(list(stored))}
    payments: dict[int, list[Payment]] = {one: [] for one in balances}
    payments |= await _payments(psa, [one for one, row in balances.items() if not shows_nothing(row)])
    notes = await _notes(turn, psa, terms, rows, payments)
    ledger_ids = notes.ledger_ids | {one: row.ledger_id for one, row in stored.items()}
    seen = {
        one: replace(row, seen=SeenBalance.of(balances[one])) if one in balances else row for one, row in stored.items()
    }
    async with turn.unit() as unit:
        records = [row.record_id for row in seen.values() if row.record_id is not None]
        earlier = await repository.editions(unit, turn.connection_id, records)
    cases = {
        one: _case(seen[one], earlier.get(seen[one].record_id or NOBODY, ()), balances[one], payments[one], notes)
        for one in balances
    }
    return Together(seen, cases, ledger_ids)


def shows_nothing(row: InvoiceBalance) -> bool:
    """Whether the invoice itself says that no payment row is there; one that does not say is asked for its rows."""
    return row.payments == ZERO and row.credits == ZERO and row.balance == row.total


def shows_as_carried(row: InvoiceBalance, stored: Stored) -> bool:
    """Whether the invoice shows in sum what was carried over: proof enough for what was written a moment ago."""
    amounts = stored.synced.amounts
    credited = total(amount for part, amount in amounts.items() if part != CASH)
    credits_agree = stored.view.kind is DocumentKind.CREDIT_NOTE or row.credits == credited
    return row.payments == amounts.get(CASH, ZERO) and credits_agree


async def _with_credits(turn: Turn, rows: Sequence[Stored]) -> list[Stored]:
    """The rows, and those of the credit notes that they name: what is left of a credit is asked before it is applied."""
    named = {item.credit_id for row in rows for item in row.view.credits} - {"", *(row.ledger_id for row in rows)}
    async with turn.unit() as unit:
        more = await repository.by_ledger(unit, turn.connection_id, sorted(named))
    # one with an open outcome rests
    return [*rows, *(row for row in more.values() if row.invoice_id is not None and row.look_after is None)]


async def _payments(psa: Payments, invoice_ids: Sequence[int]) -> dict[int, list[Payment]]:
    gate = asyncio.Semaphore(CONCURRENT_READS)

    async def read(invoice_id: int) -> list[Payment]:
        async with gate:
            try:
                return await psa.of_invoice(invoice_id)
            except RecordMissing:
                return []

    return await side_by_side({one: read(one) for one in invoice_ids})


@dataclass(frozen=True, slots=True)
class _Notes:
    """Which credit memo of ConnectWise is which credit note of the ledger."""

    invoice_ids: Mapping[str, int]
    ledger_ids: dict[int, str]


async def _notes(
    turn: Turn, psa: Payments, terms: Terms, rows: Sequence[Stored], payments: Mapping[int, Sequence[Payment]]
) -> _Notes:
    in_ledger = {item.credit_id: item.credit_number for row in rows for item in row.view.credits if item.credit_id}
    in_psa = {one.credit.id for some in payments.values() for one in some if one.credit and one.credit.id}
    async with turn.unit() as unit:
        connection = turn.connection_id
        stored = {
            **await repository.by_ledger(unit, connection, list(in_ledger)),
            **{row.ledger_id: row for row in (await repository.by_invoice(unit, connection, sorted(in_psa))).values()},
        }
        posted = {
            **await repository.posted_by_ledger(unit, connection, in_ledger),
            **{
                item.ledger_id: item for item in (await repository.posted_by_invoice(unit, connection, in_psa)).values()
            },
        }
    found = {key: item.invoice_id for key, item in posted.items() if item.current}
    found |= {key: row.invoice_id for key, row in stored.items() if row.invoice_id is not None}
    missing = {key: number for key, number in in_ledger.items() if key not in found and number.strip()}
    found |= await _by_number(psa, terms, missing)
    return _Notes(found, {invoice_id: key for key, invoice_id in found.items()})


async def _by_number(psa: Payments, terms: Terms, missing: Mapping[str, str]) -> dict[str, int]:
    """Credit notes that we did not post: a credit memo of exactly that number."""
    if not missing:
        return {}
    shown = await psa.balances_by_number(number.strip() for number in missing.values())
    memos = {
        (row.invoice_number or "").strip(): row.id
        for row in shown
        if (row.total or ZERO) < ZERO and terms.takes(row.at)
    }
    return {key: memos[number.strip()] for key, number in missing.items() if number.strip() in memos}


def _case(
    row: Stored, earlier: Sequence[Stored], shown: InvoiceBalance, payments: Iterable[Payment], notes: _Notes
) -> Case:
    return Case(
        invoice_id=shown.id,
        number=shown.invoice_number or row.view.number,
        total=shown.total or ZERO,
        ledger=_view(row, earlier, notes),
        rows=tuple(_row(one, notes) for one in payments if one.amount),
        synced=row.synced,
    )


def _view(row: Stored, earlier: Sequence[Stored], notes: _Notes) -> LedgerView:
    """The ledger's side of the invoice: of its document and of those before it, without what they settle among themselves.

    A credit note's own list says where it went: that is the other documents' part.
    """
    live = [one for one in (row, *earlier) if one.view.live]
    ours = {one.ledger_id for one in (row, *earlier)}
    pieces: dict[int, tuple[Allocation, ...]] = {}
    unknown: list[UnknownCredit] = []
    for one in live:
        if one.view.kind is DocumentKind.CREDIT_NOTE:
            continue
        if one.view.unexplained:
            unknown.append(UnknownCredit("without a name", one.view.unexplained))
        for item in one.view.credits:
            invoice_id = notes.invoice_ids.get(item.credit_id)
            if item.credit_id in ours:
                continue
            if invoice_id is None:
                unknown.append(UnknownCredit(item.credit_number, item.amount))
                continue
            document = "" if one is row else one.ledger_id
            piece = Allocation(item.amount, item.applied_on, item.allocation_id, document)
            pieces[invoice_id] = (*pieces.get(invoice_id, ()), piece)
    days = [one.view.paid_on for one in live if one.view.paid_on is not None]
    left = abs(row.view.balance) if row.view.live else ZERO
    return LedgerView(total(one.cash for one in live), pieces, tuple(unknown), left, max(days, default=None))


def _row(payment: Payment, notes: _Notes) -> PaymentRow:
    credit = payment.credit
    known = credit is None or credit.id in notes.ledger_ids
    return PaymentRow(
        row_id=payment.id,
        amount=payment.amount or Decimal(0),
        credit_id=credit.id if credit else None,
        fixed=payment.is_fixed,
        paid_on=payment.paid_on,
        unknown=None if known or credit is None else credit.identifier or str(credit.id),
    )
