"""Everything one Partner Center holds."""

import secrets
from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.partnercenter.cycles import plus_months
from ledgerwire.sandbox.partnercenter.identity import Identity
from ledgerwire.sandbox.partnercenter.market import Charge, Customer, Market
from ledgerwire.sandbox.partnercenter.switches import Switches


@dataclass(frozen=True, slots=True)
class Invoice:
    """The lines of one calendar month."""

    number: str
    first: date
    last: date
    dated: date
    lines: tuple[Charge, ...]

    @property
    def total(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), Decimal(0))


@dataclass(slots=True)
class Export:
    """One asynchronous export; `polls_left` answers are still "running"."""

    id: str
    lines: list[bytes]
    created: datetime
    polls_left: int
    changes_left: int
    failure: str = ""
    sas: dict[str, datetime] = field(default_factory=dict)
    version: int = 1


class PartnerCenterState:
    """A partner's tenant: what is sold, who may ask, and what was asked for."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.switches = Switches()
        self.market = Market(clock.now, self.switches)
        self.identity = Identity("", "")
        self.exports: dict[str, Export] = {}
        self.pages: dict[str, int] = {}
        self._calls: deque[datetime] = deque()

    def load(self, customers: list[Customer], currency: str, client_id: str, client_secret: str) -> None:
        """Start over."""
        self.market.load(customers, currency)
        self.identity = Identity(client_id, client_secret)
        self.exports, self.pages = {}, {}
        self._calls.clear()

    def throttled(self) -> int | None:
        """Count a call, a refused one too; the seconds to wait where it is one too many."""
        now = self.clock.now()
        while self._calls and not timedelta(0) <= now - self._calls[0] < timedelta(minutes=1):
            self._calls.popleft()
        self._calls.append(now)
        if len(self._calls) <= self.switches.calls_per_minute:
            return None
        return max(1, 60 - int((now - self._calls[0]).total_seconds()))

    def invoices(self) -> list[Invoice]:
        """The invoices of every month that is closed by today."""
        self.market.settle()
        months = sorted({line.ordered.replace(day=1) for line in self.market.charges})
        found = []
        for place, first in enumerate(months, 1):
            following = plus_months(first, 1, 1)
            dated = following.replace(day=self.switches.invoice_day)
            if dated <= self.clock.today():
                found.append(
                    Invoice(f"G{place:06d}", first, following - timedelta(days=1), dated, self._of_month(first))
                )
        return found

    def unbilled(self, period: str) -> tuple[Charge, ...]:
        """Lines of no invoice yet: `current` is this month, `last` the month before it."""
        self.market.settle()
        billed = {invoice.first for invoice in self.invoices()}
        this = self.clock.today().replace(day=1)
        first = this if period == "current" else plus_months(this, -1, 1)
        return () if first in billed else self._of_month(first)

    def page_token(self, offset: int) -> str:
        """A continuation token; it works once."""
        token = secrets.token_urlsafe(24)
        self.pages[token] = offset
        return token

    def _of_month(self, first: date) -> tuple[Charge, ...]:
        # Files are not in the order of time.
        lines = [line for line in self.market.charges if line.ordered.replace(day=1) == first]
        return tuple(sorted(lines, key=lambda line: (line.customer_id, line.reference, line.subtotal)))
