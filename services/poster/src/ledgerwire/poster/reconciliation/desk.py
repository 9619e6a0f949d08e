"""The use case: read ConnectWise, the ledger and our rows, and put every closed record of a period in one bucket (D1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol
from uuid import UUID

from ledgerwire.common.clock import Clock
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.poster.reconciliation import ledger_side, repository, sources
from ledgerwire.poster.reconciliation.domain import placing, shares
from ledgerwire.poster.reconciliation.domain.model import (
    AT_REST,
    INVOICE,
    ClosedRecord,
    Concern,
    OwnDocument,
    Report,
    SeenDocument,
)
from ledgerwire.poster.reconciliation.domain.report import report
from ledgerwire.poster.reconciliation.repository import PostingRow, RecordRow
from ledgerwire.tenants.read import AccountContext, CompanyContext


class CompanyUnknownError(LedgerwireError):
    """The account has no company of that name."""

    code = "COMPANY_UNKNOWN"


class Clients(Protocol):
    """Opens the connections of an account."""

    async def account(self, account_id: UUID) -> AccountContext: ...
    async def connectwise(self, account_id: UUID, connection_id: UUID) -> sources.Psa: ...
    async def ledger(self, account_id: UUID, connection_id: UUID) -> ledger_side.Books: ...


@dataclass(frozen=True, slots=True)
class _Books:
    """What the ledger companies show, and which of it is ours. `names` are the companies by ledger connection."""

    seen: Sequence[SeenDocument]
    postings: Sequence[PostingRow]
    names: Mapping[UUID, str]

    @property
    def claims(self) -> list[OwnDocument]:
        """Which documents we say stand for which record."""
        return [_claim(item, self.names) for item in self.postings if item.connection_id in self.names]


@dataclass(frozen=True, slots=True)
class ReconciliationDesk:
    """Reconciles accounts. Reads only. `close` frees what `bootstrap.open_reconciliation` opened."""

    database: Database
    clients: Clients
    clock: Clock
    close: Callable[[], Awaitable[None]]

    async def reconcile(self, account_id: UUID, first: date, last: date, company: str | None = None) -> Report:
        """The report of a period (record dates), of all companies of the account or of one.

        Raises CompanyUnknownError; Waiting, Transient and Stopped as the reads of ConnectWise and the ledger do.
        """
        account = await self.clients.account(account_id)
        companies = _chosen(account, company)
        psa_id = account.psa.connection_id
        psa = await self.clients.connectwise(account_id, psa_id)
        shown = await sources.read(psa, account.mapping.record_types, first, last)
        turn = sources.Records(account, shown, first, last, self.clock.now())
        async with self.database.account(account_id) as unit:
            own = await repository.records(unit, psa_id, first, last, turn.ids(), rest=AT_REST)
            groups = await repository.groups(unit, list(own), {})
            postings = await repository.postings(unit, [*own, *(group.group_id for group in groups)])
            turn = replace(turn, announced=await repository.announced(unit, turn.ids()))
        names = {item.ledger_connection_id: item.name for item in companies}
        asked = frozenset(names.values()) | ({""} if company is None else frozenset())
        closed = [item for item in turn.closed(own) if item.company in asked]
        seen, postings = await self._ledgers(account_id, companies, (first, last), closed, own, postings)
        books = _Books(seen, postings, names)
        found = await self._judged(psa, turn, closed, own, books)
        wrong = {row.record.record_id: row.record for row in found.rows if row.bucket.concern is Concern.WRONG}
        if not wrong:
            return found
        # The services worked while all this was read: a record may be batched by now, in what was read before it was.
        # Ours first, then ConnectWise: so that what our rows say is batched is shown so.
        async with self.database.account(account_id) as unit:
            now = await repository.records(unit, psa_id, first, last, list(wrong), rest=AT_REST)
        now = {record: row for record, row in now.items() if record in wrong}
        again = (await turn.again(psa, list(wrong.values()))).closed(now)
        closed = [item for item in closed if item.record_id not in wrong]
        closed += [item for item in again if item.company in asked]
        return await self._judged(psa, turn, closed, {**own, **now}, books)

    async def _judged(
        self,
        psa: sources.Psa,
        turn: sources.Records,
        closed: Sequence[ClosedRecord],
        own: Mapping[UUID, RecordRow],
        books: _Books,
    ) -> Report:
        """Every one of these records in its bucket, and every document in its place."""
        async with self.database.account(turn.account.account_id) as unit:
            groups = await repository.groups(unit, [*own, *(item.record_id for item in books.postings)], books.names)
        claims, seen = shares.split(groups, books.claims, books.seen)
        standing = shares.standing({record: row.own for record, row in own.items()}, groups)
        placed = placing.place(closed, standing, claims, seen)
        others = await turn.whereabouts(psa, [own[record] for record, _ in placed.of_others if record in own])
        numbers = [item.number for item in closed if item.record_type == INVOICE]
        strangers = placing.strangers(placed, [*numbers, *(item.number for item in books.postings)])
        unknown = await turn.of_numbers(psa, sorted({item.number for item in strangers}))
        told = [(unknown[item.number], item) for item in strangers if item.number in unknown]
        return report((turn.first, turn.last), closed, standing, placed, others, told)

    async def _ledgers(
        self,
        account_id: UUID,
        companies: Sequence[CompanyContext],
        period: tuple[date, date],
        closed: Sequence[ClosedRecord],
        own: Mapping[UUID, RecordRow],
        postings: Sequence[PostingRow],
    ) -> tuple[list[SeenDocument], list[PostingRow]]:
        """What each ledger company shows, and with our rows about records of other periods that it showed too."""
        found: list[SeenDocument] = []
        every = list(postings)
        for company in companies:
            connection = company.ledger_connection_id
            ours = [item for item in postings if item.connection_id == connection]
            numbers = _numbers([item for item in closed if item.company == company.name], own, ours)
            ledger = await self.clients.ledger(account_id, connection)
            known = [(item.kind, item.ledger_id) for item in ours]
            seen = await ledger_side.read(ledger, company.name, period, numbers, known)
            async with self.database.account(account_id) as unit:
                every += await repository.claims(unit, connection, [item.ledger_id for item in seen])
            found += seen
        return found, list(dict.fromkeys(every))


def _chosen(account: AccountContext, company: str | None) -> Sequence[CompanyContext]:
    chosen = [item for item in account.companies if company in {None, item.name}]
    if not chosen:
        known = ", ".join(item.name for item in account.companies)
        raise CompanyUnknownError(f"there is no company {company!r}; known: {known}")
    return chosen


def _numbers(
    closed: Iterable[ClosedRecord], own: Mapping[UUID, RecordRow], postings: Iterable[PostingRow]
) -> dict[DocumentKind, set[str]]:
    """Every number to be asked for, by kind."""
    numbers: dict[DocumentKind, set[str]] = {}
    for record in closed:
        if record.record_type == INVOICE and not record.before_go_live:
            kind = DocumentKind.CREDIT_NOTE if record.total < 0 else DocumentKind.SALES_INVOICE
            numbers.setdefault(kind, set()).add(record.number)
        known = own.get(record.record_id)
        for item in (known.own.wanted or ()) if known else ():
            numbers.setdefault(item.kind, set()).add(item.number)
    for posting in postings:
        numbers.setdefault(posting.kind, set()).add(posting.number)
    return numbers


def _claim(item: PostingRow, names: Mapping[UUID, str]) -> OwnDocument:
    return OwnDocument(item.record_id, names[item.connection_id], item.kind, item.number, item.ledger_id, item.counts)
