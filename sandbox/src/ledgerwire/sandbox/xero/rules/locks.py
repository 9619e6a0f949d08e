"""Lock dates: a document dated on or before one is refused."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Locks:
    """The organisation's two lock dates; an adviser may post between them."""

    period: date | None = None
    end_of_year: date | None = None
    adviser: bool = False

    def problem(self, dated: date) -> str | None:
        """Why a document of this date cannot be posted, in Xero's words; None when it can."""
        if self.end_of_year is not None and dated <= self.end_of_year:
            return (
                "The document date cannot be before the end of year lock date, "
                f"currently set at {_long(self.end_of_year)}"
            )
        if self.period is not None and dated <= self.period and not self.adviser:
            return f"The document date cannot be before the period lock date, currently set at {_long(self.period)}"
        return None


def _long(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
