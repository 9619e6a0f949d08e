"""Publishing by the slice: many messages leave in one write, and each has a confirmation of its own.

The driver's own publish costs a task, a timeout, a lock and a system call per message, which together are more than twice the
message itself. Only its bookkeeping is used here: the numbers of deliveries, and the futures that its reader completes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import aio_pika
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq.abc import ChannelFrame, FrameType
from aiormq.channel import Channel
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.mq.broker_errors import BrokerGoneError, broker_calls
from ledgerwire.common.mq.envelope_codec import WireMessage, encode
from ledgerwire.common.mq.topology import EXCHANGE
from ledgerwire.common.mq.transport import NotConfirmedError, UnroutableError

SLICE: Final = 50
"""Messages in one write: enough to share its cost, and over in two milliseconds, so that callbacks do not wait for it."""


class NoAnswerError(NotConfirmedError):
    """Neither confirmed nor refused: the channel is of no more use."""


async def publish_slice(channel: Channel, messages: Sequence[Envelope], seconds: float) -> list[Exception | None]:
    """Publish messages, each mandatory; per message None once the broker confirmed it, else why not.

    A slice is given up with NoAnswerError when `seconds` pass without a single confirmation. Its messages may have arrived, and
    the channel's count may be off: it must be dropped.
    """
    confirmations: list[asyncio.Future[object]] = []
    try:
        with broker_calls():
            async with asyncio.timeout(seconds):
                await _write(channel, messages, confirmations)
    except BrokerGoneError as error:
        return [NoAnswerError(str(error))] * len(messages)
    pending: set[asyncio.Future[object]] = set(confirmations)
    while pending:
        done, pending = await asyncio.wait(pending, timeout=seconds)
        if not done:
            break
    return [_outcome(each, message) for each, message in zip(confirmations, messages, strict=True)]


async def _write(channel: Channel, messages: Sequence[Envelope], confirmations: list[asyncio.Future[object]]) -> None:
    async with channel.lock:
        frames: list[FrameType | ContentBody] = []
        for message in messages:
            channel.delivery_tag += 1
            confirmation = channel.create_future()
            channel.confirmations[channel.delivery_tag] = confirmation
            # by which a returned message finds its confirmation
            channel.message_id_delivery_tag[str(message.id)] = channel.delivery_tag
            confirmation.add_done_callback(_Forget(channel, str(message.id)))
            confirmations.append(confirmation)
            frames += _frames(message, channel.max_content_size)
        await channel.write_queue.put(ChannelFrame.marshall(channel_number=channel.number, frames=frames))


class _Forget:
    """Drops what the channel remembers of a message once it is settled."""

    __slots__ = ("_channel", "_message_id")

    def __init__(self, channel: Channel, message_id: str) -> None:
        self._channel = channel
        self._message_id = message_id

    def __call__(self, _: asyncio.Future[object]) -> None:
        self._channel.message_id_delivery_tag.pop(self._message_id, None)


def _frames(message: Envelope, largest: int) -> Iterator[FrameType | ContentBody]:
    wire = encode(message)
    yield Basic.Publish(exchange=EXCHANGE, routing_key=message.type, mandatory=True)
    yield ContentHeader(properties=_properties(message, wire), body_size=len(wire.body))
    for start in range(0, len(wire.body), largest):
        yield ContentBody(wire.body[start : start + largest])


def _outcome(confirmation: asyncio.Future[object], message: Envelope) -> Exception | None:
    if not confirmation.done():
        confirmation.cancel()
        return NoAnswerError("the broker did not confirm it in time")
    try:
        with broker_calls():
            confirmation.result()
    except BrokerGoneError as error:
        return _refusal(error, message)
    return None


def _refusal(error: BrokerGoneError, message: Envelope) -> Exception:
    match error.__cause__:
        case PublishError():
            return UnroutableError(f"no queue is bound to {message.type}")
        case DeliveryError() as refused:
            return NotConfirmedError(f"the broker refused it ({type(refused.frame).__name__}): is the queue full?")
        case _:
            return NoAnswerError(str(error))


def _properties(envelope: Envelope, wire: WireMessage) -> Basic.Properties:
    """Made directly: the library's own message class costs ten times as much as this."""
    return Basic.Properties(
        headers=dict(wire.headers),
        content_type=wire.content_type,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=str(envelope.id),
        correlation_id=envelope.correlationid,
        message_type=envelope.type,
    )
