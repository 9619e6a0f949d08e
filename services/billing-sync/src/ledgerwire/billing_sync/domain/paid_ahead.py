"""Days of a subscription charged by the month now that were paid for at once before: no day is billed by both ways."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Agreement, Written
from ledgerwire.billing_sync.domain.coverage import clipped
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.steps import shown_row
from ledgerwire.billing_sync.domain.wanted import WantedLine
from ledgerwire.common.catalogue.finding import Finding


def begun(line: WantedLine, first: date) -> WantedLine:
    """The line with its seats from a day on; days before are not compared."""
    first = max(line.known_from, first)
    unsure = line.unsure and replace(line.unsure, starts=max(line.unsure.starts, first))
    return replace(line, known_from=first, held=tuple(clipped(line.held, first)), unsure=unsure)


def after_paid(
    line: WantedLine, agreement: Agreement, records: Iterable[Written], since: date, today: date
) -> WantedLine:
    """The seats of a line after what our rows of whole cycles bill already.

    Lines that were paid for at once tell the days themselves. Where only the subscription's state is known, a cycle that is over
    was billed; one that still runs may have been refunded, so a person tells.

    Args:
        line: what the source asks for; without seats it is left as it is.
        agreement: the one its seats are billed on.
        records: ours of charges, on any agreement of the customer.
        since: the first day that is synced.
        today: the day on which the source was read.
    """
    if not line.held:
        return line
    ended = line.held[-1].ends or date.max
    begun_before = (each for each in records if each.line == line.line and each.values.effective <= ended)
    cycles = [record for record in begun_before if _bills_cycle(record)]
    if line.paid is not None:
        billed = any(record.values.effective <= line.paid.last <= _last(record) for record in cycles)
        said = () if billed or line.paid.last < since else (line.paid.unbilled,)
        return replace(line, findings=(*line.findings, *said))
    last = max(cycles, key=_last, default=None)
    if last is None or line.held[0].starts > _last(last):
        return line
    if _last(last) < today:
        return begun(line, _last(last) + DAY)
    names = {"customer": line.customer, "product": line.name, "agreement": agreement.name}
    there = {"row": shown_row(last.values), "other": f"agreement {last.agreement_id}"}
    return replace(line, findings=(*line.findings, Finding("BS_STANDS_ON_ANOTHER_AGREEMENT", {**names, **there})))


def _bills_cycle(record: Written) -> bool:
    return record.charge.startswith("term:") and record.values.quantity > 0 and not record.values.void


def _last(record: Written) -> date:
    return record.values.ends or record.values.effective
