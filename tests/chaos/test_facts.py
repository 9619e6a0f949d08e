"""What the checker is fed: read off the vendors themselves, so that nothing planted in their books stays out of sight."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.chaos.facts import history, landed_unanswered
from tests.chaos.history import Verdict, check
from tests.e2e.vendors import COORDINATOR, Vendors

from ledgerwire.sandbox.connectwise.batches import batch_invoices, create_batch, delete_batch
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.seed import ExpectedRecord
from ledgerwire.sandbox.server import Sandbox


class Office(Vendors):
    """Both vendors with a few invoices closed, posted by hand, and batched."""

    records: list[ExpectedRecord]

    def enter(self, record: ExpectedRecord, **changes: Any) -> None:
        """A document of the record in the ledger."""
        collection, kind = ("credit_notes", "CreditNote") if record.kind == "credit_note" else ("invoices", "Invoice")
        books = self.ledger.collections[collection]
        row = {f"{kind}ID": f"guid-{len(books)}", f"{kind}Number": record.number, "Status": "AUTHORISED"}
        books.put(row | changes)

    def batch(self, record: ExpectedRecord, name: str) -> None:
        batch_invoices(self.psa.state, [record.invoice_id], name, COORDINATOR)

    def entries(self, record: ExpectedRecord) -> list[int]:
        return [one.id for one in self.psa.state.entries_of(RecordKey("invoice", record.invoice_id))]

    def batch_of(self, record: ExpectedRecord) -> int:
        return int(self.invoice(record.invoice_id)["glBatch"]["id"])

    def acknowledge(self, record_id: int) -> None:
        data = {"type": "invoice", "record_id": record_id, "status": 200}
        self.sandbox.world.journal.event("connectwise", "callback", data)

    def verdict(self) -> Verdict:
        return check(history(self, self.records, [one.number for one in self.records]))


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with Sandbox.start() as sandbox:
        made = Office(sandbox)
        clean = {one.invoice_id for one in sandbox.world.scenario.plan if one.fix is None and not one.codes}
        known = [one for one in sandbox.world.scenario.expected if one.invoice_id in clean]
        made.records = [
            *[one for one in known if one.state == "posted"][:3],
            next(one for one in known if one.state == "no_effect"),
        ]
        for record in made.records:
            made.set_status(record.invoice_id, "Closed")
            if record.state == "posted":
                made.enter(record)
            made.batch(record, f"INV-{record.number}")
        for record in made.records[1:]:
            made.acknowledge(record.invoice_id)
        yield made


def test_a_month_in_order_is_sound(office: Office) -> None:
    verdict = office.verdict()
    assert verdict.sound, verdict.examples
    assert (verdict.attempted, verdict.acknowledged, verdict.ok, verdict.recovered) == (4, 3, 4, 1)


def test_a_second_batch_of_the_rest_of_a_record_is_a_duplicate(office: Office) -> None:
    record = office.records[0]
    delete_batch(office.psa.state, office.batch_of(record), COORDINATOR)
    first, *rest = office.entries(record)
    for name, some in (("INV-first", [first]), ("INV-rest", rest)):
        create_batch(office.psa.state, {"batchIdentifier": name, "processedRecordIds": some}, COORDINATOR)
    verdict = office.verdict()
    assert (verdict.duplicated, verdict.unexpected, verdict.lost) == (1, 0, 0)
    assert verdict.examples["duplicated"] == (record.number,)


def test_a_batch_row_that_holds_nothing_is_unexpected(office: Office) -> None:
    batches = office.psa.state.tables["batches"]
    copied = batches[office.batch_of(office.records[0])]
    batches[9999] = copied | {"id": 9999, "batchIdentifier": "SECOND-BATCH"}
    verdict = office.verdict()
    assert verdict.examples["unexpected"] == ("batch SECOND-BATCH",)
    assert not verdict.sound


def test_a_record_with_an_entry_in_no_batch_is_not_batched(office: Office) -> None:
    record = office.records[1]
    delete_batch(office.psa.state, office.batch_of(record), COORDINATOR)
    some = {"batchIdentifier": "INV-some", "processedRecordIds": office.entries(record)[:-1]}
    create_batch(office.psa.state, some, COORDINATOR)
    verdict = office.verdict()
    assert verdict.examples["lost"] == (record.number,)
    assert verdict.examples["unexpected"] == (f"part of {record.number}",)


def test_a_batch_that_was_deleted_and_made_again_counts_once(office: Office) -> None:
    record = office.records[2]
    delete_batch(office.psa.state, office.batch_of(record), COORDINATOR)
    assert office.verdict().examples["lost"] == (record.number,)
    office.batch(record, "INV-again")
    assert office.verdict().sound


def test_a_batch_of_what_nobody_attempted_is_unexpected(office: Office) -> None:
    [copy] = office.copies(office.records[0].invoice_id, 1, batched=True)
    assert office.verdict().examples["unexpected"] == (f"invoice {copy}",)


def test_a_second_document_and_a_callback_about_nothing_known_are_seen(office: Office) -> None:
    office.enter(office.records[0])
    office.enter(office.records[1], Status="VOIDED")
    office.acknowledge(77)
    verdict = office.verdict()
    assert verdict.examples["duplicated"] == (office.records[0].number,)
    assert verdict.examples["unexpected"] == ("invoice 77",)


async def test_an_answer_counts_as_lost_only_where_a_write_was_carried_out(office: Office) -> None:
    inside = office.sandbox.world
    app = inside.xero_app
    headers = {"Authorization": f"Bearer {app.access_token}", "xero-tenant-id": inside.xero.tenant_id}
    contact = next(iter(inside.xero.contacts))
    line = {"Description": "x", "Quantity": 1, "UnitAmount": 1, "AccountCode": "200"}
    draft = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "LineItems": [line], "Status": "DRAFT"}
    transport = httpx.ASGITransport(inside.xero_asgi)

    async def put(fault: str, **given: Any) -> None:
        inside.faults.add(Fault(fault, "xero"))
        async with httpx.AsyncClient(transport=transport, base_url="http://xero.test", headers=headers | given) as http:
            await http.put("/api.xro/2.0/Invoices", content=json.dumps({"Invoices": [draft]}))

    def counted() -> int:
        return landed_unanswered(inside.journal.entries())

    await put("500_before")
    await put("html_page", Authorization="Bearer wrong")
    assert counted() == 0
    await put("500_after")
    await put("html_page")
    assert counted() == 2
    inside.faults.add(Fault("500_after", "connectwise"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(inside.connectwise.app), base_url="http://psa.test"
    ) as http:
        await http.post("/v4_6_release/apis/3.0/finance/accounting/export", json={})
    assert counted() == 2
