"""Signed callbacks accepted durably per second, and how long an answer takes; every accepted id is then looked up.

    python -m benchmarks.ingest [--count 6000] [--rounds 3] [--accounts 1] [--rate 500] [--seconds 20]

Ingest as a process of its own over RabbitMQ (its relay publishes meanwhile), beside (a) the same FastAPI endpoint that only
verifies the signature and (b) verify and one bare INSERT by asyncpg; PostgreSQL with fsync. The three take turns and the
ratios are medians over the rounds. Then a steady rate, and the same rate while forged callbacks pour in. Prints one JSON
object; exits 1 when a callback that was answered 200 is not in the database, a good one is answered anything but 200 or a
forged one anything but 401, or the ratio to (b) is below 0.8.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
from benchmarks.bare_ingest import TABLE
from benchmarks.load import Orders, send_from_a_process
from benchmarks.stage import Stage, cpu_seconds, load_average, open_stage

from ledgerwire.common.embedded.process import free_port, spawn, tail, until
from ledgerwire.common.event_loop import run as run_loop

TARGET_RATIO = 0.8
TARGET_P99 = 100.0
TARGET_REFUSED = 3000
WARM_UP = 500
GOOD_RATE = 200
REFUSED = 401


PARTS = ("speeds", "steady", "forged", "strangers")


async def main(
    count: int, rounds: int, accounts: int, rate: float, seconds: float, parts: Sequence[str] = PARTS
) -> dict[str, Any]:
    """Measure; speeds in callbacks per second, times in milliseconds, processor time in microseconds per callback."""
    with tempfile.TemporaryDirectory() as directory:
        async with open_stage(Path(directory), account_count=accounts) as stage:
            ours = await stage.world.spawned("ingest")
            paths = await stage.paths()
            async with (
                _bare(stage, Path(directory), "verify") as verify,
                _bare(stage, Path(directory), "insert") as insert,
            ):
                servers = {"verify": verify, "insert": insert}
                servers["ingest"] = Served(stage.world.settings.http_port, ours.process.pid)
                bench = Bench(stage, paths, servers)
                figures: dict[str, Any] = await bench.speeds(count, rounds) if "speeds" in parts else {}
                if "steady" in parts:
                    figures["steady"] = await bench.steady(rate, seconds)
                if "forged" in parts:
                    figures["forged"] = await bench.under_forgery(forged_of="signature", seconds=seconds / 2)
                if "strangers" in parts:
                    figures["strangers"] = await bench.under_forgery(forged_of="address", seconds=seconds / 2)
                bars = {"ratio": TARGET_RATIO, "p99": TARGET_P99, "refused_per_second": TARGET_REFUSED}
                return {
                    "accounts": accounts,
                    **figures,
                    "lost": bench.lost,
                    "other_answers": bench.others,
                    "bars": bars,
                    "load_average": load_average(),
                }


@dataclass(frozen=True, slots=True)
class Served:
    """A server under measurement."""

    port: int
    pid: int


class Bench:
    """Sends to three places; checks what ours has accepted."""

    def __init__(self, stage: Stage, paths: tuple[str, ...], servers: Mapping[str, Served]) -> None:
        self._stage = stage
        self._paths = paths
        self._servers = servers
        self._next = 1_000_000
        self.lost = 0
        self.others = 0

    async def speeds(self, count: int, rounds: int) -> dict[str, Any]:
        """As fast as they go, 64 connections, in turn."""
        names = list(self._servers)
        for name in names:
            await self._send(name, WARM_UP)
        found: list[dict[str, dict[str, Any]]] = []
        for number in range(rounds):
            turn = names[number % len(names) :] + names[: number % len(names)]
            found.append({name: await self._send(name, count) for name in turn})
        return {
            "per_second": {name: round(statistics.median(one[name]["per_second"] for one in found)) for name in names},
            "milliseconds": {name: found[-1][name]["milliseconds"] for name in names},
            "cpu_microseconds": {name: round(statistics.median(one[name]["cpu"] for one in found)) for name in names},
            "ingest_to_insert": _ratio(found, "ingest", "insert"),
            "ingest_to_verify": _ratio(found, "ingest", "verify"),
            "published_within_seconds": max(one["ingest"]["published_within_seconds"] for one in found),
        }

    async def steady(self, rate: float, seconds: float) -> dict[str, Any]:
        """At a rate that does not wait for answers."""
        found = {}
        for name in ("insert", "ingest"):
            answer = await self._send(name, int(rate * seconds), rate=rate)
            found[name] = answer["milliseconds"] | {"statuses": answer["statuses"]}
        return {"rate": rate, "seconds": seconds, **found}

    async def under_forgery(self, *, forged_of: str, seconds: float = 10.0) -> dict[str, Any]:
        """Good callbacks alone, then while forged ones come as fast as they are refused: by signature or by address."""
        good = int(GOOD_RATE * seconds)
        alone = await self._send("ingest", good, rate=GOOD_RATE)
        bad = self._orders("ingest", int(TARGET_REFUSED * 1.1 * seconds), rate=TARGET_REFUSED * 1.1)
        bad = replace(bad, forged=forged_of == "signature", strangers=forged_of == "address", patience=seconds * 4)
        bad = replace(bad, expected=REFUSED)
        pouring = asyncio.create_task(send_from_a_process(bad))
        beside = await self._send("ingest", good, rate=GOOD_RATE)
        refused = await pouring
        self.others += refused["others"]
        assert await self._stored(bad) == 0, "a forged callback was stored"
        return {
            "refused_per_second": refused["per_second"],
            "statuses": refused["statuses"],
            "milliseconds": refused["milliseconds"],
            "good_alone": alone["milliseconds"],
            "good_beside": beside["milliseconds"],
            "good_statuses": beside["statuses"],
        }

    async def _send(self, name: str, count: int, *, rate: float | None = None) -> dict[str, Any]:
        orders = self._orders(name, count, rate=rate)
        taken = cpu_seconds(self._servers[name].pid)
        answer = await send_from_a_process(orders)
        self.others += answer["others"]
        if name == "ingest":
            answer |= await self._verified(orders, answer["status"])
        answer["cpu"] = (cpu_seconds(self._servers[name].pid) - taken) / count * 1e6
        return answer

    def _orders(self, name: str, count: int, *, rate: float | None) -> Orders:
        first = self._next
        self._next += count
        orders = self._stage.orders(self._paths, prefix=name, count=count, first=first, rate=rate)
        return replace(orders, port=self._servers[name].port)

    async def _verified(self, orders: Orders, status: list[int]) -> dict[str, Any]:
        """The second phase: receipt, message and timeline of every callback that was answered 200."""
        loop = asyncio.get_running_loop()
        since = loop.time()

        async def published() -> bool:
            [row] = await self._stage.rows("SELECT count(*) AS n FROM ingest.outbox WHERE published_at IS NULL")
            return bool(row["n"] == 0)

        if not await until(published, seconds=120, every=0.05):
            raise TimeoutError("the outbox did not empty within two minutes")
        taken = loop.time() - since
        kept = await self._kept(orders)
        accepted = {orders.message_id(orders.first + at) for at, code in enumerate(status) if code == 200}
        self.lost += len(accepted - kept)
        return {"published_within_seconds": round(taken, 2)}

    async def _kept(self, orders: Orders) -> set[str]:
        await self._stage.rows(
            "ANALYZE ingest.receipt, ingest.outbox, ingest.timeline"
        )  # new rows: else it joins by loops
        rows = await self._stage.rows(
            "SELECT receipt.dedupe_key FROM ingest.receipt JOIN ingest.outbox USING (account_id, correlation_id)"
            " JOIN ingest.timeline USING (account_id, correlation_id) WHERE dedupe_key LIKE $1 AND published_at IS NOT NULL",
            f"{orders.prefix}-%",
        )
        return {row["dedupe_key"] for row in rows}

    async def _stored(self, orders: Orders) -> int:
        sent = [orders.message_id(orders.first + at) for at in range(orders.count)]
        [row] = await self._stage.rows("SELECT count(*) AS n FROM ingest.receipt WHERE dedupe_key = ANY ($1)", sent)
        return int(row["n"])


def _ratio(found: list[dict[str, dict[str, Any]]], one: str, other: str) -> float:
    return round(statistics.median(each[one]["per_second"] / each[other]["per_second"] for each in found), 3)


@asynccontextmanager
async def _bare(stage: Stage, directory: Path, mode: str) -> AsyncIterator[Served]:
    """A bare endpoint as a process of its own."""
    connection = await asyncpg.connect(stage.database_url)
    await connection.execute(TABLE)
    await connection.close()
    port, log = free_port(), directory / f"bare-{mode}.log"
    key = stage.world.psa.state.site.signing_key
    command = [sys.executable, "-m", "benchmarks.bare_ingest", mode, str(port), key, stage.database_url]
    process = spawn(command, log=log, environment={}, directory=Path.cwd())

    async def listens() -> bool:
        assert process.poll() is None, tail(log)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        assert await until(listens, seconds=30), tail(log)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 20)


def failed(result: dict[str, Any]) -> bool:
    """Whether a callback was lost or answered otherwise than it must be, or ours is too slow beside a bare insert."""
    return (
        bool(result["lost"] or result["other_answers"]) or result.get("ingest_to_insert", TARGET_RATIO) < TARGET_RATIO
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--part", choices=PARTS, action="append", dest="parts")
    chosen = parser.parse_args()
    result = run_loop(
        main(chosen.count, chosen.rounds, chosen.accounts, chosen.rate, chosen.seconds, chosen.parts or PARTS)
    )
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
