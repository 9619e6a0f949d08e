"""What would change under another mapping: the stored inputs of a period are mapped again, without a write (D16)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.common.ledger.document import Contact
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.impact import Change, changes
from ledgerwire.mapper.domain.model import MappingInput
from ledgerwire.mapper.domain.records import AnyInput, facts_of, map_any
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.ports import Account, Clients
from ledgerwire.mapper.records import StoredInput

AT_A_TIME = 200
"""Stored inputs read at once."""


@dataclass(frozen=True, slots=True)
class RecordImpact:
    """One record that would become something else."""

    number: str
    customer: str
    dated: date
    total: Decimal
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Impact:
    """What a mapping would change: how many records were mapped again, and those that differ, by date and number."""

    looked_at: int
    changed: tuple[RecordImpact, ...]


class ImpactDesk:
    """Maps stored inputs again. `close` frees what `bootstrap.open_impact_desk` opened."""

    def __init__(self, database: Database, clients: Clients, close: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._clients = clients
        self.close = close

    async def impact(self, account_id: UUID, mapping: MappingSettings, first: date, last: date) -> Impact:
        """Compare what the newest decisions of a period are under their own settings and under `mapping`.

        Both are mapped with the ledger's reference data of now, so that only the mapping differs; a record's contacts are
        those that were read when it was decided, and the one that `mapping` links its company to. Raises what reading a ledger raises.
        """
        account = await self._clients.account(account_id)
        references: dict[UUID, ReferenceData] = {}
        contacts: dict[UUID, dict[str, Contact]] = {}
        looked_at, found = 0, []
        async for stored in self._inputs(account_id, first, last):
            reference = references.get(stored.ledger_connection_id)
            if reference is None:
                ledger = await self._clients.ledger(account_id, stored.ledger_connection_id)
                reference = references[stored.ledger_connection_id] = await ledger.reference_data()
                known = await ledger.contacts()
                contacts[stored.ledger_connection_id] = {contact.contact_id: contact for contact in known}
            looked_at += 1
            settings = mapping.of_company(_company(account, stored))
            source = _with_linked(stored.input, settings, contacts[stored.ledger_connection_id])
            one = _compared(source, reference, settings)
            if one.changes:
                found.append(one)
        return Impact(looked_at, tuple(sorted(found, key=lambda one: (one.dated, one.number))))

    async def _inputs(self, account_id: UUID, first: date, last: date) -> AsyncIterator[StoredInput]:
        after: UUID | None = None
        while True:
            async with self._database.account(account_id) as unit:
                page: Sequence[StoredInput] = await repository.stored_inputs(unit, first, last, after, AT_A_TIME)
            for stored in page:
                yield stored
            if len(page) < AT_A_TIME:
                return
            after = page[-1].record_id


def _company(account: Account, stored: StoredInput) -> str:
    routes = account.routes
    return next((item.company for item in routes if item.ledger_connection_id == stored.ledger_connection_id), "")


def _with_linked(source: AnyInput, settings: MappingSettings, known: dict[str, Contact]) -> AnyInput:
    """The input with the contact that the settings link its company to, which was not read for it before."""
    if not isinstance(source, MappingInput):
        return source
    linked = known.get(settings.contacts.links.get(str(source.company.company_id), ""))
    if linked is None or any(item.contact_id == linked.contact_id for item in source.contacts):
        return source
    return replace(source, contacts=(*source.contacts, linked))


def _compared(source: AnyInput, reference: ReferenceData, settings: MappingSettings) -> RecordImpact:
    now = replace(source, reference=reference)
    facts = facts_of(now)
    found = changes(map_any(now), map_any(replace(now, settings=settings)))
    return RecordImpact(facts.number, facts.party, facts.dated, facts.source_total, found)
