"""Whether a record costs the same however many wait: time, memory and PostgreSQL time per record with 1 k, 10 k, 100 k waiting.

    python -m benchmarks.growth [--waiting 1000 10000 100000] [--documents 2000]

Waiting work of one connection is loaded by COPY: closed invoices that are due, and as many more rows as are asked for that
are due in an hour, for what else is done meanwhile would be counted as the invoices' cost. Then mapper and poster start
(processes of their own over RabbitMQ; PostgreSQL with fsync and pg_stat_statements; a sandbox without limits or delay) and
are stopped when the last invoice bears its batch. Time runs from the first batch to the last.
Every invoice is looked for in both books and among our records. Prints one JSON object; exits 1 when one is not there once, or
the time per record in PostgreSQL with the most waiting is above 1.2 times that with the fewest.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
from benchmarks import waiting_rows
from benchmarks.pipeline import Pipeline
from benchmarks.stage import Stage, cpu_seconds, load_average, open_stage, resident_megabytes
from benchmarks.verification import any_fault
from benchmarks.waiting_rows import NOWHERE

from ledgerwire.common.event_loop import run as run_loop
from ledgerwire.common.ids import AccountId, ConnectionId

BAR = 1.2
_STATEMENTS = (
    "pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid"
    " WHERE rolname IN ('lw_mapper', 'lw_mapper_system', 'lw_poster', 'lw_poster_system')"
)
"""What the services ask: neither our looking in from outside nor the emptying of budgets."""


async def main(waiting: list[int], documents: int) -> dict[str, Any]:
    """One database, one size after the other; services start afresh for each."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_stage(Path(directory), statistics=True) as stage:
            await stage.rows("CREATE EXTENSION pg_stat_statements")
            await _measure(stage, 0, min(200, documents))
            found = {str(size): await _measure(stage, size, documents) for size in waiting}
    first, last = found[str(waiting[0])], found[str(waiting[-1])]
    names = ("milliseconds_per_record", "postgres_milliseconds_per_record", "services_cpu_milliseconds_per_record")
    return {
        "documents": documents,
        "waiting": found,
        "most_to_fewest": {name: round(last[name] / first[name], 3) for name in names},
        "bar": BAR,
        "load_average": load_average(),
    }


async def _measure(stage: Stage, waiting: int, documents: int) -> dict[str, Any]:
    pipeline, world = Pipeline(stage), stage.world
    ids = pipeline.closed(documents)
    await stage.rows("TRUNCATE mapper.work")
    await _load(stage, ids, waiting)
    await stage.rows("VACUUM ANALYZE mapper.work")
    await stage.rows("CHECKPOINT")
    await stage.rows("SELECT pg_stat_statements_reset()")
    async with pipeline.unlimited():
        processes = [await world.spawned(name) for name in ("mapper", "poster")]
        done = await pipeline.batched(ids)
        pids = [process.process.pid for process in processes]
        held = dict(zip(("mapper", "poster"), map(resident_megabytes, pids), strict=True))
        busy = sum(map(cpu_seconds, pids))
    [row] = await stage.rows(f"SELECT sum(total_exec_time) AS ms FROM {_STATEMENTS}")
    dear = await stage.rows(f"SELECT query, total_exec_time AS ms FROM {_STATEMENTS} ORDER BY 2 DESC LIMIT 5")
    told = await pipeline.verified(ids)  # before they stop: mapper learns of the last batch by a message
    [left] = await stage.rows("SELECT count(*) AS n FROM mapper.work")
    for process in processes:
        await process.stop()
    ends = sorted(done.values())
    early = sum(end == ends[0] for end in ends)
    return {
        "milliseconds_per_record": round((ends[-1] - ends[0]) / max(1, documents - early) * 1000, 2),
        "postgres_milliseconds_per_record": round(row["ms"] / documents, 3),
        "dearest": {" ".join(each["query"].split())[:90]: round(each["ms"] / documents, 3) for each in dear},
        "services_cpu_milliseconds_per_record": round(busy / documents * 1000, 2),
        "megabytes": held,
        "still_waiting": left["n"],
        **told,
    }


async def _load(stage: Stage, ids: list[int], waiting: int) -> float:
    """The rows by COPY: only the invoices are due."""
    world = stage.world
    account, psa = AccountId(world.account_id), ConnectionId(world.psa_connection)
    started = perf_counter()
    connection = await asyncpg.connect(stage.database_url)
    try:
        await waiting_rows.load(connection, account, psa, ids)
        await waiting_rows.load(connection, account, psa, range(NOWHERE, NOWHERE + waiting), after=timedelta(hours=1))
    finally:
        await connection.close()
    return perf_counter() - started


def failed(result: dict[str, Any]) -> bool:
    """Whether something is not where it must be, once, or PostgreSQL does more per record the more wait."""
    wrong = any(map(any_fault, result["waiting"].values()))
    return wrong or result["most_to_fewest"]["postgres_milliseconds_per_record"] > BAR


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--documents", type=int, default=2_000)
    chosen = parser.parse_args()
    result = run_loop(main(chosen.waiting, chosen.documents))
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
