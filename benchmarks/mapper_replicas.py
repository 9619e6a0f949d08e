"""How throughput grows with mapper processes: the pipeline of `benchmarks.pipeline` with one, two, four mappers.

    python -m benchmarks.mapper_replicas [--documents 400] [--accounts 8] [--replicas 1 2]

A mapper serves a connection at a time, so the documents are spread over several. Only what mapper does is timed: from the first
callback until the last record is mapped and announced; poster and its vendors are left out, since on one machine they would
take the processors that the second mapper is given. Afterwards each invoice must have one record, mapped and announced once.
Prints one JSON object; exits 1 when one has none or is there twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.load import send_from_a_process
from benchmarks.pipeline import Pipeline
from benchmarks.stage import Stage, cpu_seconds, load_average, open_stage

from ledgerwire.common.embedded.process import until
from ledgerwire.common.event_loop import run as run_loop

PATIENCE = 240.0


async def main(documents: int, accounts: int, replicas: list[int]) -> dict[str, Any]:
    """One stage for each number of replicas."""
    found = {}
    for count in replicas:
        with tempfile.TemporaryDirectory() as directory:
            async with open_stage(Path(directory), account_count=accounts) as stage:
                found[count] = await _measure(stage, documents, count)
    first = found[replicas[0]]["per_second"]
    return {
        "documents": documents,
        "accounts": accounts,
        "replicas": {str(count): figures for count, figures in found.items()},
        "times_one": {str(count): round(figures["per_second"] / first, 2) for count, figures in found.items()},
        "lost": sum(figures["lost"] for figures in found.values()),
        "twice": sum(figures["twice"] for figures in found.values()),
        "load_average": load_average(),
    }


async def _measure(stage: Stage, documents: int, replicas: int) -> dict[str, Any]:
    world = stage.world
    await world.spawned("ingest")
    mappers = [(await world.spawned("mapper")).process.pid for _ in range(replicas)]
    paths = await stage.paths()
    pipeline = Pipeline(stage)
    async with pipeline.unlimited():
        warm = pipeline.closed(len(paths) * 5)
        await _mapped(stage, paths, warm)
        ids = pipeline.closed(documents)
        busy = sum(map(cpu_seconds, mappers))
        seconds = await _mapped(stage, paths, ids)
        busy = sum(map(cpu_seconds, mappers)) - busy
    rows = await stage.rows(
        "SELECT source_id, state, (SELECT count(*) FROM mapper.outbox WHERE type = 'document.ready.v1'"
        " AND subject = CAST(record_id AS text)) AS said FROM mapper.record"
    )
    return {
        "per_second": round(documents / seconds, 1),
        "mapper_cpu_milliseconds_per_document": round(busy / documents * 1000, 2),
        **faults([*warm, *ids], [(int(row["source_id"]), row["state"], row["said"]) for row in rows]),
    }


def faults(ids: Sequence[int], records: Sequence[tuple[int, str, int]]) -> dict[str, int]:
    """What is wrong with these invoices, by each record's invoice, state and number of announcements."""
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for invoice, state, said in records:
        found[invoice].append((state, said))
    return {
        "lost": sum(not any(state == "mapped" and said for state, said in found[one]) for one in ids),
        "twice": sum(len(found[one]) > 1 or any(said > 1 for _, said in found[one]) for one in ids),
    }


async def _mapped(stage: Stage, paths: tuple[str, ...], ids: list[int]) -> float:
    """Send the callbacks of these invoices; seconds until mapper has mapped as many more records."""
    before = await _count(stage)
    started = perf_counter()
    answer = await send_from_a_process(
        stage.orders(paths, prefix=f"run-{ids[0]}", count=len(ids), first=ids[0], connections=16)
    )
    assert set(answer["statuses"]) == {"200"}, answer["statuses"]

    async def all_there() -> bool:
        return await _count(stage) >= before + len(ids)

    if not await until(all_there, seconds=PATIENCE, every=0.1):
        raise TimeoutError(f"{await _count(stage) - before} of {len(ids)} records were mapped")
    return perf_counter() - started


async def _count(stage: Stage) -> int:
    [row] = await stage.rows("SELECT count(*) AS n FROM mapper.record WHERE state = 'mapped'")
    return int(row["n"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2])
    chosen = parser.parse_args()
    result = run_loop(main(chosen.documents, chosen.accounts, chosen.replicas))
    print(json.dumps(result))
    sys.exit(1 if result["lost"] or result["twice"] else 0)
