"""Every kind of document and record: bills, journals, several documents of one record, items made on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import Composed
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.errors import Answer
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous, Stopped, Transient, Waiting
from ledgerwire.common.ledger.document import (
    ContactDecision,
    ContactRole,
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    NewItem,
)
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.gl_mapping import mapped_type
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine

INVOICE, OTHER = 39001, 39003
VENDOR = ContactDecision("supplier:77", "Harbour Cables", "create", role=ContactRole.SUPPLIER)
DAY = date(2026, 6, 10)


def journal(number: str, amount: str = "60.00") -> LedgerDocument:
    cost = Decimal(amount)
    lines = tuple(
        DocumentLine("cost of goods", Decimal(1), net, net, account, "NONE", Decimal(0))
        for account, net in (("310", cost), ("630", -cost))
    )
    return LedgerDocument(DocumentKind.JOURNAL, number, None, DAY, DAY, "AUD", lines, cost, Decimal(0), cost)


def bill(number: str, contact: ContactDecision = VENDOR, net: str = "80.00", kind: Any = DocumentKind.BILL) -> Any:
    amount = Decimal(net)
    tax = (amount / 10).quantize(Decimal("0.01"))
    line = DocumentLine("cables", Decimal(1), amount, amount, "310", "INPUT", tax)
    return LedgerDocument(kind, number, contact, DAY, DAY, "AUD", (line,), amount, tax, amount + tax)


def calls(desk: Any, path: str) -> list[Any]:
    return list(desk.world.journal("xero", "PUT", path))


@pytest.mark.requirement("M5", "M6")
async def test_a_record_of_two_documents_is_batched_after_the_last_and_a_lost_journal_is_the_same_call_again(
    desk: Any,
) -> None:
    world = desk.world
    world.arm("500_before", method="PUT", path_regex=r"/ManualJournals")
    await world.close(INVOICE)
    await desk.decide((INVOICE, (desk.document(INVOICE), journal("COGS-1"))))
    await world.serve("poster")
    await world.posting(INVOICE, "unknown")
    assert world.batch_name(INVOICE) is None, "half posted: no batch"
    await desk.until_told(INVOICE, "batched")
    lost, again = calls(desk, "/ManualJournals")
    assert lost.request_body == again.request_body
    assert lost.request_headers["idempotency-key"] == again.request_headers["idempotency-key"]
    assert [row["state"] for row in await desk.posting_states()] == ["posted", "posted"]
    assert len(calls(desk, "/Invoices")) == 1


@pytest.mark.requirement("M5", "D2")
async def test_a_journal_that_is_not_there_after_the_window_of_its_key_is_a_new_call(desk: Any) -> None:
    world = desk.world
    world.arm("500_before", method="PUT", path_regex=r"/ManualJournals")
    await world.close(INVOICE)
    await desk.decide((INVOICE, journal("COGS-1")))
    await world.serve("poster")
    await world.posting(INVOICE, "unknown")
    await world.rows("UPDATE poster.submission SET created_at = created_at - interval '1 hour'")
    await desk.until_told(INVOICE, "batched")
    lost, new = calls(desk, "/ManualJournals")
    assert lost.request_headers["idempotency-key"] != new.request_headers["idempotency-key"]


def second_tries_that_end(monkeypatch: pytest.MonkeyPatch, second: Exception) -> list[tuple[Any, str]]:
    """The first call for a journal is lost on its way, the second ends in `second`, later ones pass; returns all of them."""
    usual, sent = XeroLedger.send, []

    async def send(self: XeroLedger, composed: Composed, key: str) -> Any:
        if composed.kind is not DocumentKind.JOURNAL:
            return await usual(self, composed, key)
        sent.append((composed.body, key))
        if len(sent) == 1:
            raise Ambiguous("lost on its way")
        if len(sent) == 2:
            raise second
        return await usual(self, composed, key)

    monkeypatch.setattr(XeroLedger, "send", send)
    return sent


@pytest.mark.requirement("D2", "M5")
@pytest.mark.parametrize(
    "second",
    [
        Waiting("closed", code="RATE_LIMITED", after=timedelta(milliseconds=50)),
        Transient("no call in time", retry_after=timedelta(0)),
    ],
    ids=["waiting", "transient"],
)
async def test_a_second_try_that_is_not_sent_leaves_the_first_open_so_that_the_third_is_the_same_call(
    desk: Any, monkeypatch: pytest.MonkeyPatch, second: Exception
) -> None:
    sent = second_tries_that_end(monkeypatch, second)
    await desk.world.close(INVOICE)
    await desk.decide((INVOICE, journal("COGS-1")))
    await desk.world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    assert len(sent) == 3
    assert sent[0] == sent[1] == sent[2], "a new key would make a second journal, should the first call land late"
    assert len(await desk.world.rows("SELECT 1 FROM poster.submission WHERE kind = 'journal'")) == 1


@pytest.mark.requirement("D2", "M5")
async def test_a_second_try_that_is_refused_proves_nothing_of_the_first_which_is_looked_for_until_absence_counts(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.world
    refusal = Stopped([Finding("LEDGER_REFUSED", {"number": "COGS-1", "ledger": "Xero", "text": "no"})])
    sent = second_tries_that_end(monkeypatch, refusal)
    await world.close(INVOICE)
    await desk.decide((INVOICE, journal("COGS-1")))
    await world.serve("poster")

    async def looked_for() -> bool:
        rows = await world.rows(
            "SELECT due_at > now() + interval '1 minute' AS late FROM poster.work WHERE kind = 'post'"
        )
        return len(sent) == 2 and [row["late"] for row in rows] == [True]

    await world._explained(looked_for, "waits for the end of the window", 20)
    await world.posting(INVOICE, "unknown")
    assert [row["state"] for row in await world.rows("SELECT state FROM poster.submission")] == ["unknown"]
    assert not await desk.told(INVOICE)
    await world.rows("UPDATE poster.submission SET created_at = created_at - interval '1 hour'")
    await desk.ring(INVOICE)
    await desk.until_told(INVOICE, "batched")
    assert len(sent) == 3
    assert sent[2][1] != sent[0][1]


@pytest.mark.requirement("M16", "D9")
async def test_bills_go_one_a_call_each_looked_for_first_and_a_suppliers_own_number_is_respected(desk: Any) -> None:
    world = desk.world
    ids = world.copies(OTHER, 4, batched=False)
    await world.close(*ids)
    same, strangers, clash, later = ids
    await desk.decide((same, bill("VI-1")))
    await world.serve("poster")
    await world.batched(same)
    stranger = replace(VENDOR, company_key="supplier:78", company_name="Quay Cables")
    await desk.decide(
        (strangers, bill("VI-1", stranger)), (clash, bill("VI-1", net="99.00")), (later, bill("VI-1-PS2"))
    )
    await world.batched(strangers, later)
    await desk.until_told(clash, "stopped", "DUPLICATE_NUMBER")
    posted = [row for row in world.ledger.collections["invoices"] if row["Type"] == "ACCPAY"]
    assert sorted((row["InvoiceNumber"], row["Total"]) for row in posted) == [
        ("VI-1", Decimal("88.00")), ("VI-1", Decimal("88.00")), ("VI-1-PS2", Decimal("88.00")),
    ]  # fmt: skip
    numbers = {row["company_key"]: row["contact_id"] for row in await world.rows("SELECT * FROM poster.contact_link")}
    assert set(numbers) == {"supplier:77", "supplier:78"}
    contacts = {row["ContactNumber"] for row in world.ledger.contacts if row.get("ContactNumber")}
    assert {"CW-77", "CW-78"} <= contacts


def looks_that_meet_a_proxy(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """After the first bill was sent, so many looks are answered with HTTP 200 by something on the way; returns them."""
    usual, sent, met = XeroClient._exchange, [], []

    async def exchange(self: XeroClient, method: str, url: str, *rest: Any) -> Answer:
        answer = await usual(self, method, url, *rest)
        if method == "PUT" and "/Invoices?" in url:
            sent.append(url)
        if method == "PUT" or "/Invoices?" not in url or not sent or len(met) == times:
            return answer
        met.append(url)
        return replace(answer, body=b'{"error": "upstream connect error"}')

    monkeypatch.setattr(XeroClient, "_exchange", exchange)
    return met


@pytest.mark.requirement("D2", "M5", "M16")
async def test_a_bill_whose_look_up_is_answered_by_a_proxy_is_not_posted_again(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Xero takes a bill's number twice, so only the look-up stands between a lost answer and a second bill."""
    world, met = desk.world, looks_that_meet_a_proxy(monkeypatch, times=2)
    world.arm("500_after", method="PUT", path_regex=r"/Invoices")
    await world.close(OTHER)
    await desk.decide((OTHER, bill("VI-1")))
    await world.serve("poster")
    await world.posting(OTHER, "unknown")
    # Past the window of its key: what is not there then would be a new call.
    await world.rows("UPDATE poster.submission SET created_at = created_at - interval '1 hour'")

    async def met_both() -> bool:
        return len(met) == 2

    await world._explained(met_both, "two looks answered by a proxy", 20)
    await desk.until_told(OTHER, "batched")
    assert len(calls(desk, "/Invoices")) == 1
    assert [row["InvoiceNumber"] for row in world.ledger.collections["invoices"] if row["Type"] == "ACCPAY"] == ["VI-1"]


@pytest.mark.requirement("M16", "A129")
async def test_a_bill_entered_by_hand_is_adopted_if_all_agrees_or_if_a_person_says_that_it_is_ours(desk: Any) -> None:
    world = desk.world
    alike, other = world.copies(OTHER, 2, batched=False)
    await world.close(alike, other)
    await world.serve("poster")
    known = desk.document(INVOICE).contact
    supplier = ContactDecision("supplier:1", known.company_name, "link", known.candidate_id, role=ContactRole.SUPPLIER)
    by_hand = {"Type": "ACCPAY", "Date": DAY.isoformat(), "DueDate": DAY.isoformat()}
    hand = desk.put(
        INVOICE, **by_hand, InvoiceNumber="VI-8", SubTotal=80, TotalTax=8, Total=88, LineItems=[{"LineAmount": 80}]
    )
    changed = desk.put(
        INVOICE, **by_hand, InvoiceNumber="VI-9", SubTotal=70, TotalTax=7, Total=77, LineItems=[{"LineAmount": 70}]
    )
    another = desk.document(OTHER).contact
    stranger = {"ContactID": another.candidate_id, "Name": another.company_name}
    theirs = {"InvoiceID": "5b4e3a7c-0000-4000-8000-000000000009", "Contact": stranger}
    desk.put(INVOICE, **by_hand, **theirs, InvoiceNumber="VI-9", SubTotal=80, TotalTax=8, Total=88)
    await desk.decide((alike, bill("VI-8", supplier)), (other, bill("VI-9", supplier)))
    await world.batched(alike)
    await desk.until_told(other, "stopped", "DUPLICATE_NUMBER")
    await desk.choose(other, "ADOPT")
    await desk.until_told(other, "stopped", "LEDGER_TOTAL_DIFFERS")
    await desk.choose(other, "ACCEPT")
    await desk.until_told(other, "batched", "DOCUMENT_ACCEPTED")
    known_ids = {row["number"]: row["ledger_id"] for row in await desk.posting_states()}
    assert known_ids == {"VI-8": hand["InvoiceID"], "VI-9": changed["InvoiceID"]}
    assert not calls(desk, "/Invoices")


@pytest.mark.requirement("M10")
async def test_an_item_that_a_document_needs_is_made_before_it(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    item = NewItem("WIDGET-260", "Widget", "260")
    document = desk.document(INVOICE, new_items=(item,))
    lines = tuple(replace(line, item_code="WIDGET-260", account_code="260") for line in document.lines)
    world.arm("500_after", method="PUT", path_regex=r"/Items")
    await desk.decide((INVOICE, replace(document, lines=lines)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    [posted] = world.documents(world.number(INVOICE))
    assert {line["ItemCode"] for line in posted["LineItems"]} == {"WIDGET-260"}
    assert not await world.rows("SELECT 1 FROM poster.submission WHERE state <> 'settled'")


@pytest.mark.requirement("M7", "M16", "M17", "A120", "A121")
async def test_a_receipt_and_an_expense_are_batched_as_what_they_are_and_proved_by_the_unposted_list(desk: Any) -> None:
    world = desk.world
    company = next(iter(world.psa.state.tables["companies"]))
    line = ReceiptLine(
        item_identifier="CABLE", description="Cable", quantity=Decimal(2), cost=Decimal(40), total=Decimal(80)
    )
    receipt = Receipt(
        purchase_order_id=9101, po_number="PO-9101", vendor_company_id=company, received=DAY, packing_slip="PS-1",
        vendor_invoice_number="VI-55", lines=(line,),
    )  # fmt: skip
    spent = Expense(
        expense_id=9301, member_id=152, spent=DAY, amount=Decimal("41.80"), expense_type_id=1, payment_method_id=1
    )
    table = world.psa.state.tables["gl_accounts"]
    for row, gl_type in enumerate(("RP", "P", "EE", "EI", "EO"), start=9001):
        record = {"id": row, "glType": gl_type, "mappedType": mapped_type(gl_type, "Corporate")}
        owner = {"mappedRecord": {"id": 1, "name": "Owner"}}
        table[row] = record | owner | {"segment1": "690", "cogs1": "310", "inventory": "630"}
    world.psa.procurement.receive(receipt)
    world.psa.expenses.enter(spent)
    await world.serve("poster")
    bought = await desk.decide_record("procurement", receipt.id, "PO-9101", bill("VI-55"))
    member = ContactDecision("member:152", "Linh Phan", "create", role=ContactRole.SUPPLIER)
    paid_back = await desk.decide_record("expense", "9301", "EXP-9301", bill("EXP-9301", member, net="38.00"))
    await desk.until_told(bought, "batched")
    await desk.until_told(paid_back, "batched")
    kinds = sorted(name.rsplit("-", 1)[0] for name in world.batches() if name.startswith(("PO-", "EXP-")))
    assert kinds == ["EXP-EXP-9301", "PO-PO-9101"]
    [batch] = [row["id"] for row in world.psa.state.tables["batches"].values() if row["exportProductsFlag"]]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    await world.rows("UPDATE poster.work SET due_at = now() WHERE kind = 'watch'")
    await desk.until_told(bought, "stopped", "BATCH_DELETED_DOCUMENT_REMAINS")
    assert (await desk.told(paid_back))[-1] == ("batched", [])
    async with world.held_back("poster"):
        await desk.decide_record("procurement", receipt.id, "PO-9101", bill("VI-55", net="81.00"), revision=2)
        ids = (await world.rows("SELECT processed_record_ids FROM mapper.revision WHERE record_id = $1", bought))[0][0]
        by_hand = {"batchIdentifier": "BY-HAND", "processedRecordIds": list(ids)}
        await world.as_person("POST", "/finance/accounting/batches", by_hand)
    await desk.until_told(bought, "stopped", "RECORD_OFF_THE_LIST")
    await desk.choose(bought, "ACCEPT")
    await desk.until_told(bought, "batched", "DOCUMENT_ACCEPTED")
    await desk.ring(bought)
    await desk.settled_work()
    assert (await desk.told(bought))[-1][0] == "batched", "still off the list: still batched"
