"""RabbitMQ for tests: one node per run with a virtual host per worker, and a node that may be stopped, paused, killed."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import aio_pika

from ledgerwire.common.embedded import RabbitServer, ServerStartError, start_rabbitmq, stop_rabbitmq
from ledgerwire.common.embedded.rabbitmq import rabbitmq_script
from ledgerwire.common.mq.broker_topology import declare
from ledgerwire.common.mq.topology import EXCHANGE, QUEUES
from ledgerwire.common.settings import SuiteSettings
from ledgerwire.common.testing.docker import engine_answers
from ledgerwire.common.testing.run import TestRun

IMAGE = "rabbitmq:4-alpine"
WORKERS = ("main", *(f"gw{number}" for number in range(8)))
_SETTLE_SECONDS = 3.0
"""RabbitMQ 3.10 writes its register of quorum queues out a moment after they were declared; a node killed before that
comes back without some of them (seen here at 0 s, not at 2 s)."""
_NOTHING = (
    "no RabbitMQ for the tests: LEDGERWIRE_TEST_BROKER_URL is not set, no Docker engine answers and rabbitmq-server is not"
    " installed (tools/ensure_rabbitmq.sh says what to do)"
)


class Broker(Protocol):
    """A broker whose life a test may decide."""

    @property
    def url(self) -> str:
        """The address of its default virtual host."""
        ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def kill(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class LocalBroker:
    """A private node of the machine's own RabbitMQ."""

    def __init__(self, server: RabbitServer) -> None:
        self._server = server
        self._settled_at = monotonic() + _SETTLE_SECONDS

    @property
    def url(self) -> str:
        return self._server.url()

    async def start(self) -> None:
        self._server = await start_rabbitmq(self._server.directory)

    async def stop(self) -> None:
        await stop_rabbitmq(self._server.directory)

    async def kill(self) -> None:
        await asyncio.sleep(max(0.0, self._settled_at - monotonic()))
        await stop_rabbitmq(self._server.directory, kill=True)

    def pause(self) -> None:
        self._server.pause()

    def resume(self) -> None:
        self._server.resume()


class ContainerBroker:
    """RabbitMQ in a container with a fixed host port, so that it comes back where it was."""

    def __init__(self, container: Any, url: str) -> None:
        self._container = container
        self._url = url

    @property
    def url(self) -> str:
        return self._url

    async def start(self) -> None:
        self._container.start()

    async def stop(self) -> None:
        self._container.stop(timeout=20)

    async def kill(self) -> None:
        self._container.kill()

    def pause(self) -> None:
        self._container.pause()

    def resume(self) -> None:
        self._container.unpause()


def broker_url(run: TestRun, worker: str) -> str:
    """The address of this worker's virtual host on the run's shared node (a given broker is used as it is)."""

    async def start() -> dict[str, Any]:
        given = SuiteSettings().broker_url
        if given:
            return {"url": given, "given": True}
        if rabbitmq_script() is not None:
            server = await start_rabbitmq(run.directory / "rabbitmq", vhosts=WORKERS)
            return {"url": server.url()}
        if engine_answers():
            return {"url": _container_with_vhosts()}
        raise ServerStartError(_NOTHING)

    facts = run.once("rabbitmq", start)
    return facts["url"] if facts.get("given") else _with_vhost(facts["url"], worker)


async def chaos_broker(run: TestRun, worker: str) -> Broker:
    """A node of this worker's own, to be mistreated."""
    if rabbitmq_script() is not None:
        server = await start_rabbitmq(run.directory / f"rabbitmq-{worker}")
        await purge(server.url())
        return LocalBroker(server)
    if engine_answers():
        return _chaos_container()
    raise ServerStartError(_NOTHING)


async def wipe(url: str) -> None:
    """Remove exchange and queues of the topology, with whatever is in them."""
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        for queue in QUEUES:
            for name in (queue.name, queue.dead):
                await channel.queue_delete(name)
        await channel.exchange_delete(EXCHANGE)


async def purge(url: str) -> None:
    """Declare the topology and empty its queues.

    Deleting them instead would be wrong on a node that is then killed: RabbitMQ 3.10 may not recover a quorum queue that was
    deleted and declared again shortly before a crash.
    """
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        await declare(connection)
        channel = await connection.channel()
        for queue in QUEUES:
            for name in (queue.name, queue.dead):
                await (await channel.get_queue(name, ensure=False)).purge()


def _with_vhost(url: str, vhost: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{vhost}", parts.query, ""))


def _container_with_vhosts() -> str:
    from testcontainers.rabbitmq import RabbitMqContainer  # noqa: PLC0415 - installed with the development tools only

    container = RabbitMqContainer(IMAGE)
    container.start()  # its reaper removes it when the run's process has gone
    for name in WORKERS:
        container.exec(["rabbitmqctl", "add_vhost", name])
        container.exec(["rabbitmqctl", "set_permissions", "-p", name, "guest", ".*", ".*", ".*"])
    return f"amqp://guest:guest@{container.get_container_host_ip()}:{container.get_exposed_port(5672)}/"


def _chaos_container() -> ContainerBroker:
    from testcontainers.rabbitmq import RabbitMqContainer  # noqa: PLC0415 - installed with the development tools only

    from ledgerwire.common.embedded.process import free_port  # noqa: PLC0415

    port = free_port()
    container = RabbitMqContainer(IMAGE).with_bind_ports(5672, port)
    container.start()
    wrapped = container.get_wrapped_container()
    return ContainerBroker(wrapped, f"amqp://guest:guest@{container.get_container_host_ip()}:{port}/")
