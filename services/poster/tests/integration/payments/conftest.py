"""Payments against both simulated ledgers and ConnectWise over real HTTP, with the real database between them."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from libs.accounting.tests.conftest import QuickBooksServer, XeroServer, make_document, make_line
from libs.accounting.tests.contract.conftest import QuickBooksWorld, XeroWorld
from libs.accounting.tests.contract.conftest import World as LedgerWorld

from ledgerwire.accounting.port import CreditApplied, Ledger, VerdictStatus
from ledgerwire.common.canonical import canonical_bytes, sha256_hex
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.db.dsn import database_name
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.connectwise import ConnectWise, ConnectWiseConfig, build_connectwise
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments.domain.model import OnForeignCash, Side
from ledgerwire.poster.payments.ports import Terms
from ledgerwire.poster.payments.reconcile import Outcome
from ledgerwire.poster.payments.sync import PaymentSync
from ledgerwire.poster.payments.turn import leased_turn
from ledgerwire.sandbox.connectwise.app import ConnectWise as PsaServer
from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.payments import PaymentDesk
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import TlsFiles, make_tls

NOW = datetime(2026, 3, 17, 9, tzinfo=UTC)
PERSON = 152
INVOICE, CREDIT = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass
class Connections:
    """The account's connections and settings, as a test wants them."""

    ledger_: Ledger
    psa_: Payments
    terms_: Terms

    async def terms(self, account_id: UUID, connection_id: UUID) -> Terms:
        del account_id, connection_id
        return self.terms_

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        del account_id, connection_id
        return self.ledger_

    async def payments(self, account_id: UUID, connection_id: UUID) -> Payments:
        del account_id, connection_id
        return self.psa_


@dataclass
class Both:
    """One account with a ledger and a ConnectWise that hold the same documents, and what people do in either."""

    books: LedgerWorld
    psa: PsaServer
    faults: Faults
    database: Database
    admin: asyncpg.Connection
    connections: Connections
    account: UUID = field(default_factory=uuid4)
    connection: UUID = field(default_factory=uuid4)
    ledger_ids: dict[str, str] = field(default_factory=dict)
    invoice_ids: dict[str, int] = field(default_factory=dict)
    totals: dict[str, Decimal] = field(default_factory=dict)

    @property
    def screen(self) -> PaymentDesk:
        """The payments screen of ConnectWise."""
        return PaymentDesk(self.psa.state)

    def rules(self, **changes: Any) -> None:
        """Other settings of the account."""
        self.connections.terms_ = replace(self.connections.terms_, **changes)

    async def look(self, **asked: Any) -> Outcome:
        """One look, as the schedule takes it."""
        clock = FixedClock(self.books.now())
        async with leased_turn(self.database, self.account, self.connection, LeaseTerms()) as turn:
            sync = PaymentSync(self.connections, clock)
            return await sync.look(turn, self.connections.terms_, **asked)

    # --- documents

    async def post(self, number: str, total: str, *, in_psa: bool = True, ours: bool = True) -> None:
        """A document that was posted: an invoice, or with a negative total a credit memo."""
        amount = Decimal(total)
        kind = CREDIT if amount < 0 else INVOICE
        line = self.books.line(f"{abs(amount)}", "0.00", tax_type=self.books.names.no_tax)
        composed = self.books.ledger.compose(kind, [self.books.prepared(kind, number, line)])
        [verdict] = await self.books.ledger.send(composed, f"post-{number}")
        assert verdict.status is VerdictStatus.POSTED
        self.ledger_ids[number] = str(verdict.ledger_id)
        if in_psa:
            self.invoice_ids[number] = self.close(number, amount)
        if ours:
            await self._remember(number, kind)

    def close(self, number: str, total: Decimal) -> int:
        """A closed invoice of ConnectWise."""
        self.totals[number] = total
        row = {
            "invoiceNumber": number,
            "type": "CreditMemo" if total < 0 else "Standard",
            "status": {"id": 2, "name": "Closed", "isClosed": True},
            "company": {"id": 10, "identifier": "HARBOUR", "name": "Harbour Dental"},
            "currency": {"id": 1, "currencyCode": "AUD", "name": "Australian Dollar"},
            "date": "2026-03-17T00:00:00Z",
            "total": total,
            "balance": total,
            "payments": Decimal("0.00"),
            "credits": Decimal("0.00"),
            "locationId": 2,
        }
        return int(self.psa.state.insert("invoices", row, PERSON)["id"])

    async def _remember(self, number: str, kind: DocumentKind) -> None:
        """What mapper and poster would have stored."""
        record, source = uuid4(), str(self.invoice_ids[number])
        nothing = canonical_bytes(())
        await self.execute(
            "INSERT INTO mapper.record (account_id, record_id, connection_id, ledger_connection_id, record_type,"
            " source_id, state, number, currency, revision, correlation_id)"
            " VALUES ($1, $2, $3, $4, 'invoice', $5, 'mapped', $6, 'AUD', 1, 'c')",
            self.account, record, self.connections.terms_.psa_connection, self.connection, source, number,
        )  # fmt: skip
        await self.execute(
            "INSERT INTO mapper.revision (account_id, record_id, revision, outcome, fingerprint, mapping_version,"
            " ledger_connection_id, input, input_hash, documents, documents_hash, trace, findings,"
            " processed_record_ids, gl_lines, gl_total, source_total, correlation_id)"
            " VALUES ($1, $2, 1, 'mapped', 'f', 1, $3, $4, 'h', $5, $6, $4, '[]', '{}', '{}', 0, 0, 'c')",
            self.account, record, self.connection, zlib.compress(b"{}"), nothing, sha256_hex(nothing),
        )  # fmt: skip
        await self.execute(
            "INSERT INTO poster.posting (account_id, posting_id, record_id, connection_id, ordinal, kind, number,"
            " revision, document, document_hash, state, contact_id, ledger_id, ledger_total, correlation_id)"
            " VALUES ($1, $2, $3, $4, 0, $5, $6, 1, $7, 'h', 'posted', '1', $8, 0, 'c')",
            self.account, uuid4(), record, self.connection, str(kind), number, nothing, self.ledger_ids[number],
        )  # fmt: skip
        await self.execute(
            "INSERT INTO poster.timeline (account_id, record_id, step, detail) VALUES ($1, $2, 'proved', '{}')",
            self.account, record,
        )  # fmt: skip

    async def execute(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """One statement as the database's administrator."""
        return list(await self.admin.fetch(query, *values))

    # --- people

    async def pay(self, amounts: Mapping[str, str]) -> Any:
        """A customer pays; the bookkeeper enters it in the ledger as one payment."""
        self.passes()
        return await self.books.pay({self.ledger_ids[number]: amount for number, amount in amounts.items()})

    async def undo(self, payment: Any) -> None:
        """The bookkeeper takes a payment back."""
        self.passes()
        await self.books.undo_payment(payment)

    async def apply_in_ledger(self, note: str, amounts: Mapping[str, str]) -> None:
        """The bookkeeper applies a credit note."""
        self.passes()
        for number, amount in amounts.items():
            await self.books.ledger.allocate(self._applied(note, number, amount), f"person-{uuid4()}")

    async def unapply_in_ledger(self, note: str, number: str) -> None:
        """The bookkeeper takes a credit back."""
        self.passes()
        for one in await self.books.ledger.settlements(None):
            for credit in one.credits if one.ledger_id == self.ledger_ids[number] else ():
                if credit.credit_id == self.ledger_ids[note]:
                    await self.books.ledger.deallocate(credit, f"person-{uuid4()}")

    def _applied(self, note: str, number: str, amount: str) -> CreditApplied:
        return CreditApplied(
            self.ledger_ids[note], note, self.ledger_ids[number], number, Decimal(amount), self.books.now().date()
        )

    def pay_in_psa(self, amounts: Mapping[str, str]) -> list[int]:
        """A clerk enters money on invoices of ConnectWise."""
        return [self._row(number, amount, {"type": "P"}) for number, amount in amounts.items()]

    def pay_rest_in_psa(self, number: str) -> None:
        """A clerk raises the row of money to all that is open."""
        [row] = self.screen.rows(self.invoice_ids[number])
        changes = {"amount": row["amount"] + self.in_psa()[number]}
        self.screen.change(self.invoice_ids[number], row["id"], changes, PERSON)

    def apply_in_psa(self, note: str, amounts: Mapping[str, str]) -> list[int]:
        """A clerk applies a credit memo to invoices of ConnectWise."""
        credit = {"type": "C", "credit": {"id": self.invoice_ids[note]}}
        return [self._row(number, amount, credit) for number, amount in amounts.items()]

    def _row(self, number: str, amount: str, fields: dict[str, Any]) -> int:
        self.passes()
        given = {**fields, "amount": Decimal(amount), "paymentDate": f"{self.books.now().date()}T00:00:00Z"}
        return int(self.screen.create(self.invoice_ids[number], given, PERSON)["id"])

    def take_away_in_psa(self, number: str, payment_id: int) -> None:
        """A clerk deletes a payment row."""
        self.passes()
        self.screen.delete(self.invoice_ids[number], payment_id, PERSON)

    def passes(self, time: timedelta = timedelta(minutes=1)) -> None:
        """Time passes in both systems."""
        self.books.elapse(time)
        self.psa.state.clock.advance(time)

    # --- what stands where

    async def in_ledger(self) -> dict[str, Decimal]:
        """Open balances in the ledger."""
        found = {number: abs(total) for number, total in self.totals.items()}
        for one in await self.books.ledger.settlements(None):
            if one.number in found:
                found[one.number] = one.balance
        return found

    def in_psa(self) -> dict[str, Decimal]:
        """Open balances in ConnectWise."""
        rows = self.psa.state.tables["invoices"].values()
        return {row["invoiceNumber"]: abs(row["balance"]) for row in rows if row["invoiceNumber"] in self.totals}

    async def agree(self) -> bool:
        """Whether both systems show the same open balances."""
        ledger = await self.in_ledger()
        return {number: ledger[number] for number in self.in_psa()} == self.in_psa()

    def rows(self, number: str) -> list[tuple[Decimal, str | None]]:
        """The payment rows of an invoice in ConnectWise: amount and credit memo."""
        shown = self.screen.rows(self.invoice_ids[number])
        return [(row["amount"], (row.get("credit") or {}).get("identifier")) for row in shown]

    def writes(self) -> int:
        """How many calls wrote to either system so far (a person's hand in ConnectWise is no call)."""
        entries = [*self.psa.state.journal.entries(), *self.books._server.journal.entries()]  # type: ignore[attr-defined]
        return sum(entry.method in WRITES and "token" not in entry.path for entry in entries)

    def told(self, outcome: Outcome) -> dict[str, list[str]]:
        """Codes by document number."""
        return {number: [item.code for item in findings] for number, findings in outcome.told.items()}

    async def answer(self, number: str, side: Side) -> None:
        """A person answers; stored as the desk stores it."""
        from ledgerwire.poster.payments import repository  # noqa: PLC0415 - its one use
        from ledgerwire.poster.payments.cases import bring_together  # noqa: PLC0415 - as above
        from ledgerwire.poster.payments.domain.answer import answered  # noqa: PLC0415 - as above

        async with leased_turn(self.database, self.account, self.connection, LeaseTerms()) as turn:
            async with turn.unit() as unit:
                rows = await repository.numbered(unit, self.connection, number)
            together = await bring_together(turn, self.connections.psa_, self.connections.terms_, rows)
            decided = [repository.as_due(row, answered(together.cases[row.invoice_id or 0], side)) for row in rows]
            async with turn.unit() as unit:
                await repository.put(unit, self.connection, decided)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_tls(Path(tmp_path_factory.mktemp("tls")))


@contextlib.asynccontextmanager
async def connectwise(tls: TlsFiles, faults: Faults) -> AsyncIterator[tuple[PsaServer, ConnectWise]]:
    clock = VirtualClock(NOW)
    state = ConnectWiseState(clock=clock, journal=Journal(clock), credentials=Credentials.derive(1))
    company = {"id": 10, "identifier": "HARBOUR", "name": "Harbour Dental"}
    state.load({"companies": {10: company}, "locations": {2: {"id": 2, "name": "Sydney"}}}, {})
    server = create_connectwise(state, faults)
    async with serve(server.app, tls=tls) as served:
        state.site.base_url = served.base_url
        keys = state.credentials
        config = ConnectWiseConfig(
            site=served.base_url,
            company_id=keys.company_id,
            public_key=keys.public_key,
            private_key=keys.private_key,
            client_id=keys.client_id,
            ca_file=str(tls.ca_file),
            on_premise=True,
        )
        async with build_connectwise(config) as client:
            yield server, client


@contextlib.asynccontextmanager
async def ledger(name: str) -> AsyncIterator[LedgerWorld]:
    server: Any = XeroServer() if name == "xero" else QuickBooksServer()
    async with serve(server.app) as served, httpx.AsyncClient(trust_env=False) as http:
        server.connect(served.base_url, http)
        await server.ledger.reference_data()
        world = XeroWorld if name == "xero" else QuickBooksWorld
        yield world(server, make_document, make_line)


@contextlib.asynccontextmanager
async def both_systems(name: str, settings: Settings, tls: TlsFiles) -> AsyncIterator[Both]:
    """A world whose ledger is of one package."""
    faults = Faults()
    async with contextlib.AsyncExitStack() as stack:
        books = await stack.enter_async_context(ledger(name))
        psa, client = await stack.enter_async_context(connectwise(tls, faults))
        database = open_database(settings, "poster")
        stack.push_async_callback(database.close)
        admin = await asyncpg.connect(settings.database_admin_url, database=database_name(settings.database_url))
        stack.push_async_callback(admin.close)
        terms = Terms(True, timedelta(minutes=5), date(2026, 3, 1), uuid4(), "C", OnForeignCash.ASK)
        yield Both(books, psa, faults, database, admin, Connections(books.ledger, client.payments, terms))


@pytest.fixture(params=["xero", "quickbooks"])
async def both(request: pytest.FixtureRequest, settings: Settings, tls: TlsFiles) -> AsyncIterator[Both]:
    """The world on each ledger."""
    async with both_systems(request.param, settings, tls) as made:
        yield made


@pytest.fixture
async def on_xero(settings: Settings, tls: TlsFiles) -> AsyncIterator[Both]:
    """The world on Xero, where the ledger makes no difference."""
    async with both_systems("xero", settings, tls) as made:
        yield made
