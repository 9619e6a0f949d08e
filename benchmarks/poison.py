"""What poison costs the others: the time from message to finished work of healthy ones, without and with poison among them.

    python -m benchmarks.poison [--seconds 10] [--per-second 50] [--rounds 3]

Through RabbitMQ, the consumer and the worker. Of each ten messages of the second phase one cannot be decoded and one makes its
work fail with a fault of ours, which is tried again before it is dead. Phases take turns; figures are medians over rounds.
Prints one JSON object; exits 1 when the p99 is more than twice the one without poison (R13), or a poisoned message is neither
dead nor, where it may still be tried, waiting.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
from collections.abc import Sequence
from time import monotonic, perf_counter
from typing import Any
from uuid import UUID, uuid4

import aio_pika
import structlog
from sqlalchemy import text

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.embedded.process import until
from ledgerwire.common.event_loop import run as run_loop
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.envelope_codec import encode
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.common.mq.rabbit import RabbitTransport
from ledgerwire.common.mq.topology import EXCHANGE, RECORD_CLOSED
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.testing import postgres, rabbit
from ledgerwire.common.testing.run import TestRun
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.model import Doorbell, Group, Priority

MAPPER = ServiceSchema("mapper")
BUG = "bug"
PATIENCE = 60.0
BAR = 2.0


class Phase:
    """One run at a steady rate: who was sent when, and when each healthy one was done."""

    def __init__(self, database: Database, url: str, *, poisoned: bool) -> None:
        self._database, self._url, self._poisoned = database, url, poisoned
        self._sent: dict[str, float] = {}
        self._done: dict[str, float] = {}
        self._undecodable = 0
        self._bugs = 0
        self.unaccounted = 0

    async def measure(self, seconds: float, per_second: int) -> list[float]:
        """Seconds from message to finished work of each healthy one."""
        worker = Worker(self._database, MAPPER, {"map": self._handle})
        consumer = Consumer(self._database, MAPPER, RECORD_CLOSED, _bells, worker.wake)
        transport, stop = RabbitTransport(self._url), asyncio.Event()
        await transport.start()
        working = asyncio.create_task(worker.run(stop))
        try:
            await consumer.subscribe(transport)
            await self._publish(seconds, per_second)
            assert await until(self._all_done, seconds=PATIENCE, every=0.05), "healthy work did not end in time"
            await until(self._all_buried, seconds=PATIENCE, every=0.05)
        finally:
            stop.set()
            await working
            await transport.stop()
        self.unaccounted = abs(self._undecodable - await self._dead("=")) + abs(self._bugs - await self._still_known())
        async with self._database.system() as unit:
            await unit.execute(text("DELETE FROM mapper.work"))
            await unit.execute(text("DELETE FROM mapper.dead_letter"))
        return [self._done[key] - began for key, began in self._sent.items()]

    async def _all_buried(self) -> bool:
        return await self._dead("=") >= self._undecodable

    async def _still_known(self) -> int:
        """Messages that make their work fail: dead by now, or waiting for their next try."""
        async with self._database.system() as unit:
            waiting = (await unit.execute(text("SELECT count(*) FROM mapper.work"))).scalar_one()
        return int(waiting) + await self._dead("<>")

    async def _dead(self, is_no_message: str) -> int:
        query = f"SELECT count(*) FROM mapper.dead_letter WHERE cause {is_no_message} 'NOT_A_CLOUD_EVENT'"
        async with self._database.system() as unit:
            return int((await unit.execute(text(query))).scalar_one())

    async def _all_done(self) -> bool:
        return len(self._done) >= len(self._sent)

    async def _handle(self, group: Group) -> None:
        for item in group.items:
            async with group.unit() as unit:
                if item.payload["source_id"] == BUG:
                    await group.fail(unit, item, ZeroDivisionError("a fault of ours"))
                else:
                    await group.done(unit, item)
            if item.work_key in self._sent:
                self._done[item.work_key] = perf_counter()

    async def _publish(self, seconds: float, per_second: int) -> None:
        connection = await aio_pika.connect(self._url)
        try:
            channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            exchange = await channel.get_exchange(EXCHANGE, ensure=False)
            began = monotonic()
            for number in range(int(seconds * per_second)):
                await asyncio.sleep(max(0.0, began + number / per_second - monotonic()))
                await exchange.publish(self._message(number), routing_key=RECORD_CLOSED.types[0], mandatory=True)
        finally:
            await connection.close()

    def _message(self, number: int) -> aio_pika.Message:
        kind = number % 10 if self._poisoned else 9
        if kind == 0:
            self._undecodable += 1
            return aio_pika.Message(b"<html>no message of ours</html>", content_type="text/html", delivery_mode=2)
        envelope = _envelope(BUG if kind == 1 else str(number), number)
        if kind == 1:
            self._bugs += 1
        else:
            self._sent[f"map:{envelope.subject}"] = perf_counter()
        wire = encode(envelope)
        return aio_pika.Message(wire.body, headers=dict(wire.headers), content_type=wire.content_type, delivery_mode=2)


def _envelope(source_id: str, number: int) -> Envelope:
    record = uuid4()
    return new_message(
        RecordClosedV1(
            record_id=record,
            connection_id=UUID(int=number % 4 + 1),
            record_type="invoice",
            source_id=source_id,
            found_by="callback",
        ),
        account_id=UUID(int=number % 4 + 1),
        subject=str(record),
        correlation_id=f"c-{number}",
        source="ingest",
    )


def _bells(envelope: Envelope, data: RecordClosedV1) -> list[Doorbell]:
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=f"map:{data.record_id}",
            kind="map",
            priority=Priority.URGENT,
            correlation_id=envelope.correlationid,
            found_by=data.found_by,
            payload={"source_id": data.source_id},
        )
    ]


async def main(seconds: float, per_second: int, rounds: int) -> dict[str, Any]:
    """Measure both phases in turn; times in milliseconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    run = TestRun.begin()
    try:
        admin = await asyncio.to_thread(postgres.postgres_url, run)
        template = await asyncio.to_thread(postgres.template_database, run)
        url = await asyncio.to_thread(rabbit.broker_url, run, "main")
        await postgres.create_database(admin, "benchmark", template)
        database = open_database(postgres.settings_for(admin, "benchmark"), MAPPER.name)
        await rabbit.purge(url)  # declares the topology
        try:
            await Phase(database, url, poisoned=False).measure(2, per_second)  # warm
            found: dict[str, list[dict[str, float]]] = {"healthy": [], "poisoned": []}
            unaccounted = 0
            for _ in range(rounds):
                for name, times in found.items():
                    phase = Phase(database, url, poisoned=name == "poisoned")
                    times.append(_figures(await phase.measure(seconds, per_second)))
                    unaccounted += phase.unaccounted
        finally:
            await database.close()
            await rabbit.wipe(url)
    finally:
        await asyncio.to_thread(run.end)
    medians = {name: _medians(times) for name, times in found.items()}
    ratio = medians["poisoned"]["p99_ms"] / medians["healthy"]["p99_ms"]
    return {
        "per_second": per_second,
        "seconds": seconds,
        "rounds": rounds,
        **medians,
        "unaccounted": unaccounted,
        "p99_ratio": round(ratio, 2),
        "bar": BAR,
    }


def failed(result: dict[str, Any]) -> bool:
    """Whether poison was lost, or delays the others more than it may."""
    return bool(result["unaccounted"]) or result["p99_ratio"] > BAR


def _figures(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {"p50_ms": statistics.median(ordered) * 1000, "p99_ms": ordered[int(len(ordered) * 0.99) - 1] * 1000}


def _medians(found: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(each[name] for each in found), 1) for name in found[0]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--per-second", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    result = run_loop(main(chosen.seconds, chosen.per_second, chosen.rounds))
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
