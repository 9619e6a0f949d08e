"""One call's place at the books: what it sees, when, and how it rounds."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from ledgerwire.sandbox.xero.rules.lines import Lookup
from ledgerwire.sandbox.xero.rules.rounding import Rounding
from ledgerwire.sandbox.xero.state import XeroState
from ledgerwire.sandbox.xero.wire import Json, parse_date

Method = Literal["PUT", "POST"]


@dataclass(slots=True)
class Outcome:
    """What became of one element of a call: the row saved, or what was sent, with everything wrong with it."""

    row: Json
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Desk:
    """The state with the call's moment, its decimals on unit prices, and the faults that fire in it."""

    state: XeroState
    now: datetime
    unit_places: int = 2
    faults: frozenset[str] = frozenset()

    @property
    def today(self) -> date:
        """The calendar day of the call."""
        return self.now.date()

    @property
    def rounding(self) -> Rounding:
        """How this call rounds."""
        return self.state.switches.rounding_rule(self.unit_places)

    @property
    def lookup(self) -> Lookup:
        """Reference data for lines."""
        return Lookup(
            account=self.state.account,
            tax_rate=self.state.tax_rates.get,
            items=self.state.items,
            tracking_categories=self.state.tracking_categories,
        )

    def lock_problem(self, dated: date) -> str | None:
        """Why the books are closed for a date; the fault `closed_period` closes them for every date."""
        if "closed_period" in self.faults:
            return f"The document date cannot be before the period lock date, currently set at {self.today:%d %B %Y}"
        return self.state.locks.problem(dated)


def read_date(value: Any, field_name: str, problems: list[str]) -> date | None:
    """A sent date, or None with the problem noted."""
    if value is None or value == "":
        return None
    try:
        return parse_date(value)
    except (ValueError, OverflowError):
        problems.append(f"The {field_name} field is not a valid date.")
        return None
