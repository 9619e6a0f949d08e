"""Both transports behind one face, and messages to send through them."""

import asyncio
from time import monotonic
from uuid import UUID, uuid4

import pytest

from ledgerwire.common.contracts.document_ready_v1 import DocumentReadyV1
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.mq.local import LocalTransport
from ledgerwire.common.mq.outbox import new_message
from ledgerwire.common.mq.rabbit import RabbitTerms, RabbitTransport
from ledgerwire.common.schema import ServiceSchema

QUICK = RabbitTerms(connect_seconds=2, confirm_seconds=1, close_seconds=0.5, drain_seconds=2, linger_seconds=0.01)
SCHEMA = ServiceSchema("mapper")


async def until(condition, seconds=15):
    deadline = monotonic() + seconds
    while True:
        outcome = condition()
        if asyncio.iscoroutine(outcome):
            outcome = await outcome
        if outcome:
            return
        assert monotonic() < deadline, "the condition did not become true in time"
        await asyncio.sleep(0.01)


class Mail:
    """Messages of a type that a queue takes, and the waiting that tests do."""

    queue = "mapper.record-closed"
    dead_queue = "mapper.record-closed.dead"
    schema = SCHEMA
    until = staticmethod(until)

    def closed(self, source_id="1", *, account=None, **others):
        return new_message(
            RecordClosedV1(
                record_id=uuid4(),
                connection_id=UUID(int=1),
                record_type="invoice",
                source_id=source_id,
                found_by="callback",
            ),
            account_id=account or UUID(int=9),
            subject="a record",
            correlation_id=f"c-{source_id}",
            source="ingest",
            **others,
        )

    def ready(self):
        return new_message(
            DocumentReadyV1(record_id=uuid4(), ledger_connection_id=UUID(int=2), revision=1),
            account_id=UUID(int=9),
            subject="a record",
            correlation_id="c",
            source="mapper",
        )

    async def send(self, transport, messages, seconds=20):
        """As the relay does: again until it is confirmed."""
        waiting = list(messages)
        deadline = monotonic() + seconds
        while waiting:
            outcomes = await transport.publish(waiting)
            waiting = [message for message, outcome in zip(waiting, outcomes, strict=True) if outcome is not None]
            if waiting:
                assert monotonic() < deadline, f"not confirmed in time: {outcomes}"
                await asyncio.sleep(0.05)


class Inbox:
    """A subscriber that keeps what it accepted and can be told to misbehave."""

    def __init__(self):
        self.calls = []
        self.accepted = []
        self.failures = 0
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def ids(self):
        return [received.envelope.id for received in self.accepted if received.envelope is not None]

    async def accept(self, batch):
        self.calls.append([received.envelope.id for received in batch if received.envelope is not None])
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the database is away")
        self.accepted.extend(batch)


@pytest.fixture
def mail():
    return Mail()


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def make_inbox():
    return Inbox


@pytest.fixture
def rabbit_terms():
    return QUICK


@pytest.fixture(params=["local", "rabbit"])
def transport_url(request):
    """Where the transport under test connects to; None for the local one."""
    return request.getfixturevalue("broker_url") if request.param == "rabbit" else None


@pytest.fixture
async def make_transport(transport_url):
    """Makes started transports of one kind, connected to the same place; stops them at the end."""
    url = transport_url
    made = []

    async def make():
        transport = LocalTransport(accept_seconds=2) if url is None else RabbitTransport(url, QUICK)
        await transport.start()
        made.append(transport)
        return transport

    make.kind = "local" if url is None else "rabbit"
    yield make
    for transport in made:
        await transport.stop()


@pytest.fixture
async def transport(make_transport):
    return await make_transport()


@pytest.fixture
async def database(settings):
    database = open_database(settings, SCHEMA.name)
    yield database
    await database.close()
