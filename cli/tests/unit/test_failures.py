from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from ledgerwire.cli.failures import Exit, failure_of
from ledgerwire.cli.output import as_json
from ledgerwire.common.embedded import ServerStartError
from ledgerwire.common.errors import ConfigurationError, LedgerwireError, Transient, Waiting


class _RecordUnknownError(LedgerwireError):
    code = "RECORD_UNKNOWN"


@pytest.mark.parametrize(
    ("error", "code", "exit_code"),
    [
        (ConfigurationError("field x: wrong"), "CONFIGURATION", Exit.REFUSED),
        (ConfigurationError("name one number", code="USAGE"), "USAGE", Exit.USAGE),
        (_RecordUnknownError("there is no record INV-1"), "RECORD_UNKNOWN", Exit.UNKNOWN),
        (Transient("try again", code="CONNECTWISE_BUSY"), "CONNECTWISE_BUSY", Exit.UNAVAILABLE),
        (ServerStartError("PostgreSQL ended at once"), "SERVER_START", Exit.UNAVAILABLE),
        (ConnectionRefusedError(111, "refused"), "UNREACHABLE", Exit.UNAVAILABLE),
        (FileNotFoundError(2, "No such file", "account.yaml"), "FILE", Exit.REFUSED),
        (asyncpg.UndefinedTableError("relation"), "DATABASE_NOT_MIGRATED", Exit.UNAVAILABLE),
        (asyncpg.InvalidPasswordError("no"), "DATABASE_LOGIN", Exit.UNAVAILABLE),
        (KeyboardInterrupt(), "INTERRUPTED", Exit.INTERRUPTED),
        (asyncio.CancelledError(), "TERMINATED", Exit.TERMINATED),
        (KeyError("secret-value"), "INTERNAL", Exit.INTERNAL),
    ],
)
def test_every_failure_has_a_code_and_an_exit_code(error: BaseException, code: str, exit_code: Exit) -> None:
    failure = failure_of(error)

    assert (failure.code, failure.exit_code) == (code, exit_code)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            Waiting("Xero allows no more calls for now", code="RATE_LIMITED", after=timedelta(seconds=41.2)),
            "Xero allows no more calls for now. The same command may work in 42 s.",
        ),
        (
            Transient("HTTP 503", code="CONNECTWISE_FAILED", retry_after=timedelta(minutes=5)),
            "HTTP 503. The same command may work in 5 min.",
        ),
        (
            Waiting("Xero is disconnected", code="TOKEN_REVOKED", after=timedelta(minutes=1)),
            (
                "Xero is disconnected. An admin reconnects the ledger and applies the account file with the new consent; "
                "the waiting records go on by themselves."
            ),
        ),
        (Waiting("no right", code="PERMISSION_MISSING"), "no right"),
        (
            Transient("Xero answered HTTP 500"),
            "Xero answered HTTP 500. If it lasts, look at the provider's status page; the records go on by themselves.",
        ),
        (Transient("no answer", code="BATCH_ABSENT"), "no answer"),
    ],
)
def test_what_waits_says_until_when_or_who_ends_it(error: LedgerwireError, message: str) -> None:
    assert failure_of(error).message == message


def test_a_database_error_under_the_toolkit_is_told_by_its_state() -> None:
    cause = asyncpg.InvalidCatalogNameError("gone")

    assert failure_of(DBAPIError("SELECT", {}, cause)).code == "DATABASE_MISSING"


def test_a_group_of_failures_is_told_by_its_first() -> None:
    group = BaseExceptionGroup("tasks", [ExceptionGroup("inner", [ConfigurationError("first")])])

    assert failure_of(group).message == "first"


def test_an_unforeseen_fault_names_its_place_and_shows_neither_trace_nor_values() -> None:
    with pytest.raises(TypeError) as caught:
        as_json({"secret-value": object()})

    message = failure_of(caught.value).message

    assert message.startswith("Unexpected TypeError in cli/output.py:")
    assert "secret-value" not in message
    assert "Traceback" not in message
