"""The posting protocol on a ledger that takes one document a call and has no drafts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.e2e.outcomes import Outcomes
from tests.e2e.world import open_world

from ledgerwire.cli.month.account_file import Package, account_content
from ledgerwire.common.ids import account_id, connection_id
from ledgerwire.common.ledger.document import ContactDecision
from ledgerwire.common.settings import Settings
from ledgerwire.sandbox.quickbooks.books.desk import Desk as Books
from ledgerwire.sandbox.quickbooks.books.writing import save, void
from ledgerwire.sandbox.quickbooks.kinds import KINDS

from .conftest import Desk
from .test_drift import drift_steps, look

MANY = 12
TAX_FREE: dict[str, Any] = {
    "item_code": "MANAGED", "account_code": "200", "tax_type": "GST Free Income", "tax_amount": Decimal("0.00"), "tracking": (),
}  # fmt: skip
"""A line whose item decides its account, free of tax."""
INVOICE, TO_COPY = 39001, 39003


@pytest.fixture
async def desk(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    """The same desk with QuickBooks in Xero's place."""
    async with open_world(settings, tmp_path, services=(), live=False) as world:
        content = account_content(world.sandbox.describe(), {"name": "x", "mapping": {}}, Package.QUICKBOOKS)
        [company] = content["companies"][:1]
        await world.apply({"companies": [{**company, "locations": []}]})
        await world.go_live()
        own = connection_id(account_id(world.account), f"quickbooks:{company['name']}")
        monkeypatch.setattr(Outcomes, "ledger_connection", property(lambda _: own))
        yield Desk(world)


def books(desk: Any) -> Any:
    return desk.world.sandbox.world.quickbooks


def document(desk: Any, invoice_id: int, like: int | None = None, **changes: Any) -> Any:
    """The expected document for a customer that is made on the way."""
    made = desk.document(invoice_id, like=like)
    key = str(like or invoice_id)
    contact = ContactDecision(key, f"Customer {key}", "create")
    lines = tuple(replace(line, **TAX_FREE) for line in made.lines[:1])
    net = lines[0].net
    figures = {"lines": lines, "net": net, "tax": Decimal("0.00"), "total": net}
    return replace(made, **{"contact": contact, **figures, **changes})


@pytest.mark.requirement("A112", "D2")
async def test_documents_that_go_one_a_call_are_each_posted_and_batched_once_though_an_answer_is_lost(
    desk: Any,
) -> None:
    world = desk.world
    ids = world.copies(TO_COPY, MANY, batched=False)
    await world.close(*ids)
    world.arm("500_after", "quickbooks", method="POST", path_regex=r"/invoice$")
    await world.serve("poster")
    async with world.held_back("poster"):
        await desk.decide(*[(one, document(desk, one, like=TO_COPY)) for one in ids])
    await world.batched(*ids, seconds=40)
    posted = list(books(desk).all("Invoice"))
    assert sorted(row["DocNumber"] for row in posted) == sorted(map(world.number, ids))
    assert {row["CustomerRef"]["name"] for row in posted} == {f"Customer {TO_COPY}"}
    sent = await world.rows("SELECT idempotency_key FROM poster.submission WHERE kind = 'sales_invoice'")
    assert len(sent) == len({row["idempotency_key"] for row in sent}) == MANY


@pytest.mark.requirement("D2", "A129")
async def test_a_number_that_a_voided_document_keeps_is_asked_for_once_though_the_answer_is_lost(desk: Any) -> None:
    """Asked to take the number all the same, QuickBooks would take it twice: a call that lands late must not meet a new one."""
    world = desk.world
    [twin] = world.copies(INVOICE, 1, batched=False)
    await world.close(INVOICE, twin)
    await desk.decide((INVOICE, document(desk, INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    [row] = books(desk).all("Invoice")
    void(Books(books(desk), datetime(2026, 7, 1, tzinfo=UTC)), KINDS["Invoice"], {"Id": row["Id"], "SyncToken": "0"})
    since = len(world.sandbox.world.journal)
    world.arm("500_before", "quickbooks", method="POST", path_regex=r"/invoice$", after=1)
    await desk.decide((twin, replace(document(desk, twin, like=INVOICE), number=world.number(INVOICE))))
    await desk.until_told(twin, "batched")
    entries = world.sandbox.world.journal.entries("quickbooks", since_seq=since, kind="http")
    asked = [parse_qs(one.query) for one in entries if one.method == "POST" and one.path.endswith("/invoice")]
    unchecked = [query["requestid"] for query in asked if "include" in query]
    assert len(unchecked) == 2
    assert unchecked[0] == unchecked[1]
    assert sorted(row["TotalAmt"] for row in books(desk).all("Invoice")) == [0, document(desk, INVOICE).total]


@pytest.mark.requirement("M8", "M13", "A129")
async def test_a_strangers_number_stops_the_record_and_a_new_bill_to_voids_the_document_and_makes_it_again(
    desk: Any,
) -> None:
    world = desk.world
    [twin] = world.copies(INVOICE, 1, batched=False)
    await world.close(INVOICE, twin)
    number = world.number(INVOICE)
    await desk.decide((INVOICE, document(desk, INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    other = replace(document(desk, twin, like=INVOICE), number=number)
    await desk.decide((twin, replace(other, contact=replace(other.contact, company_key="8", company_name="Other"))))
    await desk.until_told(twin, "stopped", "DUPLICATE_NUMBER")
    await desk.choose(twin, "ADOPT")
    await desk.until_told(twin, "stopped", "NUMBER_OF_ANOTHER_CONTACT")
    assert world.batch_name(twin) is None
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    moved = ContactDecision("7", "Customer 7", "create")
    await desk.decide((INVOICE, document(desk, INVOICE, contact=moved)), revision=2)
    await desk.until_told(INVOICE, "batched", "DOCUMENT_CONTACT_CHANGED")
    rows = [row for row in books(desk).all("Invoice") if row["DocNumber"].startswith(number)]
    totals = sorted((row["CustomerRef"]["name"], row["TotalAmt"]) for row in rows)
    assert totals == [(f"Customer {INVOICE}", 0), ("Customer 7", document(desk, INVOICE).total)]


@pytest.mark.requirement("M8", "M11", "D2")
async def test_a_document_whose_tax_was_overridden_is_credited_to_the_cent(desk: Any) -> None:
    world = desk.world
    await world.close(INVOICE)
    taxes = (Decimal("1.01"), Decimal("1.01"), Decimal("1.00"))
    [line] = document(desk, INVOICE).lines
    amount = Decimal("10.05")
    taxed = [
        replace(line, unit_amount=amount, net=amount, tax_type="GST on Income", tax_amount=tax, tax_override=True)
        for tax in taxes
    ]
    figures = {"lines": tuple(taxed), "net": Decimal("30.15"), "tax": Decimal("3.02"), "total": Decimal("33.17")}
    first = document(desk, INVOICE, **figures)
    await desk.decide((INVOICE, first))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    [row] = books(desk).all("Invoice")
    assert row["TxnTaxDetail"]["TotalTax"] == Decimal("3.02")
    linked = {"Amount": "33.17", "LinkedTxn": [{"TxnId": row["Id"], "TxnType": "Invoice"}]}
    payment = {"CustomerRef": row["CustomerRef"], "TotalAmt": "33.17", "Line": [linked]}
    save(Books(books(desk), datetime(2026, 7, 1, tzinfo=UTC)), KINDS["Payment"], payment)
    [batch] = world.psa.state.tables["batches"]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")
    await desk.decide((INVOICE, replace(first, due_date=first.due_date + timedelta(days=1))), revision=2)
    await desk.until_told(INVOICE, "stopped", "DOCUMENT_PAID")
    await desk.choose(INVOICE, "CREDIT_AND_NEW")
    await desk.until_told(INVOICE, "batched", "DOCUMENT_CREDITED")
    [credit] = books(desk).all("CreditMemo")
    assert (credit["TxnTaxDetail"]["TotalTax"], credit["TotalAmt"]) == (Decimal("3.02"), Decimal("33.17"))


@pytest.mark.requirement("D11")
async def test_in_quickbooks_nothing_drifts_by_itself_and_a_deleted_document_is_noticed(desk: Any) -> None:
    world = desk.world
    [twin] = world.copies(INVOICE, 1, batched=False)
    await world.close(INVOICE, twin)
    await desk.decide((INVOICE, document(desk, INVOICE)), (twin, document(desk, twin, like=INVOICE)))
    await world.serve("poster")
    await desk.until_told(INVOICE, "batched")
    await desk.until_told(twin, "batched")
    await look(desk)
    await look(desk)
    assert await drift_steps(desk) == []
    [row] = [row for row in books(desk).all("Invoice") if row["DocNumber"] == world.number(twin)]
    books(desk).remove("Invoice", row["Id"])
    await look(desk)
    await desk.until_told(twin, "stopped", "DOCUMENT_GONE_FROM_LEDGER")
    await desk.choose(twin, "ACCEPT")
    await desk.until_told(twin, "batched")
    assert [row["DocNumber"] for row in books(desk).all("Invoice")] == [world.number(INVOICE)]
    await look(desk)
    assert len(await drift_steps(desk)) == 1
