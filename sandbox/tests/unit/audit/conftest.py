"""A synthetic journal: what the wire would show if a product posted and batched the expected ledger."""

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.seed import build
from ledgerwire.sandbox.seed.expected import ExpectedRecord
from ledgerwire.sandbox.seed.tax import share
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.state import XeroState


def guid(number: str, copy: int = 0) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{number}:{copy}"))


def document(record: ExpectedRecord, copy: int = 0, **changes: Any) -> dict[str, Any]:
    """The expected document as Xero answers it, its tax on the first line that bears some."""
    note = record.kind == "credit_note"
    taxed = next((i for i, line in enumerate(record.lines) if line.tax_type == "OUTPUT"), 0)
    lines = [
        {
            "ItemCode": line.item,
            "AccountCode": line.account,
            "TaxType": line.tax_type,
            "LineAmount": line.net,
            "TaxAmount": record.tax if index == taxed else Decimal(0),
            "Tracking": [{"Name": name, "Option": option} for name, option in line.tracking],
        }
        for index, line in enumerate(record.lines)
    ]
    return {
        "CreditNoteID" if note else "InvoiceID": guid(record.number, copy),
        "CreditNoteNumber" if note else "InvoiceNumber": record.number,
        "Type": "ACCRECCREDIT" if note else "ACCREC",
        "Contact": {"ContactID": guid(record.contact), "Name": record.contact},
        "DateString": f"{record.date.isoformat()}T00:00:00",
        "DueDateString": f"{record.due_date.isoformat()}T00:00:00",
        "CurrencyCode": record.currency,
        "Status": "AUTHORISED" if record.total else "PAID",
        "SubTotal": record.net,
        "TotalTax": record.tax,
        "Total": record.total,
        "LineItems": lines,
        **changes,
    }


def transaction(record: ExpectedRecord) -> dict[str, Any]:
    """An export of one record: an AR header entry, a line entry, a tax entry."""
    first = record.invoice_id * 10
    return {
        "id": first,
        "documentNumber": record.number,
        "glEntryIds": str(first),
        "detail": [{"id": first + 1, "glTypeId": "R"}, {"id": first + 2, "glTypeId": "ST"}],
    }


def batch_name(record: ExpectedRecord) -> str:
    return f"INV-{record.number}"


class Wire:
    """Collects journal entries in order."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(
        self, system: str, method: str, path: str, request: Any, status: int, response: Any, fault: str | None = None,
        *, decided: int | None = None, query: str = "",
    ) -> None:  # fmt: skip
        body = response if isinstance(response, str) else json.dumps(response, default=float)
        self.entries.append({
            "seq": len(self.entries) + 1, "kind": "http", "system": system, "method": method, "path": path, "query": query,
            "request_body": json.dumps(request), "status": status, "response_body": body, "fault": fault,
            "decided": status if decided is None else decided,
        })  # fmt: skip

    def put(self, *documents: dict[str, Any], fault: str | None = None, status: int = 200, body: Any = None) -> None:
        name = "CreditNotes" if "CreditNoteID" in documents[0] else "Invoices"
        answer = {name: list(documents)} if body is None else body
        self.add("xero", "PUT", f"/api.xro/2.0/{name}", {}, status, answer, fault)

    def look_up(self, *documents: dict[str, Any], query: str = "") -> None:
        name = "CreditNotes" if "CreditNoteID" in documents[0] else "Invoices"
        self.add("xero", "GET", f"/api.xro/2.0/{name}", None, 200, {name: list(documents)}, query=query)

    def export(self, record: ExpectedRecord) -> None:
        path = "/v2025_1/apis/3.0/finance/accounting/export"
        self.add(
            "connectwise",
            "POST",
            path,
            {"includedInvoiceIds": [record.invoice_id]},
            200,
            {"transactions": [transaction(record)]},
        )

    def batch(self, record: ExpectedRecord, *, ids: list[int] | None = None, name: str | None = None,
              status: int = 201, fault: str | None = None, decided: int | None = None) -> None:  # fmt: skip
        first = record.invoice_id * 10
        request = {
            "batchIdentifier": name or batch_name(record),
            "processedRecordIds": ids or [first, first + 1, first + 2],
        }
        answer = {"transactions": [transaction(record)]} if status == 201 else {"message": "error"}
        path = "/v2025_1/apis/3.0/finance/accounting/batches"
        self.add("connectwise", "POST", path, request, status, answer, fault, decided=decided)

    def post(self, record: ExpectedRecord, **changes: Any) -> None:
        """One record's whole way."""
        self.export(record)
        if record.state == "posted":
            self.put(self.document(record, **changes))
        self.batch(record)

    @staticmethod
    def document(record: ExpectedRecord, copy: int = 0, **changes: Any) -> dict[str, Any]:
        """The expected document as Xero answers it; another `copy` is another GUID."""
        return document(record, copy, **changes)

    @staticmethod
    def state_rows(records: list[ExpectedRecord]) -> list[dict[str, Any]]:
        """Invoice rows of the PSA, each bearing its batch."""
        return [
            {
                "id": record.invoice_id,
                "invoiceNumber": record.number,
                "glBatch": {"id": record.invoice_id, "name": batch_name(record)},
            }
            for record in records
        ]


@pytest.fixture
def wire() -> Wire:
    return Wire()


class Clerk:
    """Types documents into the ledger by hand, line by line, with the printed tax."""

    def __init__(self, scenario, clock: VirtualClock, journal: Journal) -> None:
        self.journal = journal
        self.state = XeroState()
        app = {"client_id": "clerk", "client_secret": "secret"}
        self.state.load({**scenario.xero, "apps": [app]})
        self.state.set_lock_dates(None)
        for name in {record.contact for record in scenario.expected}:
            if not self.state.contacts.by_key(name):
                self.state.add("contacts", {"Name": name})
        token = self.state.identity.consent("clerk", clock.now())["access_token"]
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(self.state, clock, self.journal, Faults())),
            base_url="http://xero.test",
            headers={"Authorization": f"Bearer {token}", "xero-tenant-id": self.state.tenant_id},
        )

    def document(self, record):
        note = record.kind == "credit_note"
        taxes = share(record.tax, [line.net if line.tax_type == "OUTPUT" else Decimal(0) for line in record.lines])
        lines = [
            {
                "Description": "x",
                "Quantity": 1,
                "UnitAmount": str(line.net),
                "AccountCode": line.account,
                "TaxType": line.tax_type,
                "TaxAmount": str(tax),
                "Tracking": [{"Name": name, "Option": option} for name, option in line.tracking],
                **({"ItemCode": line.item} if line.item else {}),
            }
            for line, tax in zip(record.lines, taxes, strict=True)
        ]
        return {
            "Type": "ACCRECCREDIT" if note else "ACCREC",
            "CreditNoteNumber" if note else "InvoiceNumber": record.number,
            "Contact": {"ContactID": self.state.contacts.by_key(record.contact)[0]["ContactID"]},
            "Date": record.date.isoformat(),
            "DueDate": record.due_date.isoformat(),
            "LineAmountTypes": "Exclusive",
            "Status": "AUTHORISED",
            "LineItems": lines,
        }

    async def post(self, *records) -> None:
        for name, note in (("Invoices", False), ("CreditNotes", True)):
            rows = [self.document(record) for record in records if (record.kind == "credit_note") == note]
            for start in range(0, len(rows), 50):
                content = json.dumps({name: rows[start : start + 50]})
                answer = await self.http.put(f"/api.xro/2.0/{name}", params={"unitdp": 4}, content=content)
                assert answer.status_code == 200, answer.text


@pytest.fixture
def scenario():
    return build(7)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))


@pytest.fixture
def journal(clock) -> Journal:
    return Journal(clock)


@pytest.fixture
async def clerk(scenario, clock, journal):
    made = Clerk(scenario, clock, journal)
    yield made
    await made.http.aclose()
