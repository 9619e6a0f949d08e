"""Messages leave with the change they announce, once it is committed, and are marked only when they are safe."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from ledgerwire.common.ids import message_id
from ledgerwire.common.mq.outbox import Outbox, UnroutableTypeError
from ledgerwire.common.mq.relay import BATCH, Relay
from ledgerwire.common.mq.transport import NotConfirmedError, UnroutableError
from ledgerwire.common.work.lease import LeaseTerms

QUICK = LeaseTerms(ttl=timedelta(milliseconds=500), renew_every=timedelta(milliseconds=100), grace=timedelta(0))


class Post:
    """A transport that records what it is given and answers as told."""

    connected = True

    def __init__(self):
        self.sent = []
        self.batches = []
        self.refuse = lambda envelope: None

    async def start(self):
        pass

    async def stop(self):
        pass

    async def subscribe(self, queue, accept):
        pass

    async def publish(self, messages):
        outcomes = [self.refuse(message) for message in messages]
        self.batches.append(list(messages))
        self.sent += [message for message, outcome in zip(messages, outcomes, strict=True) if outcome is None]
        return outcomes


@pytest.fixture
def post():
    return Post()


@pytest.fixture
def office(database, post, mail):
    class Office:
        outbox = Outbox(mail.schema)

        def relay(self, **others):
            relay = Relay(
                database, post, mail.schema, **({"poll": timedelta(milliseconds=20), "terms": QUICK} | others)
            )
            self.outbox = Outbox(mail.schema, relay.wake)
            return relay

        async def append(self, *messages):
            added = 0
            for message in messages:
                async with database.account(message.accountid) as unit:
                    added += await self.outbox.append(unit, message)
            return added

        async def one(self, sql, **parameters):
            async with database.system() as unit:
                return (await unit.execute(text(sql), parameters)).one()

        async def on_duty(self):
            return (await self.one("SELECT count(*) FROM tenants.lease WHERE holder IS NOT NULL")).count == 1

        async def waiting(self):
            return (await self.one("SELECT count(*) FROM mapper.outbox WHERE published_at IS NULL")).count

        @asynccontextmanager
        async def running(self, *relays):
            stop = asyncio.Event()
            tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
            try:
                yield
            finally:
                stop.set()
                await asyncio.gather(*tasks)

    return Office()


async def test_what_rolls_back_is_never_said(office, database, mail):
    async def change_of_mind():
        message = mail.closed()
        async with database.account(message.accountid) as unit:
            await office.outbox.append(unit, message)
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_of_mind()
    assert await office.waiting() == 0


async def test_saying_it_twice_is_one_message(office, mail):
    first = mail.closed(message_id=message_id("closed", 1))
    second = mail.closed(message_id=message_id("closed", 1))
    assert await office.append(first) == 1
    assert await office.append(second) == 0


async def test_a_type_without_a_consumer_enters_no_outbox(office, mail):
    stray = mail.closed().model_copy(update={"type": "nobody.listens.v1"})
    with pytest.raises(UnroutableTypeError, match=r"nobody\.listens\.v1"):
        await office.append(stray)


async def test_a_committed_message_is_published_at_once_and_marked(office, post, mail):
    message = mail.closed("48213", causation_id="callback")
    relay = office.relay(poll=timedelta(seconds=30))  # woken by the commit, not by the clock
    async with office.running(relay):
        await mail.until(office.on_duty)
        await office.append(message)
        await mail.until(lambda: post.sent, seconds=20)
    (sent,) = post.sent
    assert sent.id == message.id
    assert (sent.type, sent.subject, sent.accountid, sent.data) == (
        message.type,
        message.subject,
        message.accountid,
        message.data,
    )
    assert (sent.correlationid, sent.causationid, sent.source) == ("c-48213", "callback", "ledgerwire/mapper")
    row = await office.one("SELECT published_at, attempts FROM mapper.outbox")
    assert row.published_at is not None
    assert row.attempts == 1


async def test_what_is_not_confirmed_stays_and_goes_again_under_the_same_id(office, post, mail):
    message = mail.closed()
    post.refuse = lambda _: NotConfirmedError("no confirmation within 5 s") if len(post.batches) < 2 else None
    await office.append(message)
    async with office.running(office.relay()):
        await mail.until(lambda: post.sent)
    assert {sent.id for batch in post.batches for sent in batch} == {message.id}
    row = await office.one("SELECT attempts, last_error, published_at FROM mapper.outbox")
    assert row.attempts == 3
    assert "no confirmation" in row.last_error


async def test_a_refused_message_does_not_stand_before_the_others(office, post, mail):
    bad, good = mail.closed("bad"), mail.closed("good")
    post.refuse = lambda envelope: UnroutableError("no queue") if envelope.id == bad.id else None
    await office.append(bad)
    async with office.running(office.relay()):
        await mail.until(lambda: post.batches)
        await office.append(good)
        await mail.until(lambda: [sent.id for sent in post.sent] == [good.id], seconds=3)
    assert sum(bad.id in {sent.id for sent in batch} for batch in post.batches) < 5, "it rests between tries"


async def test_accounts_take_turns(office, post, mail):
    busy, quiet = UUID(int=1), UUID(int=2)
    await office.append(*(mail.closed(str(number), account=busy) for number in range(150)))
    await office.append(mail.closed("one", account=quiet))
    relay = office.relay()
    assert await relay.publish_once() == 151
    assert post.sent[0].accountid == busy
    assert post.sent[1].accountid == quiet


async def test_an_account_alone_fills_a_batch(office, post, mail):
    await office.append(*(mail.closed(str(number)) for number in range(BATCH + 20)))
    relay = office.relay()
    assert [await relay.publish_once() for _ in range(3)] == [BATCH, 20, 0]


async def test_one_relay_of_a_schema_works_at_a_time_and_another_takes_over(office, post, mail):
    dead, standby = office.relay(), office.relay()
    stop = asyncio.Event()
    crashed = asyncio.create_task(dead.run(stop))
    first, second = mail.closed("first"), mail.closed("second")
    await office.append(first)
    await mail.until(lambda: len(post.sent) == 1)
    async with office.running(standby):
        crashed.cancel()  # nothing is released, and the first message may not be marked yet: then it goes twice
        await asyncio.gather(crashed, return_exceptions=True)
        await office.append(second)
        await mail.until(lambda: {sent.id for sent in post.sent} == {first.id, second.id})


async def test_two_relays_publish_every_message(office, post, mail):
    messages = [mail.closed(str(number)) for number in range(40)]
    async with office.running(office.relay(), office.relay()):
        await office.append(*messages)
        await mail.until(lambda: {sent.id for sent in post.sent} == {message.id for message in messages})
    assert len(post.sent) == 40, "the one that stands by does not publish too"


async def test_stopping_publishes_what_is_left(office, post, mail):
    relay = office.relay()
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    await mail.until(office.on_duty)
    await office.append(mail.closed())
    stop.set()
    await running
    assert await office.waiting() == 0


async def test_old_rows_are_pruned_and_waiting_ones_never(office, database, mail):
    await office.append(mail.closed("old"), mail.closed("new"), mail.closed("waiting"))
    async with database.system() as unit:
        await unit.execute(
            text(
                "UPDATE mapper.outbox SET created_at = now() - interval '40 days', published_at = CASE correlation_id"
                " WHEN 'c-old' THEN now() - interval '31 days' WHEN 'c-new' THEN now() END"
            )
        )
        await unit.execute(
            text(
                "INSERT INTO mapper.inbox (consumer, message_id, account_id, received_at) SELECT 'q', gen_random_uuid(),"
                " gen_random_uuid(), now() - days * interval '1 day' FROM unnest(ARRAY[1, 29, 31, 400]) AS days"
            )
        )
    assert await office.relay().prune() == 3
    left = await office.one("SELECT array_agg(correlation_id ORDER BY correlation_id) AS left FROM mapper.outbox")
    assert left.left == ["c-new", "c-waiting"]


async def test_the_relay_outlives_a_database_that_goes_away(office, database, post, mail, postgres_admin_url):
    async with office.running(office.relay()):
        await office.append(mail.closed("before"))
        await mail.until(lambda: len(post.sent) == 1)
        async with database.system() as unit:
            own = (await unit.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await terminate_sessions(postgres_admin_url, own)
        await mail.until(lambda: appended(office, mail))
        await mail.until(lambda: len(post.sent) >= 2)


async def appended(office, mail):
    try:
        return await office.append(mail.closed("after"))
    except Exception:  # noqa: BLE001 - its own connection was ended too
        return False


async def terminate_sessions(admin_url, pid):
    connection = await asyncpg.connect(admin_url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = (SELECT datname FROM pg_stat_activity WHERE pid = $1)",
        pid,
    )
    await connection.close()
