"""Dead letters of all services as one list, each with the record it is about, where it is about one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledgerwire.cli.trial import Trial, trials
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.roles import SERVICES
from ledgerwire.common.db.session import Database
from ledgerwire.common.deadletters import DeadLetter, listed, shown
from ledgerwire.common.deadletters.model import WORK_QUEUE
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.bootstrap import open_desk
from ledgerwire.mapper.records import StoredRecord

PAGE = 1000
_OF_RECORDS = frozenset({"map", "post", "record.closed.v1", "document.ready.v1"})
"""Work and messages that end in a look at a record, or in its posting: whether it would pass can be tried."""


class LetterUnknownError(LedgerwireError):
    """There is no dead letter of that id, or never was one of that cause."""

    code = "DEAD_LETTER_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter, the service that keeps it, and its record's row where there is one."""

    service: str
    letter: DeadLetter
    record: StoredRecord | None = None

    @property
    def record_id(self) -> UUID | None:
        """The record it is about, if it is about a look at one."""
        return _record_id(self.letter)


@dataclass(frozen=True, slots=True)
class Group:
    """Letters with one root cause: same service, kind of work and code. `totals` is the money of their known records."""

    service: str
    kind: str
    cause: str
    letters: tuple[Letter, ...]
    tried: tuple[Trial, ...] = field(default=())

    @property
    def oldest(self) -> datetime | None:
        """When the first one died."""
        return min((item.letter.dead_at for item in self.letters if item.letter.dead_at), default=None)

    @property
    def totals(self) -> dict[str, Decimal]:
        """Money by currency, each record once."""
        known = {item.record.record_id: item.record for item in self.letters if item.record is not None}
        sums: dict[str, Decimal] = {}
        for record in known.values():
            currency = record.currency or ""
            sums[currency] = sums.get(currency, Decimal("0.00")) + (record.total or Decimal(0))
        return dict(sorted(sums.items()))


def kind_of(letter: DeadLetter) -> str:
    """What was given up: the kind of work, or the message's type."""
    return f"{letter.type} work" if letter.queue == WORK_QUEUE else letter.type or letter.queue


@asynccontextmanager
async def database_of(settings: Settings, service: str) -> AsyncIterator[Database]:
    """A service's database for the length of a block."""
    database = open_database(settings, service)
    try:
        yield database
    finally:
        await database.close()


async def waiting(settings: Settings, cause: str | None = None) -> list[Letter]:
    """Every letter that waits, of a cause if one is given, with its record.

    Raises LetterUnknownError for a cause that no letter ever had: a mistyped one is not one that is dealt with.
    """
    found: list[Letter] = []
    for service in SERVICES:
        async with database_of(settings, service) as database:
            found += [Letter(service, item) for item in await _all(database, ServiceSchema(service), cause)]
    if cause is not None and not found:
        await _was_ever(settings, cause)
    return await _with_records(settings, found)


async def _was_ever(settings: Settings, cause: str) -> None:
    for service in SERVICES:
        async with database_of(settings, service) as database, database.system() as unit:
            for state in ("replayed", "discarded"):
                if await listed(unit, ServiceSchema(service), cause=cause, state=state, limit=1):
                    return
    there = ", ".join(sorted({item.letter.cause for item in await waiting(settings)})) or "none"
    raise LetterUnknownError(f"no dead letter ever had the cause {cause}; causes of those that wait: {there}")


async def _all(database: Database, schema: ServiceSchema, cause: str | None) -> list[DeadLetter]:
    found: list[DeadLetter] = []
    page: list[DeadLetter] | None = None
    while page is None or len(page) == PAGE:
        async with database.system() as unit:
            page = await listed(unit, schema, cause=cause, limit=PAGE, after=found[-1] if found else None)
        found += page
    return found


async def one(settings: Settings, letter_id: UUID) -> Letter:
    """A letter by its id, whether it waits or not. Raises LetterUnknownError."""
    for service in SERVICES:
        async with database_of(settings, service) as database, database.system() as unit:
            found = await shown(unit, ServiceSchema(service), letter_id)
        if found is not None:
            return (await _with_records(settings, [Letter(service, found)]))[0]
    raise LetterUnknownError(f"there is no dead letter {letter_id}")


async def _with_records(settings: Settings, letters: Sequence[Letter]) -> list[Letter]:
    """The letters with their records: one read an account."""
    wanted: dict[UUID, set[UUID]] = {}
    for item in letters:
        if item.record_id is not None and item.letter.account_id is not None:
            wanted.setdefault(item.letter.account_id, set()).add(item.record_id)
    known: dict[UUID, StoredRecord] = {}
    desk = open_desk(settings)
    try:
        for account, ids in wanted.items():
            known |= await desk.by_ids(account, sorted(ids))
    finally:
        await desk.close()
    return [replace(item, record=known.get(item.record_id) if item.record_id else None) for item in letters]


def _record_id(letter: DeadLetter) -> UUID | None:
    """The subject names it; older work rows only their payload."""
    if letter.type not in _OF_RECORDS:
        return None
    for text in (letter.subject or "", _payload_record(letter)):
        try:
            return UUID(text)
        except ValueError:
            continue
    return None


def _payload_record(letter: DeadLetter) -> str:
    try:
        body = json.loads(letter.payload)
    except ValueError:
        return ""
    inner = body.get("payload", body) if isinstance(body, dict) else {}
    return str(inner.get("record_id", "")) if isinstance(inner, dict) else ""


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """By root cause, the largest group first."""
    found: dict[tuple[str, str, str], list[Letter]] = {}
    for item in letters:
        found.setdefault((item.service, kind_of(item.letter), item.letter.cause), []).append(item)
    groups = [Group(*key, tuple(some)) for key, some in found.items()]
    return sorted(groups, key=lambda group: (-len(group.letters), group.service, group.cause, group.kind))


async def tried(settings: Settings, groups: Sequence[Group]) -> list[Group]:
    """The groups with what would become of the records of their waiting letters now: a settled one changes nothing."""
    made = []
    for group in groups:
        ids: dict[UUID, list[UUID]] = {}
        for item in group.letters:
            if item.letter.state != "dead":
                continue
            if item.record is not None and item.record.record_id not in ids.setdefault(item.record.account_id, []):
                ids[item.record.account_id].append(item.record.record_id)
        found = [trial for account, some in ids.items() for trial in await trials(settings, account, some)]
        made.append(replace(group, tried=tuple(found)))
    return made
