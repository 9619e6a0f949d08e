"""Poster alone against both simulated vendors: what mapper would have decided is written into its tables by hand."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.e2e.world import World, open_world

from ledgerwire.common.canonical import canonical_bytes, sha256_hex
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ids import AccountId, ConnectionId, connection_id, record_id
from ledgerwire.common.ledger.document import ContactDecision, DocumentKind, DocumentLine, LedgerDocument, Tracking
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.connectwise.models import ExportTransaction
from ledgerwire.poster.bootstrap import SCHEMA, WORK_KIND
from ledgerwire.poster.connectwise_psa import ConnectWisePsa
from ledgerwire.sandbox.seed import ExpectedRecord
from ledgerwire.tenants.clients import ConnectionClients

_KINDS = {"invoice": DocumentKind.SALES_INVOICE, "credit_note": DocumentKind.CREDIT_NOTE}


@dataclass
class Desk:
    """Plays mapper: decides records and rings for them."""

    world: World

    async def decide(
        self,
        *decided: tuple[int, LedgerDocument | tuple[LedgerDocument, ...]],
        revision: int = 1,
        company: UUID | None = None,
        rings: bool = True,
    ) -> None:
        """Write the decided revisions of these invoices, as mapper would, and ring poster for all in one transaction.

        They are for the account's one company unless another is named.
        """
        exports = await self._exports([invoice_id for invoice_id, _ in decided])
        for invoice_id, documents in decided:
            export = exports[self.world.number(invoice_id)]
            several = documents if isinstance(documents, tuple) else (documents,)
            gl = (sorted(export.processed_record_ids), {str(row.id): row.total for row in export.details}, export.total)
            await self._store("invoice", str(invoice_id), self.world.number(invoice_id), several, gl, revision, company)
        if rings:
            await self.ring(*[invoice_id for invoice_id, _ in decided], company=company)

    async def follow_batch(self, invoice_id: int, document: LedgerDocument, *, revision: int) -> None:
        """A new revision of an invoice that a person batched, and so not exported any more: with the GL entries of the last."""
        rows = await self.world.rows(
            "SELECT processed_record_ids, gl_lines, gl_total FROM mapper.revision WHERE record_id = $1"
            " ORDER BY revision DESC LIMIT 1",
            self.world.record_id(invoice_id),
        )
        ids, lines, header = rows[0]
        gl = (ids, json.loads(lines) if isinstance(lines, str) else lines, header)
        await self._store("invoice", str(invoice_id), self.world.number(invoice_id), (document,), gl, revision)
        await self.world.rows(
            "UPDATE mapper.revision SET findings = $2 WHERE record_id = $1 AND revision = $3",
            self.world.record_id(invoice_id),
            [{"code": "DOCUMENT_FOLLOWS_BATCH", "params": {}}],
            revision,
        )
        await self.ring(invoice_id)

    async def decide_record(
        self, record_type: str, source_id: str, number: str, *documents: LedgerDocument, revision: int = 1
    ) -> UUID:
        """The same for another type of record, as a fresh export shows it; returns the record's id."""
        async with self._psa() as psa:
            [export] = await psa.reexport(RecordType(record_type), {source_id: number})
        gl = (sorted(export.processed_record_ids), export.gl_lines, export.gl_total)
        record = await self._store(record_type, source_id, number, documents, gl, revision)
        await self._ring([record])
        return record

    async def another_company(self) -> UUID:
        """The account gets a second company of the ledger; its ledger connection."""
        [first] = self.world.content["companies"]
        several = [{**first, "locations": [2]}, {**first, "name": "Branch", "locations": [3]}]
        await self.world.apply({"companies": several})
        return connection_id(AccountId(self.world.account_id), "xero:Branch")

    async def ring(self, *records: int | UUID, company: UUID | None = None) -> None:
        """Ring for these records (invoices by their number in ConnectWise) once more."""
        await self._ring([self._record_id(one) for one in records], company)

    def _record_id(self, record: int | UUID) -> UUID:
        return self.world.record_id(record) if isinstance(record, int) else record

    async def _ring(self, records: Sequence[UUID], company: UUID | None = None) -> None:
        database = open_database(self.world.settings, SCHEMA.name)
        try:
            async with database.system() as unit:
                await WorkStore(SCHEMA).ring(unit, [self._bell(one, company) for one in records])
        finally:
            await database.close()

    @asynccontextmanager
    async def _psa(self) -> AsyncIterator[ConnectWisePsa]:
        database = open_database(self.world.settings, SCHEMA.name)
        clients = ConnectionClients(database, self.world.settings)
        try:
            yield ConnectWisePsa(await clients.connectwise(self.world.account_id, self.world.psa_connection))
        finally:
            await clients.close()
            await database.close()

    async def choose(self, record: int | UUID, choice: str) -> None:
        """A person decides about a record that stopped; mapper rings for it."""
        await self.world.rows(
            "UPDATE mapper.record SET choices = array_append(choices, $2::varchar) WHERE record_id = $1",
            self._record_id(record),
            choice,
        )
        await self.ring(record)

    async def settled_work(self) -> None:
        """Wait until no record is in hand."""

        async def idle() -> bool:
            return not await self.world.rows("SELECT 1 FROM poster.work WHERE kind = 'post' AND due_at < 'infinity'")

        await self.world._explained(idle, "no work left", 20)

    def document(self, invoice_id: int, like: int | None = None, **changes: Any) -> LedgerDocument:
        """The document a bookkeeper expects for it (or for the invoice it is a copy of)."""
        expected = self.world.expected(like or invoice_id)
        return replace(self._made(expected, self.world.number(invoice_id)), **changes)

    def posting_states(self) -> Any:
        return self.world.rows("SELECT number, state, ledger_id FROM poster.posting ORDER BY number")

    async def told(self, record: int | UUID) -> list[tuple[str, list[str]]]:
        """What poster told mapper about a record (an invoice by its number in ConnectWise), in order."""
        known = self._record_id(record)
        rows = await self.world.rows("SELECT data FROM poster.outbox WHERE subject = $1 ORDER BY id", str(known))
        bodies = [json.loads(row["data"]) for row in rows]
        return [(body["outcome"], [item["code"] for item in body["findings"]]) for body in bodies]

    async def until_told(self, record: int | UUID, outcome: str, *codes: str) -> None:
        """Wait until the latest that mapper was told is this."""

        async def said() -> bool:
            return (await self.told(record))[-1:] == [(outcome, list(codes))]

        await self.world._explained(said, f"{record} told {outcome} {codes}", 20)

    def put(self, invoice_id: int, **fields: Any) -> dict[str, Any]:
        """A document that is in the ledger already, as our expected one but for `fields`."""
        expected = self.world.expected(invoice_id)
        row = {
            "Type": "ACCREC",
            "InvoiceNumber": expected.number,
            "Contact": {"ContactID": self.contact_id(expected.contact), "Name": expected.contact},
            "Date": expected.date.isoformat(),
            "DueDate": expected.due_date.isoformat(),
            "Status": "AUTHORISED",
            "CurrencyCode": "AUD",
            "SubTotal": expected.net,
            "TotalTax": expected.tax,
            "Total": expected.total,
            "LineItems": [{"LineAmount": line.net, "AccountCode": line.account} for line in expected.lines],
        }
        return dict(self.world.ledger.add("invoices", {**row, **fields}))

    def contact_id(self, name: str) -> str:
        return str(self.world.ledger.contacts.by_key(name)[0]["ContactID"])

    def _made(self, expected: ExpectedRecord, number: str) -> LedgerDocument:
        known = self.world.ledger.contacts.by_key(expected.contact)
        contact = ContactDecision(
            company_key=expected.contact,
            company_name=expected.contact,
            decision="link" if known else "create",
            candidate_id=str(known[0]["ContactID"]) if known else None,
        )
        return LedgerDocument(
            kind=_KINDS[expected.kind],
            number=number,
            contact=contact,
            document_date=expected.date,
            due_date=expected.due_date,
            currency=expected.currency,
            lines=tuple(_line(line) for line in expected.lines),
            net=expected.net,
            tax=expected.tax,
            total=expected.total,
        )

    async def _exports(self, invoice_ids: Sequence[int]) -> dict[str, ExportTransaction]:
        database = open_database(self.world.settings, SCHEMA.name)
        clients = ConnectionClients(database, self.world.settings)
        try:
            client = await clients.connectwise(self.world.account_id, self.world.psa_connection)
            return {str(one.document_number): one for one in await client.export_invoices(list(invoice_ids))}
        finally:
            await clients.close()
            await database.close()

    async def _store(
        self,
        record_type: str,
        source_id: str,
        number: str,
        documents: Sequence[LedgerDocument],
        gl: tuple[Sequence[int], dict[str, Any], Any],
        revision: int,
        company: UUID | None = None,
    ) -> UUID:
        content = canonical_bytes(documents)
        account = self.world.account_id
        record = record_id(AccountId(account), ConnectionId(self.world.psa_connection), record_type, source_id)
        total = self.world.invoice(int(source_id))["total"] if record_type == "invoice" else documents[0].total
        ids, lines, header = gl
        ledger = company or self.world.ledger_connection
        await self.world.rows(
            "INSERT INTO mapper.record (account_id, record_id, connection_id, ledger_connection_id, record_type, source_id,"
            " state, number, revision, correlation_id) VALUES ($1, $2, $3, $4, $5, $6, 'mapped', $7, $8, $9)"
            " ON CONFLICT (account_id, record_id) DO UPDATE SET revision = excluded.revision,"
            " ledger_connection_id = excluded.ledger_connection_id",
            account, record, self.world.psa_connection, ledger, record_type, source_id, number, revision, f"correlation-{source_id}",
        )  # fmt: skip
        await self.world.rows(
            "INSERT INTO mapper.revision (account_id, record_id, revision, outcome, fingerprint, mapping_version,"
            " ledger_connection_id, input, input_hash, documents, documents_hash, trace, findings, processed_record_ids,"
            " gl_lines, gl_total, source_total, correlation_id)"
            " VALUES ($1, $2, $3, 'mapped', 'f', 1, $4, $5, 'h', $6, $7, $5, '[]', $8, $9, $10, $11, $12)",
            account, record, revision, ledger, zlib.compress(b"{}"), content,
            sha256_hex(content), list(ids), {name: str(amount) for name, amount in lines.items()}, header, total,
            f"correlation-{source_id}",
        )  # fmt: skip
        return record

    def _bell(self, record: UUID, company: UUID | None = None) -> Doorbell:
        return Doorbell(
            account_id=self.world.account_id,
            connection_id=company or self.world.ledger_connection,
            work_key=str(record),
            kind=WORK_KIND,
            priority=Priority.URGENT,
            correlation_id=f"correlation-{record}",
            causation_id=None,
            found_by="test",
            payload={"record_id": str(record)},
            due_after=timedelta(0),
        )


def _line(line: Any) -> DocumentLine:
    return DocumentLine(
        description="as expected",
        quantity=Decimal(1),
        unit_amount=line.net,
        net=line.net,
        account_code=line.account,
        tax_type=line.tax_type,
        tax_amount=(line.net / 10).quantize(Decimal("0.01")) if line.tax_type == "OUTPUT" else Decimal(0),
        item_code=line.item,
        tracking=tuple(Tracking(category, option) for category, option in line.tracking),
    )


@pytest.fixture
async def desk(settings: Settings, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_world(settings, tmp_path, services=()) as world:
        yield Desk(world)
