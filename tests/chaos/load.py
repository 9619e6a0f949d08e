"""The load: copies of the month's invoices, closed at a steady rate, whatever happens to the services meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.chaos.pace import lasts
from tests.e2e.vendors import COORDINATOR
from tests.e2e.world import World

from ledgerwire.sandbox.seed import ExpectedRecord

AT_ONCE = 20
"""Copies made ahead of their close: the sandbox's lists stay as short as they can."""


@dataclass
class Load:
    """What has been closed so far, and what a bookkeeper would write for it."""

    world: World
    documents: int
    rate: float
    expected: list[ExpectedRecord] = field(default_factory=list)

    async def run(self) -> None:
        """Close one after another, each at its moment; a late one does not make the next ones late."""
        sources = postable(self.world)
        loop = asyncio.get_running_loop()
        began = loop.time()
        ready: list[tuple[int, ExpectedRecord]] = []
        for number in range(self.documents):
            if not ready:
                ready = self._copies(sources, number)
            invoice_id, record = ready.pop(0)
            wait = began + number / self.rate - loop.time()
            await lasts(wait)
            self.world.psa.desk.set_status(invoice_id, {"name": "Closed"}, COORDINATOR)
            self.expected.append(record)

    def _copies(self, sources: Sequence[ExpectedRecord], number: int) -> list[tuple[int, ExpectedRecord]]:
        """The next few invoices: each copy of another one of the month's, taken in turn."""
        made = []
        for offset in range(min(AT_ONCE, self.documents - number)):
            source = sources[(number + offset) % len(sources)]
            [copy] = self.world.copies(source.invoice_id, 1, batched=False)
            made.append((copy, replace(source, invoice_id=copy, number=self.world.number(copy))))
        return made


def postable(world: World) -> list[ExpectedRecord]:
    """The invoices of the month that go through at their first attempt: every way of posting there is, nothing to repair."""
    scenario = world.sandbox.world.scenario
    clean = {one.invoice_id for one in scenario.plan if one.fix is None and not one.codes}
    return [one for one in scenario.expected if one.invoice_id in clean]
