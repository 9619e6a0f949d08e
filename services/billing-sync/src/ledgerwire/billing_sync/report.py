"""The reconciliation of seats as a report: its lines, and the same as text and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ledgerwire.billing_sync.domain.reconciliation import Cause, Comparison

COLUMNS = (
    "customer", "product", "period", "bought_seats", "bought", "agreement_seats", "agreement", "invoiced_seats", "invoiced",
    "difference", "currency", "cause",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SeatReport:
    """The reconciliation of some months.

    Attributes:
        two_way: why what was invoiced is not in it, "" where it is.
    """

    first: date
    last: date
    rows: tuple[Comparison, ...]
    two_way: str = ""

    @property
    def leaks(self) -> tuple[Comparison, ...]:
        """What is neither tied nor waiting for an invoice that is still to come."""
        return tuple(row for row in self.rows if row.leaks)

    @property
    def waiting(self) -> tuple[Comparison, ...]:
        """What the next invoice will bill."""
        return tuple(row for row in self.rows if row.cause is Cause.NOT_INVOICED_YET)

    @property
    def places(self) -> int:
        """How many customers, products and months were compared; one may have several rows."""
        return len({row.place for row in self.rows})

    @property
    def clean(self) -> bool:
        return not self.leaks


def as_rows(report: SeatReport) -> list[Mapping[str, str]]:
    """The report as text, column by column."""
    return [as_row(row) for row in report.rows]


def as_row(row: Comparison) -> dict[str, str]:
    """One line of the report as text, column by column."""
    billed = row.invoiced
    values = (
        row.place.customer, row.place.product, f"{row.place.period:%Y-%m}",
        f"{row.bought.quantity.normalize():f}", f"{row.bought.amount:.2f}",
        f"{row.on_agreement.quantity.normalize():f}", f"{row.on_agreement.amount:.2f}",
        f"{billed.quantity.normalize():f}" if billed else "", f"{billed.amount:.2f}" if billed else "",
        f"{row.difference:.2f}", row.currency, row.cause.value,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def as_csv(report: SeatReport) -> bytes:
    """The report as CSV (UTF-8, with a heading)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(as_rows(report))
    return text.getvalue().encode()
