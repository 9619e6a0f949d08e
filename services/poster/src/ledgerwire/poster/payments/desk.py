"""What a person asks of payments: look now, show, answer, count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from uuid import UUID

from ledgerwire.common.clock import Clock, SystemClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LedgerwireError, Transient
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.poster.payments import repository
from ledgerwire.poster.payments.cases import bring_together
from ledgerwire.poster.payments.connections import AccountConnections
from ledgerwire.poster.payments.domain.answer import NothingToDecideError, answered
from ledgerwire.poster.payments.domain.model import Side
from ledgerwire.poster.payments.ports import Terms
from ledgerwire.poster.payments.reconcile import Outcome
from ledgerwire.poster.payments.sync import PaymentSync
from ledgerwire.poster.payments.turn import PATIENCE, SERVICE, LeasedTurn, leased_turn
from ledgerwire.poster.payments.views import Looked, Month, PaymentView, Planned, Told
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.read import CompanyContext

SLOWED_DOWN = 10
"""So often a look goes on by itself after a system asked to slow down."""


class NotLiveError(LedgerwireError):
    """The account is not live, or payments are switched off: nothing is carried over."""

    code = "PAYMENTS_OFF"


class PaymentUnknownError(LedgerwireError):
    """No settled document of that number is known."""

    code = "PAYMENT_UNKNOWN"


class CompanyUnknownError(LedgerwireError):
    """The account has no company of that name."""

    code = "COMPANY_UNKNOWN"


class PaymentsDesk:
    """The use cases of a person over the payments of an account."""

    def __init__(self, database: Database, clients: ConnectionClients, clock: Clock, terms: LeaseTerms) -> None:
        self._database = database
        self._clients = clients
        self._connections = AccountConnections(clients)
        self._sync = PaymentSync(self._connections, clock)
        self._lease_terms = terms

    async def look(
        self, account_id: UUID, *, company: str | None = None, since: date | None = None, dry_run: bool = False
    ) -> list[Looked]:
        """Look at the payments of one company, or of all, now; a dry run writes to neither system.

        Raises:
            NotLiveError: the account is not live, or payments are switched off.
            Waiting, Transient: a system cannot be asked now, or a worker holds the connection.
        """
        looked = []
        for one in await self._companies(account_id, company):
            outcome = await self._looking(account_id, one, since=since, dry_run=dry_run)
            looked.append(await self._looked(account_id, one, outcome, dry_run=dry_run))
        return looked

    async def _looking(
        self, account_id: UUID, company: CompanyContext, *, since: date | None, dry_run: bool
    ) -> Outcome:
        """One look, going on where a system asked to slow down for a short while."""
        terms = await self._terms(account_id, company)
        outcome = Outcome()
        for _ in range(SLOWED_DOWN):
            try:
                async with self._turn(account_id, company) as turn:
                    return await self._sync.look(turn, terms, since=since, dry_run=dry_run, outcome=outcome)
            except Transient as error:
                if error.retry_after is None or error.retry_after > PATIENCE:
                    raise
                await asyncio.sleep(error.retry_after.total_seconds())
        async with self._turn(account_id, company) as turn:
            return await self._sync.look(turn, terms, since=since, dry_run=dry_run, outcome=outcome)

    async def rows(self, account_id: UUID, *, company: str | None = None, told: bool = False) -> list[PaymentView]:
        """Settled documents of one company, or of all; with `told` only those a person must know about."""
        views = []
        for one in await self._companies(account_id, company):
            async with self._database.account(account_id) as unit:
                rows = await repository.everything(unit, one.ledger_connection_id)
            shown = [row for row in rows if row.view.live or row.invoice_id is not None]
            views += [PaymentView.of(one.name, row) for row in shown if row.findings or not told]
        return sorted(views, key=lambda view: (view.company, view.number))

    async def answer(self, account_id: UUID, number: str, side: Side, *, company: str | None = None) -> list[Looked]:
        """A person decides which side is right about a document, and it is carried over at once.

        Raises:
            PaymentUnknownError: no settled document has that number.
            NothingToDecideError: both sides agree, or only money differs and ConnectWise was chosen (M18).
        """
        found = []
        for one in await self._companies(account_id, company):
            terms = await self._terms(account_id, one)
            async with self._turn(account_id, one) as turn:
                if await self._answered(turn, terms, number, side):
                    outcome = await self._sync.look(turn, terms)
                    found.append(await self._looked(account_id, one, outcome, dry_run=False))
        if not found:
            raise PaymentUnknownError(f"no settled document {number!r} is known")
        return found

    async def months(self, account_id: UUID) -> list[Month]:
        """Records by the month of their first success, by company and type."""
        names = {one.ledger_connection_id: one.name for one in await self._companies(account_id, None)}
        async with self._database.account(account_id) as unit:
            counts = await repository.months(unit)
        return [
            Month(row["month"], names.get(row["connection_id"], "?"), *(row[name] for name in repository.COUNTED))
            for row in counts
        ]

    async def _answered(self, turn: LeasedTurn, terms: Terms, number: str, side: Side) -> bool:
        async with turn.unit() as unit:
            rows = [row for row in await repository.numbered(unit, turn.connection_id, number) if row.invoice_id]
        if not rows:
            return False
        psa = await self._connections.payments(turn.account_id, terms.psa_connection)
        together = await bring_together(turn, psa, terms, rows)
        decided = []
        for row in rows:
            case = together.cases.get(row.invoice_id or 0)
            if case is None:
                raise NothingToDecideError(f"ConnectWise does not have {number} any more")
            decided.append(repository.as_due(row, answered(case, side)))
        async with turn.unit() as unit:
            await repository.put(unit, turn.connection_id, decided)
        return True

    async def _companies(self, account_id: UUID, name: str | None) -> list[CompanyContext]:
        companies = (await self._clients.account(account_id)).companies
        chosen = [one for one in companies if name is None or one.name == name]
        if not chosen:
            known = ", ".join(one.name for one in companies)
            raise CompanyUnknownError(f"there is no company {name!r}; known: {known}")
        return chosen

    async def _terms(self, account_id: UUID, company: CompanyContext) -> Terms:
        terms = await self._connections.terms(account_id, company.ledger_connection_id)
        if not terms.enabled:
            raise NotLiveError("The account is not live, or payments are switched off (sync.payments.enabled)")
        return terms

    @asynccontextmanager
    async def _turn(self, account_id: UUID, company: CompanyContext) -> AsyncIterator[LeasedTurn]:
        async with leased_turn(self._database, account_id, company.ledger_connection_id, self._lease_terms) as turn:
            yield turn

    async def _looked(self, account_id: UUID, company: CompanyContext, outcome: Outcome, *, dry_run: bool) -> Looked:
        async with self._database.account(account_id) as unit:
            rows = await repository.everything(unit, company.ledger_connection_id)
        numbers = {row.invoice_id: row.view.number for row in rows if row.invoice_id is not None}
        return Looked(
            company=company.name,
            dry_run=dry_run,
            looked_at=outcome.looked_at,
            written=outcome.written,
            onboarded=outcome.onboarded,
            carried=tuple(Planned.of(step, numbers) for step in outcome.planned),
            told=tuple(Told.of(item) for findings in outcome.told.values() for item in findings),
        )


@asynccontextmanager
async def open_payments_desk(settings: Settings, clock: Clock | None = None) -> AsyncIterator[PaymentsDesk]:
    """The use cases alone, for the command line: no service has to run in this process."""
    database = open_database(settings, SERVICE)
    clients = ConnectionClients(database, settings)
    lease = timedelta(seconds=settings.lease_seconds)
    terms = LeaseTerms(ttl=lease, renew_every=lease / 6, grace=timedelta(seconds=settings.ledger_timeout_seconds))
    try:
        yield PaymentsDesk(database, clients, clock or SystemClock(), terms)
    finally:
        await clients.close()
        await database.close()
