"""After the last fault: wait until nothing is left to do, and collect what then must hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
_UNSETTLED = "SELECT number, state, settled_outcome, settled_findings, findings FROM mapper.record WHERE settled_outcome IS DISTINCT FROM 'batched'"


async def drained(arena: Arena, wanted: int) -> float | None:
    """Seconds until every record is settled and nothing is open, at two looks `APART`; None once nothing has moved for too long."""
    loop = asyncio.get_running_loop()
    began = moved = loop.time()
    progress, clean_since = "", None
    await arena.world.psa.callbacks.drain()
    while True:
        for slot in arena.slots.values():
            slot.check()
        settled, left = await _settled(arena), await leftovers(arena)
        now = loop.time()
        clean_since = (clean_since or now) if settled >= wanted and not any(left.values()) else None
        if clean_since is not None and now - clean_since >= APART:
            return round(clean_since - began, 1)
        if (told := f"{settled} {left}") != progress:
            progress, moved = told, loop.time()
        if loop.time() - moved > arena.profile.stall_seconds:
            return None
        if loop.time() - began > arena.profile.patience:
            await _time_passes(arena)
        await lasts(EVERY)


async def _settled(arena: Arena) -> int:
    [row] = await arena.world.rows("SELECT count(*) AS n FROM mapper.record WHERE settled_outcome = 'batched'")
    return int(row["n"])


async def leftovers(arena: Arena) -> dict[str, int]:
    """What is still to be done, by place: outboxes, work (recurring work is named after its kind), calls without an outcome, queues; and dead letters.

    What is on its way counts too: requests that a vendor has not carried out (one may be held back and then write) and bytes
    inside the proxies.
    """
    rows = await arena.world.rows(_OPEN)
    left = {str(row["place"]): int(row["n"]) for row in rows}
    [row] = await arena.world.rows("SELECT count(*) AS n FROM poster.submission WHERE settled_at IS NULL")
    left["poster.submission"] = int(row["n"])
    left |= await _queued(arena.broker.url)
    left["requests in flight"] = arena.world.sandbox.world.in_flight
    left |= {f"link {name}": proxy.held for name, proxy in arena.proxies.items()}
    return left


async def left_over(arena: Arena) -> dict[str, int]:
    """What is left for good: of a recurring look that is just under way nothing is left a moment later."""
    for _ in range(5):
        left = await leftovers(arena)
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
    """The first records that are not batched by our own rows: for the reader of a failed run."""
    return [{name: str(row[name]) for name in row.keys()} for row in await arena.world.rows(f"{_UNSETTLED} LIMIT 5")]  # noqa: SIM118
