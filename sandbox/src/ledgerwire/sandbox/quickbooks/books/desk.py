"""What one write sees: the company, the present moment, the call's options and the faults that play."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from ledgerwire.sandbox.quickbooks.kinds import KINDS
from ledgerwire.sandbox.quickbooks.refusals import GONE, refuse, required
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import Json, day, value_of


@dataclass(frozen=True, slots=True)
class Desk:
    """One company as one request writes to it.

    `include` are the options of the call; `closed` closes the books for every date; `off_by` is added to the tax that
    the company computes.
    """

    state: QuickBooksState
    now: datetime
    include: frozenset[str] = field(default_factory=frozenset)
    closed: bool = False
    off_by: Decimal | None = None

    def check_open(self, dated: str) -> None:
        """Refuse a date in the closed books: 6210 or 6200."""
        closed = self.state.book_close_date
        if self.closed or (closed is not None and day(dated) <= closed):
            raise refuse(
                self.state.switches.closed_period_code,
                "The account period has closed and the account books cannot be updated through the QBO Services API. "
                "Please use the QBO website to make these changes.",
            )

    def find(self, name: str, reference: object, where: str) -> Json | None:
        """The active row that a reference names; None where there is no reference.

        Raises:
            RefusedError: 2500 for a row that does not exist, 610 for one made inactive.
        """
        row_id = value_of(reference)
        if row_id is None:
            return None
        row = self.state.get(name, row_id)
        if row is None:
            raise refuse("2500", f"{KINDS[name].element} element id {row_id} not found", where)
        if row.get("Active") is False:
            raise refuse("610", GONE, where)
        return row

    def need(self, name: str, reference: object, where: str) -> Json:
        """As `find`, where a reference has to be: 2020 without one."""
        row = self.find(name, reference, where)
        if row is None:
            raise required(where)
        return row

    def reference(self, name: str, reference: object, where: str) -> Json | None:
        """A checked reference with the name of what it names."""
        row = self.find(name, reference, where)
        return None if row is None else named(name, row)


def named(name: str, row: Json) -> Json:
    """A reference to a row."""
    return {"value": str(row["Id"]), "name": str(row.get("FullyQualifiedName") or row[KINDS[name].label])}
