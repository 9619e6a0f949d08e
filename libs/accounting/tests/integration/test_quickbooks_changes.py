"""Documents that change in QuickBooks, by us and by people at the same time, and what they name that goes away."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import ContactSpec, VerdictStatus
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import (
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    Tracking,
)

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
JOURNAL = DocumentKind.JOURNAL
KEY = "a" * 64
VENDOR = "71"

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


def only(rows: Any) -> dict[str, Any]:
    [row] = rows
    return dict(row)


# changes ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def amended_between(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A person changes a document right after it was read."""

    def arrange(server: Any, *changes: dict[str, Any]) -> None:
        read, left = QuickBooksClient.read_one, list(changes)

        async def read_then_amended(client: QuickBooksClient, entity: str, row_id: str) -> Any:
            row = await read(client, entity, row_id)
            if entity == "Invoice" and left:
                server.state.amend(entity, row_id, left.pop(0))
            return row

        monkeypatch.setattr(QuickBooksClient, "read_one", read_then_amended)

    return arrange


@pytest.mark.requirement("A130", "F1: STALE_OBJECT", "M8")
async def test_a_change_beside_ours_is_kept_and_ours_is_made(
    quickbooks: Any, document: Documents, sale: Lines, amended_between: Callable[..., None]
) -> None:
    first = await quickbooks.send(document("INV-1", sale()))
    quickbooks.state.amend("Invoice", first.ledger_id, {"BillEmail": {"Address": "ap@harbour.example"}})
    amended_between(quickbooks, {"CustomerMemo": {"value": "Thanks"}})
    revised = await quickbooks.send(document("INV-1", sale("250.00", "25.00")), first.ledger_id, "b" * 64)
    assert (revised.status, revised.ledger_id, revised.total) == (VerdictStatus.POSTED, first.ledger_id, 275)
    row = only(quickbooks.state.all("Invoice"))
    assert (row["BillEmail"], row["CustomerMemo"]) == ({"Address": "ap@harbour.example"}, {"value": "Thanks"})
    assert len(quickbooks.writes()) == 3


@pytest.mark.requirement("A130", "F1: STALE_OBJECT", "M8")
async def test_a_change_of_figures_at_the_same_time_stops(
    quickbooks: Any, document: Documents, sale: Lines, amended_between: Callable[..., None]
) -> None:
    first = await quickbooks.send(document("INV-1", sale()))
    amended_between(quickbooks, {"TxnDate": "2026-03-18"})
    with pytest.raises(Stopped) as stopped:
        await quickbooks.send(document("INV-1", sale("250.00", "25.00")), first.ledger_id, "b" * 64)
    assert stopped.value.code == "STALE_OBJECT"
    assert only(quickbooks.state.all("Invoice"))["TotalAmt"] == 110


@pytest.mark.requirement("F1: STALE_OBJECT")
async def test_a_document_that_never_rests_stops(
    quickbooks: Any, document: Documents, sale: Lines, amended_between: Callable[..., None]
) -> None:
    first = await quickbooks.send(document("INV-1", sale()))
    amended_between(quickbooks, {"CustomerMemo": {"value": "1"}}, {"CustomerMemo": {"value": "2"}})
    with pytest.raises(Stopped) as stopped:
        await quickbooks.send(document("INV-1", sale("250.00", "25.00")), first.ledger_id, "b" * 64)
    assert stopped.value.code == "STALE_OBJECT"
    amended_between(quickbooks, {"CustomerMemo": {"value": "3"}})
    await quickbooks.ledger.void(INVOICE, first.ledger_id, "c" * 64)
    assert only(quickbooks.state.all("Invoice"))["TotalAmt"] == 0


@pytest.mark.requirement("M8", "F1: DOCUMENT_PAID")
async def test_a_paid_or_voided_document_is_not_changed(quickbooks: Any, document: Documents, sale: Lines) -> None:
    for number, settle in (("INV-1", True), ("INV-2", False)):
        first = await quickbooks.send(document(number, sale()), key=number)
        if settle:
            await quickbooks.paid("10", ("Invoice", first.ledger_id, "10"))
        else:
            await quickbooks.ledger.void(INVOICE, first.ledger_id, "void")
        with pytest.raises(Stopped) as stopped:
            await quickbooks.send(document(number, sale("250.00", "25.00")), first.ledger_id, "b" * 64)
        assert stopped.value.code == "DOCUMENT_PAID"


@pytest.mark.requirement("M18")
async def test_a_credit_is_taken_off_a_payment_that_also_brought_money(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    first = await quickbooks.send(document("INV-1", sale()), key="1")
    second = await quickbooks.send(document("INV-2", sale()), key="2")
    credit = await quickbooks.send(document("CM-1", sale("80.00", "8.00"), kind=CREDIT), key="3")
    links = (
        ("Invoice", first.ledger_id, "74"),
        ("Invoice", second.ledger_id, "44"),
        ("CreditMemo", credit.ledger_id, "88"),
    )
    await quickbooks.paid("30", *links)
    rows = {row.number: row for row in await quickbooks.ledger.settlements(None)}
    assert (rows["INV-1"].cash, rows["INV-1"].balance, rows["INV-1"].reference) == (0, 36, "PO 77")
    assert (rows["INV-2"].cash, [part.amount for part in rows["INV-2"].credits], rows["INV-2"].balance) == (
        30,
        [14],
        66,
    )
    await quickbooks.ledger.deallocate(rows["INV-2"].credits[0], "undo")
    rows = {row.number: row for row in await quickbooks.ledger.settlements(None)}
    assert (rows["INV-2"].cash, rows["INV-2"].credits, rows["INV-2"].balance) == (30, (), 80)
    assert ([part.amount for part in rows["INV-1"].credits], rows["CM-1"].balance) == ([74], 14)


async def test_an_update_of_what_was_deleted_stops(quickbooks: Any, document: Documents, cost: Lines) -> None:
    first = await quickbooks.send(document("B-1", cost(), kind=BILL))
    quickbooks.state.remove("Bill", first.ledger_id)
    with pytest.raises(Stopped, match="deleted"):
        await quickbooks.send(document("B-1", cost(), kind=BILL), first.ledger_id, "b" * 64)


# references that went away since they were read ----------------------------------------------------------------------------


@pytest.mark.requirement("M25", "M10")
@pytest.mark.parametrize(
    ("entity", "row_id", "code"),
    [
        ("Customer", "61", "CONTACT_ARCHIVED"),
        ("Item", "21", "ITEM_INACTIVE"),
        ("TaxCode", "11", "TAX_CODE_UNKNOWN"),
        ("Class", "32", "TRACKING_UNKNOWN"),
        ("Department", "41", "TRACKING_UNKNOWN"),
    ],
)
async def test_what_was_made_inactive_since_is_named(
    quickbooks: Any, document: Documents, sale: Lines, entity: str, row_id: str, code: str
) -> None:
    quickbooks.state.amend(entity, row_id, {"Active": False})
    tracking = (Tracking("Class", "Projects"), Tracking("Location", "Sydney"))
    verdict = await quickbooks.send(document("INV-1", sale(tracking=tracking)))
    assert (verdict.status, [finding.code for finding in verdict.findings]) == (VerdictStatus.REFUSED, [code])
    assert not any("?" in finding.message for finding in verdict.findings)
    assert not list(quickbooks.state.all("Invoice"))


async def test_an_account_made_inactive_since_is_named_by_its_number(
    quickbooks: Any, document: Documents, cost: Lines
) -> None:
    quickbooks.state.amend("Account", "4", {"Active": False})
    verdict = await quickbooks.send(document("B-1", cost(), kind=BILL))
    [finding] = verdict.findings
    assert (finding.code, finding.params["account"], finding.params["name"]) == (
        "ACCOUNT_ARCHIVED",
        "310",
        "Cost of goods sold",
    )
    assert quickbooks.stop(document("B-1", cost(), kind=BILL), VENDOR) == ["ACCOUNT_ARCHIVED"]


@pytest.mark.requirement("M15")
async def test_a_customer_has_one_currency(quickbooks: Any, document: Documents, sale: Lines) -> None:
    verdict = await quickbooks.send(document("INV-1", sale(), currency="USD"))
    [finding] = verdict.findings
    assert (finding.code, finding.params["currency"]) == ("CONTACT_CURRENCY_DIFFERS", "USD")
    assert finding.message.startswith("INV-1 is in USD; the contact of Harbour Dental")
    made = await quickbooks.ledger.create_contact(ContactSpec("O'Neill Legal", "4:USD", currency="USD"), KEY)
    assert made.name == "O'Neill Legal (USD)"
    verdict = await quickbooks.send(document("INV-1", sale(), currency="USD"), contact=made.contact_id, key="b" * 64)
    assert verdict.status is VerdictStatus.POSTED
    assert only(quickbooks.state.all("Invoice"))["ExchangeRate"] == Decimal("1.5625")


@pytest.mark.requirement("M15", "M8")
async def test_a_revision_keeps_the_rate(quickbooks: Any, document: Documents, sale: Lines) -> None:
    made = document("INV-1", sale(), currency="USD", currency_rate=Decimal("1.6"))
    first = await quickbooks.send(made, contact="64")
    revised = document("INV-1", sale("250.00", "25.00"), currency="USD")
    await quickbooks.send(revised, first.ledger_id, "b" * 64, contact="64")
    assert json.loads(quickbooks.writes()[-1].request_body)["ExchangeRate"] == 1.6
    [found] = await quickbooks.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.total, found.currency_rate) == (275, Decimal("1.6"))
