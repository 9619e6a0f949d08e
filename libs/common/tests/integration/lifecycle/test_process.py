"""A process of services: starts, answers for its health, stops in order on a signal, drains within its deadline."""

import asyncio
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from time import monotonic
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from ledgerwire.common import lifecycle
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.embedded.process import free_port
from ledgerwire.common.health import database_ready, outbox_moves, transport_ready, work_moves
from ledgerwire.common.lifecycle import AssembledService, serve
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.mq.rabbit import RabbitTerms
from ledgerwire.common.mq.relay import Relay
from ledgerwire.common.mq.topology import RECORD_CLOSED
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import environment_of
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.model import Doorbell, Priority

INGEST, MAPPER = ServiceSchema("ingest"), ServiceSchema("mapper")
ACCOUNT = UUID(int=3)


def doorbells(envelope, data):
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=data.source_id,
            kind="map",
            priority=Priority.URGENT,
            correlation_id=envelope.correlationid,
            found_by=data.found_by,
        )
    ]


class House:
    """Two services as in a small installation: one says that a record closed, the other works on it."""

    def __init__(self, *, slow=False):
        self.mapped = []
        self.outbox = None
        self.closed = []
        self.database = None
        self.taken = asyncio.Event()
        self.finish = asyncio.Event()
        if not slow:
            self.finish.set()

    async def handle(self, group):
        self.taken.set()
        await self.finish.wait()
        for item in group.items:
            async with group.unit() as unit:
                await group.done(unit, item)
            self.mapped.append(item.work_key)

    def ingest(self, runtime):
        self.database = database = open_database(runtime.settings, "ingest")
        relay = Relay(database, runtime.transport, INGEST)
        self.outbox = Outbox(INGEST, relay.wake)
        return self._service("ingest", runtime, database, INGEST, relay=relay)

    def mapper(self, runtime):
        database = open_database(runtime.settings, "mapper")
        worker = Worker(database, MAPPER, {"map": self.handle})
        consumer = Consumer(database, MAPPER, RECORD_CLOSED, doorbells, worker.wake)
        return self._service("mapper", runtime, database, MAPPER, workers=[worker], consumers=[consumer])

    def _service(self, name, runtime, database, schema, **parts):
        async def close():
            self.closed.append(name)
            await database.close()

        checks = [
            database_ready(database),
            transport_ready(runtime.transport),
            work_moves(database, schema, timedelta(seconds=30)),
            outbox_moves(database, schema, timedelta(seconds=30)),
        ]
        return AssembledService(name=name, runtime=runtime, checks=checks, closers=[close], **parts)

    async def close_record(self, source_id):
        message = new_message(
            RecordClosedV1(
                record_id=uuid4(),
                connection_id=UUID(int=1),
                record_type="invoice",
                source_id=source_id,
                found_by="callback",
            ),
            account_id=ACCOUNT,
            subject=source_id,
            correlation_id=source_id,
            source="ingest",
        )
        async with self.database.account(ACCOUNT) as unit:
            await self.outbox.append(unit, message)


@pytest.fixture
def local_settings(settings):
    return settings.model_copy(update={"http_port": free_port()})


@pytest.fixture(params=["local", "rabbit"])
def broker_settings(request, local_settings):
    """The same process over either transport."""
    url = "local" if request.param == "local" else request.getfixturevalue("broker_url")
    return local_settings.model_copy(update={"broker_url": url})


async def until(condition, seconds=10):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nothing tells when it becomes true
            await asyncio.sleep(0.01)


async def test_a_record_goes_through_two_services(broker_settings):
    house, stop, ready = House(), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve([house.ingest, house.mapper], broker_settings, stop, ready=ready))
    await ready.wait()
    await house.close_record("48213")
    await until(lambda: house.mapped == ["48213"])
    stop.set()
    await running
    assert house.closed == ["ingest", "mapper"]


async def test_health_is_answered_and_promises_notice_work_that_stands_still(local_settings):
    house, stop, ready = House(), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve([house.ingest, house.mapper], local_settings, stop, ready=ready))
    await ready.wait()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{local_settings.http_port}") as client:
        await asyncio.wait_for(listening(client), 10)
        assert (await client.get("/ready")).json()["status"] == "ok"
        assert (await client.get("/promises")).json()["status"] == "ok"
        async with house.database.system() as unit:
            await unit.execute(
                text(
                    "INSERT INTO ingest.work (account_id, connection_id, work_key, kind, priority, due_at, correlation_id,"
                    " found_by) VALUES (:id, :id, 'k', 'sweep', 0, now() - interval '1 hour', 'c', 'sweep')"
                ),
                {"id": ACCOUNT},
            )
        answer = await client.get("/promises")
        assert answer.status_code == 503
        assert "ingest.work" in answer.json()["failing"]
        assert "ledgerwire_backlog_age_seconds" in (await client.get("/metrics")).text
    stop.set()
    await running


async def listening(client):
    while True:
        try:
            return (await client.get("/live")).raise_for_status()
        except httpx.TransportError:
            await asyncio.sleep(0.02)


async def test_stopping_finishes_the_group_in_hand(local_settings):
    house, stop, ready = House(slow=True), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve([house.ingest, house.mapper], local_settings, stop, ready=ready))
    await ready.wait()
    await house.close_record("48213")
    await house.taken.wait()
    stop.set()
    house.finish.set()
    await running
    assert house.mapped == ["48213"]


async def test_what_does_not_finish_in_time_is_cut_off_and_its_lease_left_to_run_out(local_settings):
    house, stop, ready = House(slow=True), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(
        serve([house.ingest, house.mapper], local_settings, stop, ready=ready, drain_seconds=0.2)
    )
    await ready.wait()
    await house.close_record("48213")
    await house.taken.wait()
    stop.set()
    await asyncio.wait_for(running, 15)
    database = open_database(local_settings, "mapper")
    async with database.system() as unit:
        row = (await unit.execute(text("SELECT holder, expires_at FROM tenants.lease"))).one()
    await database.close()
    assert row.holder is not None


class Questions:
    """An address that answers once its process is stopping."""

    path = "/question"

    def __init__(self):
        self.asked = asyncio.Event()
        self.stopping = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.asked.set()
        await self.stopping.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"yes"})

    async def watch(self, stop):
        await stop.wait()
        self.stopping.set()

    def build(self, runtime):
        return AssembledService(name="questions", runtime=runtime, app=self, background=[self.watch])


@pytest.mark.requirement("R15")
async def test_services_are_told_to_stop_while_the_last_requests_are_answered(local_settings):
    questions, stop, ready = Questions(), asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serve([questions.build], local_settings, stop, ready=ready))
    await ready.wait()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{local_settings.http_port}") as client:
        await asyncio.wait_for(listening(client), 10)
        answer = asyncio.create_task(client.get("/question"))
        await questions.asked.wait()
        stop.set()
        assert (await asyncio.wait_for(answer, 8)).text == "yes"
        await asyncio.wait_for(running, 8)


@pytest.mark.requirement("R15")
async def test_a_server_that_does_not_let_go_keeps_no_process_from_its_exit(local_settings, monkeypatch):
    async def never():
        await asyncio.Event().wait()

    def stuck(runtime):
        return AssembledService(name="stuck", runtime=runtime, closers=[never])

    monkeypatch.setattr(lifecycle, "CLOSING_SECONDS", 0.2)
    stop = asyncio.Event()
    stop.set()
    await asyncio.wait_for(serve([stuck], local_settings, stop), 8)


def test_the_time_to_drain_and_to_close_is_shorter_than_what_an_orchestrator_gives():
    assert lifecycle.DRAIN_SECONDS + lifecycle.CLOSING_SECONDS <= 25
    terms = RabbitTerms()
    assert terms.drain_seconds + terms.close_seconds < lifecycle.CLOSING_SECONDS


async def test_a_service_that_fails_stops_the_process_with_its_error(local_settings):
    class Broken(AssembledService):
        async def run(self, stop):
            raise RuntimeError("cannot go on")

    house = House()

    def broken(runtime):
        return Broken(name="broken", runtime=runtime)

    with pytest.raises(RuntimeError, match="cannot go on"):
        await asyncio.wait_for(serve([house.ingest, broken], local_settings, asyncio.Event()), 15)
    assert house.closed == ["ingest"]


def test_a_signal_stops_the_process(local_settings, tmp_path):
    program = tmp_path / "service.py"
    program.write_text(
        textwrap.dedent(
            """
            from ledgerwire.common.db.engine import open_database
            from ledgerwire.common.health import database_ready
            from ledgerwire.common.lifecycle import AssembledService, run_service
            from ledgerwire.common.settings import load_settings

            def build(runtime):
                database = open_database(runtime.settings, "mapper")
                return AssembledService(name="mapper", runtime=runtime, checks=[database_ready(database)],
                                        closers=[database.close])

            run_service(build, load_settings())
            """
        )
    )
    environment = {"PATH": "/usr/bin:/bin", **environment_of(local_settings)}
    process = subprocess.Popen([sys.executable, str(program)], env=environment, stderr=subprocess.PIPE, text=True)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{local_settings.http_port}") as client:
            deadline = monotonic() + 20
            while not answers(client):
                assert process.poll() is None
                assert monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, log
    assert '"event": "process.stopped"' in log


def answers(client):
    try:
        return client.get("/ready").status_code == 200
    except httpx.TransportError:
        return False
