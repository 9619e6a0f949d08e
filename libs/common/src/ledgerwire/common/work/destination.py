"""The one place that decides where a piece of work goes when its handling raised. Pure."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledgerwire.common.errors import Ambiguous, LedgerwireError, Poison, Stopped, Transient, Waiting
from ledgerwire.common.redaction import redact_text
from ledgerwire.common.retry import AMBIGUOUS, RETRY_AFTER_CEILING, TRANSIENT, UNEXPECTED, RetryBudget

_PASSING_CLASSES: Final = {"08", "40", "53", "55", "57"}
"""SQLSTATE classes of a server under strain: connection, rollback (deadlock), resources, locks, timeouts and shutdown."""

_OURS: Final = "ledgerwire."
_SHARED: Final = "ledgerwire.common."
_ROOT_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Later:
    """Due again at `until`, or `after` from now; `counts` says whether it was a failed attempt."""

    code: str
    after: timedelta | None = None
    until: datetime | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Parked:
    """Asleep until a doorbell rings."""

    code: str


@dataclass(frozen=True, slots=True)
class Dead:
    """No more tries: to the dead letters.

    `cause` is a code, for a fault of ours with its place in brackets. `detail` is for operators and may hold a traceback.
    """

    cause: str
    detail: str


Destination = Later | Parked | Dead


_UNKNOWN_OR_NOT_GRANTED = "42"
"""SQLSTATE class 42, "syntax error or access rule violation": a release before its migration, or a role before its grant."""


def decide(error: Exception, attempts: int, draw: Callable[[], float] = random.random) -> Destination:
    """Where work goes whose handling raised `error` after `attempts` earlier failures.

    `draw` is the source of the jitter, a number in [0, 1).
    """
    match error:
        case Waiting(until=None, after=None):
            return Parked(error.code)
        case Waiting():
            return Later(error.code, after=error.after, until=error.until, counts=False)
        case Poison():
            return Dead(error.code, str(error))
        case Stopped():
            # the service should have written the stop itself; lying dead it is at least seen
            return Dead(error.code, f"stopped outside a record: {error}")
        case _:
            return _retried(error, attempts, draw)


def is_passing(error: Exception) -> bool:
    """True for trouble on the way to a server or of the server itself, which says nothing about the work.

    A lock or statement timeout and a deadlock arrive as plain DBAPIError; only their SQLSTATE tells them from bad data.
    """
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _sqlstate_class(error) in _PASSING_CLASSES):
        return True
    if isinstance(error, InternalError) and not _sqlstate_class(error):
        return True  # the driver lost its place: a connection was cut in the middle of an answer
    return isinstance(error, OperationalError | InterfaceError | PoolTimeoutError | OSError | TimeoutError)


def is_of_the_schema(error: DBAPIError) -> bool:
    """True when the server does not know, or does not grant, what this release asks: no data can be the cause of that."""
    return _sqlstate_class(error) == _UNKNOWN_OR_NOT_GRANTED


def describe(error: BaseException) -> str:
    """The error with its traceback, secrets taken out: for dead letters, never for a person's screen."""
    return redact_text("".join(traceback.format_exception(error)))[-20_000:]


def root_cause(error: BaseException, code: str = LedgerwireError.code) -> str:
    """`code`, with what tells one fault of ours from another: the exception's type and the function that it came from.

    `INTERNAL[KeyError in mapper.domain.tax.decide]`: no values of anybody, and no line, so that it is the same in the next
    release. The function is the last one of ours outside of this package, which every fault passes on its way.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    ours = [place for place in map(_place, traceback.walk_tb(error.__traceback__)) if place.startswith(_OURS)]
    own = [place for place in ours if not place.startswith(_SHARED)] or ours
    where = f" in {own[-1].removeprefix(_OURS)}" if own else ""
    return f"{code}[{f'{type(error).__name__}{where}'[:_ROOT_LENGTH]}]"


def _place(step: tuple[FrameType, int]) -> str:
    frame, _ = step
    function = frame.f_code.co_qualname.partition(".<")[0]
    return f"{frame.f_globals.get('__name__', '')}.{function}"


def _sqlstate_class(error: DBAPIError) -> str:
    """First two characters of the server's SQLSTATE; empty where the driver refused before the server was asked."""
    state: object = getattr(error.orig, "sqlstate", None)
    return state[:2] if isinstance(state, str) else ""


def _retried(error: Exception, attempts: int, draw: Callable[[], float]) -> Destination:
    code, budget = _budget(error)
    counts = not isinstance(error, Transient) or error.counts
    if counts and budget.spent(attempts):
        return Dead(root_cause(error) if code == LedgerwireError.code else code, describe(error))
    pause = budget.pause(attempts, draw)
    advised = error.retry_after if isinstance(error, Transient) else None
    if advised is not None:
        # never before the server asked for, and not all at the same moment after it
        pause = min(max(advised, timedelta(0)), RETRY_AFTER_CEILING) + pause * budget.jitter
    return Later(code, after=pause, counts=counts)


def _budget(error: Exception) -> tuple[str, RetryBudget]:
    match error:
        case Transient():
            return error.code, TRANSIENT
        case Ambiguous():
            return error.code, AMBIGUOUS
        case _ if is_passing(error):
            return "DATABASE_OR_NETWORK", TRANSIENT
        case LedgerwireError():
            return error.code, UNEXPECTED
        case _:
            return LedgerwireError.code, UNEXPECTED
