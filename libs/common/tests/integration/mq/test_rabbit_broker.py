"""What RabbitMQ does when it is ill, and that we notice: returns, silence, restarts, other people's queues."""

import asyncio

import aio_pika
import pytest

from ledgerwire.common.mq.broker_topology import declare, verify
from ledgerwire.common.mq.confirmed import SLICE
from ledgerwire.common.mq.rabbit import RabbitTransport
from ledgerwire.common.mq.topology import EXCHANGE, QUEUES, RECORD_CLOSED, TopologyMismatchError
from ledgerwire.common.mq.transport import NotConfirmedError, UnroutableError


@pytest.fixture
async def make_rabbit(rabbit_terms):
    made = []

    async def make(url, start=True):
        transport = RabbitTransport(url, rabbit_terms)
        if start:
            await transport.start()
        made.append(transport)
        return transport

    yield make
    for transport in made:
        await transport.stop()


async def test_the_topology_on_the_broker_is_the_one_in_the_data(broker_url):
    connection = await aio_pika.connect(broker_url)
    async with connection:
        assert len(await verify(connection)) == 1 + 2 * len(QUEUES)
        await declare(connection)
        await declare(connection)  # a second service declares the same
        assert await verify(connection) == []


async def test_a_queue_with_other_properties_is_named_and_nothing_is_changed(broker_url, make_rabbit):
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        await channel.declare_queue(RECORD_CLOSED.name, durable=True, arguments={"x-queue-type": "quorum"})
        transport = await make_rabbit(broker_url, start=False)
        with pytest.raises(TopologyMismatchError, match=r"mapper\.record-closed with other properties"):
            await transport.start()


async def test_an_unbound_queue_makes_the_publish_fail(broker_url, make_rabbit, mail):
    transport = await make_rabbit(broker_url)
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(RECORD_CLOSED.name)
        await queue.unbind(EXCHANGE, routing_key="record.closed.v1")
    outcomes = await transport.publish([mail.closed(), mail.ready()])
    assert isinstance(outcomes[0], UnroutableError)
    assert outcomes[1] is None


async def test_every_message_of_many_gets_its_own_outcome(broker_url, make_rabbit, mail):
    transport = await make_rabbit(broker_url)
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.get_queue(RECORD_CLOSED.name)
        await queue.unbind(EXCHANGE, routing_key="record.closed.v1")
    routed = [number % 7 != 3 for number in range(3 * SLICE + 10)]
    messages = [mail.ready() if good else mail.closed(str(number)) for number, good in enumerate(routed)]
    outcomes = await transport.publish(messages)
    assert [outcome is None for outcome in outcomes] == routed
    assert all(isinstance(outcome, UnroutableError) for outcome in outcomes if outcome is not None)
    assert await transport.publish([mail.ready()]) == [None]  # and the channel counts on


async def test_a_full_queue_refuses_and_the_sender_is_told(broker_url, make_rabbit, mail, monkeypatch):
    monkeypatch.setattr("ledgerwire.common.mq.topology.MAX_LENGTH", 3)
    transport = await make_rabbit(broker_url)
    outcomes = []
    for number in range(30):
        outcomes += await transport.publish([mail.closed(str(number))])
        if outcomes[-1] is not None:
            break
    assert isinstance(outcomes[-1], NotConfirmedError)
    assert "full" in str(outcomes[-1])


async def test_poison_reaches_the_service_with_its_headers(broker_url, make_rabbit, mail, inbox):
    transport = await make_rabbit(broker_url)
    await transport.subscribe(mail.queue, inbox.accept)
    good = mail.closed()
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EXCHANGE)
        for headers in ({}, {"cloudEvents:id": "not-a-uuid", "cloudEvents:type": "record.closed.v1"}, {"n": 1}):
            await exchange.publish(aio_pika.Message(b"<html>", headers=headers), routing_key="record.closed.v1")
    await mail.send(transport, [good])
    await mail.until(lambda: len(inbox.accepted) == 4)
    assert inbox.ids == [good.id]
    assert sum(received.poison is not None for received in inbox.accepted) == 3


async def test_a_silent_broker_fails_the_publish_in_time_and_the_message_may_have_arrived(
    chaos_broker, make_rabbit, mail, inbox
):
    transport = await make_rabbit(chaos_broker.url)
    before, doubtful = mail.closed("before"), mail.closed("doubtful")
    others = [mail.closed(f"other{number}") for number in range(10 * SLICE)]
    assert await transport.publish([before]) == [None]
    chaos_broker.pause()
    try:
        async with asyncio.timeout(20):
            outcomes = await transport.publish([doubtful, *others])
        assert all(isinstance(outcome, NotConfirmedError) for outcome in outcomes)
    finally:
        chaos_broker.resume()
    await mail.send(transport, [doubtful])  # as the relay does, under the same id
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.until(lambda: {before.id, doubtful.id} <= set(inbox.ids))
    assert set(inbox.ids) <= {message.id for message in (before, doubtful, *others)}


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_consumers_and_publishers_resume_after_a_broker_restart(chaos_broker, make_rabbit, mail, inbox, how):
    transport = await make_rabbit(chaos_broker.url)
    await transport.subscribe(mail.queue, inbox.accept)
    before = [mail.closed(f"before{number}") for number in range(50)]
    await mail.send(transport, before)
    await mail.until(lambda: set(inbox.ids) >= {message.id for message in before})
    await getattr(chaos_broker, how)()
    assert isinstance((await transport.publish([mail.closed("lost?")]))[0], NotConfirmedError)
    await mail.until(lambda: not transport.connected)
    await chaos_broker.start()
    after = [mail.closed(f"after{number}") for number in range(50)]
    await mail.send(transport, after)
    await mail.until(lambda: set(inbox.ids) >= {message.id for message in after})
    await mail.until(lambda: transport.connected)


async def test_what_a_stopping_service_could_not_take_is_delivered_to_the_next(
    broker_url, make_rabbit, mail, make_inbox
):
    """The database is away, more arrives meanwhile, and just as the service stops it is back: nothing is acknowledged untaken."""
    refused, later = mail.closed("refused"), mail.closed("later")
    stopping, following = make_inbox(), make_inbox()

    async def away_for_the_first(batch):
        if refused.id in [received.envelope.id for received in batch]:
            stopping.failures = 1
        await stopping.accept(batch)

    transport = await make_rabbit(broker_url)
    await transport.subscribe(mail.queue, away_for_the_first)
    await mail.send(transport, [refused])
    await mail.until(lambda: stopping.calls)
    await mail.send(transport, [later])
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()

        async def delivered():
            return (await channel.declare_queue(mail.queue, passive=True)).declaration_result.message_count == 0

        await mail.until(delivered)
    await transport.stop()
    await (await make_rabbit(broker_url)).subscribe(mail.queue, following.accept)
    await mail.until(lambda: {refused.id, later.id} <= {*stopping.ids, *following.ids})
    assert refused.id in following.ids


async def test_a_service_starts_while_the_broker_is_away(chaos_broker, make_rabbit, mail, inbox):
    await chaos_broker.stop()
    transport = await make_rabbit(chaos_broker.url)
    await transport.subscribe(mail.queue, inbox.accept)
    assert not transport.connected
    await chaos_broker.start()
    message = mail.closed()
    await mail.send(transport, [message])
    await mail.until(lambda: inbox.ids == [message.id])


async def test_a_deleted_queue_is_noticed_and_made_again(broker_url, make_rabbit, mail, inbox, monkeypatch):
    monkeypatch.setattr("ledgerwire.common.mq.rabbit_subscription._LOOK_SECONDS", 0.1)
    transport = await make_rabbit(broker_url)
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.until(lambda: transport.connected)
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        await channel.queue_delete(RECORD_CLOSED.name)
    message = mail.closed()
    await mail.send(transport, [message])
    await mail.until(lambda: inbox.ids == [message.id])


async def test_the_broker_gives_up_on_a_message_that_kills_its_consumers(broker_url, make_rabbit, mail, monkeypatch):
    """Each death returns it; at the delivery limit it goes to the dead queue instead of round and round."""
    monkeypatch.setattr("ledgerwire.common.mq.topology.DELIVERY_LIMIT", 2)
    transport = await make_rabbit(broker_url)
    message = mail.closed()
    await mail.send(transport, [message])
    while True:
        connection = await aio_pika.connect(broker_url)
        async with connection:
            channel = await connection.channel()
            queue = await channel.get_queue(mail.queue)
            got = await queue.get(fail=False, timeout=2)
            if got is None:
                break
            await got.reject(requeue=True)
    connection = await aio_pika.connect(broker_url)
    async with connection:
        channel = await connection.channel()
        dead = await channel.get_queue(mail.dead_queue)
        found = []

        async def arrived():
            found.append(await dead.get(fail=False))
            return found[-1] is not None

        await mail.until(arrived)
        found = found[-1]
        assert found.headers["cloudEvents:id"] == str(message.id)
        assert found.headers["x-first-death-reason"] == "delivery_limit"
        await found.ack()
