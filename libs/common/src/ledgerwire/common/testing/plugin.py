"""pytest plugin: `settings` (a fresh migrated database), `broker_url` (an empty broker), `chaos_broker`, loopback only."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_socket
import structlog

from ledgerwire.common.settings import Settings, SuiteSettings
from ledgerwire.common.testing import postgres, rabbit
from ledgerwire.common.testing.run import TestRun, await_now

_LOOPBACK = ["127.0.0.1", "::1", "localhost"]
_RUN = pytest.StashKey[TestRun]()
_OURS = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin the run (xdist workers join the one of their controller)."""
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    if worker_input is None:
        config.stash[_RUN] = TestRun.begin()
        config.stash[_OURS] = True
    else:
        config.stash[_RUN] = TestRun(Path(worker_input["ledgerwire_run"]))
        config.stash[_OURS] = False


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the run's servers are."""
    node.workerinput["ledgerwire_run"] = str(node.config.stash[_RUN].directory)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers that this run started."""
    if config.stash.get(_OURS, False):
        config.stash[_RUN].end()


def pytest_runtest_setup() -> None:
    """Tests talk to this machine and to nothing else."""
    pytest_socket.socket_allow_hosts(_LOOPBACK, allow_unix_socket=True)


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Take back what is set up of logging inside the block.

    A command that is run within a test sets up logging on a stream that is closed with the test; what later tests log, or objects
    that are collected meanwhile, would be written there, each time with a traceback instead.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """Each test begins with logging as the run has it."""
    with logging_as_before():
        return (yield)


@pytest.fixture(scope="session")
def test_run(request: pytest.FixtureRequest) -> TestRun:
    """The servers of this pytest invocation."""
    return request.config.stash[_RUN]


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """`main`, or the xdist worker's name."""
    worker_input: dict[str, Any] = getattr(request.config, "workerinput", {})
    return str(worker_input.get("workerid", "main"))


@pytest.fixture(scope="session")
def postgres_admin_url(test_run: TestRun) -> str:
    """The address of a PostgreSQL administrator."""
    return postgres.postgres_url(test_run)


@pytest.fixture
def transport_url(request: pytest.FixtureRequest) -> str:
    """What services talk over where a test does not choose: the local transport, or the broker with LEDGERWIRE_TEST_TRANSPORT=rabbitmq."""
    return str(request.getfixturevalue("broker_url")) if SuiteSettings().transport == "rabbitmq" else "local"


@pytest.fixture
async def settings(test_run: TestRun, postgres_admin_url: str, transport_url: str) -> AsyncIterator[Settings]:
    """Settings over a database of this test's own, at the newest revision, with the real roles."""
    template = postgres.template_database(test_run)
    name = f"lw_{uuid4().hex}"
    await postgres.create_database(postgres_admin_url, name, template)
    yield postgres.settings_for(postgres_admin_url, name).model_copy(update={"broker_url": transport_url})
    await postgres.drop_database(postgres_admin_url, name)


@pytest.fixture
async def empty_database_settings(postgres_admin_url: str) -> AsyncIterator[Settings]:
    """Settings over a database name that does not exist yet, for bootstrap and migration tests."""
    name = f"lw_{uuid4().hex}"
    yield postgres.settings_for(postgres_admin_url, name)
    await postgres.drop_database(postgres_admin_url, name)


@pytest.fixture(scope="session")
def _worker_broker_url(test_run: TestRun, worker_name: str) -> str:
    return rabbit.broker_url(test_run, worker_name)


@pytest.fixture
async def broker_url(_worker_broker_url: str) -> AsyncIterator[str]:
    """The address of an empty RabbitMQ virtual host."""
    yield _worker_broker_url
    await rabbit.wipe(_worker_broker_url)


@pytest.fixture(scope="session")
def _chaos_node(test_run: TestRun, worker_name: str) -> Iterator[rabbit.Broker]:
    broker = await_now(rabbit.chaos_broker(test_run, worker_name))
    yield broker
    await_now(broker.kill())


@pytest.fixture
async def chaos_broker(_chaos_node: rabbit.Broker) -> rabbit.Broker:
    """A RabbitMQ that the test may stop, start, pause, resume and kill; it runs and its queues are empty at the start of each test."""
    _chaos_node.resume()
    await _chaos_node.start()
    await rabbit.purge(_chaos_node.url)
    return _chaos_node
