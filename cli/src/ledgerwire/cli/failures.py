"""What went wrong, as a stable code, one sentence and an exit code; a stack trace reaches nobody."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from math import ceil
from urllib.parse import urlsplit

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError

from ledgerwire.cli.span import span
from ledgerwire.common.catalogue import Severity, entry, is_known
from ledgerwire.common.embedded import ServerStartError
from ledgerwire.common.errors import Ambiguous, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.settings import Settings

_log = structlog.get_logger(__name__)


class Exit(IntEnum):
    """What the exit code says; 2 is a wrong command line, as everywhere."""

    DONE = 0
    OFF = 1
    """It ran to its end and found something that is not right."""
    USAGE = 2
    REFUSED = 3
    """A setting, a file or a request is wrong: doing the same again will fail again."""
    UNKNOWN = 4
    """The account, record or letter named does not exist."""
    UNAVAILABLE = 5
    """A server did not answer or asked to wait: the same command may work later."""
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure in words; `code` is stable."""

    code: str
    message: str
    exit_code: Exit


def failure_of(error: BaseException, settings: Settings | None = None) -> Failure:
    """Sort an exception, under the `settings` the command ran with; anything unforeseen is INTERNAL, its traceback goes to the log at level DEBUG only."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, KeyboardInterrupt):
        return Failure("INTERRUPTED", "Interrupted.", Exit.INTERRUPTED)
    if isinstance(error, asyncio.CancelledError):
        return Failure("TERMINATED", "Ended by a signal.", Exit.TERMINATED)
    known = _of_ours(error) or _of_the_database(error) or _of_the_machine(error, settings)
    if known is not None:
        return known
    _log.debug("command.failed", exc_info=error)
    said = f"Unexpected {type(error).__name__}{_place(error)}; LEDGERWIRE_LOG_LEVEL=DEBUG tells more."
    return Failure("INTERNAL", said, Exit.INTERNAL)


def _place(error: BaseException) -> str:
    """Where in our own code it came up: enough for a report, and no values of anybody."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/ledgerwire/" in frame.filename]
    if not frames:
        return ""
    last = frames[-1]
    return f" in {last.filename.rpartition('/ledgerwire/')[2]}:{last.lineno}"


def _of_ours(error: BaseException) -> Failure | None:
    if not isinstance(error, LedgerwireError):
        return None
    if error.code == "USAGE":
        return Failure(error.code, str(error), Exit.USAGE)
    if error.code.endswith(("_UNKNOWN", "_NOT_FOUND")):
        return Failure(error.code, str(error), Exit.UNKNOWN)
    if isinstance(error, Waiting | Transient | Ambiguous):
        return Failure(error.code, _with_advice(error), Exit.UNAVAILABLE)
    return Failure(error.code, str(error), Exit.OFF if isinstance(error, Stopped) else Exit.REFUSED)


def _with_advice(error: LedgerwireError) -> str:
    """What happened, and what a person does about it; where only time helps, how long."""
    advice = _action(error)
    pause = error.after if isinstance(error, Waiting) else getattr(error, "retry_after", None)
    if not advice and pause is not None:
        advice = f"The same command may work in {span(timedelta(seconds=ceil(pause.total_seconds())))}."
    return f"{str(error).removesuffix('.')}. {advice}" if advice else str(error)


def _action(error: LedgerwireError) -> str:
    """What the catalogue has a person do about a connection; empty where it is nobody's turn, or the error names too little."""
    if not is_known(error.code):
        return ""
    known = entry(error.code)
    if known.severity is not Severity.CONNECTION or known.who == "nobody":
        return ""
    try:
        return known.action.format_map(
            {"ledger": "the ledger"} | {key: str(value) for key, value in error.detail.items()}
        )
    except KeyError:
        return ""


_DATABASE_CODES = {
    "42P01": (
        "DATABASE_NOT_MIGRATED",
        "The database has no Ledgerwire tables yet: run `ledgerwire migrate --bootstrap`.",
    ),
    "3F000": (
        "DATABASE_NOT_MIGRATED",
        "The database has no Ledgerwire schemas yet: run `ledgerwire migrate --bootstrap`.",
    ),
    "3D000": ("DATABASE_MISSING", "The database does not exist yet: run `ledgerwire migrate --bootstrap`."),
    "28000": (
        "DATABASE_LOGIN",
        "The database refused the login: run `ledgerwire migrate --bootstrap` or check the roles.",
    ),
    "28P01": ("DATABASE_LOGIN", "The database refused the password of a role: check LEDGERWIRE_DATABASE_PASSWORD."),
}


def _of_the_database(error: BaseException) -> Failure | None:
    if isinstance(error, DBAPIError):
        state = str(getattr(error.orig, "sqlstate", "") or "")
    elif isinstance(error, asyncpg.PostgresError):
        state = str(error.sqlstate or "")
    else:
        return None
    code, message = _DATABASE_CODES.get(state, ("DATABASE", f"The database answered with error {state or 'unknown'}."))
    return Failure(code, message, Exit.UNAVAILABLE)


def _of_the_machine(error: BaseException, settings: Settings | None) -> Failure | None:
    if isinstance(error, ServerStartError):
        return Failure("SERVER_START", str(error), Exit.UNAVAILABLE)
    if isinstance(error, OSError) and _is_from_the_database(error):
        return Failure("UNREACHABLE", _database_away(settings), Exit.UNAVAILABLE)
    if isinstance(error, TimeoutError):
        return Failure("TIMEOUT", str(error) or "No answer in time.", Exit.UNAVAILABLE)
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return Failure("FILE", f"{error.filename}: {error.strerror}", Exit.REFUSED)
    if isinstance(error, OSError):
        return Failure("UNREACHABLE", str(error), Exit.UNAVAILABLE)
    return None


def _is_from_the_database(error: OSError) -> bool:
    """The driver passes on what the machine said of a connection, which names no server."""
    return any("/asyncpg/" in frame.filename for frame in traceback.extract_tb(error.__traceback__))


def _database_away(settings: Settings | None) -> str:
    """Host and port only: the address may hold a password."""
    if settings is None or "database_url" not in settings.model_fields_set:
        return "The embedded database does not answer."
    where = urlsplit(settings.database_url)
    return f"The database at {where.hostname}:{where.port or 5432} does not answer: LEDGERWIRE_DATABASE_URL names it."
