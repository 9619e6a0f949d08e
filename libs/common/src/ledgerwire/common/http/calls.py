"""One line for every outgoing call: never a header, a body or a query, where secrets and personal data live."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ledgerwire.common.telemetry import CALL_SECONDS, CALLS

_log = structlog.get_logger(__name__)
_IDENTIFIER = re.compile(r"/(?:[0-9]+|[0-9a-fA-F-]{32,36})(?=/|$)")
_VERSION = re.compile(r"^/[^/]+/apis/3\.0")


@dataclass(frozen=True, slots=True)
class Call:
    """An outgoing call as it may be logged or counted.

    Attributes:
        status: HTTP status, None if no answer came.
        seconds: until the answer's headers (or the failure).
        error: name of the exception class, None if an answer came.
    """

    method: str
    host: str
    path: str
    status: int | None
    seconds: float
    error: str | None = None


CallHook = Callable[[Call], None]


def ignore_call(call: Call) -> None:
    """The hook that keeps nothing."""
    del call


def operation_of(call: Call) -> str:
    """Method and path without what makes it one record's or one server's: few enough to label a metric."""
    return f"{call.method} {_IDENTIFIER.sub('/{id}', _VERSION.sub('', call.path))}"


def record_calls(provider: str) -> CallHook:
    """A hook that counts and times each call and logs it as one line."""

    def record(call: Call) -> None:
        operation = operation_of(call)
        outcome = call.error or str(call.status)
        CALLS.labels(provider, operation, outcome).inc()
        CALL_SECONDS.labels(provider, operation).observe(call.seconds)
        _log.debug(
            "call", provider=provider, operation=operation, outcome=outcome, milliseconds=round(call.seconds * 1000)
        )

    return record
