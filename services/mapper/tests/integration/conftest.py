"""The mapper on a real database, before a simulated ConnectWise over TLS and a ledger that only holds reference data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.contracts.document_settled_v1 import DocumentSettledV1
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.ledger.document import Contact, ContactRole, LedgerDocument
from ledgerwire.common.ledger.reference import (
    AccountClass,
    LedgerAccount,
    LedgerItem,
    ReferenceData,
    TaxRate,
    TrackingCategory,
)
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.model import Doorbell
from ledgerwire.connectwise import ConnectWise, ConnectWiseConfig, build_connectwise
from ledgerwire.mapper import repository
from ledgerwire.mapper.bootstrap import SCHEMA
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.handlers import MAP, MapRecords, bury
from ledgerwire.mapper.person import RecordDesk
from ledgerwire.mapper.ports import Account, MappingVersion, Route
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.mapper.settling import SETTLE, SettleRecords, closed_record, settled_document
from ledgerwire.sandbox.server import Sandbox, SandboxOptions

IN_TIME = 20.0
CLOSED = {"name": "Closed"}
RELOAD = {"name": "GL Reload"}
PERSON = 152


class SimulatedLedger:
    """Xero's reference data as the sandbox holds it now; counts what it was asked."""

    def __init__(self, xero: Any) -> None:
        self._xero = xero
        self.lock_date: date | None = None
        self.fresh_reads = 0

    async def contacts(self, role: ContactRole = ContactRole.CUSTOMER) -> list[Contact]:
        return [
            Contact(row["ContactID"], row["Name"], row["ContactStatus"] == "ACTIVE", row.get("EmailAddress"),
                    row.get("ContactNumber"), row.get("AccountNumber"))
            for row in self._xero["contacts"]
        ]  # fmt: skip

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        self.fresh_reads += fresh
        data = self._xero
        return ReferenceData(
            organisation=data["organisation"]["Name"],
            base_currency="AUD",
            currencies=frozenset({"AUD"}),
            accounts=tuple(_account(row) for row in data["accounts"]),
            tax_rates=tuple(_rate(row) for row in data["tax_rates"]),
            items=tuple(LedgerItem(row["Code"], row["Name"]) for row in data["items"]),
            tracking=tuple(
                TrackingCategory(row["Name"], tuple(option["Name"] for option in row["Options"]))
                for row in data["tracking_categories"]
            ),
            lock_date=self.lock_date,
        )


def _account(row: dict[str, Any]) -> LedgerAccount:
    kind = AccountClass(row["Class"].lower())
    return LedgerAccount(
        row["Code"], row["Name"], kind, row["Status"] == "ACTIVE", row["TaxType"], row.get("SystemAccount")
    )


_CLASSES = {
    "Assets": AccountClass.ASSET,
    "Equity": AccountClass.EQUITY,
    "Expenses": AccountClass.EXPENSE,
    "Liabilities": AccountClass.LIABILITY,
    "Revenue": AccountClass.REVENUE,
}


def _rate(row: dict[str, Any]) -> TaxRate:
    applies = frozenset(kind for name, kind in _CLASSES.items() if row[f"CanApplyTo{name}"])
    return TaxRate(row["TaxType"], row["Name"], row["EffectiveRate"], row["Status"] == "ACTIVE", applies)


@dataclass
class Office:
    """One account, its two systems, the mapper's worker and the people who use it."""

    settings: Settings
    database: Database
    sandbox: Sandbox
    client: ConnectWise
    ledger: SimulatedLedger
    desk: RecordDesk
    worker: Worker
    account: Account
    connection_id: ConnectionId
    refuses: Exception | None = None
    calls: list[str] = field(default_factory=list)
    other_ledgers: dict[UUID, Any] = field(default_factory=dict)

    # what a test does

    @property
    def account_id(self) -> UUID:
        return self.account.account_id

    @property
    def desk_of_psa(self) -> Any:
        return self.sandbox.world.connectwise.desk

    def change(self, **changes: Any) -> None:
        """The account's settings change: a new mapping version."""
        newest = next(iter(self.account.mappings), None)
        mapping = changes.pop("mapping", newest.settings if newest else None)
        mappings = () if mapping is None else (MappingVersion(newest.version + 1 if newest else 1, mapping),)
        self.account = replace(self.account, mappings=mappings, **changes)

    def record_id(self, invoice_id: int) -> UUID:
        return record_id(AccountId(self.account_id), self.connection_id, "invoice", str(invoice_id))

    def close(self, *invoice_ids: int) -> None:
        for invoice_id in invoice_ids:
            self.desk_of_psa.set_status(invoice_id, CLOSED, PERSON)

    def reload(self, *invoice_ids: int) -> None:
        for invoice_id in invoice_ids:
            self.desk_of_psa.set_status(invoice_id, RELOAD, PERSON)

    async def ring(self, *invoice_ids: int, found_by: str = "callback") -> None:
        """record.closed.v1 arrives for these invoices."""
        bells: list[Doorbell] = []
        for invoice_id in invoice_ids:
            data = RecordClosedV1(
                record_id=self.record_id(invoice_id), connection_id=self.connection_id, record_type="invoice",
                source_id=str(invoice_id), found_by=found_by,
            )  # fmt: skip
            bells += closed_record(self._envelope(data, invoice_id), data)
        async with self.database.account(self.account_id) as unit:
            await self.worker.store.ring(unit, bells)
        self.worker.wake.set()

    async def settle(self, invoice_id: int, outcome: str, *codes: str, revision: int | None = None) -> None:
        """document.settled.v1 arrives."""
        record = await self.record(invoice_id)
        data = DocumentSettledV1(
            record_id=record.record_id, connection_id=self.connection_id, source_id=record.source_id,
            revision=revision or record.revision, outcome=outcome,
            findings=[{"code": code, "params": {"number": record.number or ""}} for code in codes],
        )  # fmt: skip
        async with self.database.account(self.account_id) as unit:
            await self.worker.store.ring(unit, settled_document(self._envelope(data, invoice_id), data))
        self.worker.wake.set()
        await self.idle()

    def _envelope(self, data: Any, invoice_id: int) -> Any:
        return new_message(
            data, account_id=self.account_id, subject=str(self.record_id(invoice_id)),
            correlation_id=f"c-{invoice_id}", source="test",
        )  # fmt: skip

    async def map(self, *invoice_ids: int, found_by: str = "callback") -> None:
        """Ring and wait until everything that is due is done."""
        await self.ring(*invoice_ids, found_by=found_by)
        await self.idle()

    async def idle(self) -> None:
        """Wait until no work is due any more."""
        async with asyncio.timeout(IN_TIME):
            while await self.value("SELECT count(*) FROM mapper.work WHERE due_at <= now() + interval '2 seconds'"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    # what a test looks at

    async def value(self, sql: str, **params: Any) -> Any:
        async with self.database.account(self.account_id) as unit:
            return (await unit.execute(text(sql), params)).scalar_one()

    async def record(self, invoice_id: int) -> StoredRecord:
        key = self.record_id(invoice_id)
        async with self.database.account(self.account_id) as unit:
            return (await repository.records(unit, [key]))[key]

    async def codes(self, invoice_id: int) -> list[str]:
        return sorted({item.code for item in (await self.record(invoice_id)).findings})

    async def documents(self, invoice_id: int) -> list[LedgerDocument]:
        data = await self.value(
            "SELECT v.documents FROM mapper.revision v JOIN mapper.record r USING (account_id, record_id, revision)"
            " WHERE record_id = :id",
            id=self.record_id(invoice_id),
        )
        return from_canonical(data, list[LedgerDocument])

    async def messages(self, invoice_id: int) -> int:
        return await self.value(
            "SELECT count(*) FROM mapper.outbox WHERE type = 'document.ready.v1' AND subject = :subject",
            subject=str(self.record_id(invoice_id)),
        )

    async def control(self, method: str, path: str, **body: Any) -> Any:
        async with httpx.AsyncClient() as client:
            answer = await client.request(method, f"{self.sandbox.control.base_url}{path}", json=body or None)
            answer.raise_for_status()
            return answer.json()


async def clean(office: Office) -> int:
    """Close an invoice in which nothing is wrong, and map it."""
    plan = office.sandbox.world.scenario.plan
    invoice_id = next(each.invoice_id for each in plan if each.expected_first == "posted" and not each.codes)
    office.close(invoice_id)
    await office.map(invoice_id)
    assert (await office.record(invoice_id)).state is RecordState.MAPPED
    return invoice_id


async def revisions(office: Office, invoice_id: int) -> int:
    """How many revisions the record has."""
    return await office.value(
        "SELECT count(*) FROM mapper.revision WHERE record_id = :id", id=office.record_id(invoice_id)
    )


class OfficeClients:
    """The mapper's `Clients` port over an office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def account(self, account_id: UUID) -> Account:
        assert account_id == self._office.account_id
        return self._office.account

    async def psa(self, account_id: UUID, connection_id: UUID) -> ConnectWise:
        self._office.calls.append("psa")
        if self._office.refuses is not None:
            raise self._office.refuses
        return self._office.client

    async def ledger(self, account_id: UUID, connection_id: UUID) -> SimulatedLedger:
        return self._office.other_ledgers.get(connection_id, self._office.ledger)


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    async with Sandbox.start(SandboxOptions(tls=True, tls_dir=tmp_path)) as running:
        yield running


@pytest.fixture
async def office(settings: Settings, sandbox: Sandbox) -> AsyncIterator[Office]:
    async with _office(settings, sandbox) as made:
        yield made


@asynccontextmanager
async def _office(settings: Settings, sandbox: Sandbox) -> AsyncIterator[Office]:
    account_id, connection_id, ledger_id = uuid4(), ConnectionId(uuid4()), uuid4()
    database = open_database(settings, SCHEMA.name)
    keys = sandbox.world.connectwise.state.credentials
    config = ConnectWiseConfig(
        site=sandbox.connectwise.base_url, company_id=keys.company_id, public_key=keys.public_key,
        private_key=keys.private_key, client_id=keys.client_id, ca_file=str(sandbox.tls.ca_file), on_premise=True,
    )  # fmt: skip
    ledger = SimulatedLedger(sandbox.world.scenario.xero)
    account = Account(
        account_id, live=True, go_live_from=date(2026, 1, 1), mappings=(MappingVersion(1, from_canonical(canonical_bytes(sandbox.world.scenario.account["mapping"]), MappingSettings)),),
        routes=(Route(ledger_id, "Xero", connection_id, frozenset()),),
    )  # fmt: skip
    store_worker: list[Worker] = []

    async def ring(unit: Unit, bell: Doorbell) -> None:
        await store_worker[0].store.ring(unit, [bell])

    async with build_connectwise(config) as client:
        office = Office(settings, database, sandbox, client, ledger, None, None, account, connection_id)  # type: ignore[arg-type]
        handlers = {MAP: MapRecords(OfficeClients(office), Outbox(SCHEMA), ring), SETTLE: SettleRecords(ring)}
        office.worker = Worker(database, SCHEMA, handlers, on_dead=bury)
        store_worker.append(office.worker)
        office.desk = RecordDesk(database, office.worker.store, database.close)
        stop = asyncio.Event()
        running = asyncio.create_task(office.worker.run(stop))
        try:
            yield office
        finally:
            stop.set()
            await running
            await database.close()
