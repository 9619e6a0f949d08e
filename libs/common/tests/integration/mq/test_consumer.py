"""A batch becomes work rows, inbox ids and dead letters in one transaction; no message holds up another."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.envelope_codec import decode, encode
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.mq.topology import RECORD_CLOSED
from ledgerwire.common.telemetry import configure_tracing
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.model import Doorbell, Priority


def doorbells(envelope, data):
    if data.source_id == "bug":
        raise KeyError("a bug of ours")
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=f"map:{data.source_id}",
            kind="map",
            priority=Priority.URGENT if data.urgent else Priority.BULK,
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            found_by=data.found_by,
        )
    ]


def delivered(message, **headers):
    wire = encode(message)
    return decode({**wire.headers, **headers}, wire.content_type, wire.body)


class Desk:
    def __init__(self, database, schema):
        self.database = database
        self.wake = asyncio.Event()
        self.consumer = Consumer(database, schema, RECORD_CLOSED, doorbells, self.wake)

    async def rows(self, sql):
        async with self.database.system() as unit:
            return (await unit.execute(text(sql))).all()


@pytest.fixture
def desk(database, mail):
    return Desk(database, mail.schema)


async def test_a_message_becomes_a_row_and_wakes_the_worker(desk, mail):
    message = mail.closed("48213")
    await desk.consumer.accept([delivered(message)])
    (row,) = await desk.rows("SELECT * FROM mapper.work")
    assert (row.work_key, row.kind, row.correlation_id, row.found_by) == ("map:48213", "map", "c-48213", "callback")
    assert row.causation_id == str(message.id)
    assert row.connection_id == UUID(int=1)
    assert desk.wake.is_set()


async def test_a_trace_goes_on_from_message_to_work_to_the_next_message(desk, database, mail):
    configure_tracing()
    traceparent = f"00-{'a1' * 16}-{'b2' * 8}-01"
    answer = mail.closed("48213")
    other = mail.closed("1")

    async def handle(group):
        (item,) = group.items
        async with group.unit() as unit:
            await Outbox(mail.schema).append(unit, answer, other)
            await group.done(unit, item)

    await desk.consumer.accept([delivered(mail.closed("48213").model_copy(update={"traceparent": traceparent}))])
    stop = asyncio.Event()
    running = asyncio.create_task(Worker(database, mail.schema, {"map": handle}).run(stop))
    await mail.until(lambda: counted(desk, 0))
    stop.set()
    await running
    sent = {row.message_id: row.traceparent for row in await desk.rows("SELECT * FROM mapper.outbox")}
    assert sent[answer.id] == traceparent
    assert sent[other.id] not in {None, traceparent}, "what belongs to no work in hand begins a trace of its own"


async def test_a_duplicate_changes_nothing(desk, mail):
    message = mail.closed()
    await desk.consumer.accept([delivered(message)])
    desk.wake.clear()
    await desk.consumer.accept([delivered(message), delivered(message)])
    (row,) = await desk.rows("SELECT generation FROM mapper.work")
    assert row.generation == 1
    assert not desk.wake.is_set()


async def test_many_messages_about_one_record_are_one_row(desk, mail):
    await desk.consumer.accept([delivered(mail.closed("7")) for _ in range(300)])
    assert len(await desk.rows("SELECT 1 FROM mapper.work")) == 1
    assert len(await desk.rows("SELECT 1 FROM mapper.inbox")) == 300


async def test_a_full_batch_of_five_hundred(desk, mail):
    await desk.consumer.accept([delivered(mail.closed(str(number))) for number in range(500)])
    assert len(await desk.rows("SELECT 1 FROM mapper.work")) == 500


POISON = {
    "body is no JSON": (lambda m: delivered(m.model_copy(update={"data": b"\xff<html>"})), "UNDECODABLE_MESSAGE"),
    "body of another shape": (lambda m: delivered(m.model_copy(update={"data": b'{"a": 1}'})), "UNDECODABLE_MESSAGE"),
    "unknown version": (
        lambda m: delivered(m.model_copy(update={"type": "record.closed.v9"})),
        "UNKNOWN_MESSAGE_TYPE",
    ),
    "no envelope": (lambda m: decode({"some": "header"}, None, b"raw \x00 bytes"), "NOT_A_CLOUD_EVENT"),
    "a bug of ours": (lambda m: None, "DOORBELL_FAILED[KeyError in common.mq.consumer.Consumer._sort]"),
}


@pytest.mark.parametrize("case", POISON)
async def test_what_cannot_be_understood_is_buried_beside_healthy_messages(desk, mail, case):
    make, cause = POISON[case]
    bad = make(mail.closed("bad")) or delivered(mail.closed("bug"))
    await desk.consumer.accept([delivered(mail.closed("a")), bad, delivered(mail.closed("b"))])
    rows = await desk.rows("SELECT work_key FROM mapper.work ORDER BY work_key")
    assert [row.work_key for row in rows] == ["map:a", "map:b"]
    (letter,) = await desk.rows("SELECT * FROM mapper.dead_letter")
    assert (letter.cause, letter.queue, letter.payload) == (cause, "mapper.record-closed", bad.raw)
    assert letter.headers == bad.headers
    assert "hunter2" not in letter.detail


async def test_text_that_the_database_cannot_hold_does_not_block_the_queue(desk, mail):
    hostile = mail.closed("nul").model_copy(update={"correlationid": "a\x00b"})
    await desk.consumer.accept([delivered(mail.closed("a")), delivered(hostile), delivered(mail.closed("b"))])
    assert len(await desk.rows("SELECT 1 FROM mapper.work")) == 2
    (letter,) = await desk.rows("SELECT * FROM mapper.dead_letter")
    assert letter.cause == "UNSTORABLE"
    assert letter.correlation_id == "a\N{REPLACEMENT CHARACTER}b"


async def test_secrets_in_headers_are_not_kept(desk, mail):
    bad = mail.closed().model_copy(update={"data": b"?"})
    await desk.consumer.accept([delivered(bad, authorization="Bearer c4n4ry-value")])
    (letter,) = await desk.rows("SELECT headers FROM mapper.dead_letter")
    assert "c4n4ry" not in str(letter.headers)


async def test_a_database_that_is_away_means_nothing_was_taken(desk, mail, monkeypatch):
    async def away(*_):
        raise OperationalError("SELECT 1", {}, ConnectionResetError())

    message = mail.closed()
    with monkeypatch.context() as patched:
        patched.setattr(desk.consumer, "_fresh_ids", away)
        with pytest.raises(OperationalError):
            await desk.consumer.accept([delivered(message)])
    assert await desk.rows("SELECT 1 FROM mapper.inbox") == []
    await desk.consumer.accept([delivered(message)])
    assert len(await desk.rows("SELECT 1 FROM mapper.work")) == 1


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
async def test_a_row_locked_for_too_long_buries_nothing(desk, mail, monkeypatch, limit):
    first, second = mail.closed("7"), mail.closed("7")
    await desk.consumer.accept([delivered(first)])
    ring = desk.consumer._work.ring

    async def impatient(unit, bells):
        await unit.execute(text(f"SET LOCAL {limit} = '100ms'"))
        await ring(unit, bells)

    with monkeypatch.context() as patched:
        patched.setattr(desk.consumer._work, "ring", impatient)
        async with desk.database.system() as holder:
            await holder.execute(text("SELECT 1 FROM mapper.work FOR UPDATE"))
            for _ in range(2):
                with pytest.raises(DBAPIError):
                    await desk.consumer.accept([delivered(second)])
    await desk.consumer.accept([delivered(second)])
    assert await desk.rows("SELECT 1 FROM mapper.dead_letter") == []
    (row,) = await desk.rows("SELECT generation FROM mapper.work")
    assert row.generation == 2


async def test_a_release_that_runs_before_its_migration_buries_nothing(desk, mail, monkeypatch):
    monkeypatch.setattr(desk.consumer, "_insert_ids", text("SELECT a_column_of_the_next_release FROM mapper.inbox"))
    with pytest.raises(DBAPIError, match="does not exist"):
        await desk.consumer.accept([delivered(mail.closed("1")), delivered(mail.closed("2"))])
    assert not await desk.rows("SELECT 1 FROM mapper.dead_letter")
    monkeypatch.undo()
    await desk.consumer.accept([delivered(mail.closed("1"))])
    assert len(await desk.rows("SELECT 1 FROM mapper.work")) == 1


async def test_two_consumers_ringing_the_same_rows_in_opposite_order_do_not_deadlock(desk, database, mail):
    other = Desk(database, mail.schema)
    ahead = [str(number) for number in range(60)]
    for _ in range(5):
        await asyncio.gather(
            desk.consumer.accept([delivered(mail.closed(key)) for key in ahead]),
            other.consumer.accept([delivered(mail.closed(key)) for key in reversed(ahead)]),
        )
    assert len(await desk.rows("SELECT 1 FROM mapper.work")) == 60


async def test_what_the_broker_gave_up_on_lands_in_the_table(desk, mail):
    message = mail.closed()
    await desk.consumer.accept_dead([delivered(message, **{"x-first-death-reason": "delivery_limit"})])
    (letter,) = await desk.rows("SELECT * FROM mapper.dead_letter")
    assert letter.cause == "DELIVERY_LIMIT"
    assert "delivery_limit" in letter.detail
    assert letter.message_id == str(message.id)


async def test_from_outbox_to_work_over_a_transport(transport, desk, mail):
    await desk.consumer.subscribe(transport)
    messages = [mail.closed(str(number)) for number in range(50)]
    await mail.send(transport, messages)
    await mail.send(transport, messages)  # everything twice
    await mail.until(lambda: counted(desk, 50))


async def counted(desk, number):
    return len(await desk.rows("SELECT 1 FROM mapper.work WHERE generation = 1")) == number
