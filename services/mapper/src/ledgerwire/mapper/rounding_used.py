"""What roundings and adjustments of a ledger company come to in a month, for the monthly budget (D13). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.ledger.document import LedgerDocument, LineRole

ZERO = Decimal(0)


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


@dataclass(slots=True)
class RoundingUsed:
    """Absolute roundings by month and record: as stored, and as decided since by whoever holds this."""

    by_record: dict[tuple[date, UUID], Decimal] = field(default_factory=dict)

    def without(self, record_id: UUID, day: date) -> Decimal:
        """What the month of a day holds, this record not counted."""
        month = month_of(day)
        return sum((used for (of, other), used in self.by_record.items() if of == month and other != record_id), ZERO)

    def note(self, record_id: UUID, day: date, documents: Iterable[LedgerDocument]) -> None:
        """Count what a record has just been decided to need."""
        lines = (line for document in documents for line in document.lines if line.role is not LineRole.SALE)
        self.by_record[month_of(day), record_id] = sum((abs(line.net) for line in lines), ZERO)
