"""Settled documents that Ledgerwire did not post: matched to an invoice by exact number, or told to a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledgerwire.common.catalogue import Finding
from ledgerwire.connectwise.models.payments import InvoiceBalance
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments import repository
from ledgerwire.poster.payments.domain import matching
from ledgerwire.poster.payments.domain.matching import Matched, TwoCandidates
from ledgerwire.poster.payments.ports import Terms, Turn
from ledgerwire.poster.payments.state import SettlementState, Stored, moved

NEAR_LOOKED_UP = 20
"""For so many documents of one look near numbers are looked up; the others say `none`."""


async def match_foreign(
    turn: Turn, ledger_name: str, psa: Payments, terms: Terms, rows: Sequence[Stored]
) -> list[Stored]:
    """The rows with the invoice each is, or with what a person must know."""
    settled = [row for row in rows if moved(row.view)]
    undone = [replace(row, state=SettlementState.SYNCED, findings=()) for row in rows if not moved(row.view)]
    if not settled:
        return undone
    names = [name.strip() for row in settled for name in (row.view.number, row.view.reference or "")]
    shown = await psa.balances_by_number([name for name in names if name])
    invoices = {(one.invoice_number or "").strip(): one for one in shown if terms.takes(one.at)}
    async with turn.unit() as unit:
        ids = [one.id for one in invoices.values()]
        taken = set(await repository.posted_by_invoice(unit, turn.connection_id, ids))
        taken |= set(await repository.by_invoice(unit, turn.connection_id, ids))
    judged = _Judging(ledger_name, psa, invoices, taken)
    return [*undone, *[await judged.judge(row) for row in settled]]


class _Judging:
    def __init__(self, ledger_name: str, psa: Payments, invoices: dict[str, InvoiceBalance], taken: set[int]) -> None:
        self._ledger_name = ledger_name
        self._psa = psa
        self._invoices = invoices
        self._taken = taken
        self._left = NEAR_LOOKED_UP

    async def judge(self, row: Stored) -> Stored:
        """Match one; each invoice is given away once."""
        by_number = {number: one.id for number, one in self._invoices.items()}
        found = matching.match(row.view.number, row.view.reference, by_number)
        if isinstance(found, Matched) and self._fits(row):
            if found.invoice_id in self._taken:
                return _told(row, Finding("PAYMENT_ON_ANOTHER_DOCUMENT", self._params(row)))
            self._taken.add(found.invoice_id)
            return replace(
                row,
                invoice_id=found.invoice_id,
                matched_by=found.matched_by,
                state=SettlementState.DUE,
                findings=(),
            )
        if isinstance(found, TwoCandidates):
            params = self._params(row) | {"reference": row.view.reference or ""}
            return _told(row, Finding("NUMBER_AND_REFERENCE_BOTH_MATCH", params))
        if [item.code for item in row.findings] == ["PAYMENT_UNMATCHED"]:
            return row  # told already; near numbers do not get nearer
        near = await self._near(row.view.number)
        return _told(row, Finding("PAYMENT_UNMATCHED", self._params(row) | {"near": near}))

    def _fits(self, row: Stored) -> bool:
        """Whether the currencies agree, where ConnectWise shows one."""
        invoice = self._invoices[row.view.number.strip()]
        code = invoice.currency.iso_code if invoice.currency else None
        return code is None or code == row.view.currency

    async def _near(self, number: str) -> str:
        digits = matching.digits_of(number)
        if digits is None or not self._left:
            return "none"
        self._left -= 1
        return matching.near(number, await self._psa.numbers_with(digits))

    def _params(self, row: Stored) -> dict[str, str]:
        return {
            "number": row.view.number,
            "ledger": self._ledger_name,
            "amount": f"{abs(row.cash) + row.credited:,.2f} {row.view.currency}",
        }


def _told(row: Stored, finding: Finding) -> Stored:
    return replace(row, invoice_id=None, state=SettlementState.UNMATCHED, findings=(finding,))
