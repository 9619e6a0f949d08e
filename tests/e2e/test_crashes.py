"""A power cut between any two steps: after a restart there is one document, one batch, and nothing is lost."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from tests.e2e.world import ALL, open_world

from ledgerwire.common.crashpoints import POINTS
from ledgerwire.common.settings import Settings

for _name in ALL:
    importlib.import_module(f"ledgerwire.{_name}.bootstrap")  # its crash points are declared now

FIRST, NEW_CUSTOMER = 39001, 39040
"""Two invoices that go out in one call; the second one's contact has to be created first."""

pytestmark = pytest.mark.e2e


def victims(point: str) -> list[str]:
    """Who passes a point on the way of a closed invoice."""
    owner = point.partition(".")[0]
    return {"consumer": ["mapper", "poster"], "relay": list(ALL), "work": list(ALL)}.get(owner, [owner])


CUTS = [(service, point) for point in POINTS for service in victims(point) if service in ALL]
"""The way of a new invoice; points that only a changed record passes have an owner of their own and tests beside their code."""


AT_ONCE = {"work.claimed", "work.handled", "ingest.callback_registered", "ingest.page_announced", "ingest.swept"}
"""Points that ingest passes as soon as it starts, before ConnectWise can call."""
AMBIGUOUS = {"poster.outcome_unknown", "poster.looked_up"}
"""Points that are passed only when an answer of the ledger is lost."""


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
    async with open_world(settings, tmp_path, services=others, broker=broker_url, sync=sync) as world:
        if service == "ingest" and point in AT_ONCE:
            await world.close(FIRST)  # nobody is called back yet: the sweep finds it
            victim = world.spawn("ingest", crash_at=point)
            await victim.dies()
            await world.spawned("ingest")
            await world.close(NEW_CUSTOMER)
        elif service == "ingest":
            victim = await world.spawned("ingest", crash_at=point)
            await world.close(FIRST)
            await victim.dies()
            await world.spawned("ingest")
            await world.close(NEW_CUSTOMER)
        else:
            if point in AMBIGUOUS:
                world.arm("500_after", method="PUT", path_regex="/Invoices$")
            await world.close(FIRST, NEW_CUSTOMER)
            victim = world.spawn(service, crash_at=point)
            await victim.dies()
            world.spawn(service)
        await world.settled(FIRST, NEW_CUSTOMER)
        world.books_are_clean()
        contacts = [row["Name"] for row in world.ledger.contacts]
        assert contacts.count(world.expected(NEW_CUSTOMER).contact) == 1
        keys = await world.rows("SELECT idempotency_key FROM poster.submission")
        assert len({row["idempotency_key"] for row in keys}) == len(keys)
