"""The QuickBooks adapter against the simulated QuickBooks, over real connections."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from ledgerwire.accounting.difference import differences
from ledgerwire.accounting.factory import build_ledger
from ledgerwire.accounting.port import ContactSpec, ItemSpec, Prepared, Verdict, VerdictStatus
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.common.errors import Ambiguous, Stopped, Transient, Waiting
from ledgerwire.common.ledger.document import (
    ContactDecision,
    ContactRole,
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    LineRole,
    Tracking,
)

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
JOURNAL = DocumentKind.JOURNAL
KEY = "a" * 64
CUSTOMER, VENDOR = "61", "71"

Documents = Callable[..., LedgerDocument]
Lines = Callable[..., DocumentLine]


@pytest.fixture
def sale(line: Lines) -> Lines:
    """A sales line whose item sells to account 200."""

    def make(net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        return line(net, tax, **{"tax_type": "GST on sales", "item_code": "MS-SERVER", **changes})

    return make


@pytest.fixture
def cost(line: Lines) -> Lines:
    """A line of a bill."""

    def make(net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
        return line(net, tax, **{"tax_type": "GST on costs", "account_code": "310", **changes})

    return make


async def send(server: Any, item: LedgerDocument, ledger_id: str | None = None, key: str = KEY, **to: str) -> Verdict:
    contact = to.get("contact", "" if item.kind is JOURNAL else VENDOR if item.kind is BILL else CUSTOMER)
    composed = server.ledger.compose(item.kind, [Prepared(item, contact, ledger_id)])
    [verdict] = await server.ledger.send(composed, key)
    assert isinstance(verdict, Verdict)
    return verdict


def stop(server: Any, item: LedgerDocument, contact: str = CUSTOMER) -> list[str]:
    with pytest.raises(Stopped) as stopped:
        server.ledger.compose(item.kind, [Prepared(item, contact)])
    assert not any("?" in finding.message for finding in stopped.value.findings)
    return [finding.code for finding in stopped.value.findings]


def writes(server: Any) -> list[Any]:
    """What was sent to change something; the batch only reads."""
    return [call for call in server.calls("POST", "") if not call.path.endswith(("/batch", "/bearer"))]


def only(rows: Any) -> dict[str, Any]:
    [row] = rows
    return dict(row)


@pytest.mark.requirement("M10", "M11", "M14", "A138")
async def test_an_invoice_of_every_kind_of_line_reaches_the_books_to_the_cent(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    sydney = Tracking("Location", "Sydney")
    fifteen = {"tax_type": "Fifteen", "tax_override": True, "tracking": (sydney,)}
    rich = document(
        "INV-87",
        sale("25.06", "3.76", **fifteen),
        sale("25.61", "3.84", **{**fifteen, "tracking": (Tracking("Class", "Projects"), sydney)}),
        sale("25.63", "3.85", **fifteen),
        sale("1861.08", "186.11", quantity=Decimal("14.5"), unit_amount=Decimal("128.35"), tracking=(sydney,)),
        sale("0.33", "0.03", quantity=Decimal("0.3333333"), unit_amount=Decimal(1), tracking=(sydney,)),
        sale("-12.50", "-1.25", tracking=(sydney,)),
        sale("0.01", "0.00", account_code="860", item_code="ROUNDING", tax_type="Free", role=LineRole.ROUNDING),
        sale("0.00", "0.00", item_code=None, description="Thank you"),
        terms="net 14",
    )
    verdict = await send(quickbooks, rich)
    assert (verdict.status, verdict.findings) == (VerdictStatus.POSTED, ())
    assert (verdict.total, verdict.tax) == (Decimal("2121.56"), Decimal("196.34"))
    row = only(quickbooks.state.all("Invoice"))
    assert (row["DocNumber"], row["DueDate"], row["PrivateNote"]) == ("INV-87", "2026-03-31", "PO 77")
    assert (row["DepartmentRef"]["value"], row["SalesTermRef"]["value"]) == ("41", "51")
    priced = [(one["SalesItemLineDetail"]["Qty"], one["SalesItemLineDetail"]["UnitPrice"]) for one in row["Line"][:6]]
    assert priced[3:5] == [(Decimal("14.5"), Decimal("128.35")), (Decimal(1), Decimal("0.33"))]
    assert row["Line"][1]["SalesItemLineDetail"]["ClassRef"]["name"] == "Projects"
    assert row["Line"][7]["DetailType"] == "DescriptionOnly"
    taxes = {one["TaxLineDetail"]["TaxRateRef"]["value"]: one["Amount"] for one in row["TxnTaxDetail"]["TaxLine"]}
    assert {rate: tax for rate, tax in taxes.items() if tax} == {
        "3": Decimal("9.54"),
        "4": Decimal("1.91"),
        "1": Decimal("184.89"),
    }


@pytest.mark.requirement("D13", "M11")
@pytest.mark.parametrize("rounding", ["per_line", "per_rate"])
async def test_the_printed_tax_holds_however_the_company_rounds(
    make_quickbooks: Any, document: Documents, sale: Lines, cost: Lines, rounding: str
) -> None:
    """15 % of 25.06, 25.61 and 25.63: 11.44 line by line, 11.45 on the whole, which is what the invoice shows."""
    server = await make_quickbooks(switches={"limits_enabled": False, "tax_rounding": rounding})
    nets, taxes = ("25.06", "25.61", "25.63"), ("3.76", "3.84", "3.85")
    lines = [sale(net, tax, tax_type="Fifteen", tax_override=True) for net, tax in zip(nets, taxes, strict=True)]
    verdict = await send(server, document("INV-1", *lines))
    assert (verdict.status, verdict.total, verdict.tax) == (VerdictStatus.POSTED, Decimal("87.75"), Decimal("11.45"))
    halves = [cost("0.05", "0.01") for _ in range(3)]
    verdict = await send(server, document("B-1", *halves, kind=BILL), key="b" * 64)
    assert (verdict.status, verdict.total) == (VerdictStatus.POSTED, Decimal("0.18"))


async def test_every_call_names_its_version_and_every_write_a_request_id(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    await send(quickbooks, document("INV-1", sale()))
    await quickbooks.ledger.find_documents(INVOICE, ["INV-1"])
    calls = [call for call in quickbooks.journal.entries() if "/v3/company/" in call.path]
    assert {parse_qs(call.query)["minorversion"][0] for call in calls} == {"75"}
    [write] = writes(quickbooks)
    assert len(parse_qs(write.query)["requestid"][0]) == 32


@pytest.mark.requirement("M10", "M11")
async def test_what_cannot_be_kept_is_stopped_before_anything_is_sent(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    make = document
    assert stop(quickbooks, make("X" * 22, sale())) == ["NUMBER_TOO_LONG"]
    assert stop(quickbooks, make("INV-1", sale(), draft=True)) == ["DRAFTS_NOT_KEPT"]
    assert stop(quickbooks, make("INV-1", sale(item_code=None))) == ["ITEM_MISSING"]
    assert stop(quickbooks, make("INV-1", sale(item_code="OLD"))) == ["ITEM_INACTIVE"]
    assert stop(quickbooks, make("INV-1", sale(item_code="Kits"))) == ["ITEM_UNKNOWN"]
    assert stop(quickbooks, make("INV-1", sale(account_code="860"))) == ["ITEM_ACCOUNT_MISMATCH"]
    assert stop(quickbooks, make("INV-1", sale(account_code="260"))) == ["ACCOUNT_ARCHIVED", "ITEM_ACCOUNT_MISMATCH"]
    assert stop(quickbooks, make("INV-1", sale(tax_type="Old"))) == ["TAX_CODE_UNKNOWN"]
    assert stop(quickbooks, make("INV-1", sale(tax_type="GST on costs"))) == ["TAX_NOT_ALLOWED_FOR_ACCOUNT"]
    assert stop(quickbooks, make("INV\\1", sale())) == ["CHARACTER_NOT_SEARCHABLE"]
    assert stop(quickbooks, make("INV-1", sale(), currency="NZD")) == ["CURRENCY_NOT_ENABLED"]
    bill = make("B-1", sale(account_code="800", tax_type="GST on costs"), kind=BILL)
    assert stop(quickbooks, bill, VENDOR) == ["ACCOUNT_WRONG_TYPE"]
    assert writes(quickbooks) == []


async def test_our_number_is_kept_or_nothing_is_sent(make_quickbooks: Any, document: Documents, sale: Lines) -> None:
    server = await make_quickbooks(
        Preferences={"SalesFormsPrefs": {"CustomTxnNumbers": False}},
        CompanyCurrency=[],
    )
    assert stop(server, document("INV-1", sale())) == ["CUSTOM_NUMBERS_OFF"]
    assert writes(server) == []


@pytest.mark.requirement("A068", "A056")
async def test_lines_agree_where_a_document_has_one_value(
    make_quickbooks: Any, quickbooks: Any, document: Documents, sale: Lines
) -> None:
    sydney, perth = Tracking("Location", "Sydney"), Tracking("Location", "Perth")
    mixed = document("INV-1", sale(tracking=(sydney,)), sale(tracking=(perth,)))
    assert stop(quickbooks, mixed) == ["TRACKING_MIXED"]
    assert stop(quickbooks, document("INV-1", sale(tracking=(sydney,)), sale())) == ["TRACKING_MIXED"]
    cent = sale("0.01", "0.00", account_code="860", item_code="ROUNDING", tax_type="Free", role=LineRole.ROUNDING)
    assert (await send(quickbooks, document("INV-1", sale(tracking=(sydney,)), cent))).status is VerdictStatus.POSTED

    by_document = {"ClassTrackingPerTxn": True, "ClassTrackingPerTxnLine": False, "TrackDepartments": False}
    server = await make_quickbooks(Preferences={"AccountingInfoPrefs": by_document}, CompanyCurrency=[])
    projects, managed = Tracking("Class", "Projects"), Tracking("Class", "managed")
    assert stop(server, document("INV-1", sale(tracking=(projects,)), sale(tracking=(managed,)))) == ["TRACKING_MIXED"]
    assert stop(server, document("INV-1", sale(tracking=(sydney,)))) == ["TRACKING_UNKNOWN"]
    assert (await send(server, document("INV-1", sale(tracking=(managed,))))).status is VerdictStatus.POSTED
    assert only(server.state.all("Invoice"))["ClassRef"]["name"] == "Managed"


@pytest.mark.requirement("M14", "A011")
async def test_an_unknown_term_is_told_and_the_due_date_stands(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    verdict = await send(quickbooks, document("INV-1", sale(), terms="Net 21"))
    assert (verdict.status, [finding.code for finding in verdict.findings]) == (VerdictStatus.POSTED, ["TERM_UNKNOWN"])
    assert "due 31 Mar as printed" in verdict.findings[0].message
    assert only(quickbooks.state.all("Invoice"))["DueDate"] == "2026-03-31"


# numbers in use ---------------------------------------------------------------------------------------------------------


async def test_a_number_of_another_kind_of_sales_form_is_no_obstacle(
    make_quickbooks: Any, document: Documents, sale: Lines
) -> None:
    server = await make_quickbooks(switches={"limits_enabled": False, "number_space": "sales_forms"})
    await send(server, document("INV-1", sale()))
    verdict = await send(server, document("INV-1", sale(), kind=CREDIT), key="b" * 64)
    assert verdict.status is VerdictStatus.POSTED
    again = await send(server, document("INV-1", sale(), kind=CREDIT), key="c" * 64)
    assert (again.status, again.findings[0].code) == (VerdictStatus.NUMBER_TAKEN, "DUPLICATE_NUMBER")
    assert len(list(server.state.all("CreditMemo"))) == 1


async def test_a_company_that_warns_of_repeated_bill_numbers_tells_them_by_supplier(
    make_quickbooks: Any, document: Documents, cost: Lines
) -> None:
    server = await make_quickbooks(switches={"limits_enabled": False, "bill_number_check": True})
    bill = document("4711", cost(), kind=BILL)
    assert (await send(server, bill)).status is VerdictStatus.POSTED
    assert (await send(server, bill, key="b" * 64)).status is VerdictStatus.NUMBER_TAKEN
    assert (await send(server, bill, key="c" * 64, contact="72")).status is VerdictStatus.POSTED


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
    first = await send(quickbooks, document("INV-1", sale()))
    quickbooks.state.amend("Invoice", first.ledger_id, {"BillEmail": {"Address": "ap@harbour.example"}})
    amended_between(quickbooks, {"CustomerMemo": {"value": "Thanks"}})
    revised = await send(quickbooks, document("INV-1", sale("250.00", "25.00")), first.ledger_id, "b" * 64)
    assert (revised.status, revised.ledger_id, revised.total) == (VerdictStatus.POSTED, first.ledger_id, 275)
    row = only(quickbooks.state.all("Invoice"))
    assert (row["BillEmail"], row["CustomerMemo"]) == ({"Address": "ap@harbour.example"}, {"value": "Thanks"})
    assert len(writes(quickbooks)) == 3


@pytest.mark.requirement("A130", "F1: STALE_OBJECT", "M8")
async def test_a_change_of_figures_at_the_same_time_stops(
    quickbooks: Any, document: Documents, sale: Lines, amended_between: Callable[..., None]
) -> None:
    first = await send(quickbooks, document("INV-1", sale()))
    amended_between(quickbooks, {"TxnDate": "2026-03-18"})
    with pytest.raises(Stopped) as stopped:
        await send(quickbooks, document("INV-1", sale("250.00", "25.00")), first.ledger_id, "b" * 64)
    assert stopped.value.code == "STALE_OBJECT"
    assert only(quickbooks.state.all("Invoice"))["TotalAmt"] == 110


@pytest.mark.requirement("F1: STALE_OBJECT")
async def test_a_document_that_never_rests_stops(
    quickbooks: Any, document: Documents, sale: Lines, amended_between: Callable[..., None]
) -> None:
    first = await send(quickbooks, document("INV-1", sale()))
    amended_between(quickbooks, {"CustomerMemo": {"value": "1"}}, {"CustomerMemo": {"value": "2"}})
    with pytest.raises(Stopped) as stopped:
        await send(quickbooks, document("INV-1", sale("250.00", "25.00")), first.ledger_id, "b" * 64)
    assert stopped.value.code == "STALE_OBJECT"
    amended_between(quickbooks, {"CustomerMemo": {"value": "3"}})
    await quickbooks.ledger.void(INVOICE, first.ledger_id, "c" * 64)
    assert only(quickbooks.state.all("Invoice"))["TotalAmt"] == 0


async def paid(server: Any, total: str, *links: tuple[str, str, str]) -> None:
    """A customer's payment, entered by a person: (entity, id, amount) of what it is applied to."""
    lines = [{"Amount": amount, "LinkedTxn": [{"TxnId": row_id, "TxnType": kind}]} for kind, row_id, amount in links]
    body = {"CustomerRef": {"value": CUSTOMER}, "CurrencyRef": {"value": "AUD"}, "TotalAmt": total, "Line": lines}
    headers = {"Authorization": f"Bearer {server.store.stored.access_token}"}
    path = f"{server.config['base_url']}/v3/company/{server.state.realm_id}/payment"
    assert (await server.http.post(path, json=body, headers=headers)).status_code == 200


@pytest.mark.requirement("M8", "F1: DOCUMENT_PAID")
async def test_a_paid_or_voided_document_is_not_changed(quickbooks: Any, document: Documents, sale: Lines) -> None:
    for number, settle in (("INV-1", True), ("INV-2", False)):
        first = await send(quickbooks, document(number, sale()), key=number)
        if settle:
            await paid(quickbooks, "10", ("Invoice", first.ledger_id, "10"))
        else:
            await quickbooks.ledger.void(INVOICE, first.ledger_id, "void")
        with pytest.raises(Stopped) as stopped:
            await send(quickbooks, document(number, sale("250.00", "25.00")), first.ledger_id, "b" * 64)
        assert stopped.value.code == "DOCUMENT_PAID"


@pytest.mark.requirement("M18")
async def test_a_credit_is_taken_off_a_payment_that_also_brought_money(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    first = await send(quickbooks, document("INV-1", sale()), key="1")
    second = await send(quickbooks, document("INV-2", sale()), key="2")
    credit = await send(quickbooks, document("CM-1", sale("80.00", "8.00"), kind=CREDIT), key="3")
    links = (
        ("Invoice", first.ledger_id, "74"),
        ("Invoice", second.ledger_id, "44"),
        ("CreditMemo", credit.ledger_id, "88"),
    )
    await paid(quickbooks, "30", *links)
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
    first = await send(quickbooks, document("B-1", cost(), kind=BILL))
    quickbooks.state.remove("Bill", first.ledger_id)
    with pytest.raises(Stopped, match="deleted"):
        await send(quickbooks, document("B-1", cost(), kind=BILL), first.ledger_id, "b" * 64)


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
    verdict = await send(quickbooks, document("INV-1", sale(tracking=tracking)))
    assert (verdict.status, [finding.code for finding in verdict.findings]) == (VerdictStatus.REFUSED, [code])
    assert not any("?" in finding.message for finding in verdict.findings)
    assert not list(quickbooks.state.all("Invoice"))


async def test_an_account_made_inactive_since_is_named_by_its_number(
    quickbooks: Any, document: Documents, cost: Lines
) -> None:
    quickbooks.state.amend("Account", "4", {"Active": False})
    verdict = await send(quickbooks, document("B-1", cost(), kind=BILL))
    [finding] = verdict.findings
    assert (finding.code, finding.params["account"], finding.params["name"]) == (
        "ACCOUNT_ARCHIVED",
        "310",
        "Cost of goods sold",
    )
    assert stop(quickbooks, document("B-1", cost(), kind=BILL), VENDOR) == ["ACCOUNT_ARCHIVED"]


@pytest.mark.requirement("M15")
async def test_a_customer_has_one_currency(quickbooks: Any, document: Documents, sale: Lines) -> None:
    verdict = await send(quickbooks, document("INV-1", sale(), currency="USD"))
    [finding] = verdict.findings
    assert (finding.code, finding.params["currency"]) == ("CONTACT_CURRENCY_DIFFERS", "USD")
    assert finding.message.startswith("INV-1 is in USD; the contact of Harbour Dental")
    made = await quickbooks.ledger.create_contact(ContactSpec("O'Neill Legal", "4:USD", currency="USD"), KEY)
    assert made.name == "O'Neill Legal (USD)"
    verdict = await send(quickbooks, document("INV-1", sale(), currency="USD"), contact=made.contact_id, key="b" * 64)
    assert verdict.status is VerdictStatus.POSTED
    assert only(quickbooks.state.all("Invoice"))["ExchangeRate"] == Decimal("1.5625")


@pytest.mark.requirement("M15", "M8")
async def test_a_revision_keeps_the_rate(quickbooks: Any, document: Documents, sale: Lines) -> None:
    made = document("INV-1", sale(), currency="USD", currency_rate=Decimal("1.6"))
    first = await send(quickbooks, made, contact="64")
    revised = document("INV-1", sale("250.00", "25.00"), currency="USD")
    await send(quickbooks, revised, first.ledger_id, "b" * 64, contact="64")
    assert json.loads(writes(quickbooks)[-1].request_body)["ExchangeRate"] == 1.6
    [found] = await quickbooks.ledger.find_documents(INVOICE, ["INV-1"])
    assert (found.total, found.currency_rate) == (275, Decimal("1.6"))


# contacts and items -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("F1: CONTACT_NAME_TAKEN")
@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("northwind supply", "a vendor (id 71)"),
        ("Sam Field", "an employee (id 81)"),
        ("Gone & Co", "a customer, inactive (id 63)"),
        ("O'Neill Legal", "a customer (id 62)"),
    ],
)
async def test_a_name_in_use_tells_who_has_it(quickbooks: Any, name: str, other: str) -> None:
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.create_contact(ContactSpec(name, "9"), KEY)
    [finding] = stopped.value.findings
    assert finding.message == f"QuickBooks already has {other} called '{name}', so no contact was made."


async def test_a_customer_and_a_supplier_with_one_number_are_two(quickbooks: Any) -> None:
    ledger = quickbooks.ledger
    customer = await ledger.create_contact(ContactSpec("Acme: Sydney", "250", account_number="AC-7"), KEY)
    supplier = await ledger.create_contact(ContactSpec("Acme (supplier)", "250", role=ContactRole.SUPPLIER), "b" * 64)
    assert (customer.name, customer.account_number) == ("Acme Sydney", "AC-7")
    assert await ledger.find_contact("250") == customer
    assert await ledger.find_contact("250", ContactRole.SUPPLIER) == supplier
    with pytest.raises(Ambiguous):
        await ledger.create_contact(ContactSpec("Acme (supplier)", "250", role=ContactRole.SUPPLIER), "c" * 64)


async def test_two_contacts_with_our_number_are_told(quickbooks: Any) -> None:
    for row_id in ("71", "72"):
        quickbooks.state.amend("Vendor", row_id, {"AcctNum": "supplier:9"})
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.find_contact("supplier:9", ContactRole.SUPPLIER)
    assert stopped.value.code == "OUTCOME_AMBIGUOUS"


async def test_a_contact_refused_for_its_currency_says_so(quickbooks: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.create_contact(ContactSpec("Acme", "9", currency="CHF"), KEY)
    assert stopped.value.code == "CURRENCY_NOT_ENABLED"


@pytest.mark.requirement("M10", "F1: ITEM_CODE_TOO_LONG")
@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (ItemSpec("X" * 101, "Long", "200"), "ITEM_CODE_TOO_LONG"),
        (ItemSpec("A:B", "Colon", "200"), "CHARACTER_NOT_SEARCHABLE"),
        (ItemSpec("NEW", "New", "999"), "GL_ACCOUNT_UNKNOWN"),
        (ItemSpec("NEW", "New", "260"), "ACCOUNT_ARCHIVED"),
        (ItemSpec("NEW", "New", "090"), "ACCOUNT_WRONG_TYPE"),
        (ItemSpec("MS-SERVER", "Server", "860"), "ITEM_NAME_TAKEN"),
        (ItemSpec("Kits", "Kits", "200"), "ITEM_NAME_TAKEN"),
    ],
)
async def test_an_item_that_cannot_be_made(quickbooks: Any, spec: ItemSpec, code: str) -> None:
    before = len(list(quickbooks.state.all("Item")))
    with pytest.raises(Stopped) as stopped:
        await quickbooks.ledger.create_item(spec, KEY)
    assert stopped.value.code == code
    assert not any("?" in finding.message for finding in stopped.value.findings)
    assert len(list(quickbooks.state.all("Item"))) == before


async def test_items_are_known_by_name_and_by_their_own_code(quickbooks: Any) -> None:
    reference = await quickbooks.ledger.reference_data()
    items = {item.code: item for item in reference.items}
    assert {"MS-SERVER", "SWITCH", "SW-8"} <= items.keys()
    assert "Kits" not in items
    assert (items["SW-8"].tracked, items["OLD"].active) == (True, False)


# the United States ------------------------------------------------------------------------------------------------------

US: dict[str, Any] = {
    "CompanyInfo": {"Country": "US"},
    "Preferences": {"CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}},
    "CompanyCurrency": [],
    "Customer": [{"Id": "61", "DisplayName": "Harbour Dental"}],
    "Vendor": [{"Id": "71", "DisplayName": "Northwind Supply"}],
}


@pytest.mark.requirement("M12", "A020")
async def test_in_the_united_states_one_code_taxes_the_taxable_lines(
    make_quickbooks: Any, document: Documents, sale: Lines, cost: Lines
) -> None:
    server = await make_quickbooks(**US)
    reference = await server.ledger.reference_data()
    assert {"NON", "Fifteen"} <= {rate.tax_type for rate in reference.tax_rates}
    assert reference.base_currency == "USD"
    taxed = sale("100.00", "15.01", tax_type="Fifteen", tax_override=True)
    labour = sale("50.00", "0.00", tax_type="NON")
    verdict = await send(server, document("INV-1", taxed, labour, currency="USD"))
    assert (verdict.status, verdict.total, verdict.tax) == (VerdictStatus.POSTED, Decimal("165.01"), Decimal("15.01"))
    row = only(server.state.all("Invoice"))
    codes = [one["SalesItemLineDetail"]["TaxCodeRef"]["value"] for one in row["Line"][:2]]
    assert (codes, row["TxnTaxDetail"]["TxnTaxCodeRef"]["value"]) == (["TAX", "NON"], "13")
    read = await server.ledger.read_document(INVOICE, verdict.ledger_id)
    assert [one.tax_type for one in read.lines] == ["Fifteen", "NON"]
    mixed = document("INV-2", sale(tax_type="Fifteen", tax_override=True), sale(), currency="USD")
    assert stop(server, mixed) == ["TAX_CODES_MIXED"]
    bill = document("B-1", cost("100.00", "8.25", tax_type="NON"), kind=BILL, currency="USD")
    assert stop(server, bill, VENDOR) == ["TAX_TOTAL_DIFFERS"]
    plain = document("B-1", cost("108.25", "0.00", tax_type="NON"), kind=BILL, currency="USD")
    assert (await send(server, plain, key="b" * 64)).status is VerdictStatus.POSTED


@pytest.mark.requirement("M11", "M12")
async def test_automated_sales_tax_takes_the_printed_tax_or_stops(
    make_quickbooks: Any, document: Documents, sale: Lines
) -> None:
    prefs = {**US["Preferences"], "TaxPrefs": {"PartnerTaxEnabled": True}}
    seed = {**US, "Preferences": prefs, "automated_tax_code": "13"}
    server = await make_quickbooks(**seed)
    line = sale("100.00", "8.25", tax_type="TAX", tax_override=True)
    verdict = await send(server, document("INV-1", line, currency="USD"))
    assert (verdict.status, verdict.tax) == (VerdictStatus.POSTED, Decimal("8.25"))
    refusing = await make_quickbooks(settings={"tax_override": False}, **seed)
    assert stop(refusing, document("INV-1", line, currency="USD")) == ["TAX_TOTAL_DIFFERS"]
    right = sale("100.00", "15.00", tax_type="Fifteen")
    verdict = await send(refusing, document("INV-1", right, currency="USD"))
    assert (verdict.status, verdict.tax) == (VerdictStatus.POSTED, Decimal("15.00"))
    cents = [
        sale(net, tax, tax_type="Fifteen") for net, tax in (("25.06", "3.76"), ("25.61", "3.84"), ("25.63", "3.84"))
    ]
    assert stop(refusing, document("INV-2", *cents, currency="USD")) == ["TAX_TOTAL_DIFFERS"]


async def test_a_company_without_sales_tax_takes_untaxed_documents(
    make_quickbooks: Any, document: Documents, sale: Lines
) -> None:
    server = await make_quickbooks(
        Preferences={
            "TaxPrefs": {"UsingSalesTax": False},
            "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "AUD"}},
        }
    )
    assert stop(server, document("INV-1", sale())) == ["TAX_TOTAL_DIFFERS"]
    assert (await send(server, document("INV-1", sale("100.00", "0.00")))).status is VerdictStatus.POSTED


# the wire ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "params"),
    [
        ("timeout_after_commit", {"seconds": 0.05}),
        ("500_after", {}),
        ("hidden_error", {"saved": True}),
    ],
)
async def test_a_document_saved_behind_an_error_is_found_again(
    quickbooks: Any, document: Documents, sale: Lines, fault: str, params: dict[str, Any]
) -> None:
    quickbooks.arm(fault, method="POST", params=params)
    with pytest.raises(Ambiguous):
        await send(quickbooks, document("INV-1", sale()))
    [found] = await quickbooks.ledger.find_documents(INVOICE, ["inv-1"])
    assert (found.total, found.number) == (110, "inv-1")
    if fault != "hidden_error":
        assert (await send(quickbooks, document("INV-1", sale()))).ledger_id == found.ledger_id


@pytest.mark.parametrize("form", ["xml", "json"])
async def test_the_rate_limit_closes_the_gate_for_a_minute(
    make_quickbooks: Any, document: Documents, sale: Lines, form: str
) -> None:
    server = await make_quickbooks(switches={"limits_enabled": False, "throttle_format": form})
    server.arm("429", method="POST")
    with pytest.raises(Waiting) as waiting:
        await send(server, document("INV-1", sale()))
    assert (waiting.value.code, waiting.value.after) == ("RATE_LIMITED", timedelta(seconds=60))
    [report] = [report for report in server.gate.reports if report.problem]
    assert report.retry_after == timedelta(seconds=60)
    server.arm("500_before", method="GET")
    with pytest.raises(Transient):
        await server.ledger.contacts()


@pytest.mark.requirement("D18", "A130")
async def test_tokens_are_renewed_once_and_each_new_refresh_value_is_kept(
    quickbooks: Any, document: Documents, sale: Lines
) -> None:
    quickbooks.clock.advance(timedelta(hours=25))
    first = quickbooks.store.stored.refresh_token
    assert (await send(quickbooks, document("INV-1", sale()))).status is VerdictStatus.POSTED
    assert quickbooks.store.stored.refresh_token != first
    assert quickbooks.store.rotations == 1
    held = quickbooks.store.stored
    quickbooks.store.stored = replace(held, access_token="stale")
    quickbooks.tokens._current = replace(held, access_token="stale")
    assert (await send(quickbooks, document("INV-2", sale()), key="b" * 64)).status is VerdictStatus.POSTED
    assert quickbooks.store.rotations == 2
    quickbooks.state.identity.revoke_all()
    quickbooks.clock.advance(timedelta(hours=2))
    with pytest.raises(Waiting) as waiting:
        await send(quickbooks, document("INV-3", sale()), key="c" * 64)
    assert (waiting.value.code, str(waiting.value)) == ("TOKEN_REVOKED", "QuickBooks is disconnected")


@pytest.mark.requirement("D18")
async def test_another_company_is_a_missing_right(quickbooks: Any) -> None:
    config = {**quickbooks.config, "realm_id": "123"}
    stranger = build_ledger("quickbooks", config, quickbooks.http, quickbooks.tokens, quickbooks.gate)
    with pytest.raises(Waiting) as waiting:
        await stranger.reference_data()
    assert waiting.value.code == "LEDGER_PERMISSION_MISSING"


async def test_lists_are_read_to_their_end(
    quickbooks: Any, monkeypatch: pytest.MonkeyPatch, document: Documents, sale: Lines
) -> None:
    monkeypatch.setattr("ledgerwire.accounting.quickbooks.client.PAGE_SIZE", 3)
    reference = await quickbooks.ledger.reference_data(fresh=True)
    assert len(reference.accounts) == 11
    names = [contact.name for contact in await quickbooks.ledger.contacts()]
    assert names == ["Harbour Dental", "O'Neill Legal", "Gone & Co", "Harbour Dental (USD)"]


async def test_reference_data_costs_one_call(quickbooks: Any) -> None:
    before = len(quickbooks.journal.entries())
    await quickbooks.ledger.reference_data()
    assert len(quickbooks.journal.entries()) == before
    await quickbooks.ledger.reference_data(fresh=True)
    [call] = quickbooks.journal.entries()[before:]
    assert call.path.endswith("/batch")
    assert len(json.loads(call.request_body)["BatchItemRequest"]) == 10


@pytest.mark.requirement("D3")
async def test_a_posted_document_shows_no_difference_to_what_was_decided(
    quickbooks: Any, document: Documents, sale: Lines, cost: Lines, line: Lines
) -> None:
    sydney, projects = Tracking("Location", "Sydney"), Tracking("Class", "Projects")
    cent = sale("0.01", "0.00", account_code="860", item_code="ROUNDING", tax_type="Free", role=LineRole.ROUNDING)
    lines = {
        INVOICE: (sale(tracking=(sydney, projects)), cent),
        CREDIT: (sale(), sale("0.00", "0.00", item_code=None, account_code="200")),
        BILL: (cost(item_code="SWITCH", tracking=(projects, sydney)),),
        JOURNAL: (line("5.00", "0.00", account_code="310", tax_type="Free"), line("-5.00", "0.00", account_code="600")),
    }
    for kind, rows in lines.items():
        more = {"contact": None, "net": Decimal(5), "total": Decimal(5)} if kind is JOURNAL else {}
        who = {} if kind is JOURNAL else {"contact": ContactDecision("1", "Northwind Supply", "linked")}
        made = document(f"N-{kind}", *rows, kind=kind, **{**(who if kind is BILL else {}), **more})
        verdict = await send(quickbooks, made, key=str(kind))
        read = await quickbooks.ledger.read_document(kind, verdict.ledger_id)
        assert differences(made, read) == ()
