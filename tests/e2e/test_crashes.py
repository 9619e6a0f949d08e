"""A power cut between any two steps: after a restart there is one document, one batch, and nothing is lost."""

from __future__ import annotations

import importlib
import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_books import Spent, aside, differences
from tests.e2e.expense_reports import MEMBER, PER_REPORT, REPORT, Reports, account
from tests.e2e.world import ALL, World, open_world

from ledgerwire.common.crashpoints import POINTS
from ledgerwire.common.settings import Settings

for _name in ALL:
    importlib.import_module(f"ledgerwire.{_name}.bootstrap")  # its crash points are declared now

FIRST, NEW_CUSTOMER = 39001, 39040
"""Two invoices that go out in one call; the second one's contact has to be created first."""
SPENT = [Spent(9301, MEMBER, REPORT, Decimal("41.80")), Spent(9302, MEMBER, REPORT, Decimal("12.05"))]
"""Two expenses that are one bill: the ledger would take it a second time under the same number."""

pytestmark = pytest.mark.e2e


def victims(point: str) -> list[str]:
    """Who passes a point on the way of a closed invoice."""
    owner = point.partition(".")[0]
    return {"consumer": ["mapper", "poster"], "relay": list(ALL), "work": list(ALL)}.get(owner, [owner])


CUTS = [(service, point) for point in POINTS for service in victims(point) if service in ALL]
"""The way of a new invoice; points that only a changed record passes have an owner of their own and tests beside their code."""


AT_ONCE = {"work.claimed", "work.handled", "ingest.callback_registered", "ingest.page_announced", "ingest.swept"}
"""Points that ingest passes as soon as it starts, before ConnectWise can call."""
AMBIGUOUS = {"poster.outcome_unknown": "500_after", "poster.looked_up": "timeout_after_commit"}
"""Points that are passed only when an answer of the ledger is lost, and how it is: that of the invoices and that of the bill."""


@pytest.mark.requirement("R6")
def test_every_step_of_ingest_relay_mapper_poster_and_batch_marking_has_a_point() -> None:
    names = {point for _, point in CUTS}
    assert len(names) >= 25
    assert {name.partition(".")[0] for name in names} == {"ingest", "relay", "consumer", "work", "mapper", "poster"}


def test_every_step_of_posting_has_a_point() -> None:
    assert {"before_submission", "submission_committed", "answer_received", "batch_sent"} <= {
        point.partition(".")[2] for service, point in CUTS if service == "poster"
    }


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(("service", "point"), CUTS)
async def test_a_process_killed_at_any_point_and_started_again_posts_once_and_batches_once(
    settings: Settings, tmp_path: Path, broker_url: str, service: str, point: str
) -> None:
    others = [name for name in ALL if name != service]
    # ConnectWise does not call again where a connection broke: what died before its commit is found by the sweep
    sync = {"sweep_interval_seconds": 2} if service == "ingest" else {}
    async with open_world(
        settings, tmp_path, services=others, broker=broker_url, account=account(PER_REPORT), sync=sync
    ) as world:
        reports = Reports(world)
        reports.set_up()
        if service == "ingest":
            await _ingest_dies(reports, point)
        else:
            await _worker_dies(reports, service, point)
        await world.settled(FIRST, NEW_CUSTOMER)
        await reports.settled(*(one.expense_id for one in SPENT))
        await world.quiet()
        await nothing_is_left(world)
        world.books_are_clean(aside(world))
        assert differences(world, SPENT) == []
        contacts = [row["Name"] for row in world.ledger.contacts]
        assert contacts.count(world.expected(NEW_CUSTOMER).contact) == 1
        sent = keys_by_number(world)
        assert set(sent) == {world.number(FIRST), world.number(NEW_CUSTOMER), SPENT[0].bill}
        assert {number for number, keys in sent.items() if len(keys) != 1} == set(), sent


async def _ingest_dies(reports: Reports, point: str) -> None:
    world = reports.world
    if point in AT_ONCE:
        _approve(reports)
        await world.close(FIRST)  # nobody is called back yet: the sweep finds it
        victim = world.spawn("ingest", crash_at=point)
    else:
        victim = await world.spawned("ingest", crash_at=point)
        await world.close(FIRST)
        _approve(reports)
    await victim.dies()
    await world.spawned("ingest")
    await world.close(NEW_CUSTOMER)


async def _worker_dies(reports: Reports, service: str, point: str) -> None:
    world = reports.world
    if point in AMBIGUOUS:
        world.arm(AMBIGUOUS[point], method="PUT", path_regex="/Invoices$", times=2)
    await world.close(FIRST, NEW_CUSTOMER)
    _approve(reports)
    await reports.look(*(one.expense_id for one in SPENT))
    victim = world.spawn(service, crash_at=point)
    await victim.dies()
    world.spawn(service)


def _approve(reports: Reports) -> None:
    for one in SPENT:
        reports.enter(one.expense_id, str(one.amount), on=one.on, member=one.member_id, report=one.report_id)


async def nothing_is_left(world: World) -> None:
    """No dead letter, nothing unpublished, and no call whose outcome is open."""
    dead = [
        dict(row) for name in ALL for row in await world.rows(f"SELECT queue, cause, detail FROM {name}.dead_letter")
    ]
    assert dead == []
    for name in ALL:
        assert await world.rows(f"SELECT type FROM {name}.outbox WHERE published_at IS NULL") == []
    assert await world.rows("SELECT kind FROM poster.submission WHERE settled_at IS NULL") == []


def keys_by_number(world: World) -> dict[str, set[str]]:
    """Under which idempotency keys the ledger was sent each new document, whether or not an answer came back."""
    sent: dict[str, set[str]] = {}
    for call in world.journal("xero", "PUT", "/Invoices"):
        for row in json.loads(call.request_body)["Invoices"]:
            sent.setdefault(row["InvoiceNumber"], set()).add(call.request_headers["idempotency-key"])
    return sent
