"""The expected ledger can be posted into the simulated Xero to the cent, and the books check reads its real answers."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest

from ledgerwire.sandbox.audit import audit
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.seed import build
from ledgerwire.sandbox.seed.tax import share
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.state import XeroState


class Clerk:
    """Types documents into the ledger by hand, line by line, with the printed tax."""

    def __init__(self, scenario) -> None:
        clock = VirtualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))
        self.journal = Journal(clock)
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
async def clerk(scenario):
    made = Clerk(scenario)
    yield made
    await made.http.aclose()


def batched_later(wire, records):
    """Batches of the records, after everything the journal holds."""
    for record in records:
        wire.export(record)
        wire.batch(record)
    return [{**entry, "seq": entry["seq"] + 100_000} for entry in wire.entries]


async def test_the_whole_month_typed_in_by_hand_is_clean(scenario, clerk, wire):
    await clerk.post(*(record for record in scenario.expected if record.state == "posted"))
    report = audit(scenario.expected, [*clerk.journal.entries(), *batched_later(wire, scenario.expected)])
    assert report.findings == ()
    assert report.counts.ledger_total == report.counts.source_total


async def test_a_document_typed_in_twice_under_another_number_is_seen(scenario, clerk, wire):
    records = [record for record in scenario.expected if record.kind == "invoice"][:2]
    await clerk.post(records[0])
    again = clerk.document(records[0]) | {"InvoiceNumber": f"{records[0].number}-2"}
    await clerk.http.put("/api.xro/2.0/Invoices", content=json.dumps({"Invoices": [again]}))
    report = audit(records[:1], [*clerk.journal.entries(), *batched_later(wire, records[:1])])
    assert {finding.code for finding in report.findings} == {"UNEXPECTED_DOCUMENT", "CONTROL_DIFFERS"}
