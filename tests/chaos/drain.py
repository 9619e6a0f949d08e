"""After the last fault: wait until nothing is left to do, and collect what then must hold."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aio_pika
from tests.chaos.arena import Arena
from tests.chaos.pace import lasts
from tests.chaos.plan import SERVICES

from ledgerwire.common.mq.topology import QUEUES

_OPEN = " UNION ALL ".join(
    f"SELECT '{name}.outbox' AS place, count(*) AS n FROM {name}.outbox WHERE published_at IS NULL"
    f" UNION ALL SELECT '{name}.work', count(*) FROM {name}.work WHERE work_key <> kind"
    f" UNION ALL SELECT '{name}.dead_letter', count(*) FROM {name}.dead_letter"
    for name in SERVICES
)
APART = 2.0
"""Seconds between the two looks that must both find nothing left: what is on its way and nowhere counted has arrived by then."""
EVERY = 1.0
"""Seconds between looks."""
IN_FLIGHT, LINK = "requests in flight", "link "
"""Where a look counts what is on its way."""
_UNSETTLED = """
    SELECT r.number, r.state, r.settled_outcome, r.settled_findings, r.findings,
           (SELECT string_agg(concat_ws(' ', to_char(way.at, 'HH24:MI:SS.MS'), way.step), ', ' ORDER BY way.at)
              FROM (SELECT record_id, at, step FROM ingest.timeline
                     UNION ALL SELECT record_id, at, step FROM mapper.timeline
                     UNION ALL SELECT record_id, at, step FROM poster.timeline) AS way
             WHERE way.record_id = r.record_id) AS way,
           (SELECT string_agg(concat_ws(' ', o.type, 'published', o.published_at, 'taken', i.received_at), ', ' ORDER BY o.id)
              FROM mapper.outbox o LEFT JOIN poster.inbox i USING (message_id)
             WHERE o.subject = r.record_id::text) AS told
      FROM mapper.record r
     WHERE r.settled_outcome IS DISTINCT FROM 'batched'
     LIMIT 5
"""


@dataclass(frozen=True, slots=True)
class Drain:
    """How long a drain took; `why` it did not end, where `seconds` is None."""

    seconds: float | None
    why: str = ""


@dataclass(slots=True)
class _Progress:
    """What the looks found: a record settled more, or less left to do than ever before, is progress; coming and going is none."""

    wanted: int
    moved: float
    settled: int = 0
    fewest: int | None = None
    clean_since: float | None = None
    left: Mapping[str, int] = field(default_factory=dict)

    def note(self, settled: int, left: Mapping[str, int], now: float) -> None:
        """Take one look into account."""
        stays = sum(n for place, n in left.items() if not _is_passing(place))
        if settled > self.settled or self.fewest is None or stays < self.fewest:
            self.moved = now
        self.settled = max(settled, self.settled)
        self.fewest = stays if self.fewest is None else min(stays, self.fewest)
        self.clean_since = (self.clean_since or now) if settled >= self.wanted and not any(left.values()) else None
        self.left = left

    @property
    def told(self) -> str:
        """How far it came, for the reader of a failed run."""
        open_places = {place: n for place, n in self.left.items() if n}
        return f"{self.settled} of {self.wanted} settled, left at the last look: {open_places}"


async def drained(arena: Arena, wanted: int) -> Drain:
    """Wait until every record is settled and nothing is open, at two looks `APART`.

    Given up once nothing was settled for `stall_seconds`, and after `drain_seconds` whatever happens meanwhile.
    """
    loop = asyncio.get_running_loop()
    began, most = loop.time(), arena.profile.drain_seconds
    progress = _Progress(wanted, began)
    try:
        async with asyncio.timeout(most) as limit:
            await arena.world.psa.callbacks.drain()
            progress.moved = loop.time()
            return await _until_nothing_is_open(arena, progress, began)
    except TimeoutError:
        if not limit.expired():
            raise  # of something that was asked
    return Drain(None, f"it took more than {most:g} s; {progress.told}")


async def _until_nothing_is_open(arena: Arena, progress: _Progress, began: float) -> Drain:
    loop, profile = asyncio.get_running_loop(), arena.profile
    while True:
        for slot in arena.slots.values():
            slot.check()
        progress.note(await _settled(arena), await look(arena), now := loop.time())
        if progress.clean_since is not None and now - progress.clean_since >= APART:
            return Drain(round(progress.clean_since - began, 1))
        if now - progress.moved > profile.stall_seconds:
            return Drain(None, f"nothing was settled for {profile.stall_seconds:g} s; {progress.told}")
        if now - began > profile.patience:
            await _time_passes(arena)
        await lasts(EVERY)


def _is_passing(place: str) -> bool:
    """Whether what is counted there comes and goes with every call that is made."""
    return place == IN_FLIGHT or place.startswith(LINK)


async def _settled(arena: Arena) -> int:
    [row] = await arena.world.rows("SELECT count(*) AS n FROM mapper.record WHERE settled_outcome = 'batched'")
    return int(row["n"])


async def look(arena: Arena) -> dict[str, int]:
    """What at this moment is still to be done, by place: outboxes, work (recurring work is named after its kind), calls without an outcome, queues; and dead letters.

    What is on its way counts too: requests that a vendor has not carried out (one may be held back and then write) and bytes
    inside the proxies.
    """
    rows = await arena.world.rows(_OPEN)
    left = {str(row["place"]): int(row["n"]) for row in rows}
    [row] = await arena.world.rows("SELECT count(*) AS n FROM poster.submission WHERE settled_at IS NULL")
    left["poster.submission"] = int(row["n"])
    left |= await _queued(arena.broker.url)
    left[IN_FLIGHT] = arena.world.sandbox.world.in_flight
    left |= {f"{LINK}{name}": proxy.held for name, proxy in arena.proxies.items()}
    return left


async def leftovers(arena: Arena) -> dict[str, int]:
    """What is left for good: of a recurring look that is just under way nothing is left a moment later."""
    for _ in range(5):
        left = await look(arena)
        if not any(left.values()):
            break
        await lasts(APART / 2)
    return left


async def _queued(url: str) -> dict[str, int]:
    """Messages in each queue and each queue of the dead."""
    found: dict[str, int] = {}
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        for queue in QUEUES:
            for name in (queue.name, queue.dead):
                declared = await channel.get_queue(name, ensure=True)
                found[f"queue {name}"] = int(declared.declaration_result.message_count or 0)
    return found


async def _time_passes(arena: Arena) -> None:
    """Whatever waits for a later try finds that its moment has come; unknown outcomes and recurring looks keep their own time."""
    for name in SERVICES:
        await arena.world.rows(
            f"UPDATE {name}.work SET due_at = now() WHERE due_at > now() AND due_at < 'infinity' AND work_key <> kind"
        )


async def unsettled(arena: Arena) -> Sequence[dict[str, Any]]:
    """The first records that are not batched by our own rows, each with its way so far: for the reader of a failed run."""
    return [{name: str(row[name]) for name in row.keys()} for row in await arena.world.rows(_UNSETTLED)]  # noqa: SIM118
