"""The use cases of people and of the schedule: read, plan, approve, apply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, timedelta
from typing import Self
from uuid import UUID

from ledgerwire.billing_sync.applying import Applied, Applying
from ledgerwire.billing_sync.domain.days import month_start, shift_month
from ledgerwire.billing_sync.domain.plan import CreditDue
from ledgerwire.billing_sync.invoiced import last_day_of_invoices, read_invoiced
from ledgerwire.billing_sync.linkable import CustomerLinked, company_to_link, shows, source_of
from ledgerwire.billing_sync.linking import Given
from ledgerwire.billing_sync.planning import Progress, Situation, decide, look, no_progress
from ledgerwire.billing_sync.reading import read_sources
from ledgerwire.billing_sync.reconciling import reconcile
from ledgerwire.billing_sync.report import SeatReport
from ledgerwire.billing_sync.repository import credits as settlements
from ledgerwire.billing_sync.repository import links, plans, written
from ledgerwire.billing_sync.repository.credits import Settled
from ledgerwire.billing_sync.selection import Selection
from ledgerwire.billing_sync.settings import rules_of, seats_of
from ledgerwire.billing_sync.setup import Checking, SetUp
from ledgerwire.billing_sync.sources import SeatSources
from ledgerwire.billing_sync.stored import StepState, StoredPlan
from ledgerwire.billing_sync.turn import Hold, turn
from ledgerwire.common.clock import Clock
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import ConfigurationError, Transient
from ledgerwire.common.http.calls import Call
from ledgerwire.common.seats import SeatReading
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.connectwise import ConnectWise
from ledgerwire.distributors.push import Push, Received, receive
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.read import AccountContext
from ledgerwire.tenants.seat_sources import PushSourceSection

PATIENCE = timedelta(seconds=10)
"""How long a person waits for another run before being told of it."""


class CallCount:
    """Counts the calls to ConnectWise; a hook of the clients."""

    def __init__(self) -> None:
        self.calls = 0
        self.writes = 0

    def __call__(self, call: Call) -> None:
        self.calls += 1
        self.writes += call.method != "GET"


class SeatsDesk:
    """Everything that is done with the seats of accounts."""

    def __init__(
        self,
        database: Database,
        clients: ConnectionClients,
        sources: SeatSources,
        clock: Clock,
        count: CallCount,
        close: Callable[[], Awaitable[None]],
        terms: LeaseTerms,
    ) -> None:
        self._database = database
        self._terms = terms
        self._clients = clients
        self._sources = sources
        self._clock = clock
        self._count = count
        self._close = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close pools and clients."""
        await self._close()

    @property
    def count(self) -> CallCount:
        """Calls made to ConnectWise so far."""
        return self._count

    async def account(self, account_id: UUID) -> AccountContext:
        """The account as it is set up now."""
        return await self._clients.account(account_id)

    async def psa(self, account: AccountContext) -> ConnectWise:
        """The client whose role is the one of billing sync."""
        return await self._clients.connectwise(account.account_id, account.psa.connection_id, for_seats=True)

    async def posting(self, account: AccountContext) -> ConnectWise:
        """The client of the posting connection, whose role sees what was invoiced and how it is mapped."""
        return await self._clients.connectwise(account.account_id, account.psa.connection_id)

    async def push(self, account_id: UUID, source: str, push: Push) -> Received:
        """Keep what was posted for a source; posting it again changes nothing."""
        section = seats_of(await self.account(account_id))
        if source not in {each.name for each in section.sources if isinstance(each, PushSourceSection)}:
            raise ConfigurationError(f"the account has no push source {source!r}", code="SOURCE_UNKNOWN")
        async with self._database.account(account_id) as unit:
            return await receive(unit, source, push)

    async def read(self, account: AccountContext, progress: Progress = no_progress) -> tuple[SeatReading, ...]:
        """Read every source of an account; one that cannot be read holds up nothing but its own customers."""
        return await read_sources(self._sources, account, self._clock.now(), progress)

    async def given(self, account: AccountContext, progress: Progress = no_progress) -> Given:
        """Everything a plan starts from besides ConnectWise."""
        readings = await self.read(account, progress)
        async with self._database.account(account.account_id) as unit:
            stored = await links.links(unit, account.psa.connection_id)
            records = await written.records(unit, account.psa.connection_id)
            settled = await settlements.settled(unit, account.psa.connection_id)
            listed = await plans.credits_listed(unit, account.psa.connection_id)
        given, owed = settlements.given(settled), settlements.owed(listed, settled)
        return Given(seats_of(account), readings, stored, tuple(records), self._clock.today(), given, owed)

    async def situation(
        self, account: AccountContext, progress: Progress = no_progress, unseen: Mapping[int, Transient] | None = None
    ) -> tuple[Given, Situation]:
        """What was sold, joined with ConnectWise as it is now; `unseen` as of `look`."""
        given = await self.given(account, progress)
        return given, await look(await self.psa(account), given, progress, unseen)

    async def plan(self, account_id: UUID, *, keep: bool = True, progress: Progress = no_progress) -> StoredPlan:
        """Plan now. Only a plan that is kept can be applied; nothing is written to ConnectWise either way."""
        return (await self.plan_and_readings(account_id, keep=keep, progress=progress))[0]

    async def plan_and_readings(
        self, account_id: UUID, *, keep: bool = True, progress: Progress = no_progress
    ) -> tuple[StoredPlan, tuple[SeatReading, ...]]:
        """Plan now; with what the sources showed, for a check that follows."""
        account = await self.account(account_id)
        async with self._turn(account) as hold:
            unseen = await self._settle(account, hold)
            return await self._planned(account, unseen, keep=keep, progress=progress)

    async def _planned(
        self, account: AccountContext, unseen: Mapping[int, Transient], *, keep: bool, progress: Progress
    ) -> tuple[StoredPlan, tuple[SeatReading, ...]]:
        before = self._count.calls
        given, found = await self.situation(account, progress, unseen)
        connection_id = account.psa.connection_id
        plan = decide(given, found, connection_id, self._clock.now(), self._count.calls - before)
        if keep:
            async with self._database.account(account.account_id) as unit:
                await links.link_products(unit, connection_id, found.linked.shelf.found.items(), "sku")
                await plans.store(unit, plan)
        return plan, given.readings

    async def latest(self, account_id: UUID) -> StoredPlan:
        """The newest plan that was kept; ConfigurationError NO_PLAN if there is none."""
        account = await self.account(account_id)
        async with self._database.account(account_id) as unit:
            plan = await plans.latest(unit, account.psa.connection_id)
        if plan is None:
            raise ConfigurationError("nothing was planned yet: run `ledgerwire seats plan`", code="NO_PLAN")
        return plan

    async def apply(
        self,
        account_id: UUID,
        plan_id: UUID | None = None,
        selection: Selection | None = None,
        progress: Progress = no_progress,
    ) -> Applied:
        """Approve what is selected of a plan (the newest one), all of it by default, and write it.

        Interrupted, it is called again: steps that were sent are looked for, the others go on where they stopped.

        Raises:
            ConfigurationError: NO_PLAN, or PLAN_PART_UNKNOWN where something is selected that the plan does not have.
        """
        account = await self.account(account_id)
        async with self._turn(account) as hold:
            plan, chosen = await self._one(account_id, plan_id), selection or Selection()
            chosen.check(plan)
            return await self._applied(account, plan, chosen, progress, hold)

    async def _applied(
        self, account: AccountContext, plan: StoredPlan, selection: Selection, progress: Progress, hold: Hold
    ) -> Applied:
        keys = selection.keys(plan)
        async with self._database.account(account.account_id) as unit:
            await plans.approve(unit, plan.plan_id, keys)
        approved = set(keys)
        steps = tuple(
            replace(stored, state=StepState.APPROVED) if stored.step.key in approved else stored
            for stored in plan.steps
        )
        return await (await self._applying(account, replace(plan, steps=steps), hold)).run(progress)

    async def _applying(self, account: AccountContext, plan: StoredPlan, hold: Hold) -> Applying:
        psa, rules = await self.psa(account), rules_of(seats_of(account))
        return Applying(self._database, psa, account.account_id, plan, rules, hold)

    async def _settle(self, account: AccountContext, hold: Hold) -> dict[int, Transient]:
        """See what became of writes that an earlier run sent and did not see answered; where that cannot be told now."""
        async with self._database.account(account.account_id) as unit:
            open_plans = await plans.unsettled(unit, account.psa.connection_id)
        unseen: dict[int, Transient] = {}
        for plan in open_plans:
            unseen |= await (await self._applying(account, plan, hold)).settle()
        return unseen

    def _turn(self, account: AccountContext) -> AbstractAsyncContextManager[Hold]:
        return turn(self._database, account.account_id, account.psa.connection_id, self._terms, PATIENCE)

    async def reconcile(
        self, account_id: UUID, first: date, last: date, progress: Progress = no_progress
    ) -> SeatReport:
        """Bought, on the agreements and invoiced, for whole months.

        Invoices of the month before may bill the first one ahead; every later one may catch up on any of them.

        Raises:
            Transient: the additions of an agreement could not be read; without them nothing would agree.
        """
        account = await self.account(account_id)
        given, found = await self.situation(account, progress)
        for error in found.unread.values():
            raise error
        posting = await self.posting(account)
        dated_to = last_day_of_invoices(found, last, given.today)
        dated_from = shift_month(month_start(min(given.section.since, first)), -1)
        invoiced, two_way = await read_invoiced(posting, found, dated_from, dated_to)
        return reconcile(given, found, invoiced, first, last, two_way)

    async def check(
        self, account_id: UUID, *, fix: bool = False, readings: tuple[SeatReading, ...] | None = None
    ) -> SetUp:
        """Everything billing sync needs of ConnectWise; `fix` makes what is missing and permitted.

        Sources are read, unless `readings` says what they showed a moment ago.
        """
        account = await self.account(account_id)
        async with self._database.account(account_id) as unit:
            stored = await links.links(unit, account.psa.connection_id)
        psa, posting = await self.psa(account), await self.posting(account)
        section, today = seats_of(account), self._clock.today()

        async def read() -> tuple[SeatReading, ...]:
            return await self.read(account) if readings is None else readings

        return await Checking(psa, posting, section, stored, today, read, fix=fix).run()

    async def credits(self, account_id: UUID) -> tuple[CreditDue, ...]:
        """What the newest plan found to be owed to customers, and nobody has settled since."""
        plan = await self.latest(account_id)
        done = {each.credit.key for each in await self.settled(account_id)}
        return tuple(due for part in plan.parts for due in part.credits if due.key not in done)

    async def settled(self, account_id: UUID) -> list[Settled]:
        """The credits that people settled."""
        account = await self.account(account_id)
        async with self._database.account(account_id) as unit:
            return await settlements.settled(unit, account.psa.connection_id)

    async def settle(self, account_id: UUID, key: str, note: str, by: str) -> CreditDue:
        """Say that a credit was given: no plan lists it again. ConfigurationError CREDIT_UNKNOWN for an unknown key."""
        account = await self.account(account_id)
        due = next((due for due in await self.credits(account_id) if due.key == key), None)
        if due is None:
            raise ConfigurationError(f"no credit {key} is due: see `ledgerwire seats credits`", code="CREDIT_UNKNOWN")
        async with self._database.account(account_id) as unit:
            await settlements.settle(unit, account.psa.connection_id, due, note, by)
        return due

    async def take_back(self, account_id: UUID, key: str) -> None:
        """Say that a credit was not given after all. ConfigurationError CREDIT_UNKNOWN for an unknown key."""
        account = await self.account(account_id)
        async with self._database.account(account_id) as unit:
            if not await settlements.take_back(unit, account.psa.connection_id, key):
                raise ConfigurationError(f"no credit {key} was settled", code="CREDIT_UNKNOWN")

    async def link(self, account_id: UUID, source: str, customer_id: str, company_id: int, by: str) -> CustomerLinked:
        """Say which company a source's customer is.

        Raises:
            ConfigurationError: SOURCE_UNKNOWN, CUSTOMER_LINKED_ELSEWHERE, COMPANY_UNKNOWN or COMPANY_STATUS; nothing is linked.
        """
        account = await self.account(account_id)
        section = seats_of(account)
        given = source_of(section, source, customer_id, company_id)
        company = await company_to_link(await self.psa(account), section, company_id)
        shown = await shows(await self._sources.open(account, given), customer_id)
        async with self._database.account(account_id) as unit:
            await links.link_customer(unit, account.psa.connection_id, source, customer_id, customer_id, company_id, by)
        return CustomerLinked(company, shown)

    async def _one(self, account_id: UUID, plan_id: UUID | None) -> StoredPlan:
        if plan_id is None:
            return await self.latest(account_id)
        async with self._database.account(account_id) as unit:
            plan = await plans.plan_of(unit, plan_id)
        if plan is None:
            raise ConfigurationError(f"there is no plan {plan_id}", code="NO_PLAN")
        return plan
