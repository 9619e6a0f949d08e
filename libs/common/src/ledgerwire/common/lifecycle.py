"""How a service lives in a process: what it is given, how it starts, how it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fastapi import FastAPI

from ledgerwire.common.clock import Clock
from ledgerwire.common.health import Check
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.relay import Relay
from ledgerwire.common.mq.transport import Transport
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.engine import Worker


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every service of a process shares. The transport is started and stopped by the process, not by a service."""

    settings: Settings
    transport: Transport
    clock: Clock


class Service(Protocol):
    """A service built by its `bootstrap.build(runtime)`."""

    name: str

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then finish what is in hand and return."""
        ...

    async def close(self) -> None:
        """Close pools and clients; called once every service of the process has returned from `run`."""
        ...


Build = Callable[[Runtime], Service]


@dataclass(slots=True)
class AssembledService:
    """A service made of the usual parts; each may be missing.

    On `stop` the workers finish their groups, then the relay publishes what they left in the outbox.

    Attributes:
        app: the service's HTTP application; `run_service` adds health and serves it.
        checks: what `/ready` and `/promises` ask.
        closers: pools and clients, closed in order at the very end.
    """

    name: str
    runtime: Runtime
    consumers: Sequence[Consumer] = ()
    workers: Sequence[Worker] = ()
    relay: Relay | None = None
    app: FastAPI | None = None
    checks: Sequence[Check] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = field(default=())

    async def run(self, stop: asyncio.Event) -> None:
        for consumer in self.consumers:
            await consumer.subscribe(self.runtime.transport)
        workers_done = asyncio.Event()
        async with asyncio.TaskGroup() as parts:
            if self.relay is not None:
                parts.create_task(self.relay.run(workers_done))
            async with asyncio.TaskGroup() as workers:
                workers.create_task(_until(stop))
                for worker in self.workers:
                    workers.create_task(worker.run(stop))
            workers_done.set()

    async def close(self) -> None:
        for closer in self.closers:
            await closer()


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
