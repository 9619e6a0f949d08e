"""Calls the functions through which services change consents and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from sqlalchemy import TextClause, text

from ledgerwire.common.db.session import Unit

_CLAIM = text("SELECT tenants.token_claim(:account_id, :consent_id, :holder, CAST(:duration AS interval))")
_RELEASE = text("SELECT tenants.token_release(:account_id, :consent_id, :holder)")
_ROTATE = text(
    "SELECT tenants.token_rotate(:account_id, :consent_id, :version, CAST(:access AS bytea), CAST(:refresh AS bytea),"
    " CAST(:expires_at AS timestamptz), :state, CAST(:detail AS text))"
)
_OBSERVE = text(
    "SELECT tenants.budget_observe(:account_id, :connection_id, :name, CAST(:remaining AS numeric),"
    " CAST(:closed_for AS interval))"
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


@lru_cache(maxsize=8)
def _take(windows: int) -> TextClause:
    """One statement for all windows of a connection: each call passes here first, so round trips count."""
    each = ", ".join(
        f"tenants.budget_take(:account_id, :connection_id, :name{place}, :seconds{place}, :n, :ceiling{place})"
        for place in range(windows)
    )
    return text(f"SELECT greatest({each})")


async def budget_take(unit: Unit, connection_id: UUID, windows: Sequence[Span], n: int) -> timedelta:
    """Take `n` calls from each window; how long to wait for the last of them instead, 0 if they were taken.

    A window that has room gives its calls even where another has none: then the unit must be rolled back.
    """
    values: dict[str, object] = {"account_id": unit.account_id, "connection_id": connection_id, "n": Decimal(n)}
    for place, window in enumerate(windows):
        values |= {f"name{place}": window.name, f"seconds{place}": window.seconds}
        values[f"ceiling{place}"] = Decimal(window.ceiling)
    wait: timedelta = (await unit.execute(_take(len(windows)), values)).scalar_one()
    return wait


async def budget_observe(
    unit: Unit, connection_id: UUID, name: str, *, remaining: int | None, closed_for: timedelta | None
) -> None:
    """Lower a window to what the provider says is left, or close it for a while."""
    values = {
        "account_id": unit.account_id,
        "connection_id": connection_id,
        "name": name,
        "remaining": None if remaining is None else Decimal(remaining),
        "closed_for": closed_for,
    }
    await unit.execute(_OBSERVE, values)
