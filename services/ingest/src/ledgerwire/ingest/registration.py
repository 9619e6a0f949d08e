"""Our callback in ConnectWise: registered once, active, ours; and put right when it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from ledgerwire.common.clock import Clock
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.telemetry import CALLBACK_REPAIRS
from ledgerwire.connectwise.models import Callback
from ledgerwire.ingest import repository
from ledgerwire.ingest.api import CALLBACK_PATH
from ledgerwire.ingest.tenancy import Tenancy, Tenant

DESCRIPTION = "Ledgerwire: tells when an invoice changes"
MISSING, SWITCHED_OFF = "CALLBACK_MISSING", "CALLBACK_SWITCHED_OFF"

for _cause in (MISSING, SWITCHED_OFF):
    CALLBACK_REPAIRS.labels(_cause)  # there from the start at 0: a series that first shows with 1 has not increased

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the callback found.

    Attributes:
        repair: CALLBACK_MISSING or CALLBACK_SWITCHED_OFF if it had to be put right, None if it was in order (or new).
        created: whether it was registered just now.
    """

    callback_id: int
    member_id: int | None
    member: str | None
    repair: str | None
    created: bool


class CallbackPsa(Protocol):
    """What is needed of ConnectWise here."""

    async def list_callbacks(self, url_contains: str) -> list[Callback]: ...

    async def register_callback(self, url: str, *, description: str = ...) -> Callback: ...

    async def update_callback(
        self, callback_id: int, *, inactive: bool | None = None, self_suppressed: bool | None = None
    ) -> Callback: ...

    async def member_identifier(self, member_id: int) -> str | None: ...


def callback_url(public_url: str, token: str) -> str:
    """The address to register: it ends in `recordId=`, since ConnectWise glues the id to its end."""
    return f"{public_url.rstrip('/')}{CALLBACK_PATH}{token}?recordId="


async def ensure_callback(psa: CallbackPsa, url: str, *, was_registered: bool) -> Checked:
    """Register the callback, or switch it on again, or find it in order. Writes to ConnectWise only if something is wrong.

    Raises what the client raises; an Ambiguous outcome is settled by calling this again, since it looks first.
    """
    token_part = url.partition("?")[0].partition(CALLBACK_PATH)[2]
    found = [item for item in await psa.list_callbacks(CALLBACK_PATH + token_part) if item.url == url]
    repair: str | None = None
    if not found:
        entry = await psa.register_callback(url, description=DESCRIPTION)
        repair = MISSING if was_registered else None
    else:
        entry = found[0]
        if entry.inactive_flag or not entry.is_self_suppressed_flag:
            repair = SWITCHED_OFF if entry.inactive_flag else None
            entry = await psa.update_callback(entry.id, inactive=False, self_suppressed=True)
    member = await psa.member_identifier(entry.member_id) if entry.member_id else None
    return Checked(entry.id, entry.member_id, member, repair, created=not found)


async def save(unit: Unit, tenant: Tenant, checked: Checked, at: datetime) -> None:
    """Keep what a check found."""
    await repository.save_registration(
        unit,
        tenant.connection_id,
        callback_id=checked.callback_id,
        member_id=checked.member_id,
        member=checked.member,
        repair=checked.repair,
        at=at,
    )
    if checked.repair:
        CALLBACK_REPAIRS.labels(checked.repair).inc()
        _log.warning(
            "callback.repaired", code=checked.repair, account=tenant.account_name, callback_id=checked.callback_id
        )


class Registrar:
    """The use case of `ledgerwire account connect`: the callback of one account, now."""

    def __init__(self, database: Database, tenancy: Tenancy, public_url: str, clock: Clock) -> None:
        self._database = database
        self._tenancy = tenancy
        self._public_url = public_url
        self._clock = clock

    async def connect(self, account_id: UUID, connection_id: UUID) -> Checked | None:
        """Make sure that ConnectWise calls us for this connection; None if the account does not want it.

        Raises what the ConnectWise client raises and UnknownConnectionError.
        """
        tenant = await self._tenancy.tenant(account_id, connection_id, fresh=True)
        if not tenant.terms.register_callback:
            return None
        async with self._database.account(account_id) as unit:
            known = await repository.registration(unit, connection_id)
        url = callback_url(self._public_url, tenant.callback_token)
        checked = await ensure_callback(tenant.psa, url, was_registered=known is not None)
        async with self._database.account(account_id) as unit:
            await save(unit, tenant, checked, self._clock.now())
        return checked
