"""How fast a backlog goes through both providers' limits, beside what the limits allow and beside a plain poster.

    python -m benchmarks.backlog [--documents 3000] [--plain-seconds 150]

Two phases: closed invoices of one tenant are loaded as work that waits, then mapper and poster start (processes of their own,
over a private RabbitMQ) against a sandbox that enforces 1,000 ConnectWise calls and 60 Xero calls a minute; afterwards every
invoice is looked for in both books. The first minute, in which the windows are still whole, does not count. The bound is
min(60 calls x 50 documents, 1,000 / ConnectWise calls a document); the plain poster makes one ledger call an invoice.
Prints one JSON object; exits 1 when less than 0.9 of the bound is reached, more than 1.2 ConnectWise or 0.05 Xero calls a
document are made, a call is refused, or an invoice is not in both books and among our records once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from benchmarks.plain_poster import PlainPoster
from benchmarks.stage import cpu_seconds, load_average, open_stage
from benchmarks.verification import any_fault, verified
from tests.e2e.world import World

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper.handlers import MAP, work_key
from ledgerwire.sandbox.server import SandboxOptions

CONNECTWISE_PER_MINUTE, XERO_PER_MINUTE, GROUP = 1000, 60, 50
BAR = 0.9
CALLS_A_DOCUMENT = {"connectwise": 1.2, "xero": 0.05}
"""At most: the bound is reckoned from the calls that are made, so a product that made more would be measured by less."""
TO_COPY = 39003
FIRST_MINUTE = 60.0
STALLED = 90.0


@dataclass(frozen=True, slots=True)
class Reached:
    """So many batches were there so many seconds after the first one."""

    seconds: float
    batches: int


async def main(documents: int, plain_seconds: float, uncounted: float) -> dict[str, Any]:
    """Load, run, verify, compare."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory() as directory:
        options = SandboxOptions(tls=True, tls_dir=Path(directory) / "tls", journal_bodies=False)
        async with open_stage(Path(directory), options=options) as stage:
            return await _measure(stage.world, documents, plain_seconds, uncounted)


async def _measure(world: World, documents: int, plain_seconds: float, uncounted: float) -> dict[str, Any]:
    switches = world.psa.state.switches
    switches.requests_per_minute = CONNECTWISE_PER_MINUTE
    ids = await load(world, documents)
    since = len(world.sandbox.world.journal)
    services = [await world.spawned(name) for name in ("mapper", "poster")]
    before = {one.name: cpu_seconds(one.process.pid) for one in services}
    way = await _until_batched(world, ids)
    busy = load_average()
    used = {one.name: cpu_seconds(one.process.pid) - before[one.name] for one in services}
    told = await verified(world, world.rows, [world.account_id], ids)
    figures: dict[str, Any] = {"documents": documents, **_pace(way, uncounted), **told}
    figures["cpu_ms_per_document"] = {name: round(spent / documents * 1000, 1) for name, spent in used.items()}
    for service in services:
        await service.stop()
    figures |= _calls(world, documents, since)
    bound = min(XERO_PER_MINUTE * GROUP, CONNECTWISE_PER_MINUTE / figures["connectwise_calls_per_document"])
    plain = await PlainPoster(world).per_minute(plain_seconds, uncounted) if plain_seconds else 0.0
    return figures | {
        "bound_per_minute": round(bound, 1),
        "share_of_bound": round(figures["per_minute"] / bound, 3),
        "plain_per_minute": round(plain, 1),
        "times_plain": round(figures["per_minute"] / plain, 1) if plain else None,
        "bar": BAR,
        "load_average": busy,
    }


async def load(world: World, documents: int) -> list[int]:
    """Closed invoices that nobody was told of, as work that waits to be mapped: what a sweep leaves."""
    ids = world.copies(TO_COPY, documents, batched=False)
    state = world.psa.state
    listeners, state.listeners = state.listeners, []
    for invoice_id in ids:
        world.set_status(invoice_id, "Closed")
    state.listeners = listeners
    mapper = open_database(world.settings, "mapper")
    store = WorkStore(ServiceSchema("mapper"))
    try:
        for start in range(0, len(ids), 1000):
            async with mapper.system() as unit:
                await store.ring(unit, [_bell(world, one) for one in ids[start : start + 1000]])
    finally:
        await mapper.close()
    return ids


def _bell(world: World, invoice_id: int) -> Doorbell:
    record = world.record_id(invoice_id)
    return Doorbell(
        account_id=world.account_id,
        connection_id=world.psa_connection,
        work_key=work_key(record),
        kind=MAP,
        priority=Priority.BULK,
        correlation_id=str(uuid4()),
        found_by="sweep",
        payload={"record_id": str(record), "source_id": str(invoice_id), "record_type": "invoice"},
    )


async def _until_batched(world: World, ids: Sequence[int]) -> list[Reached]:
    """How many batches there were, second by second, from the first one to the last."""
    table = world.psa.state.tables["batches"]
    before, way = len(table), [Reached(0.0, 0)]
    started, moved = 0.0, perf_counter()
    while way[-1].batches < len(ids):
        await asyncio.sleep(0.2)
        made, now = len(table) - before, perf_counter()
        if made == way[-1].batches:
            if now - moved > STALLED:
                raise TimeoutError(f"{made} of {len(ids)} invoices were batched, then nothing for {STALLED:g} s")
            continue
        started, moved = started or now, now
        way.append(Reached(now - started, made))
    return way


def _pace(way: Sequence[Reached], uncounted: float) -> dict[str, Any]:
    """Documents a minute after the first minute, without the last group, whose end nothing follows."""
    last = way[-1]
    counted = [one for one in way if one.seconds >= uncounted and one.batches <= last.batches - GROUP]
    if len(counted) < 2:
        raise ValueError("the backlog was gone before the second minute: take more --documents")
    begun, ended = counted[0], counted[-1]
    pace = (ended.batches - begun.batches) / (ended.seconds - begun.seconds) * 60
    return {
        "seconds": round(last.seconds, 1),
        "first_minute": begun.batches,
        "steady_seconds": round(ended.seconds - begun.seconds, 1),
        "per_minute": round(pace, 1),
    }


def _calls(world: World, documents: int, since: int) -> dict[str, Any]:
    """HTTP calls a document to each provider, refusals for the limit, and where they went."""
    entries = world.sandbox.world.journal.entries(kind="http", since_seq=since)
    figures: dict[str, Any] = {}
    for system in CALLS_A_DOCUMENT:
        own = [one for one in entries if one.system == system]
        figures[f"{system}_calls_per_document"] = round(len(own) / documents, 4)
        figures[f"{system}_refused"] = sum(one.status == 429 for one in own)
        ways = Counter(f"{one.method} {one.path.rstrip('/').rsplit('/', 1)[-1]}" for one in own)
        figures[f"{system}_calls"] = dict(ways.most_common())
    return figures


def failed(result: dict[str, Any]) -> bool:
    """Whether a book is wrong, a call was refused, the pace is below the bound, or calls were spent that lower the bound itself."""
    refused = any(result[f"{system}_refused"] for system in CALLS_A_DOCUMENT)
    dear = any(result[f"{system}_calls_per_document"] > most for system, most in CALLS_A_DOCUMENT.items())
    return any_fault(result) or refused or dear or result["share_of_bound"] < BAR


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=3000)
    parser.add_argument("--plain-seconds", type=float, default=150.0)
    parser.add_argument("--uncounted", type=float, default=FIRST_MINUTE, help="seconds at the beginning")
    chosen = parser.parse_args()
    result = asyncio.run(main(chosen.documents, chosen.plain_seconds, chosen.uncounted))
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
