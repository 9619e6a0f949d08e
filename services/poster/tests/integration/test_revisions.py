"""A posted record that changes: its document is updated, replaced or taken back, and a person decides where money hangs on it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.sandbox.connectwise.batches import batch_invoices
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.connectwise.unbatching import unbatch_record

INVOICE, OTHER = 39001, 39003


async def batched_once(desk: Any) -> dict[str, Any]:
    """The invoice is posted and batched, then unbatched by a person; returns its document."""
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await world.batched(INVOICE)
    await desk.until_told(INVOICE, "batched")
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    [document] = world.documents(world.number(INVOICE))
    return dict(document)


def moved(desk: Any, **changes: Any) -> Any:
    """The same document with its lines on another account."""
    document = desk.document(INVOICE, **changes)
    return replace(document, lines=tuple(replace(line, account_code="260") for line in document.lines))


def live(desk: Any, number: str | None = None) -> list[dict[str, Any]]:
    rows = desk.world.documents(number or desk.world.number(INVOICE))
    return [row for row in rows if row["Status"] not in {"VOIDED", "DELETED"}]


def pay(desk: Any, document: dict[str, Any]) -> None:
    paid = {"Status": "PAID", "AmountPaid": document["Total"], "AmountDue": 0}
    desk.world.ledger.amend("invoices", document["InvoiceID"], paid)


@pytest.mark.requirement("M8", "M13", "M15", "B23")
async def test_a_bill_to_that_changed_voids_the_document_and_makes_it_again_for_the_new_customer(desk: Any) -> None:
    before = await batched_once(desk)
    desk.world.ledger.amend("invoices", before["InvoiceID"], {"CurrencyRate": 1.25})
    other = desk.document(OTHER).contact
    await desk.decide((INVOICE, desk.document(INVOICE, contact=other)), revision=2)
    await desk.until_told(INVOICE, "batched", "DOCUMENT_CONTACT_CHANGED")
    [after] = live(desk)
    assert after["InvoiceID"] != before["InvoiceID"]
    assert after["Contact"]["ContactID"] == other.candidate_id
    assert after["CurrencyRate"] == Decimal("1.25"), "the rate that was used is kept"
    assert (desk.world.batch_name(INVOICE) or "").endswith("-R2")


@pytest.mark.requirement("M8")
async def test_a_paid_document_is_left_alone_until_a_person_chooses_and_accepting_it_only_batches(desk: Any) -> None:
    before = await batched_once(desk)
    pay(desk, before)
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")
    assert desk.world.batch_name(INVOICE) is None
    await desk.choose(INVOICE, "ACCEPT")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_ACCEPTED")
    assert [row["InvoiceID"] for row in live(desk)] == [before["InvoiceID"]]
    assert not desk.world.journal("xero", "POST", "/Invoices")


@pytest.mark.requirement("M8")
async def test_a_paid_document_is_credited_and_a_new_one_made_when_a_person_says_so(desk: Any) -> None:
    before = await batched_once(desk)
    pay(desk, before)
    desk.world.ledger.amend("invoices", before["InvoiceID"], {"CurrencyRate": 1.25})
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")
    await desk.choose(INVOICE, "CREDIT_AND_NEW")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_CREDITED")
    number = desk.world.number(INVOICE)
    [credit] = desk.world.documents(f"{number}-CR")
    [new] = live(desk, f"{number}-2")
    assert credit["Total"] == new["Total"] == before["Total"]
    assert credit["CurrencyRate"] == new["CurrencyRate"] == Decimal("1.25")
    assert {line["AccountCode"] for line in new["LineItems"]} == {"260"}
    assert [row["InvoiceID"] for row in live(desk)] == [before["InvoiceID"]]
    await desk.ring(INVOICE)
    await desk.settled_work()
    assert len(desk.world.journal("xero", "PUT", "/CreditNotes")) == 1


@pytest.mark.requirement("M8", "D14")
async def test_a_document_in_a_closed_period_is_not_changed(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await batched_once(desk)
    usual, locked_to = XeroLedger.reference_data, desk.document(INVOICE).document_date

    async def locked(self: XeroLedger, *, fresh: bool = False) -> ReferenceData:
        return replace(await usual(self, fresh=fresh), lock_date=locked_to)

    monkeypatch.setattr(XeroLedger, "reference_data", locked)
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "PERIOD_LOCKED")
    assert live(desk) == [before]


@pytest.mark.requirement("M8")
async def test_a_document_whose_earlier_batch_is_closed_is_not_changed(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    await desk.decide((INVOICE, desk.document(INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    before = live(desk)
    unbatch_record(world.psa.state, RecordKey("invoice", INVOICE), 152)
    [batch] = world.psa.state.tables["batches"].values()
    batch["closedFlag"] = True
    await desk.decide((INVOICE, moved(desk)), revision=2)
    await desk.until_told(INVOICE, "stopped", "BATCH_CLOSED")
    assert live(desk) == before
    await desk.choose(INVOICE, "ACCEPT")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_ACCEPTED")
    assert live(desk) == before


@pytest.mark.requirement("M8")
async def test_a_document_whose_record_a_person_put_into_a_batch_that_is_closed_by_now_is_not_changed(
    desk: Any,
) -> None:
    world = desk.world
    before = await batched_once(desk)
    async with world.held_back("poster"):
        await desk.decide((INVOICE, moved(desk)), revision=2)
        batch_invoices(world.psa.state, [INVOICE], "BY-HAND", 152)
        [batch] = world.psa.state.tables["batches"].values()
        batch["closedFlag"] = True
    await desk.until_told(INVOICE, "stopped", "BATCH_CLOSED")
    assert live(desk) == [before]
    await desk.choose(INVOICE, "ACCEPT")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_ACCEPTED", "ALREADY_BATCHED")
    assert (live(desk), world.batches()) == ([before], ["BY-HAND"])
