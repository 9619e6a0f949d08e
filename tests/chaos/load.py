"""The load: copies of the month's invoices are closed and expenses approved at a steady rate, whatever happens to the services meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import cycle

from tests.chaos.history import History
from tests.chaos.pace import lasts
from tests.chaos.plan import LANDED
from tests.e2e.expense_books import Spent, in_documents, sales
from tests.e2e.expense_reports import DAY, LUNCH, PARTS, Reports
from tests.e2e.vendors import COORDINATOR
from tests.e2e.world import World

from ledgerwire.sandbox.seed import ExpectedRecord

AT_ONCE = 20
"""Copies made ahead of their close: the sandbox's lists stay as short as they can."""


MEMBERS = (152, 153, 154)
"""Whose expenses they are: the ledger knows none of them at first."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the load is expenses: one in `every`, on reports of these sizes in turn."""

    every: int
    sizes: tuple[int, ...]


USUAL_SHARE, SMALL_SHARE = Share(5, (1, 2, 1, 4)), Share(20, (8,))
"""The ledger takes a bill a call: where its limits hold, the bills must leave room for the invoices."""
DAYS, TAXED_SHARE, GROSS_BY_TAX = 3, 0.5, 11
"""Expenses are spent on one of so many days, and about so many of them bear GST: an eleventh of what was paid."""
LOSES = 2
"""The answer about each second report's first bill is lost: a bill is what the ledger would take a second time."""


@dataclass
class Load:
    """What has been closed and approved so far, and what a bookkeeper would write for it."""

    world: World
    documents: int
    rate: float
    seed: int
    expected: list[ExpectedRecord] = field(default_factory=list)
    spent: list[Spent] = field(default_factory=list)
    _report: int = 0

    @property
    def attempted(self) -> int:
        """Invoices closed and expenses approved."""
        return len(self.expected) + len(self.spent)

    async def run(self) -> None:
        """One after another, each at its moment; a late one does not make the next ones late."""
        sources = postable(self.world)
        share = SMALL_SHARE if self.world.ledger.switches.limits_enabled else USUAL_SHARE
        spending, reports = expenses(share.sizes, self.seed), Reports(self.world)
        loop = asyncio.get_running_loop()
        began = loop.time()
        ready: list[tuple[int, ExpectedRecord]] = []
        for number in range(self.documents):
            is_expense = number % share.every == share.every - 1
            if not is_expense and not ready:
                ready = self._copies(sources, number)
            await lasts(began + number / self.rate - loop.time())
            if is_expense:
                self._approve(reports, next(spending))
            else:
                self._close(*ready.pop(0))

    def _close(self, invoice_id: int, record: ExpectedRecord) -> None:
        self.world.psa.desk.set_status(invoice_id, {"name": "Closed"}, COORDINATOR)
        self.expected.append(record)

    def _approve(self, reports: Reports, spent: Spent) -> None:
        """Nobody is called back about an expense: it stands on the unposted list, where a sweep finds it."""
        spent.enter(reports)
        self.spent.append(spent)
        if spent.report_id != self._report and spent.report_id % LOSES == 0:
            kind = LANDED[spent.report_id // LOSES % len(LANDED)]
            self.world.arm(kind, method="PUT", path_regex="/Invoices$", body_regex=f'"{spent.bill}"')
        self._report = spent.report_id

    def _copies(self, sources: Sequence[ExpectedRecord], number: int) -> list[tuple[int, ExpectedRecord]]:
        """The next few invoices: each copy of another one of the month's, taken in turn."""
        made = []
        for offset in range(min(AT_ONCE, self.documents - number)):
            source = sources[(number + offset) % len(sources)]
            [copy] = self.world.copies(source.invoice_id, 1, batched=False)
            made.append((copy, replace(source, invoice_id=copy, number=self.world.number(copy))))
        return made

    def with_expenses(self, history: History) -> History:
        """The same history with the expenses in it, each of them in a document for each line that names it.

        One that is approved counts as acknowledged at once: whatever becomes of calls and processes, it is on the list.
        """
        names = {f"expense {one.expense_id}": one.number for one in self.spent}
        return replace(
            history,
            attempted=[*history.attempted, *names.values()],
            acknowledged=[*history.acknowledged, *names.values()],
            documents=[*sales(self.world), *in_documents(self.world)],
            batched=[names.get(one, one) for one in history.batched],
        )


def expenses(sizes: Sequence[int], seed: int) -> Iterator[Spent]:
    """Expenses without end, report after report, the members taking turns; the seed says when and on what each was spent.

    None of a report was spent later than its first: a bill keeps the date that it was sent with, whoever joins it.
    """
    draw = random.Random(f"ledgerwire expenses {seed}")  # noqa: S311 - a load, no secret
    number = 0
    for report, size in enumerate(cycle(sizes), start=701):
        last = draw.randrange(DAYS)
        for place in range(size):
            number += 1
            amount = Decimal(701 + number * 137 % 20_000).scaleb(-2)
            tax = (amount / GROSS_BY_TAX).quantize(Decimal("0.01")) if draw.random() < TAXED_SHARE else Decimal(0)
            on = DAY + timedelta(days=draw.randint(0, last) if place else last)
            kind = draw.choice((LUNCH, PARTS))
            yield Spent(50_000 + number, MEMBERS[report % len(MEMBERS)], report, amount, on, tax, kind)


def postable(world: World) -> list[ExpectedRecord]:
    """The invoices of the month that go through at their first attempt: every way of posting there is, nothing to repair."""
    scenario = world.sandbox.world.scenario
    clean = {one.invoice_id for one in scenario.plan if one.fix is None and not one.codes}
    return [one for one in scenario.expected if one.invoice_id in clean]
