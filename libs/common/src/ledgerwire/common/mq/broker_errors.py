"""One name for all the ways in which the AMQP library says that the broker is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aio_pika.exceptions import AMQPError


class BrokerGoneError(Exception):
    """The broker cannot be reached, or what was under way with it broke off."""


@contextmanager
def broker_calls() -> Iterator[None]:
    """Turn the library's errors inside the block into BrokerGoneError.

    It reports a broken connection as its own errors, as RuntimeError, as OSError, and by cancelling the future that is
    waited for, which must not be taken for the cancellation of the waiting task.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise BrokerGoneError("the connection broke off") from error
    except (AMQPError, RuntimeError, OSError, TimeoutError) as error:
        raise BrokerGoneError(f"{type(error).__name__}: {error}"[:300]) from error
