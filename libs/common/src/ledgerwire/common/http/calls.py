"""One line for every outgoing call: never a header, a body or a query, where secrets and personal data live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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
