"""Calls the functions through which services change consents and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit

_CLAIM = text("SELECT tenants.token_claim(:account_id, :consent_id, :holder, CAST(:duration AS interval))")
_RELEASE = text("SELECT tenants.token_release(:account_id, :consent_id, :holder)")
_ROTATE = text(
    "SELECT tenants.token_rotate(:account_id, :consent_id, :version, CAST(:access AS bytea), CAST(:refresh AS bytea),"
    " CAST(:expires_at AS timestamptz), :state, CAST(:detail AS text))"
)
_TAKE = text(
    "SELECT tenants.budget_take_all(:account_id, :connection_id, CAST(:names AS text[]), CAST(:seconds AS integer[]), :n,"
    " CAST(:ceilings AS numeric[]))"
)
_OBSERVE = text(
    "SELECT tenants.budget_observe(:account_id, :connection_id, name, remaining, closed_for)"
    " FROM unnest(CAST(:names AS text[]), CAST(:remaining AS numeric[]), CAST(:closed_for AS interval[]))"
    " AS told (name, remaining, closed_for)"
)


class Span(Protocol):
    """A window of a budget: at most `ceiling` calls in any `seconds`."""

    @property
    def name(self) -> str: ...
    @property
    def seconds(self) -> int: ...
    @property
    def ceiling(self) -> int: ...


async def token_claim(unit: Unit, consent_id: UUID, holder: str, duration: timedelta) -> bool:
    """Claim the right to refresh for a while; False while another holder has it."""
    keys = {"account_id": unit.account_id, "consent_id": consent_id, "holder": holder, "duration": duration}
    return bool((await unit.execute(_CLAIM, keys)).scalar_one())


async def token_release(unit: Unit, consent_id: UUID, holder: str) -> None:
    """Give the right to refresh back."""
    await unit.execute(_RELEASE, {"account_id": unit.account_id, "consent_id": consent_id, "holder": holder})


async def token_rotate(
    unit: Unit,
    consent_id: UUID,
    version: int,
    *,
    access: bytes | None,
    refresh: bytes | None,
    expires_at: datetime | None,
    state: str,
    detail: str | None,
) -> int | None:
    """Store sealed tokens over `version` and return the new version; None if another rotated first. None keeps a value."""
    values = {
        "account_id": unit.account_id,
        "consent_id": consent_id,
        "version": version,
        "access": access,
        "refresh": refresh,
        "expires_at": expires_at,
        "state": state,
        "detail": detail,
    }
    result: int | None = (await unit.execute(_ROTATE, values)).scalar_one()
    return result


async def budget_take(unit: Unit, account_id: UUID, connection_id: UUID, windows: Sequence[Span], n: int) -> timedelta:
    """Take `n` calls from every window, or from none; how long to wait for the last of them instead, 0 if they were taken.

    One statement for all windows, good for a system unit: each call passes here first, so round trips count.
    """
    values: dict[str, object] = {
        "account_id": account_id,
        "connection_id": connection_id,
        "names": [window.name for window in windows],
        "seconds": [window.seconds for window in windows],
        "n": Decimal(n),
        "ceilings": [Decimal(window.ceiling) for window in windows],
    }
    wait: timedelta = (await unit.execute(_TAKE, values)).scalar_one()
    return wait


@dataclass(frozen=True, slots=True)
class Told:
    """What the provider says of a window: calls left, or how long it is closed; None where it says nothing."""

    name: str
    remaining: int | None = None
    closed_for: timedelta | None = None


async def budget_observe(unit: Unit, account_id: UUID, connection_id: UUID, told: Sequence[Told]) -> None:
    """Lower windows to what the provider says is left, or close them for a while: one statement, for a system unit."""
    values = {
        "account_id": account_id,
        "connection_id": connection_id,
        "names": [each.name for each in told],
        "remaining": [None if each.remaining is None else Decimal(each.remaining) for each in told],
        "closed_for": [each.closed_for for each in told],
    }
    await unit.execute(_OBSERVE, values)
