"""A run by hand: the unposted records of one type and company, as far as chosen, are handed to mapper (A108-A110, A123)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from ledgerwire.common.clock import Clock
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.ids import AccountId, ConnectionId, message_id, record_id
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.models import UnpostedInvoice, UnpostedProcurement
from ledgerwire.ingest import repository
from ledgerwire.ingest.offered import Offered, dated_of, offered
from ledgerwire.ingest.sweep import UnpostedRow, unposted_pages
from ledgerwire.ingest.tenancy import Tenancy
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.read import AccountContext, CompanyContext


class RunRefusedError(LedgerwireError):
    """The run cannot be told apart from another one: several companies and none named, an unknown one, a type that is off."""

    code = "RUN_REFUSED"

    def __init__(self, message: str, *, is_off: bool = False) -> None:
        super().__init__(message)
        self.is_off = is_off
        """The type of record is switched off in the mapping."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a run takes: everything of a type, or what is dated up to a day, or the records of these numbers."""

    record_type: RecordType
    company: str | None = None
    through: date | None = None
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was started. `offered` are the ids in ConnectWise of what it took; `announced` were not under way already.

    `missing`: the chosen numbers that are not on the list, as far as it was chosen.
    """

    run_id: str
    record_type: RecordType
    offered: tuple[str, ...]
    announced: int
    missing: tuple[str, ...] = ()


class Runs:
    """Starts runs. What comes of one is read from its records: they carry its id as their correlation id."""

    def __init__(
        self, database: Database, clients: ConnectionClients, tenancy: Tenancy, outbox: Outbox, clock: Clock
    ) -> None:
        self._database = database
        self._clients = clients
        self._tenancy = tenancy
        self._outbox = outbox
        self._clock = clock

    async def start(self, account_id: UUID, selection: Selection) -> Run:
        """Hand the selected records to mapper; the same ones within the same minute are handed over once.

        Raises RunRefusedError, and what reading ConnectWise raises.
        """
        connection_id = (await self._clients.account(account_id)).psa.connection_id
        run_id, now, taken, announced = str(uuid4()), self._clock.now(), [], 0
        missing = dict.fromkeys(selection.numbers)
        async for some in self._chosen(account_id, selection):
            taken += [str(row.source_id) for row in some]
            missing = {number: None for number in missing if not any(number in names_of(row) for row in some)}
            announced += await self._announce(account_id, connection_id, selection.record_type, some, (run_id, now))
        return Run(run_id, selection.record_type, tuple(taken), announced, tuple(missing))

    async def offered(self, account_id: UUID, selection: Selection) -> list[Offered]:
        """What a run with this selection would take now: ConnectWise's list as far as it is chosen (A111). Nothing is begun.

        Raises RunRefusedError, and what reading ConnectWise raises.
        """
        return [offered(row) async for some in self._chosen(account_id, selection) for row in some]

    async def _chosen(self, account_id: UUID, selection: Selection) -> AsyncIterator[list[UnpostedRow]]:
        account = await self._clients.account(account_id)
        company = company_of(account, selection)
        tenant = await self._tenancy.tenant(account_id, account.psa.connection_id, fresh=True)
        if selection.record_type not in tenant.record_types:
            raise RunRefusedError(f"{selection.record_type.value} is off in the mapping of this account", is_off=True)
        async for page in unposted_pages(tenant.psa, selection.record_type):
            yield [row for row in page if is_selected(row, selection, company)]

    async def _announce(
        self,
        account_id: UUID,
        connection_id: UUID,
        kind: RecordType,
        rows: Sequence[UnpostedRow],
        run: tuple[str, datetime],
    ) -> int:
        run_id, now = run
        said = 0
        async with self._database.account(account_id) as unit:
            for row in rows:
                record = _record(account_id, connection_id, kind, row)
                message = new_message(
                    RecordClosedV1(
                        record_id=record,
                        connection_id=connection_id,
                        record_type=kind.value,
                        source_id=str(row.source_id),
                        found_by="replay",
                    ),
                    account_id=account_id,
                    subject=str(record),
                    correlation_id=run_id,
                    source="ingest",
                    message_id=message_id("run", record, row.id, row.date_closed, row.total, f"{now:%Y-%m-%dT%H:%M}"),
                )
                if await self._outbox.append(unit, message):
                    said += 1
                    await repository.write_step(unit, account_id, record, "run", {"run": run_id}, run_id)
        return said


def _record(account_id: UUID, connection_id: UUID, kind: RecordType, row: UnpostedRow) -> UUID:
    return record_id(AccountId(account_id), ConnectionId(connection_id), kind.value, str(row.source_id))


def company_of(account: AccountContext, selection: Selection) -> CompanyContext:
    """The company a run is for: the only one, or the one named (A117)."""
    if selection.company is None and len(account.companies) == 1:
        return account.companies[0]
    names = ", ".join(company.name for company in account.companies)
    if selection.company is None:
        raise RunRefusedError(f"the account has several companies, name one: {names}")
    found = next((item for item in account.companies if item.name.casefold() == selection.company.casefold()), None)
    if found is None:
        raise RunRefusedError(f"the account has no company {selection.company!r}: {names}")
    return found


def is_selected(row: UnpostedRow, selection: Selection, company: CompanyContext) -> bool:
    """Whether a row of the list is the company's, dated up to the day chosen, and of a number chosen, if any was (A109)."""
    if row.source_id is None or not company.takes(row.location_id):
        return False
    dated = dated_of(row)
    if selection.through is not None and (dated is None or dated > selection.through):
        return False
    return not selection.numbers or bool(names_of(row) & set(selection.numbers))


def names_of(row: UnpostedRow) -> set[str]:
    """What people call a row: its number, and its id in ConnectWise."""
    own = {str(row.source_id)}
    if isinstance(row, UnpostedInvoice):
        return own | {(row.invoice_number or "").strip()}
    if isinstance(row, UnpostedProcurement):
        order = row.purchase_order.number if row.purchase_order else None
        return own | {(order or "").strip(), (row.vendor_invoice_number or "").strip()} - {""}
    return own | {f"EXP-{row.source_id}"}
