"""SIGTERM under load: what is finished stays finished, what is in hand is finished first, and the process ends in time."""

from __future__ import annotations

import itertools
import signal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
from tests.e2e.processes import ServiceProcess, eventually
from tests.e2e.world import ALL, World, open_world

from ledgerwire.common.embedded.process import free_port, tail
from ledgerwire.common.settings import Settings, SuiteSettings

FIRST = (39001, 39002, 39033, 39050)
LATER = (*range(39011, 39020), 39040, 39048)
IN_TIME = 30.0
INVOICE, SLOW_SECONDS = 39001, 33.0
"""Longer than a process takes to stop, and than it may."""

pytestmark = pytest.mark.e2e


class Fleet:
    """One process of each service, each with an address of its own for its metrics."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ports = {name: world.settings.http_port if name == "ingest" else free_port() for name in ALL}
        self._running: dict[str, ServiceProcess] = {}
        self.seconds: list[float] = []

    async def start(self, *names: str, **settings: Any) -> None:
        for name in names:
            self._running[name] = self._world.spawn(name, **{"http_port": self._ports[name], **settings})
        for name in names:
            await self._world.running(self._running[name])
            await eventually(partial(self._answers, name), f"{name} answers")

    async def _answers(self, name: str) -> bool:
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{self._ports[name]}/live")).is_success
        except httpx.TransportError:
            return False

    async def stop(self, name: str, *, cut_off: bool = False) -> None:
        """As an orchestrator does; the exit is clean and in time, and no work is cut off unless that is what is expected."""
        stopped, began = self._running[name], monotonic()
        stopped.process.send_signal(signal.SIGTERM)
        await eventually(lambda: stopped.process.poll() is not None, f"{name} ends", seconds=IN_TIME)
        self.seconds.append(monotonic() - began)
        assert stopped.process.returncode == 0, tail(stopped.log)
        assert ("drain_cut_off" in stopped.log.read_text(errors="replace")) == cut_off

    async def redelivered(self) -> float:
        """Messages that came to a running process although they had been taken before."""
        total = 0.0
        async with httpx.AsyncClient() as client:
            for name in ("mapper", "poster"):
                text = (await client.get(f"http://127.0.0.1:{self._ports[name]}/metrics")).text
                total += sum(
                    float(line.rpartition(" ")[2])
                    for line in text.splitlines()
                    if line.startswith("ledgerwire_consumed_total") and 'result="duplicate"' in line
                )
        return total


@pytest.mark.requirement("R15")
async def test_services_stopped_under_load_repeat_nothing_that_was_finished(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    """Mapper, poster and ingest in turn; LEDGERWIRE_TEST_STOPS says how often."""
    async with open_world(settings, tmp_path, services=(), broker=broker_url) as world:
        fleet, redelivered, closed = Fleet(world), 0.0, list(FIRST)
        await fleet.start(*ALL)
        await world.callback_registered()
        await world.close(*FIRST)
        fresh = iter(LATER)
        for victim in itertools.islice(itertools.cycle(("mapper", "poster", "ingest")), SuiteSettings().stops):
            some = list(itertools.islice(fresh, 4))
            closed += some
            await world.close(*(some or closed))  # once all are closed, each save calls back again
            redelivered += await fleet.redelivered()
            await fleet.stop(victim)
            await fleet.start(victim)
        await world.settled(*closed, seconds=90)
        await world.quiet()
        redelivered += await fleet.redelivered()
        world.books_are_clean()
        assert redelivered == 0
        assert max(fleet.seconds) < IN_TIME
        await nothing_was_done_again(world)


@pytest.mark.requirement("R15")
async def test_a_ledger_slower_than_the_time_to_stop_delays_no_exit_and_its_answer_is_looked_up(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    """The document is made after the process that asked for it has gone."""
    async with open_world(settings, tmp_path, services=(), broker=broker_url) as world:
        fleet = Fleet(world)
        await fleet.start("ingest", "mapper")
        await fleet.start("poster", ledger_timeout_seconds=SLOW_SECONDS + 2)
        await world.callback_registered()
        world.arm("slow", method="PUT", path_regex=r"/Invoices$", params={"seconds": SLOW_SECONDS})
        await world.close(INVOICE)
        await eventually(lambda: slow_call_taken(world), "the slow call is under way")
        await fleet.stop("poster", cut_off=True)
        assert not world.documents(world.number(INVOICE))
        await fleet.start("poster")
        redelivered = await fleet.redelivered()
        await world.settled(INVOICE, seconds=60)
        await world.quiet()
        world.books_are_clean()
        assert len(world.journal("xero", "PUT", "/Invoices")) == 1
        assert redelivered + await fleet.redelivered() == 0
        await nothing_was_done_again(world)


def slow_call_taken(world: World) -> bool:
    return any(armed["fired"] for armed in world.sandbox.world.faults.list())


async def nothing_was_done_again(world: World) -> None:
    steps = await world.rows(
        "SELECT record_id, step, count(*) AS times FROM poster.timeline WHERE step IN ('submitted', 'batched')"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert not steps, "a finished step was taken again"
