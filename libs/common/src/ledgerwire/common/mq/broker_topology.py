"""Makes the topology on a broker, or only looks whether it is there."""

from __future__ import annotations

import asyncio
from typing import Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed

from ledgerwire.common.mq.topology import EXCHANGE, QUEUES, TopologyMismatchError

_OTHERWISE: Final = (
    "the broker has {name} with other properties: {text}. Drain and delete it there, then start again; it is made anew"
)


async def declare(connection: AbstractConnection, seconds: float = 10) -> None:
    """Create exchange, queues and bindings within `seconds`; a no-op where they are as they should be.

    Raises:
        TopologyMismatchError: something of that name exists with other properties.
    """
    name = EXCHANGE
    async with asyncio.timeout(seconds):
        channel = await connection.channel()
        try:
            exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
            for queue in QUEUES:
                name = queue.dead
                await channel.declare_queue(queue.dead, durable=True, arguments=dict(queue.dead_arguments))
                name = queue.name
                declared = await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
                for message_type in queue.types:
                    await declared.bind(exchange, routing_key=message_type)
        except ChannelPreconditionFailed as error:
            raise TopologyMismatchError(_OTHERWISE.format(name=name, text=error)) from error
        await channel.close()


async def verify(connection: AbstractConnection) -> list[str]:
    """The names of exchange and queues that are missing on the broker; changes nothing."""
    missing: list[str] = []
    for name in (EXCHANGE, *(part for queue in QUEUES for part in (queue.name, queue.dead))):
        channel = await connection.channel()  # a failed look-up closes its channel
        try:
            if name == EXCHANGE:
                await channel.get_exchange(name, ensure=True)
            else:
                await channel.get_queue(name, ensure=True)
        except ChannelNotFoundEntity:
            missing.append(name)
        else:
            await channel.close()
    return missing
