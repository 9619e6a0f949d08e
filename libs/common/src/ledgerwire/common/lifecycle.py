"""How a service lives in a process: what it is given, how it starts, how it stops."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from ledgerwire.common import crashpoints
from ledgerwire.common.clock import Clock, SystemClock
from ledgerwire.common.event_loop import run
from ledgerwire.common.health import Check
from ledgerwire.common.http_server import Application, compose, serve_http
from ledgerwire.common.logging import configure_logging
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.local import LocalTransport
from ledgerwire.common.mq.rabbit import RabbitTransport
from ledgerwire.common.mq.relay import Relay
from ledgerwire.common.mq.transport import Transport
from ledgerwire.common.settings import Settings
from ledgerwire.common.telemetry import configure_tracing
from ledgerwire.common.work.engine import Worker

_log = structlog.get_logger(__name__)

DRAIN_SECONDS = 20.0
"""From the signal to stop until what still runs is cancelled (its leases then run out by themselves)."""

CLOSING_SECONDS = 5.0
"""From there to the exit: orchestrators kill 30 s after the signal, and none of it may be left to that."""

_ALLOCATED_BEFORE_COLLECTION = 5_000
"""Young objects; the interpreter's own 700 is reached by what one group of callbacks holds while it waits for its commit."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every service of a process shares. The transport is started and stopped by the process, not by a service."""

    settings: Settings
    transport: Transport
    clock: Clock


class Service(Protocol):
    """A service built by its `bootstrap.build(runtime)`."""

    name: str

    @property
    def app(self) -> Application | None:
        """Routes of its own, None without any."""
        ...

    @property
    def checks(self) -> Sequence[Check]:
        """What `/ready` and `/promises` ask."""
        ...

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then finish what is in hand and return."""
        ...

    async def close(self) -> None:
        """Close pools and clients; called once every service of the process has returned from `run`."""
        ...


Build = Callable[[Runtime], Service]
Background = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Something that goes on until the event is set: a schedule, a watch over figures."""


@dataclass(slots=True)
class AssembledService:
    """A service made of the usual parts; each may be missing.

    On `stop` the workers finish their groups, then the relay publishes what they left in the outbox.

    Attributes:
        app: the service's HTTP application; `run_service` adds health and serves it.
        checks: what `/ready` and `/promises` ask.
        background: what goes on beside the workers and stops with them.
        closers: pools and clients, closed in order at the very end.
    """

    name: str
    runtime: Runtime
    consumers: Sequence[Consumer] = ()
    workers: Sequence[Worker] = ()
    relay: Relay | None = None
    app: Application | None = None
    checks: Sequence[Check] = ()
    background: Sequence[Background] = ()
    closers: Sequence[Callable[[], Awaitable[None]]] = field(default=())

    async def run(self, stop: asyncio.Event) -> None:
        for consumer in self.consumers:
            await consumer.subscribe(self.runtime.transport)
        workers_done = asyncio.Event()
        async with asyncio.TaskGroup() as parts:
            if self.relay is not None:
                parts.create_task(self.relay.run(workers_done))
            for going_on in self.background:
                parts.create_task(going_on(stop))
            async with asyncio.TaskGroup() as workers:
                workers.create_task(_until(stop))
                for worker in self.workers:
                    workers.create_task(worker.run(stop))
            workers_done.set()

    async def close(self) -> None:
        for closer in self.closers:
            await closer()


def open_transport(settings: Settings) -> Transport:
    """The transport that the settings name; nothing is connected yet."""
    return LocalTransport() if settings.broker_url == "local" else RabbitTransport(settings.broker_url)


def run_service(build: Build, settings: Settings) -> None:
    """Run one service as this process: `python -m ledgerwire.<service>`. SIGTERM and SIGINT stop it in order."""
    run_services([build], settings)


def run_services(builds: Sequence[Build], settings: Settings) -> None:
    """Run several services as one process."""
    configure_logging(settings.log_level, settings.log_format)
    configure_tracing()
    crashpoints.arm(settings.crash_at)
    _spare_what_stays()
    run(_with_signals(builds, settings))


def _spare_what_stays() -> None:
    """Keep the garbage collector off modules and models, which live as long as the process.

    A full collection walks them all: more than a tenth of a second in which no callback is answered, once a thousand.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATED_BEFORE_COLLECTION)


async def serve(
    builds: Sequence[Build],
    settings: Settings,
    stop: asyncio.Event,
    *,
    clock: Clock | None = None,
    ready: asyncio.Event | None = None,
    drain_seconds: float = DRAIN_SECONDS,
) -> None:
    """Build the services over one transport and serve until `stop`; `ready` is set once everything has been started.

    At the end HTTP and services drain together, each with `drain_seconds` from the signal; then transport and pools close. A
    service that fails stops the process: its error is raised after the others have drained.
    """
    runtime = Runtime(settings, open_transport(settings), clock or SystemClock())
    services = [build(runtime) for build in builds]
    tasks: list[asyncio.Task[None]] = []
    try:
        await runtime.transport.start()
        tasks = [asyncio.create_task(service.run(stop), name=service.name) for service in services]
        http = asyncio.create_task(_http(services, settings, stop), name="http")
        _log.info("process.started", services=[service.name for service in services])
        if ready is not None:
            ready.set()
        await _first_end(stop, [http, *tasks])
        stop.set()
        await _drained([http, *tasks], drain_seconds)
    finally:
        await _closed(runtime.transport, services)
        _log.info("process.stopped")
    for task in [http, *tasks]:
        if task.done() and not task.cancelled():
            task.result()


async def _first_end(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for the signal to stop, or for the first part that ends without one."""
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)


async def _drained(tasks: Sequence[asyncio.Task[None]], seconds: float) -> None:
    _, pending = await asyncio.wait(tasks, timeout=seconds)
    for task in pending:
        _log.warning("process.drain_cut_off", part=task.get_name())
        task.cancel()
    if pending:
        await asyncio.wait(pending, timeout=CLOSING_SECONDS / 5)


async def _closed(transport: Transport, services: Sequence[Service]) -> None:
    """Close transport and pools; a broker or server that does not answer is not waited for."""
    try:
        async with asyncio.timeout(CLOSING_SECONDS):
            await transport.stop()
            for service in services:
                await service.close()
    except TimeoutError:
        _log.warning("process.close_cut_off")


async def _http(services: Sequence[Service], settings: Settings, stop: asyncio.Event) -> None:
    if settings.http_port == 0:
        await stop.wait()
        return
    apps = [service.app for service in services if service.app is not None]
    checks = [check for service in services for check in service.checks]
    await serve_http(compose(apps, checks), settings.http_host, settings.http_port, stop)


async def _with_signals(builds: Sequence[Build], settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(builds, settings, stop)


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()
