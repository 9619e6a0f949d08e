"""From callback to batch through three processes: documents a second without delay, and latency at a low rate with slow vendors.

    python -m benchmarks.pipeline [--documents 600] [--accounts 4] [--rate 20] [--seconds 30] [--connections 40]

Ingest, mapper and poster as processes of their own over RabbitMQ and a PostgreSQL with fsync; the sandbox stands in this
process, so that its own work is part of what the machine does. Throughput: all callbacks at once, sandbox without delay.
Latency: callbacks at a steady rate spread over many connections, each Xero call delayed by 200 ms and each ConnectWise call
by 50 ms, counted from the moment a callback was due. Afterwards every invoice is looked for: one document of its number with
its total in the ledger, one batch, one settled record. Prints one JSON object; exits 1 when one of these is not so.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.load import send_from_a_process, spread
from benchmarks.stage import Stage, cpu_seconds, load_average, open_stage, resident_megabytes
from benchmarks.verification import any_fault, verified

from ledgerwire.common.event_loop import run as run_loop

TO_COPY = 39003
LEDGER_SECONDS, PSA_SECONDS = 0.2, 0.05
BAR_PER_SECOND, BAR_P50, BAR_P99 = 50.0, 1000.0, 3000.0
WARM_UP = 20
STALLED = 60.0


HALVES = ("throughput", "latency")
_STATEMENTS = (
    "SELECT split_part(rolname, '_', 2) AS service, sum(calls)::bigint AS calls, sum(total_exec_time) AS milliseconds"
    " FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid WHERE rolname LIKE 'lw\\_%' GROUP BY 1 ORDER BY 1"
)
"""What each service asked, BEGIN and COMMIT included: a machine under load does not distort it."""


async def main(
    documents: int, accounts: int, rate: float, seconds: float, connections: int, halves: Sequence[str] = HALVES
) -> dict[str, Any]:
    """Each half on a stage of its own."""
    found: dict[str, Any] = {}
    if "throughput" in halves:
        found["throughput"] = await on_stage(accounts, documents, None, delayed=False)
    if "latency" in halves:
        found["latency"] = await on_stage(connections, int(rate * seconds), rate, delayed=True)
    bars = {"per_second": BAR_PER_SECOND, "p50": BAR_P50, "p99": BAR_P99}
    return found | {"bars": bars, "load_average": load_average()}


async def on_stage(
    accounts: int, documents: int, rate: float | None, *, delayed: bool, mappers: int = 1
) -> dict[str, Any]:
    """One measurement with fresh servers, vendors and processes."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_stage(Path(directory), account_count=accounts, statistics=True) as stage:
            return await Pipeline(stage).measure(documents, rate, delayed=delayed, mappers=mappers)


class Pipeline:
    """Callbacks in, batches out."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._world = stage.world

    async def measure(self, documents: int, rate: float | None, *, delayed: bool, mappers: int) -> dict[str, Any]:
        world = self._world
        world.ledger.switches.change({"limits_enabled": False})
        await self._stage.rows("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        services = ["ingest", *["mapper"] * mappers, "poster"]
        processes = [await world.spawned(service) for service in services]
        paths = await self._stage.paths()
        async with self.unlimited():
            await self._run(paths, self.closed(WARM_UP * len(paths)), None)
        # At a steady rate nobody meets a limit, and emptying budgets is work of its own.
        async with self.unlimited() if rate is None else nullcontext():
            if delayed:
                for system, pause in (("xero", LEDGER_SECONDS), ("connectwise", PSA_SECONDS)):
                    world.arm("slow", system, times=None, params={"seconds": pause})
            ids = self.closed(documents)
            since = len(world.sandbox.world.journal)
            await self._stage.rows("SELECT pg_stat_statements_reset()")
            busy = {process.process.pid: cpu_seconds(process.process.pid) for process in processes}
            started, done = await self._run(paths, ids, rate)
            pids = [process.process.pid for process in processes]
            used = [round((cpu_seconds(pid) - busy[pid]) / documents * 1000, 2) for pid in pids]
            held = [resident_megabytes(pid) for pid in pids]
            asked = await self._stage.rows(_STATEMENTS)
        ends = sorted(done.values())
        figures = {
            "documents": documents,
            "connections": len(paths),
            "per_second": round(documents / (ends[-1] - started), 1),
            "cpu_milliseconds_per_document": list(zip(services, used, strict=True)),
            "statements_per_document": {row["service"]: round(row["calls"] / documents, 1) for row in asked},
            "postgres_milliseconds_per_document": {
                row["service"]: round(row["milliseconds"] / documents, 2) for row in asked
            },
            "megabytes": list(zip(services, held, strict=True)),
            "calls_per_document": self._calls(since, documents),
        }
        if rate is not None:
            figures["rate"] = rate
            figures["milliseconds"] = spread([done[one] - started - at / rate for at, one in enumerate(ids)])
        return figures | await self.verified(ids)

    def closed(self, count: int) -> list[int]:
        """Invoices that were closed in silence: their callbacks are sent by us."""
        world = self._world
        ids = world.copies(TO_COPY, count, batched=False)
        listeners, world.psa.state.listeners = world.psa.state.listeners, []
        for invoice_id in ids:
            world.set_status(invoice_id, "Closed")
        world.psa.state.listeners = listeners
        assert ids == list(range(ids[0], ids[0] + count)), "the sender counts the records up"
        return ids

    async def _run(
        self, paths: tuple[str, ...], ids: Sequence[int], rate: float | None
    ) -> tuple[float, dict[int, float]]:
        """Send the callbacks of these invoices; when the first was due, and when each had its batch."""
        orders = self._stage.orders(paths, prefix=f"run-{ids[0]}", count=len(ids), first=ids[0], rate=rate)
        watching = asyncio.create_task(self.batched(ids))
        answer = await send_from_a_process(orders)
        assert set(answer["statuses"]) == {"200"}, answer["statuses"]
        return answer["started"], await watching

    async def batched(self, ids: Sequence[int]) -> dict[int, float]:
        invoices = self._world.psa.state.tables["invoices"]
        open_ids, done, moved = set(ids), dict[int, float](), perf_counter()
        while open_ids:
            now = perf_counter()
            found = [one for one in open_ids if invoices[one].get("glBatch") is not None]
            done.update(dict.fromkeys(found, now))
            open_ids.difference_update(found)
            moved = now if found else moved
            if now - moved > STALLED:
                raise TimeoutError(f"{len(open_ids)} of {len(ids)} invoices wait, and nothing happened for a minute")
            await asyncio.sleep(0.01)
        return done

    @asynccontextmanager
    async def unlimited(self) -> AsyncIterator[None]:
        """The providers' paces are not what is measured here: they lift their limits, and our budgets are emptied as they fill."""
        self._world.ledger.switches.change({"limits_enabled": False})
        self._world.psa.state.switches.requests_per_minute = 0

        async def empty() -> None:
            while True:
                await self._stage.rows("DELETE FROM tenants.budget")
                await asyncio.sleep(0.3)

        task = asyncio.create_task(empty())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._stage.rows("DELETE FROM tenants.budget")

    async def verified(self, ids: Sequence[int]) -> dict[str, int]:
        """The second phase: every invoice in both books and in our own, once."""
        return await verified(self._world, self._stage.rows, self._stage.accounts, ids)

    def _calls(self, since: int, documents: int) -> dict[str, float]:
        entries = self._world.sandbox.world.journal.entries(kind="http", since_seq=since)
        counts = Counter(entry.system for entry in entries)
        return {name: round(counts[name] / documents, 2) for name in ("connectwise", "xero")}


def failed(result: dict[str, Any]) -> bool:
    """Whether something is not where it must be, once: speed alone fails nothing, it is told."""
    return any(any_fault(result[half]) for half in HALVES if half in result)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=600)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--connections", type=int, default=40)
    parser.add_argument("--half", choices=HALVES, action="append", dest="halves")
    chosen = parser.parse_args()
    result = run_loop(
        main(
            chosen.documents,
            chosen.accounts,
            chosen.rate,
            chosen.seconds,
            chosen.connections,
            chosen.halves or HALVES,
        )
    )
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
