"""Asks for a look at the seats of an account now: the message that the schedule's row is rung by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import Row

from ledgerwire.billing_sync.repository import runs
from ledgerwire.billing_sync.settings import seats_of
from ledgerwire.common.contracts.seats_sync_requested_v1 import SeatsSyncRequestedV1
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.tenants.read import AccountContext, account_for_service

Asker = Literal["push", "person", "schedule"]


async def request_sync(
    unit: Unit, outbox: Outbox, account: AccountContext, *, requested_by: Asker, source: str = ""
) -> str:
    """Say seats.sync_requested.v1 in the unit's transaction; its correlation id, which the run carries."""
    connection_id, correlation_id = account.psa.connection_id, str(uuid4())
    data = SeatsSyncRequestedV1(connection_id=connection_id, source=source, requested_by=requested_by)
    message = new_message(
        data,
        account_id=account.account_id,
        subject=str(connection_id),
        correlation_id=correlation_id,
        causation_id=correlation_id,
        source="billing",
    )
    await outbox.append(unit, message)
    return correlation_id


@dataclass(frozen=True, slots=True)
class Asked:
    """A look that was asked for at a moment of the database's clock."""

    account_id: UUID
    connection_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One look at the seats of an account. `finished_at` is None while it goes on; `failed_with` a code of the catalogue."""

    run_id: UUID
    found_by: str
    plan_id: UUID | None
    progress: Mapping[str, object]
    failed_with: str | None
    started_at: datetime
    finished_at: datetime | None


class SyncRequests:
    """Asks for looks, and sees what became of them."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def ask(self, account_id: UUID) -> Asked:
        """Ask for a look now. ConfigurationError SEATS_NOT_SET_UP for an account without seats."""
        async with self._database.account(account_id) as unit:
            account = await account_for_service(unit)
            seats_of(account)
            await request_sync(unit, self._outbox, account, requested_by="person")
            return Asked(account_id, account.psa.connection_id, await runs.now(unit))

    async def answer(self, asked: Asked) -> Run | None:
        """The first look that began since, as far as it is; None while there is none."""
        async with self._database.account(asked.account_id) as unit:
            row = await runs.since(unit, asked.connection_id, asked.at)
        return None if row is None else _run(row)

    async def newest(self, account_id: UUID, count: int = 10) -> list[Run]:
        """The newest looks, the last one first."""
        async with self._database.account(account_id) as unit:
            account = await account_for_service(unit)
            return [_run(row) for row in await runs.newest(unit, account.psa.connection_id, count)]


def _run(row: Row[Any]) -> Run:
    return Run(row.run_id, row.found_by, row.plan_id, row.progress, row.failed_with, row.started_at, row.finished_at)
