"""How fast the outbox empties into RabbitMQ and the queue into work rows, beside the bare AMQP library doing the same.

    python -m benchmarks.relay_and_consumer [--messages 1000] [--rounds 6] [--accounts 1]

Relay beside bare publishing with confirmations (same bodies, same window); consumer beside bare taking with
acknowledgements. Ours and the bare one go first in turn, and the ratios are medians over rounds, since a shared machine makes
the absolute figures move. A database without fsync, a broker with it. After each half every message is looked for by its id.
Prints one JSON object; exits 1 when one is missing or there twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter
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
from ledgerwire.common.mq.envelope_codec import PREFIX, encode
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.mq.rabbit import RabbitTerms, RabbitTransport
from ledgerwire.common.mq.relay import Relay
from ledgerwire.common.mq.topology import EXCHANGE, RECORD_CLOSED
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.testing import postgres, rabbit
from ledgerwire.common.testing.run import TestRun
from ledgerwire.common.work.model import Doorbell, Priority

INGEST, MAPPER = ServiceSchema("ingest"), ServiceSchema("mapper")
TERMS = RabbitTerms()
PATIENCE = 120.0


class Bench:
    """One database, one broker, and the four ways through them."""

    def __init__(self, sender: Database, taker: Database, url: str, messages: Sequence[Envelope]) -> None:
        self._sender, self._taker = sender, taker
        self._url = url
        self._messages = messages
        self._ids = {message.id for message in messages}
        self.faults: Counter[str] = Counter()

    async def round(self, *, bare_first: bool) -> dict[str, float]:
        """Messages per second of each way; the queue is filled by the publishing half and emptied by the taking half."""
        halves = (self._bare, self._ours) if bare_first else (self._ours, self._bare)
        seconds: dict[str, float] = {}
        for half in halves:
            seconds |= await half()
        return {name: len(self._messages) / seconds[name] for name in sorted(seconds)}

    async def _bare(self) -> dict[str, float]:
        return {"bare_publish": await self._publish_bare(), "bare_take": await self._take_bare()}

    async def _ours(self) -> dict[str, float]:
        transport = RabbitTransport(self._url)
        await transport.start()
        try:
            return {"relay": await self._relay(transport), "consumer": await self._consume(transport)}
        finally:
            await transport.stop()

    async def _publish_bare(self) -> float:
        async with self._channel(publisher_confirms=True) as channel:
            exchange = await channel.get_exchange(EXCHANGE, ensure=False)
            window = asyncio.Semaphore(TERMS.window)

            async def send(message: Envelope) -> None:
                wire = encode(message)
                body = aio_pika.Message(wire.body, headers=dict(wire.headers), delivery_mode=2)
                async with window:
                    await exchange.publish(body, routing_key=message.type, mandatory=True)

            started = perf_counter()
            await asyncio.gather(*(send(message) for message in self._messages))
            return perf_counter() - started

    async def _take_bare(self) -> float:
        async with self._channel(publisher_confirms=False) as channel:
            await channel.set_qos(prefetch_count=TERMS.batch)
            queue = await channel.get_queue(RECORD_CLOSED.name, ensure=False)
            taken, finished = list[str](), asyncio.Event()

            async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
                await message.ack()
                taken.append(str(message.headers[f"{PREFIX}id"]))
                if len(taken) >= len(self._messages):
                    finished.set()

            started = perf_counter()
            await queue.consume(take)
            await asyncio.wait_for(finished.wait(), PATIENCE)
            seconds = perf_counter() - started
            self.faults.update(faults(self._ids, map(UUID, taken)))
            return seconds

    async def _relay(self, transport: RabbitTransport) -> float:
        outbox = Outbox(INGEST)
        async with self._sender.system() as unit:
            await unit.execute(text("DELETE FROM ingest.outbox"))
            await outbox.append(unit, *self._messages)
        relay = Relay(self._sender, transport, INGEST)
        started = perf_counter()
        sent = 0
        while sent < len(self._messages):
            sent += await relay.publish_once()
        return perf_counter() - started

    async def _consume(self, transport: RabbitTransport) -> float:
        async with self._taker.system() as unit:
            await unit.execute(text("DELETE FROM mapper.inbox"))
            await unit.execute(text("DELETE FROM mapper.work"))
        consumer = Consumer(self._taker, MAPPER, RECORD_CLOSED, _bells, asyncio.Event())

        async def all_taken() -> bool:
            async with self._taker.system() as unit:
                count = (await unit.execute(text("SELECT count(*) FROM mapper.inbox"))).scalar_one()
            return bool(count == len(self._messages))

        started = perf_counter()
        await consumer.subscribe(transport)
        assert await until(all_taken, seconds=PATIENCE, every=0.05), "the queue did not empty in time"
        seconds = perf_counter() - started
        await self._verify()
        return seconds

    async def _verify(self) -> None:
        """Each id that went into the outbox was taken once and rang for work once; nothing is left in between."""
        async with self._sender.system() as unit:
            unpublished = text("SELECT count(*) FROM ingest.outbox WHERE published_at IS NULL")
            self.faults["unpublished"] += (await unit.execute(unpublished)).scalar_one()
        async with self._taker.system() as unit:
            taken = (await unit.execute(text("SELECT message_id FROM mapper.inbox"))).scalars().all()
            worked = (await unit.execute(text("SELECT work_key FROM mapper.work"))).scalars().all()
        self.faults.update(faults(self._ids, taken))
        self.faults.update(faults({work_key(message) for message in self._messages}, worked))
        async with self._channel(publisher_confirms=False) as channel:
            queue = await channel.declare_queue(RECORD_CLOSED.name, passive=True)
            self.faults["left"] += queue.declaration_result.message_count or 0

    @asynccontextmanager
    async def _channel(self, *, publisher_confirms: bool) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
        connection = await aio_pika.connect(self._url)
        try:
            yield await connection.channel(publisher_confirms=publisher_confirms, on_return_raises=publisher_confirms)
        finally:
            await connection.close()


async def main(messages: int, rounds: int, accounts: int) -> dict[str, Any]:
    """Measure; speeds in messages per second, ratios to the bare library."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    run = TestRun.begin()
    try:
        admin = await asyncio.to_thread(postgres.postgres_url, run)
        template = await asyncio.to_thread(postgres.template_database, run)
        url = await asyncio.to_thread(rabbit.broker_url, run, "main")
        await postgres.create_database(admin, "benchmark", template)
        settings = postgres.settings_for(admin, "benchmark")
        sender, taker = open_database(settings, INGEST.name), open_database(settings, MAPPER.name)
        try:
            bench = Bench(sender, taker, url, _envelopes(messages, accounts))
            await rabbit.purge(url)  # declares the topology
            found = [await bench.round(bare_first=number % 2 == 0) for number in range(rounds)]
            wrong = dict(bench.faults)
        finally:
            await sender.close()
            await taker.close()
            await rabbit.wipe(url)
    finally:
        await asyncio.to_thread(run.end)
    return {"messages": messages, "rounds": rounds, "accounts": accounts, **_figures(found), "faults": wrong}


def faults(wanted: Collection[Any], found: Iterable[Any]) -> dict[str, int]:
    """How many of the wanted are missing or there twice, and how many were never sent."""
    times = Counter(found)
    return {
        "missing": sum(not times[one] for one in wanted),
        "twice": sum(times[one] > 1 for one in wanted),
        "strange": len(times.keys() - set(wanted)),
    }


def failed(result: dict[str, Any]) -> bool:
    """Whether a message did not end as one piece of work: speed alone fails nothing, it is told."""
    return any(result["faults"].values())


def _figures(found: Sequence[dict[str, float]]) -> dict[str, Any]:
    def median_ratio(ours: str, bare: str) -> float:
        return round(statistics.median(each[ours] / each[bare] for each in found), 3)

    return {
        "per_second": {name: round(statistics.median(each[name] for each in found)) for name in found[0]},
        "relay_to_bare": median_ratio("relay", "bare_publish"),
        "consumer_to_bare": median_ratio("consumer", "bare_take"),
    }


def _envelopes(messages: int, accounts: int) -> list[Envelope]:
    return [
        new_message(
            RecordClosedV1(
                record_id=uuid4(),
                connection_id=UUID(int=number % accounts + 1),
                record_type="invoice",
                source_id=str(number),
                found_by="callback",
            ),
            account_id=UUID(int=number % accounts + 1),
            subject=str(uuid4()),
            correlation_id=f"c-{number}",
            source="ingest",
        )
        for number in range(messages)
    ]


def work_key(envelope: Envelope) -> str:
    return f"map:{envelope.id}"


def _bells(envelope: Envelope, data: RecordClosedV1) -> list[Doorbell]:
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=work_key(envelope),
            kind="map",
            priority=Priority.BULK,
            correlation_id=envelope.correlationid,
            found_by=data.found_by,
            payload={"record_id": str(data.record_id), "source_id": data.source_id},
        )
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--accounts", type=int, default=1)
    chosen = parser.parse_args()
    result = run_loop(main(chosen.messages, chosen.rounds, chosen.accounts))
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
