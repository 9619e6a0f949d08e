"""One suite for every transport: at least once, redelivery, duplicates, any order, poison, nothing believed unconfirmed."""

import asyncio

import pytest

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.mq.transport import NotConfirmedError, UnroutableError


async def test_every_confirmed_message_arrives(transport, mail, inbox):
    messages = [mail.closed(str(number)) for number in range(1200)]
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.send(transport, messages)
    await mail.until(lambda: set(inbox.ids) == {message.id for message in messages})
    assert max(len(call) for call in inbox.calls) <= 1200


async def test_a_message_arrives_as_it_was_sent(transport, mail, inbox):
    message = mail.closed("48213", causation_id="callback:48213")
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.send(transport, [message])
    await mail.until(lambda: inbox.accepted)
    (received,) = inbox.accepted
    assert received.envelope == message
    assert received.raw == message.data
    assert received.headers["cloudEvents:correlationid"] == "c-48213"
    assert received.poison is None


async def test_what_was_not_accepted_comes_again(transport, mail, inbox):
    inbox.failures = 2
    message = mail.closed()
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.send(transport, [message])
    await mail.until(lambda: inbox.ids == [message.id])
    assert len(inbox.calls) == 3


async def test_what_a_dying_process_had_in_hand_comes_to_the_next(make_transport, mail, make_inbox):
    message = mail.closed()
    first, dying = await make_transport(), make_inbox()
    dying.gate.clear()  # it takes the message and never finishes
    await first.subscribe(mail.queue, dying.accept)
    sending = asyncio.create_task(mail.send(first, [message]))
    await mail.until(lambda: dying.calls)
    await first.stop()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert dying.accepted == []

    second, survivor = await make_transport(), make_inbox()
    await second.subscribe(mail.queue, survivor.accept)
    if make_transport.kind == "local":  # the outbox row is the only copy, and it was not marked
        await mail.send(second, [message])
    await mail.until(lambda: survivor.ids == [message.id])


async def test_the_same_message_sent_twice_arrives_under_the_same_id(transport, mail, inbox):
    message = mail.closed()
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.send(transport, [message])
    await mail.send(transport, [message])
    await mail.until(lambda: len(inbox.ids) == 2)
    assert set(inbox.ids) == {message.id}


async def test_messages_go_to_the_queue_of_their_type_only(transport, mail, make_inbox):
    mapper, poster = make_inbox(), make_inbox()
    await transport.subscribe("mapper.record-closed", mapper.accept)
    await transport.subscribe("poster.document-ready", poster.accept)
    closed, ready = mail.closed(), mail.ready()
    await mail.send(transport, [closed, ready])
    await mail.until(lambda: mapper.ids and poster.ids)
    assert (mapper.ids, poster.ids) == ([closed.id], [ready.id])


async def test_one_subscriber_in_trouble_does_not_hold_up_another(transport, mail, make_inbox):
    stuck, free = make_inbox(), make_inbox()
    stuck.failures = 1_000_000
    await transport.subscribe("mapper.record-closed", stuck.accept)
    await transport.subscribe("poster.document-ready", free.accept)
    await transport.publish([mail.closed()])
    ready = mail.ready()
    await mail.send(transport, [ready])
    await mail.until(lambda: free.ids == [ready.id])


async def test_a_type_nobody_consumes_is_not_confirmed(transport, mail):
    stray = mail.closed().model_copy(update={"type": "nobody.listens.v1"})
    kept = mail.closed()
    outcomes = await transport.publish([stray])
    assert isinstance(outcomes[0], UnroutableError)
    assert isinstance(outcomes[0], NotConfirmedError)
    assert kept


async def test_a_body_that_is_no_json_is_delivered_for_the_service_to_bury(transport, mail, inbox):
    message: Envelope = mail.closed().model_copy(update={"data": b"\xff\x00 no json"})
    await transport.subscribe(mail.queue, inbox.accept)
    await mail.send(transport, [message])
    await mail.until(lambda: inbox.accepted)
    assert inbox.accepted[0].raw == b"\xff\x00 no json"


async def test_after_stop_nothing_is_confirmed(make_transport, mail, inbox):
    transport = await make_transport()
    await transport.subscribe(mail.queue, inbox.accept)
    await transport.stop()
    outcomes = await transport.publish([mail.closed()])
    assert isinstance(outcomes[0], NotConfirmedError)
    assert inbox.accepted == []


async def test_stopping_waits_for_what_is_being_accepted(make_transport, mail, inbox):
    transport = await make_transport()
    inbox.gate.clear()
    await transport.subscribe(mail.queue, inbox.accept)
    message = mail.closed()
    sending = asyncio.create_task(mail.send(transport, [message]))
    await mail.until(lambda: inbox.calls)
    stopping = asyncio.create_task(transport.stop())
    await asyncio.sleep(0)
    inbox.gate.set()
    await stopping
    await sending
    assert inbox.ids == [message.id]


@pytest.mark.parametrize("subscribers", [2, 3])
async def test_competing_consumers_take_every_message_between_them(make_transport, mail, make_inbox, subscribers):
    if make_transport.kind == "local":
        subscribers = 1  # one process, one subscriber
    inboxes = [make_inbox() for _ in range(subscribers)]
    for box in inboxes:
        await (await make_transport()).subscribe(mail.queue, box.accept)
    sender = await make_transport()
    if make_transport.kind == "local":
        await sender.subscribe(mail.queue, inboxes[0].accept)
    messages = [mail.closed(str(number)) for number in range(400)]
    await mail.send(sender, messages)
    await mail.until(lambda: {item for box in inboxes for item in box.ids} == {message.id for message in messages})
