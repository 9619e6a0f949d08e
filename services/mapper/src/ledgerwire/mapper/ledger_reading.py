"""The reads of the ledger companies that a group goes to; a fault of one is kept and concerns its own records alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.ledger.document import ContactRole
from ledgerwire.mapper import reading, repository
from ledgerwire.mapper.composing import LedgerReads, Settings
from ledgerwire.mapper.domain.contacts import ContactIndex, contact_key
from ledgerwire.mapper.ports import Account, Clients, Ledger, Route
from ledgerwire.mapper.rounding_used import RoundingUsed, month_of
from ledgerwire.mapper.subjects import Subject


class Scope(Protocol):
    """For whom it is read: a claimed group of work, or a person who only looks."""

    @property
    def account_id(self) -> UUID: ...

    @property
    def connection_id(self) -> UUID:
        """The ConnectWise connection."""
        ...

    def unit(self) -> AbstractAsyncContextManager[Unit]: ...


class Ledgers:
    """Reference data, contacts, contact links and roundings, by ledger connection."""

    def __init__(self, group: Scope, account: Account, clients: Clients) -> None:
        self._group = group
        self._account = account
        self._clients = clients
        self._reads: dict[UUID, LedgerReads] = {}
        self._settings: dict[tuple[int, str], Settings] = {}
        self.faults: dict[UUID, LedgerwireError] = {}

    def route(self, subject: Subject) -> Route | None:
        """The ledger company that takes a record, None if none does."""
        return self._account.route(self._group.connection_id, subject.location_id)

    def settings(self, route: Route, subject: Subject) -> Settings | None:
        """The mapping version that decides a record, as it holds for its ledger company."""
        mapping = self._account.mapping_on(subject.dated)
        if mapping is None:
            return None
        key = (mapping.version, route.company)
        known = self._settings.get(key)
        if known is None:
            known = self._settings[key] = Settings(mapping.version, mapping.settings.of_company(route.company))
        return known

    def of(self, route: Route, subject: Subject) -> LedgerReads:
        """What was read of a record's ledger company; raises the fault of one that could not be read."""
        fault = self.faults.get(route.ledger_connection_id)
        if fault is not None and subject.to_map:
            raise fault
        return self._reads[route.ledger_connection_id]

    def name_of(self, connection_id: UUID | None) -> str:
        """What a ledger company's package is called."""
        routes = self._account.routes
        own = [route.ledger_name for route in routes if route.ledger_connection_id == connection_id]
        return next(iter(own or [route.ledger_name for route in routes]), "the ledger")

    async def read(self, subjects: Iterable[Subject], *, fresh: bool) -> None:
        """Read every ledger company that these records go to, if the account has a mapping."""
        if not self._account.mappings:
            return
        wanted: dict[UUID, tuple[Route, list[Subject]]] = {}
        for subject in subjects:
            route = self.route(subject)
            if route is not None:
                wanted.setdefault(route.ledger_connection_id, (route, []))[1].append(subject)
        for connection_id, (route, own) in wanted.items():
            empty = reading.empty_reference(route.ledger_name)
            self._reads[connection_id] = LedgerReads(route.ledger_name, empty, ContactIndex(), {})
            if not any(subject.to_map for subject in own):
                continue
            try:
                self._reads[connection_id] = await self._read(route, own, fresh=fresh)
            except (Stopped, Waiting, Transient) as error:
                self.faults[connection_id] = error

    async def _read(self, route: Route, subjects: Sequence[Subject], *, fresh: bool) -> LedgerReads:
        connection_id = route.ledger_connection_id
        ledger = await self._clients.ledger(self._group.account_id, connection_id)
        reference = await ledger.reference_data(fresh=fresh)
        keys = [key for subject in subjects for key in subject.contact_keys(self.settings(route, subject))]
        roles = {key.role for key in keys}
        customers = await _contacts(ledger, ContactRole.CUSTOMER, roles)
        suppliers = await _contacts(ledger, ContactRole.SUPPLIER, roles)
        names = {name for key in keys for name in (key.key, contact_key(key.key, reference, key.currency))}
        async with self._group.unit() as unit:
            links = await repository.contact_links(unit, connection_id, sorted(names))
            roundings = await self._roundings(unit, connection_id, subjects)
        return LedgerReads(route.ledger_name, reference, customers, links, roundings, suppliers)

    async def _roundings(self, unit: Unit, connection_id: UUID, subjects: Sequence[Subject]) -> RoundingUsed:
        """What the months of these records hold already, where a budget limits it."""
        days = [subject.dated for subject in subjects if subject.dated]
        budgets = [self._account.mapping_on(day) for day in days]
        if not any(each and each.settings.rounding.monthly_budget is not None for each in budgets):
            return RoundingUsed()
        first, last = month_of(min(days)), month_of(max(days)) + timedelta(days=31)
        return RoundingUsed(await repository.rounding_used(unit, connection_id, first, last))


async def _contacts(ledger: Ledger, role: ContactRole, roles: set[ContactRole]) -> ContactIndex:
    return ContactIndex.of(await ledger.contacts(role)) if role in roles else ContactIndex()
