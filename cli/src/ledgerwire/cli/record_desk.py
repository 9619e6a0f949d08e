"""The records of one account, for commands and for the demo: mapper's use cases with the account filled in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

from ledgerwire.cli.workplace import tenants_database
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.bootstrap import open_desk
from ledgerwire.mapper.choices import offered
from ledgerwire.mapper.person import RecordDesk
from ledgerwire.mapper.records import Shown, StoredRecord
from ledgerwire.mapper.status import ClerkRow, Summary, clerk_row
from ledgerwire.tenants import accounts


class AccountUnknownError(LedgerwireError):
    """There is no account of that name, or none at all, or more than one and none was named."""

    code = "ACCOUNT_UNKNOWN"


class AccountRecords:
    """One account's records."""

    def __init__(self, desk: RecordDesk, account_id: UUID, name: str) -> None:
        self._desk = desk
        self.account_id = account_id
        self.name = name

    async def rows(self, statuses: Iterable[str] | None = None) -> tuple[ClerkRow, ...]:
        """Records in the clerk's columns; all of them unless it is said where they stand."""
        return await self._desk.rows(self.account_id, statuses)

    async def summary(self) -> Summary:
        """Counts and money by standing, and by cause, added up by the database."""
        return await self._desk.summary(self.account_id)

    async def show(self, number: str) -> tuple[Shown, ...]:
        """Everything about the records of a number."""
        return await self._desk.show(self.account_id, number)

    async def hold(self, number: str, reason: str) -> list[ClerkRow]:
        """Keep a record back until it is released."""
        return _rows(await self._desk.hold(self.account_id, number, reason))

    async def release(self, number: str) -> list[ClerkRow]:
        """Let a held record go on."""
        return _rows(await self._desk.release(self.account_id, number))

    async def skip(self, number: str, reason: str) -> list[ClerkRow]:
        """Do nothing with a record until somebody retries it."""
        return _rows(await self._desk.skip(self.account_id, number, reason))

    async def retry_number(self, number: str) -> list[ClerkRow]:
        """Look again at one record."""
        return _rows(await self._desk.retry(self.account_id, number=number))

    async def retry_cause(self, cause: str, *, dry_run: bool = False) -> list[ClerkRow]:
        """Look again at every record that a code or cause stops."""
        return _rows(await self._desk.retry(self.account_id, cause=cause, dry_run=dry_run))

    async def choose(self, number: str, choice: str, by: str, reason: str) -> list[ClerkRow]:
        """Answer what stops a record, and look at it again."""
        return _rows(await self._desk.choose(self.account_id, number, choice, by, reason))

    async def choices(self, number: str) -> dict[str, tuple[str, ...]]:
        """What would answer what stops the records of a number, by the record's id in ConnectWise."""
        shown = await self._desk.show(self.account_id, number)
        return {f"{one.record.record_type} {one.record.source_id}": offered(one.record) for one in shown}

    async def stopped_by(self, cause: str) -> list[StoredRecord]:
        """Every record that a retry of a code or cause would look at again."""
        return list(await self._desk.retry(self.account_id, cause=cause, dry_run=True))

    async def wake_held(self) -> int:
        """Look at what waited for go-live; how many records that was."""
        return len(await self._desk.wake_held(self.account_id))


def _rows(records: tuple[StoredRecord, ...]) -> list[ClerkRow]:
    return [clerk_row(record) for record in records]


@asynccontextmanager
async def account_records(settings: Settings, name: str | None = None) -> AsyncIterator[AccountRecords]:
    """The records of an account; without a name, of the only one there is.

    Raises:
        AccountUnknownError: which accounts there are.
    """
    account_id, known = await account_named(settings, name)
    desk = open_desk(settings)
    try:
        yield AccountRecords(desk, account_id, known)
    finally:
        await desk.close()


async def account_named(settings: Settings, name: str | None) -> tuple[UUID, str]:
    """Id and name of an account; without a name, of the only one there is."""
    async with tenants_database(settings) as database:
        ids = {entry.account_name: entry.account_id for entry in await accounts.list_accounts(database)}
    if name is None and len(ids) == 1:
        name = next(iter(ids))
    if name in ids:
        return ids[name], name
    there = f"known: {', '.join(sorted(ids))}" if ids else "there is none yet (ledgerwire account apply FILE)"
    said = f"there is no account {name!r}; {there}" if name else f"name one with --account; {there}"
    raise AccountUnknownError(said)
