"""Seats that stand on another agreement of the customer: another was chosen since, and no day may be billed on both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Agreement, RowValues
from ledgerwire.billing_sync.domain.coverage import clipped
from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.steps import shown_row
from ledgerwire.billing_sync.domain.wanted import WantedLine
from ledgerwire.common.catalogue.finding import Finding


@dataclass(frozen=True, slots=True)
class RowElsewhere:
    """One of our rows of seats on an agreement that is not the line's any more.

    Attributes:
        agreement: that agreement, None where it is not visible.
        values: the row now; None where it is gone.
    """

    agreement: Agreement | None
    values: RowValues | None

    @property
    def last_day(self) -> date | None:
        """The last day it bills, None while it goes on."""
        row, end = self.values, self.agreement.end if self.agreement else None
        if row is None or row.ends is None:
            return end
        return row.ends if end is None else min(row.ends, end)


def begins_after(
    line: WantedLine, agreement: Agreement, rows: Sequence[RowElsewhere], uninvoiced_from: date
) -> WantedLine:
    """The line on the agreement it is on now: from the day on which its rows elsewhere bill no more.

    A row that goes on elsewhere stops seats until a person says which of the two agreements it is; beside charges (seats that
    are paid by the year now) it is told. Where the other agreement is not visible any more, what came before F is taken as
    billed there.
    """
    first = line.known_from
    for row in rows:
        if row.values is None or row.values.void:
            continue
        if row.agreement is None:
            first = max(first, uninvoiced_from)
        elif row.last_day is None:
            told = _still_stands(line, agreement, row.agreement, row.values)
            return replace(line, findings=(*line.findings, told))
        else:
            first = max(first, row.last_day + DAY)
    unsure = line.unsure and replace(line.unsure, starts=max(line.unsure.starts, first))
    return replace(line, known_from=first, held=tuple(clipped(line.held, first)), unsure=unsure)


def _still_stands(line: WantedLine, agreement: Agreement, other: Agreement, values: RowValues) -> Finding:
    names = {"customer": line.customer, "product": line.name, "agreement": agreement.name, "other": other.name}
    return Finding("BS_STANDS_ON_ANOTHER_AGREEMENT", {**names, "row": shown_row(values)}, warned=not line.held)
