"""Purchases, journals, credits and removals of Xero in particular, against the simulated Xero, over real connections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import CreditApplied, ItemSpec, Prepared, Verdict, VerdictStatus
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.sandbox.xero.books.desk import Desk
from ledgerwire.sandbox.xero.books.money_movements import apply_advance, pay, undo_allocation

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
JOURNAL = DocumentKind.JOURNAL
DAY = date(2026, 3, 17)

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


@pytest.fixture
def journal(document: Documents, line: Lines) -> Documents:
    def make(number: str = "COGS-1", *accounts: str, **changes: Any) -> LedgerDocument:
        named = accounts or ("310", "600")
        lines = [line(f"{80 - 160 * (place % 2)}.00", "0.00", account_code=code) for place, code in enumerate(named)]
        moved = Decimal(80) * ((len(named) + 1) // 2)
        return document(
            number,
            *lines,
            **{"kind": JOURNAL, "contact": None, "net": moved, "tax": Decimal(0), "total": moved, **changes},
        )

    return make


async def sent(xero: Any, document: LedgerDocument, key: str = "k", **changes: Any) -> Verdict:
    await xero.ledger.reference_data()
    contact = "" if document.kind is JOURNAL else xero.contact_id()
    composed = xero.ledger.compose(document.kind, [Prepared(document, contact, **changes)])
    [verdict] = await xero.ledger.send(composed, key)
    assert isinstance(verdict, Verdict)
    return verdict


@pytest.mark.requirement("M6")
async def test_a_journal_is_posted_and_not_left_a_draft(xero: Any, journal: Documents) -> None:
    verdict = await sent(xero, journal())
    row = xero.state.manual_journals.get(verdict.ledger_id)
    assert (row["Status"], row["Narration"], row["LineAmountTypes"]) == ("POSTED", "COGS-1: PO 77", "NoTax")
    assert [(line["AccountCode"], line["LineAmount"]) for line in row["JournalLines"]] == [("310", 80), ("600", -80)]


@pytest.mark.parametrize(("account", "words"), [("090", "a bank account"), ("610", "receivable"), ("800", "payable")])
async def test_a_journal_on_an_account_that_takes_none_is_never_sent(
    xero: Any, journal: Documents, account: str, words: str
) -> None:
    with pytest.raises(Stopped) as stopped:
        await sent(xero, journal("COGS-1", "310", account))
    assert stopped.value.code == "JOURNAL_ACCOUNT_NOT_ALLOWED"
    assert words in stopped.value.findings[0].message
    assert xero.calls("PUT", "/ManualJournals") == []


@pytest.mark.requirement("M15")
@pytest.mark.parametrize("rate", [None, Decimal("1.6")])
async def test_a_journal_in_a_foreign_currency_is_never_sent(
    xero: Any, journal: Documents, rate: Decimal | None
) -> None:
    with pytest.raises(Stopped) as stopped:
        await sent(xero, journal(currency="USD", currency_rate=rate))
    assert stopped.value.code == "CURRENCY_RATE_MISSING"


async def test_a_number_that_narration_cannot_hold_is_never_sent(xero: Any, journal: Documents) -> None:
    with pytest.raises(Stopped) as stopped:
        await sent(xero, journal("COGS: 1"))
    assert stopped.value.code == "CHARACTER_NOT_SEARCHABLE"


@pytest.mark.requirement("F1: GL_ACCOUNT_UNKNOWN")
@pytest.mark.parametrize(
    ("accounts", "status"),
    [(("310", "999"), VerdictStatus.REFUSED), (("310", "600", "999", "999"), VerdictStatus.MISMATCHED)],
)
async def test_a_warning_about_an_account_fails_a_journal(
    xero: Any, journal: Documents, accounts: tuple[str, ...], status: VerdictStatus
) -> None:
    xero.state.switches.change({"journal_account_unknown": "removed"})
    verdict = await sent(xero, journal("COGS-1", *accounts))
    assert verdict.status is status
    assert verdict.findings[0].code == "GL_ACCOUNT_UNKNOWN"
    assert (verdict.ledger_id is None) is (status is VerdictStatus.REFUSED)


async def test_journals_are_found_where_narration_cannot_be_filtered(xero: Any, journal: Documents) -> None:
    verdict = await sent(xero, journal("COGS-1"))
    await sent(xero, journal("COGS-2", reference=None), key="k2")
    xero.state.switches.change({"journal_narration_filter": False})
    found = await xero.ledger.find_documents(JOURNAL, ["COGS-1", "COGS-2", "COGS-3"])
    assert [item.number for item in found] == ["COGS-1", "COGS-2"]
    assert (found[0].ledger_id, found[0].total, found[0].currency) == (verdict.ledger_id, 80, "AUD")


@pytest.mark.parametrize(("kind", "status"), [(INVOICE, "DELETED"), (JOURNAL, "DELETED")])
async def test_a_draft_is_deleted_where_an_approved_one_is_voided(
    xero: Any, document: Documents, journal: Documents, kind: DocumentKind, status: str
) -> None:
    draft = journal(draft=True) if kind is JOURNAL else document("INV-1", draft=True)
    verdict = await sent(xero, draft)
    assert verdict.status is VerdictStatus.DRAFT
    await xero.ledger.void(kind, verdict.ledger_id, "v")
    rows = xero.state.manual_journals if kind is JOURNAL else xero.state.invoices
    assert rows.get(verdict.ledger_id)["Status"] == status


async def test_a_void_with_a_lost_answer_is_seen_done_the_next_time(xero: Any, document: Documents) -> None:
    verdict = await sent(xero, document("INV-1"))
    xero.arm("timeout_after_commit", method="POST", params={"seconds": 0.05})
    with pytest.raises(Ambiguous):
        await xero.ledger.void(INVOICE, verdict.ledger_id, "v")
    await xero.ledger.void(INVOICE, verdict.ledger_id, "v")
    assert len(xero.calls("POST", "/Invoices")) == 1


async def test_what_xero_does_not_know_cannot_be_voided(xero: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await xero.ledger.void(INVOICE, "00000000-0000-4000-8000-000000000404", "v")
    assert stopped.value.code == "LEDGER_REFUSED"


async def test_an_id_of_another_kind_reads_as_nothing(xero: Any, document: Documents) -> None:
    verdict = await sent(xero, document("INV-1"))
    assert await xero.ledger.read_document(BILL, verdict.ledger_id) is None
    read = await xero.ledger.read_document(INVOICE, verdict.ledger_id)
    assert (read.contact_name, read.reference, read.due_date) == ("Harbour Dental", "PO 77", date(2026, 3, 31))


@pytest.mark.requirement("D11")
async def test_documents_are_read_whole_in_one_call_as_each_alone(
    xero: Any, document: Documents, journal: Documents
) -> None:
    first, second = await sent(xero, document("INV-1")), await sent(xero, document("INV-2"), key="k2")
    entry = await sent(xero, journal("COGS-1"), key="k3")
    before = len(xero.calls("GET", "/Invoices"))
    together = await xero.ledger.read_documents(INVOICE, ["INV-1", "INV-2", "INV-3"])
    assert len(xero.calls("GET", "/Invoices")) == before + 1
    alone = [await xero.ledger.read_document(INVOICE, one.ledger_id) for one in (first, second)]
    assert list(together) == alone
    assert list(await xero.ledger.read_documents(JOURNAL, ["COGS-1"])) == [
        await xero.ledger.read_document(JOURNAL, entry.ledger_id)
    ]


async def test_prices_that_a_person_made_tax_inclusive_are_read_without_tax(xero: Any, document: Documents) -> None:
    verdict = await sent(xero, document("INV-1"))
    row = xero.state.invoices.get(verdict.ledger_id)
    lines = [{**row["LineItems"][0], "LineAmount": Decimal("110.00"), "UnitAmount": Decimal("110.00")}]
    xero.state.amend("invoices", verdict.ledger_id, {"LineAmountTypes": "Inclusive", "LineItems": lines})
    [read] = (await xero.ledger.read_document(INVOICE, verdict.ledger_id)).lines
    assert (read.net, read.tax) == (100, 10)


@pytest.mark.requirement("M18")
async def test_a_refund_of_a_credit_note_is_cash_and_no_credit(xero: Any, document: Documents) -> None:
    note = await sent(xero, document("CM-1", kind=CREDIT))
    refund = {"CreditNote": {"CreditNoteID": note.ledger_id}, "Account": {"Code": "090"}, "Amount": 30}
    assert not pay(Desk(xero.state, xero.clock.now()), {**refund, "Date": "2026-03-17"}).problems
    [row] = await xero.ledger.settlements(None)
    assert (row.number, row.total, row.balance, row.cash, row.credits) == ("CM-1", 110, 80, 30, ())
    assert (row.paid_on, row.reference) == (DAY, "PO 77")


@pytest.mark.requirement("M18")
async def test_drafts_bills_and_supplier_credits_settle_nothing_of_ours(xero: Any, document: Documents) -> None:
    await sent(xero, document("INV-1", draft=True))
    for kind in (BILL, DocumentKind.SUPPLIER_CREDIT):
        line = document().lines[0]
        bill = document("B-1", DocumentLine(**{**_fields(line), "account_code": "310", "tax_type": "INPUT"}), kind=kind)
        assert (await sent(xero, bill, key=f"k-{kind}")).status is VerdictStatus.POSTED
    assert list(await xero.ledger.settlements(None)) == []


def _fields(line: DocumentLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in DocumentLine.__dataclass_fields__}


@pytest.mark.requirement("M18")
async def test_settlements_stamp_what_changed_and_when(xero: Any, document: Documents) -> None:
    await sent(xero, document("INV-1"))
    [first] = await xero.ledger.settlements(None)
    assert xero.clock.now() - timedelta(seconds=30) < first.changed_at <= xero.clock.now()
    assert [row.number for row in await xero.ledger.settlements(first.changed_at)] == ["INV-1"]
    assert list(await xero.ledger.settlements(first.changed_at + timedelta(seconds=1))) == []


@pytest.mark.requirement("M18")
async def test_an_allocation_whose_id_is_not_known_is_found_by_its_invoice_and_amount(
    xero: Any, document: Documents
) -> None:
    invoice = await sent(xero, document("INV-1"), key="k1")
    note = await sent(xero, document("CM-1", kind=CREDIT), key="k2")
    for key, amount in (("a1", "20.00"), ("a2", "30.00")):
        part = CreditApplied(note.ledger_id, "CM-1", invoice.ledger_id, "INV-1", Decimal(amount), DAY)
        await xero.ledger.allocate(part, key)
    await xero.ledger.deallocate(part, "d1")
    rows = {row.number: row for row in await xero.ledger.settlements(None)}
    assert [credit.amount for credit in rows["INV-1"].credits] == [20]
    await xero.ledger.deallocate(part, "d2")
    assert {row.number: row for row in await xero.ledger.settlements(None)} == rows


@pytest.mark.parametrize(
    ("kind", "number"), [(INVOICE, "INV-1"), (CREDIT, "CM-1"), (BILL, "4711"), (DocumentKind.SUPPLIER_CREDIT, "RMA-1")]
)
async def test_a_number_too_long_is_never_sent(xero: Any, document: Documents, kind: DocumentKind, number: str) -> None:
    with pytest.raises(Stopped) as stopped:
        await sent(xero, document(number * 70, kind=kind))
    assert "NUMBER_TOO_LONG" in {finding.code for finding in stopped.value.findings}


@pytest.mark.requirement("M10")
async def test_an_item_code_that_sells_to_another_account_stops(xero: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await xero.ledger.create_item(ItemSpec("MS-SERVER", "Managed server", "260"), "k")
    assert stopped.value.code == "ITEM_ACCOUNT_MISMATCH"
    with pytest.raises(Stopped) as stopped:
        await xero.ledger.create_item(ItemSpec("X" * 31, "Long", "200"), "k")
    assert stopped.value.code == "ITEM_CODE_TOO_LONG"
    assert xero.calls("PUT", "/Items") == []


async def test_an_item_with_a_lost_answer_is_there_the_next_time(xero: Any) -> None:
    xero.arm("timeout_after_commit", method="PUT", params={"seconds": 0.05})
    spec = ItemSpec("MS-BACKUP", "Managed backup", "200")
    with pytest.raises(Ambiguous):
        await xero.ledger.create_item(spec, "k")
    await xero.ledger.create_item(spec, "k")
    assert len(xero.calls("PUT", "/Items")) == 1


@pytest.mark.requirement("D15", "M18")
@pytest.mark.parametrize(
    ("advance", "named"), [("Overpayment", "overpayment of 17 Mar"), ("Prepayment", "prepayment of 17 Mar")]
)
async def test_money_that_came_before_its_invoice_is_a_credit_and_no_cash(
    xero: Any, document: Documents, advance: Any, named: str
) -> None:
    invoice = await sent(xero, document("INV-1"))
    desk = Desk(xero.state, xero.clock.now())
    paid = {"Invoice": {"InvoiceID": invoice.ledger_id}, "Account": {"Code": "090"}, "Amount": 30, "Date": "2026-03-18"}
    assert not pay(desk, paid).problems
    applied = apply_advance(desk, invoice.ledger_id, advance, Decimal(50), DAY)
    [row] = await xero.ledger.settlements(None)
    assert (row.cash, row.balance, row.unexplained) == (30, 30, 0)
    [part] = row.credits
    assert (part.credit_id, part.credit_number, part.amount, part.applied_on) == ("", named, 50, DAY)
    assert not undo_allocation(desk, applied.row["AllocationID"]).problems
    [row] = await xero.ledger.settlements(None)
    assert (row.credits, row.balance) == ((), 80)
