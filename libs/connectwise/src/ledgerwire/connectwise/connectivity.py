"""The connectivity test: one call that says what works, or the one thing that does not. It only reads."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.http.calls import CallHook, ignore_call
from ledgerwire.connectwise import accounting, callbacks, setup_tables
from ledgerwire.connectwise.client import ConnectWise, build_connectwise
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.connectwise.rights import area_of

PROBES = (
    accounting.UNPOSTED,
    accounting.BATCHES,
    setup_tables.INVOICES,
    setup_tables.COMPANIES,
    setup_tables.CONTACTS,
    setup_tables.BILLING_STATUSES,
    setup_tables.BILLING_TERMS,
    setup_tables.TAX_CODES,
    setup_tables.GL_ACCOUNTS,
    setup_tables.LOCATIONS,
    callbacks.CALLBACKS,
)
"""One list of every module that the main path reads."""


class Result(StrEnum):
    """What a connectivity test can end with."""

    SUCCESS = "Success"
    UNREACHABLE = "unreachable"
    TLS_FAILURE = "TLS failure"
    COMPANY_NOT_FOUND = "company not found"
    BAD_KEY = "bad key"
    LACKS_ACCESS = "key lacks access"


@dataclass(frozen=True, slots=True)
class Connectivity:
    """The outcome of a test.

    Attributes:
        detail: one sentence for a person.
        seconds: how long the sign-in call took; None if it was not reached.
        version: the PSA's version, if it said one.
        lacking: modules of the security role that are missing.
    """

    result: Result
    detail: str
    seconds: float | None = None
    version: str | None = None
    lacking: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.result is Result.SUCCESS


_RESULTS = {
    "TLS_FAILURE": Result.TLS_FAILURE,
    "CONNECTWISE_COMPANY_NOT_FOUND": Result.COMPANY_NOT_FOUND,
    # the company look-up passed, so an unknown route at sign-in is how some hosts answer bad keys
    "CONNECTWISE_ROUTE_UNKNOWN": Result.BAD_KEY,
    "CONNECTWISE_UNAUTHORISED": Result.BAD_KEY,
    "PERMISSION_MISSING": Result.BAD_KEY,
}


async def check_connectivity(config: ConnectWiseConfig, *, on_call: CallHook = ignore_call) -> Connectivity:
    """Look the company up, sign in, read one row of every module needed. Never raises for what a tenant can cause."""
    async with build_connectwise(config, on_call=on_call) as client:
        return await probe(client)


async def probe(client: ConnectWise) -> Connectivity:
    """The test on an open client."""
    try:
        await client.look_up_company()
        started = time.monotonic()
        info = await client.system_info()
        seconds = time.monotonic() - started
    except LedgerwireError as error:
        return Connectivity(_RESULTS.get(error.code, Result.UNREACHABLE), str(error))
    try:
        lacking = await _lacking(client)
    except LedgerwireError as error:
        return Connectivity(Result.UNREACHABLE, str(error), seconds, info.version)
    if lacking:
        detail = f"The key works but its security role lacks {', '.join(lacking)}"
        return Connectivity(Result.LACKS_ACCESS, detail, seconds, info.version, lacking)
    return Connectivity(
        Result.SUCCESS, f"Signed in; ConnectWise {info.version or 'without version'}", seconds, info.version
    )


async def _lacking(client: ConnectWise) -> tuple[str, ...]:
    lacking: list[str] = []
    for path in PROBES:
        try:
            await client.can_read(path)
        except LedgerwireError as error:
            # the key has just signed in, so a 401 here is about this module too
            if error.code not in {"PERMISSION_MISSING", "CONNECTWISE_UNAUTHORISED"}:
                raise
            lacking.append(area_of(path))
    return tuple(dict.fromkeys(lacking))
