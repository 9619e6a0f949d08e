"""RabbitMQ: one connection to publish, one to consume, both made again by our own supervision.

Plain (not "robust") connections on purpose: a publish must fail within its timeout while the broker is away, and a consumer
must start on a fresh channel with nothing left over from the old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.channel import Channel as AmqpChannel

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.mq.broker_errors import BrokerGoneError, broker_calls
from ledgerwire.common.mq.broker_topology import declare
from ledgerwire.common.mq.confirmed import SLICE, NoAnswerError, publish_slice
from ledgerwire.common.mq.rabbit_subscription import Subscription
from ledgerwire.common.mq.transport import Accept, NotConfirmedError, UnroutableError

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RabbitTerms:
    """Times and sizes. A window of 50 to 200 unconfirmed publishes is where throughput stops growing.

    Draining and closing together fit into what a process has left for its end (`lifecycle.CLOSING_SECONDS`).
    """

    connect_seconds: float = 5.0
    confirm_seconds: float = 5.0
    close_seconds: float = 2.0
    drain_seconds: float = 2.0
    heartbeat_seconds: int = 10
    window: int = 200
    batch: int = 500
    linger_seconds: float = 0.02


class Link:
    """One connection to the broker, made when first needed and made again after it broke."""

    def __init__(self, url: str, name: str, terms: RabbitTerms) -> None:
        separator = "&" if "?" in url else "?"
        self._url = f"{url}{separator}heartbeat={terms.heartbeat_seconds}&name={name}"
        self._terms = terms
        self._lock = asyncio.Lock()
        self._connection: AbstractConnection | None = None

    @property
    def connected(self) -> bool:
        return _usable(self._connection)

    async def connection(self) -> AbstractConnection:
        """The open connection; BrokerGoneError when there is none to be had."""
        async with self._lock:
            if self._connection is None or not _usable(self._connection):
                await self.drop()
                with broker_calls():
                    self._connection = await aio_pika.connect(self._url, timeout=self._terms.connect_seconds)
            return self._connection

    async def drop(self) -> None:
        """Close without waiting long: the other side may be frozen."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            with broker_calls():
                async with asyncio.timeout(self._terms.close_seconds):
                    await connection.close()
        except BrokerGoneError as error:
            _log.info("broker.close_failed", error=str(error))


class RabbitTransport:
    """The transport between processes."""

    def __init__(self, url: str, terms: RabbitTerms | None = None) -> None:
        self._terms = terms or RabbitTerms()
        self._publishing = Link(url, "publish", self._terms)
        self._consuming = Link(url, "consume", self._terms)
        self._opening = asyncio.Lock()
        self._channel: AbstractChannel | None = None
        self._subscriptions: list[Subscription] = []
        self._stopped = False

    @property
    def connected(self) -> bool:
        return self._publishing.connected and all(item.consuming for item in self._subscriptions)

    async def start(self) -> None:
        try:
            await self._open_channel()
        except BrokerGoneError as error:
            # callbacks are accepted and work goes on without the broker; messages wait in the outboxes
            _log.warning("broker.away", error=str(error))

    async def publish(self, messages: Sequence[Envelope]) -> Sequence[Exception | None]:
        if self._stopped:
            return [NotConfirmedError("the transport is stopped")] * len(messages)
        try:
            channel = await self._open_channel()
        except BrokerGoneError as error:
            await self._drop_publisher()
            return [NotConfirmedError(str(error))] * len(messages)
        window = asyncio.Semaphore(max(1, self._terms.window // SLICE))
        silent = False

        async def published(part: Sequence[Envelope]) -> Sequence[Exception | None]:
            nonlocal silent
            async with window:
                if silent:  # the rest would only wait as long again, one after the other
                    return [NotConfirmedError("the broker has stopped answering")] * len(part)
                outcomes = await publish_slice(channel, part, self._terms.confirm_seconds)
                if any(isinstance(outcome, NoAnswerError) for outcome in outcomes):
                    silent = True
                return outcomes

        try:
            parts = await asyncio.gather(
                *(published(messages[at : at + SLICE]) for at in range(0, len(messages), SLICE))
            )
        except asyncio.CancelledError:
            self._channel = None  # its count of deliveries may be off
            raise
        outcomes = [outcome for part in parts for outcome in part]
        if any(outcome is not None and not isinstance(outcome, UnroutableError) for outcome in outcomes):
            await self._drop_publisher()
        return outcomes

    async def subscribe(self, queue: str, accept: Accept) -> None:
        subscription = Subscription(
            queue,
            accept,
            self._consuming.connection,
            batch=self._terms.batch,
            linger_seconds=self._terms.linger_seconds,
            drain_seconds=self._terms.drain_seconds,
        )
        self._subscriptions.append(subscription)
        subscription.start()

    async def stop(self) -> None:
        self._stopped = True
        await asyncio.gather(*(subscription.stop() for subscription in self._subscriptions))
        await asyncio.gather(self._consuming.drop(), self._drop_publisher())

    async def _open_channel(self) -> AmqpChannel:
        """The driver's own channel: the layer above it waits for the socket after every message."""
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                connection = await self._publishing.connection()
                with broker_calls():
                    await declare(connection, self._terms.connect_seconds)
                    # without on_return_raises an unroutable message would look like a success
                    self._channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
            with broker_calls():
                return cast("AmqpChannel", await self._channel.get_underlay_channel())

    async def _drop_publisher(self) -> None:
        self._channel = None
        await self._publishing.drop()


def _usable(connection: AbstractConnection | None) -> bool:
    """True while the connection is up; `is_closed` alone says only whether we closed it."""
    if connection is None or connection.is_closed or connection.transport is None:
        return False
    return connection.connected.is_set() and not connection.transport.connection.is_closed
