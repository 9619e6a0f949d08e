"""What waits, by ledger company: work of all services, budgets of its connection, and the forecast (D19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from ledgerwire.cli.dead_letters import database_of
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.workplace import tenants_database
from ledgerwire.common.db.roles import SERVICES
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LIMITS
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.waiting import WaitingWork, waiting_work
from ledgerwire.poster.pace import calls_per_document
from ledgerwire.tenants import accounts
from ledgerwire.tenants.budget import left_of, windows_of
from ledgerwire.tenants.forecast import CONNECTWISE_CALLS, LEDGER_CALLS, Left, Need, finish_in
from ledgerwire.tenants.read import AccountContext, CompanyContext, ConnectionContext, account_for_service
from ledgerwire.tenants.repository import budgets

TO_POST = "post"
TO_MAP = "map"

_BY_TIME = LIMITS | {"", "NEXT_STEP"}
"""What time or our own turn ends, so that work put off for it can be forecast: nobody knows when a consent or a server is back."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waiting work of one service for a company."""

    service: str
    work: WaitingWork


@dataclass(frozen=True, slots=True)
class CompanyBacklog:
    """One ledger company. `company` is "" for looks at records of which nobody knows the company yet.

    Attributes:
        budget, psa_budget: what is left of the limits of its ledger, and of the ConnectWise it shares with other companies.
        documents: records on their way to the ledger that go on now or as the limits let them.
        waits_for: records put off until something else has happened, by the code of it; they are not forecast.
        calls_per_document: measured over the last day (`measured`), else the package's usual figure.
        finish_in: the forecast, None where there is nothing to forecast.
    """

    account: str
    company: str
    package: str
    waiting: tuple[Waiting, ...]
    budget: tuple[Left, ...] = ()
    psa_budget: tuple[Left, ...] = ()
    documents: int = 0
    waits_for: Mapping[str, int] = field(default_factory=dict)
    calls_per_document: Decimal = Decimal(0)
    measured: bool = False
    finish_in: timedelta | None = None


async def backlog_of(settings: Settings, account: str | None) -> list[CompanyBacklog]:
    """The backlogs of all accounts, or of one. Raises AccountUnknownError."""
    async with tenants_database(settings) as database:
        known = await accounts.list_accounts(database)
    ids = {entry.account_id for entry in known} if account is None else {(await account_named(settings, account))[0]}
    work: list[Waiting] = []
    for service in SERVICES:
        async with database_of(settings, service) as database, database.system() as unit:
            work += [Waiting(service, item) for item in await waiting_work(unit, ServiceSchema(service))]
    found: list[CompanyBacklog] = []
    async with database_of(settings, "poster") as poster:
        async with poster.system() as unit:
            left = await budgets.left(unit)
        for account_id in ids:
            async with poster.account(account_id) as unit:
                context = await account_for_service(unit)
            mine = [item for item in work if item.work.account_id == account_id]
            found += await _companies(poster, context, mine, left)
    return sorted(found, key=lambda one: (one.account, one.company))


async def _companies(
    poster: Database, account: AccountContext, work: Sequence[Waiting], left: dict[UUID, list[Left]]
) -> list[CompanyBacklog]:
    found = []
    for company in account.companies:
        waiting = [item for item in work if _belongs(item.work, company, account)]
        found.append(await _company(poster, account, company, waiting, left))
    rest = [item for item in work if not any(_belongs(item.work, company, account) for company in account.companies)]
    together = sum(one.documents for one in found) + _going(rest)
    forecast = [replace(one, finish_in=_forecast(one, together)) for one in found]
    return [*forecast, *([CompanyBacklog(account.name, "", "", tuple(rest))] if rest else [])]


def _belongs(work: WaitingWork, company: CompanyContext, account: AccountContext) -> bool:
    """Work on ConnectWise's side is a company's where the account has only one."""
    only = len(account.companies) == 1
    return work.connection_id == company.ledger_connection_id or (
        only and work.connection_id == account.psa.connection_id
    )


def _going(waiting: Sequence[Waiting]) -> int:
    """Records on their way that nothing but the limits keeps."""
    put_off = _put_off(waiting)
    due = sum(item.work.due for item in waiting if item.work.kind in {TO_POST, TO_MAP})
    return due + sum(count for code, count in put_off.items() if code in _BY_TIME)


def _put_off(waiting: Sequence[Waiting]) -> Counter[str]:
    """Records put off, by the code of why."""
    put_off: Counter[str] = Counter()
    for item in waiting:
        if item.work.kind in {TO_POST, TO_MAP}:
            put_off.update(item.work.later_for)
    return put_off


async def _company(
    poster: Database,
    account: AccountContext,
    company: CompanyContext,
    waiting: Sequence[Waiting],
    left: Mapping[UUID, Sequence[Left]],
) -> CompanyBacklog:
    ledger, psa = (
        account.connection(company.ledger_connection_id),
        account.connection(company.connectwise_connection_id),
    )
    measured = await calls_per_document(poster, account.account_id, ledger.connection_id)
    return CompanyBacklog(
        account=account.name,
        company=company.name,
        package=ledger.kind,
        waiting=tuple(waiting),
        budget=_budget(ledger, left),
        psa_budget=_budget(psa, left),
        documents=_going(waiting),
        waits_for={code: count for code, count in _put_off(waiting).most_common() if code not in _BY_TIME},
        calls_per_document=measured if measured is not None else LEDGER_CALLS.get(ledger.kind, Decimal(1)),
        measured=measured is not None,
    )


def _budget(connection: ConnectionContext, left: Mapping[UUID, Sequence[Left]]) -> tuple[Left, ...]:
    return left_of(windows_of(connection.kind, connection.config), left.get(connection.connection_id, ()))


def _forecast(one: CompanyBacklog, together: int) -> timedelta | None:
    """When a company is done: its ledger takes its documents, ConnectWise those of all companies of the account."""
    if not one.documents:
        return None
    ledger = Need(one.documents * one.calls_per_document, one.budget)
    return finish_in(ledger, Need(together * CONNECTWISE_CALLS, one.psa_budget))
