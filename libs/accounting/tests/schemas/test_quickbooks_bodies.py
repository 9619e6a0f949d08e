"""Everything the QuickBooks adapter sends, and everything the simulated QuickBooks answers, against Intuit's XSDs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import ContactSpec, CreditApplied, ItemSpec, Prepared, VerdictStatus
from ledgerwire.common.ledger.document import ContactRole, DocumentKind, DocumentLine, LedgerDocument, Tracking

KINDS = list(DocumentKind)
SALES = {DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE}


def exact(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal)


def entities(answer: Any) -> Iterator[tuple[str, Any]]:
    """(type, row) of everything in an answer."""
    for name, value in answer.items():
        if name == "BatchItemResponse":
            for item in value:
                yield from entities({key: one for key, one in item.items() if key != "bId"})
        elif name == "QueryResponse":
            yield from ((key, row) for key, rows in value.items() if isinstance(rows, list) for row in rows)
        elif name != "time":
            yield name, value


async def a_life_of_every_kind(
    server: Any, make: Callable[..., LedgerDocument], row: Callable[..., DocumentLine]
) -> None:
    """Each kind made with all it can carry, changed and taken back; contacts, an item, a credit applied and undone."""
    ledger, currency = server.ledger, (await server.ledger.reference_data()).base_currency
    tracking = (Tracking("Class", "Projects"), Tracking("Location", "Sydney"))
    us = server.state.is_us
    sold = {"tax_type": "Fifteen", "tax_override": True, "item_code": "MS-SERVER", "tracking": tracking}
    bought = {"tax_type": "NON" if us else "GST on costs", "account_code": "310", "tracking": tracking}
    lines = {
        kind: (
            row("58.12", "5.81", quantity=Decimal(1234), unit_amount=Decimal("0.0471"), **sold),
            row("0.00", "0.00", tax_type="NON" if us else "Free", description="Thank you"),
        )
        if kind in SALES
        else (row("100.00", "0.00" if us else "10.00", **bought),)
        for kind in KINDS
    }
    lines[DocumentKind.JOURNAL] = (
        row("100.00", "0.00", account_code="310", tracking=tracking),
        row("-100.00", "0.00", account_code="600"),
    )
    made = {}
    for kind in KINDS:
        more = {"contact": None, "net": Decimal(100), "total": Decimal(100)} if kind is DocumentKind.JOURNAL else {}
        document = make(f"N-{kind[:9]}", *lines[kind], kind=kind, currency=currency, terms="Net 14", **more)
        contact = "61" if kind in SALES else "" if kind is DocumentKind.JOURNAL else "71"
        for ledger_id in (None, "made"):
            prepared = Prepared(document, contact, made[kind] if ledger_id else None)
            [verdict] = await ledger.send(ledger.compose(kind, [prepared]), f"{kind}/{ledger_id}")
            assert verdict.status is VerdictStatus.POSTED, verdict
            made[kind] = verdict.ledger_id
    await ledger.create_item(ItemSpec("NEW", "New", "200"), "item")
    for role in ContactRole:
        await ledger.create_contact(ContactSpec(f"New {role}", "7", "a@b.example", "AC", role, currency), role)
    invoice, credit = made[DocumentKind.SALES_INVOICE], made[DocumentKind.CREDIT_NOTE]
    await ledger.allocate(CreditApplied(credit, "C", invoice, "I", Decimal(20), date(2026, 3, 18)), "allocate")
    parts = [part for row in await ledger.settlements(None) for part in row.credits]
    await ledger.deallocate(parts[0], "deallocate")
    for kind, ledger_id in made.items():
        await ledger.read_document(kind, ledger_id)
        await ledger.void(kind, ledger_id, f"void/{kind}")


US = {
    "CompanyInfo": {"Country": "US"},
    "Preferences": {"CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}},
    "CompanyCurrency": [],
    "Customer": [{"Id": "61", "DisplayName": "Harbour Dental"}],
    "Vendor": [{"Id": "71", "DisplayName": "Northwind Supply"}],
}


@pytest.mark.parametrize("seed", [{}, US], ids=["multi-currency", "united-states"])
async def test_bodies_and_answers_keep_to_the_schema(
    make_quickbooks: Any,
    intuit_schema: Any,
    document: Callable[..., LedgerDocument],
    line: Callable[..., DocumentLine],
    seed: dict[str, Any],
) -> None:
    server = await make_quickbooks(**seed)
    await a_life_of_every_kind(server, document, line)
    found: list[str] = []
    seen: set[str] = set()
    for call in server.journal.entries():
        if "/v3/company/" not in call.path:
            continue
        answer = exact(call.response_body)
        assert "Fault" not in answer, answer
        rows = list(entities(answer))
        if call.method == "POST" and not call.path.endswith("/batch"):
            [(name, _)] = rows
            seen.add(name)
            found += [f"sent {one}" for one in intuit_schema.problems(name, exact(call.request_body))]
        for name, row in rows:
            found += [f"answered {one}" for one in intuit_schema.problems(name, row)]
    assert seen == {
        *("Invoice", "CreditMemo", "Bill", "VendorCredit", "JournalEntry"),
        *("Payment", "Customer", "Vendor", "Item"),
    }
    assert sorted(set(found)) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"DocNo": "1"}, "Invoice.DocNo: Invoice has no such field"),
        ({"GlobalTaxCalculation": "Exclusive"}, "'Exclusive' is none of"),
        ({"Line": {}}, "an array is expected"),
        ({"Line": [{"DetailType": "SalesItemLine"}]}, "'SalesItemLine' is none of"),
        ({"Line": [{"Amount": "10.00"}]}, "'10.00' is no decimal"),
        ({"CustomerRef": {"value": 5}}, "5 is no string"),
        ({"CustomerRef": "5"}, "an object is expected"),
        ({"TxnDate": "22/11/2026"}, "'22/11/2026' is no date"),
        ({"ApplyTaxAfterDiscount": "yes"}, "'yes' is no boolean"),
    ],
)
def test_the_check_finds_what_is_wrong(intuit_schema: Any, body: dict[str, Any], says: str) -> None:
    [problem] = intuit_schema.problems("Invoice", body)
    assert says in problem
