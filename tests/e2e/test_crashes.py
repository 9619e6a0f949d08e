"""A power cut between any two steps: after a restart there is one document, one batch, and nothing is lost."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.expense_books import Spent, aside, differences
from tests.e2e.expense_reports import DAY, MEMBER, PARTS, REPORT, TAXED_PER_REPORT, Reports, account
from tests.e2e.processes import eventually
from tests.e2e.world import ALL, World, open_world

from ledgerwire.common.crashpoints import POINTS
from ledgerwire.common.settings import Settings
from ledgerwire.poster import points

for _name in ALL:
    importlib.import_module(f"ledgerwire.{_name}.bootstrap")  # its crash points are declared now

FIRST, NEW_CUSTOMER = 39001, 39040
"""Two invoices that go out in one call; the second one's contact has to be created first."""
SPENT = [
    Spent(9301, MEMBER, REPORT, Decimal("41.80"), DAY + timedelta(days=1), Decimal("3.80"), PARTS),
    Spent(9302, MEMBER, REPORT, Decimal("12.05")),
]
"""Two expenses of two days that are one bill: the ledger would take it a second time under the same number."""

pytestmark = pytest.mark.e2e


def owner(point: str) -> str:
    """The service or shared machinery that has a point."""
    return point.partition(".")[0]


def victims(point: str) -> list[str]:
    """Who passes a point on the way of a closed invoice."""
    shared = {"consumer": ["mapper", "poster"], "relay": list(ALL), "work": list(ALL)}
    return shared.get(owner(point), [owner(point)])


CUTS = [(service, point) for point in POINTS for service in victims(point) if service in ALL]
"""The way of a new invoice."""
ELSEWHERE = {"revision", "billing"}
"""Owners of points that no new record passes: cut in the tests of corrections, and in those of billing sync."""

AT_ONCE = {"work.claimed", "work.handled", "ingest.callback_registered", "ingest.page_announced", "ingest.swept"}
"""Points that ingest passes as soon as it starts, before ConnectWise can call."""
LIKE_ANY_OTHER = {
    points.BEFORE_SUBMISSION,
    points.BEFORE_CONTACT,
    points.CONTACT_CREATED,
    points.CONTACT_LINKED,
    points.BEFORE_REEXPORT,
    points.SETTLED,
}
"""Points of poster at which nothing has been said of a document that the ledger could take twice, or all is over."""
AMBIGUOUS = {"poster.outcome_unknown": "500_after", "poster.looked_up": "timeout_after_commit"}
"""Points that are passed only when an answer of the ledger is lost, and how it is: that of the invoices and that of the bill."""


@pytest.mark.requirement("R6")
def test_every_step_of_ingest_relay_mapper_poster_and_batch_marking_has_a_point() -> None:
    names = {point for _, point in CUTS}
    assert len(names) >= 25
    assert {owner(name) for name in names} == {"ingest", "relay", "consumer", "work", "mapper", "poster"}


def test_no_point_is_left_that_nobody_is_killed_at() -> None:
    uncut = POINTS.keys() - {point for _, point in CUTS}
    assert {point for point in uncut if owner(point) not in ELSEWHERE} == set()


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
        settings, tmp_path, services=others, broker=broker_url, account=account(TAXED_PER_REPORT), sync=sync
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
        await world.nothing_is_left()
        world.books_are_clean(aside(world))
        assert differences(world, SPENT) == []
        contacts = [row["Name"] for row in world.ledger.contacts]
        assert contacts.count(world.expected(NEW_CUSTOMER).contact) == 1
        sent = keys_by_number(world)
        assert set(sent) == {world.number(FIRST), world.number(NEW_CUSTOMER), SPENT[0].bill}
        assert {number for number, keys in sent.items() if len(keys) != 1} == set(), sent


@dataclass(frozen=True, slots=True)
class Crossed:
    """What of a report's bill had crossed the wire when the process died."""

    sent: int
    """Calls to the ledger that bore it."""
    asked: bool = False
    """Whether the ledger had been asked for it after that."""
    batches: tuple[int, ...] = (0,)
    """Calls to ConnectWise that made a batch of one of its expenses; several go at once."""
    must_ask: bool = False
    """Whether the next process has to ask the ledger for it before anything else is done with it."""


BILL_CUTS = {
    points.SUBMISSION_COMMITTED: Crossed(0, must_ask=True),
    points.ANSWER_RECEIVED: Crossed(1, must_ask=True),
    points.OUTCOME_UNKNOWN: Crossed(1, must_ask=True),
    points.LOOKED_UP: Crossed(1, asked=True),
    points.VERDICT_COMMITTED: Crossed(1),
    points.SUBMISSION_SETTLED: Crossed(1),
    points.BATCHING_COMMITTED: Crossed(1),
    points.BATCH_SENT: Crossed(1, batches=(1, 2)),
    points.MARK_PROVED: Crossed(1, batches=(2,)),
}


def test_every_step_of_posting_a_bill_is_cut_with_the_bill_at_it() -> None:
    assert BILL_CUTS.keys() | LIKE_ANY_OTHER == {point for point in POINTS if owner(point) == "poster"}


@pytest.mark.requirement("R6", "M17")
@pytest.mark.parametrize("point", BILL_CUTS)
async def test_a_poster_killed_with_a_bill_at_any_point_asks_for_it_and_never_sends_it_twice(
    settings: Settings, tmp_path: Path, broker_url: str, point: str
) -> None:
    async with open_world(
        settings, tmp_path, services=("mapper",), broker=broker_url, account=account(TAXED_PER_REPORT)
    ) as world:
        reports = Reports(world)
        reports.set_up()
        if point in AMBIGUOUS:
            world.arm(AMBIGUOUS[point], method="PUT", path_regex="/Invoices$", body_regex=f'"{SPENT[0].bill}"')
        _approve(reports)
        await reports.look(*(one.expense_id for one in SPENT))
        await reports.until([one.expense_id for one in SPENT], "mapped", None)
        await world.spawn("poster", crash_at=point).dies()
        await eventually(lambda: world.sandbox.world.journal.in_flight == 0, "no request is under way")
        cut, before = BILL_CUTS[point], wire(world)
        assert before.count("sent") == cut.sent
        assert ("asked" in before[before.index("sent") :] if cut.sent else False) == cut.asked
        assert before.count("batch") in cut.batches
        world.spawn("poster")
        await reports.settled(*(one.expense_id for one in SPENT))
        await world.quiet()
        await world.nothing_is_left()
        after = wire(world)[len(before) :]
        assert after[:1] == ["asked"] or not cut.must_ask, after
        assert [*before, *after].count("sent") == 1
        assert [*before, *after].count("batch") == len(SPENT)
        assert differences(world, SPENT) == []
        assert world.documents() == reports.bills()
        assert len(world.batches()) == len(SPENT)


def wire(world: World) -> list[str]:
    """What crossed the wire about the report's bill and its expenses' batches, in order."""
    crossed = []
    for call in world.sandbox.world.journal.entries(since_seq=world.sandbox.world.seeded_at):
        if call.path.endswith("/Invoices") and call.method != "GET":
            [row] = json.loads(call.request_body)["Invoices"]
            assert row["InvoiceNumber"] == SPENT[0].bill
            crossed.append("sent")
        elif call.path.endswith("/Invoices") and SPENT[0].bill in call.query:
            crossed.append("asked")
        elif call.path.endswith("/finance/accounting/batches") and call.method == "POST":
            crossed.append("batch")
    return crossed


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
        one.enter(reports)


def keys_by_number(world: World) -> dict[str, set[str]]:
    """Under which idempotency keys the ledger was sent each new document, whether or not an answer came back."""
    sent: dict[str, set[str]] = {}
    for call in world.journal("xero", "PUT", "/Invoices"):
        for row in json.loads(call.request_body)["Invoices"]:
            sent.setdefault(row["InvoiceNumber"], set()).add(call.request_headers["idempotency-key"])
    return sent
