"""Gauges that are counted by a standing job: a dead letter shows within the minute, and is gone when it is settled."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import time
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from ledgerwire.common.deadletters.model import DeadLetter
from ledgerwire.common.deadletters.store import settle, write
from ledgerwire.common.figures import Counted, Figures, StandingFigures
from ledgerwire.common.telemetry import LOOKS_FAILING
from ledgerwire.common.work.store import SCHEDULED


def figure(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def dead(cause: str) -> float | None:
    return figure("ledgerwire_dead_letters_waiting", service="mapper", cause=cause)


@pytest.fixture
async def figures(desk):
    standing = StandingFigures(desk.database, desk.schema, every=timedelta(milliseconds=20))
    yield standing
    await desk.execute("UPDATE mapper.dead_letter SET state = 'discarded'")
    await standing.refresh()


async def bury(desk, cause: str, queue: str = "work") -> DeadLetter:
    letter = DeadLetter(queue=queue, cause=cause, detail="", payload=b"{}", account_id=desk.account)
    async with desk.database.system() as unit:
        await write(unit, desk.schema, [letter])
    return letter


async def settled(desk, letter: DeadLetter, state: str) -> None:
    async with desk.database.system() as unit:
        await settle(unit, desk.schema, letter.dead_letter_id, state)


@pytest.mark.requirement("R14")
async def test_a_dead_letter_shows_while_nobody_looks_and_goes_when_it_is_settled(desk, figures) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(figures.run(stop))
    first = await bury(desk, "BOOM")
    second = await bury(desk, "BOOM", queue="mapper.record-closed")
    await bury(desk, "OTHER")
    await desk.until(lambda: (dead("BOOM"), dead("OTHER")) == (2, 1), 20)
    await settled(desk, first, "replayed")
    await desk.until(lambda: dead("BOOM") == 1, 20)
    await settled(desk, second, "discarded")
    await desk.until(lambda: dead("BOOM") is None, 20)
    stop.set()
    await running


@pytest.mark.requirement("R14")
async def test_figures_that_cannot_be_counted_any_more_show_their_age(desk) -> None:
    """Gauges keep their last figure while the database is down: without this nobody would see that they are old."""
    answers = True

    async def count() -> Figures:
        if not answers:
            raise OSError("the database does not answer")
        return {}

    def counted_at() -> float | None:
        return figure("ledgerwire_counted_at_seconds", service="mapper")

    standing = StandingFigures(desk.database, desk.schema, [Counted(LOOKS_FAILING, count)])
    before = time()
    await standing.refresh()
    counted = counted_at()
    assert counted is not None
    assert counted >= before
    answers = False
    await standing.refresh()
    assert counted_at() == counted
    answers = True
    await standing.refresh()
    assert counted_at() != counted


async def test_a_recurring_look_that_fails_shows_by_its_cause_and_not_when_it_goes_well(desk, figures) -> None:
    connection = uuid4()
    await desk.ring(desk.bell("watch", connection, kind="watch"), desk.bell("r1", connection))

    async def ended(code: str) -> None:
        await desk.execute("UPDATE mapper.work SET last_code = :code", code=code)
        await figures.refresh()

    await ended("PERMISSION_MISSING[area=Finance > Invoicing]")
    labels = {"service": "mapper", "kind": "watch"}
    assert figure("ledgerwire_looks_failing", **labels, cause="PERMISSION_MISSING") == 1
    assert figure("ledgerwire_looks_failing", service="mapper", kind="map", cause="PERMISSION_MISSING") is None
    await ended("TRANSIENT")
    assert figure("ledgerwire_looks_failing", **labels, cause="PERMISSION_MISSING") is None
    await ended(SCHEDULED)
    assert figure("ledgerwire_looks_failing", **labels, cause="TRANSIENT") is None


async def test_the_oldest_due_work_shows_without_anybody_asking_for_it(desk, figures) -> None:
    await desk.ring(desk.bell("r1", uuid4()))
    await desk.execute("UPDATE mapper.work SET due_at = now() - interval '90 seconds'")
    await figures.refresh()
    assert 90 <= (figure("ledgerwire_backlog_age_seconds", service="mapper") or 0) < 120


async def test_a_database_that_does_not_answer_leaves_the_last_figures(desk, figures, monkeypatch) -> None:
    await bury(desk, "KEPT")
    await figures.refresh()

    def refuse() -> None:
        raise OSError("no route to the database")

    monkeypatch.setattr(desk.database, "system", refuse)
    await figures.refresh()
    assert dead("KEPT") == 1
    monkeypatch.undo()
