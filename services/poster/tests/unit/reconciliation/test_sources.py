"""Which records of a period count as closed, by what ConnectWise shows of each type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.models import (
    BillingStatus,
    CurrencyReference,
    Invoice,
    Reference,
    StatusReference,
    UnpostedExpense,
    UnpostedInvoice,
    UnpostedProcurement,
)
from ledgerwire.poster.reconciliation import sources
from ledgerwire.poster.reconciliation.domain.model import OwnRecord, Stray, Wanted
from ledgerwire.poster.reconciliation.repository import RecordRow
from ledgerwire.tenants.account_file import SyncSection
from ledgerwire.tenants.read import AccountContext, CompanyContext, ConnectionContext

ACCOUNT, PSA, SYDNEY, LONDON = (UUID(int=n) for n in range(1, 5))
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
AUD = CurrencyReference(currency_code="AUD")
CLOSED, OPEN = StatusReference(id=2, is_closed=True), StatusReference(id=1, is_closed=False)


def invoice(number: int, status: StatusReference | None = CLOSED, **fields) -> Invoice:
    values = {"date_text": "2026-03-14T00:00:00Z", "total": Decimal("110.00"), "currency": AUD, "location_id": 1}
    return Invoice(id=number, invoice_number=f"INV-{number}", status=status, **{**values, **fields})


class Psa:
    """What ConnectWise shows; `everything` are invoices of any date."""

    def __init__(self, *invoices: Invoice, unposted=(), products=(), expenses=(), everything=()) -> None:
        self.shown, self.unposted, self.products, self.expenses = invoices, unposted, products, expenses
        self.everything = (*invoices, *everything)

    async def invoices_dated(self, first, last):
        return list(self.shown)

    async def invoices_numbered(self, numbers):
        return [one for one in self.everything if one.invoice_number in numbers]

    async def invoices(self, ids):
        return [one for one in self.everything if one.id in ids]

    async def billing_statuses(self):
        return [BillingStatus(id=2, closed_flag=True), BillingStatus(id=1)]

    async def unposted_invoices(self, ids=None):
        return [one for one in self.unposted if ids is None or one.invoice_id in ids]

    async def unposted_procurement(self, ids=None):
        return [one for one in self.products if ids is None or one.source_id in ids]

    async def unposted_expenses(self, ids=None):
        return [one for one in self.expenses if ids is None or one.expense_detail_id in ids]


def account() -> AccountContext:
    psa = ConnectionContext(ACCOUNT, PSA, "connectwise", "connectwise", {}, "ok", 1)
    companies = tuple(
        CompanyContext(ledger, name, PSA, ledger, (place,))
        for name, ledger, place in (("Sydney", SYDNEY, 1), ("London", LONDON, 2))
    )
    sync = SyncSection(sweep_interval_seconds=300, sweep_min_age_seconds=0)
    return AccountContext(ACCOUNT, "acme", "live", date(2026, 3, 5), sync, {PSA: psa}, companies, ())


def row(record_type: str, source_id: str, **fields) -> RecordRow:
    values = {
        "record_id": UUID(int=100 + len(source_id)),
        "record_type": record_type,
        "source_id": source_id,
        "ledger_connection_id": SYDNEY,
        "number": f"SUP-{source_id}",
        "customer": "Ingram",
        "dated": date(2026, 3, 20),
        "total": Decimal("80.00"),
        "currency": "AUD",
        "batched": False,
        "recorded": date(2026, 3, 21),
        "own": OwnRecord("mapped"),
    }
    return RecordRow(**{**values, **fields})


async def turn(psa: Psa, *types: RecordType) -> sources.Records:
    shown = await sources.read(psa, (RecordType.INVOICE, *types), FIRST, LAST)
    return sources.Records(account(), shown, FIRST, LAST, NOW)


@pytest.mark.requirement("D1")
async def test_an_invoice_counts_if_its_status_closes_it_or_it_is_listed_or_batched() -> None:
    psa = Psa(
        invoice(1),
        invoice(2, OPEN),
        invoice(3, StatusReference(id=2)),  # an older server leaves the flag out: the billing status says it
        invoice(4, OPEN, gl_batch=Reference(id=7, name="by hand")),
        invoice(5, OPEN),
        unposted=[UnpostedInvoice(id=900, billing_log_id=5)],
    )
    found = {item.source_id: item for item in (await turn(psa)).closed({})}
    assert set(found) == {"1", "3", "4", "5"}
    assert [item.batched for item in found.values()] == [False, False, True, False]
    assert {item.company for item in found.values()} == {"Sydney"}
    assert (await turn(Psa(invoice(1, location_id=9)))).closed({})[0].company == ""


async def test_before_go_live_and_just_closed_are_known_by_their_dates() -> None:
    early = invoice(1, date_text="2026-03-04T00:00:00Z")
    just_now = (NOW - timedelta(minutes=5)).isoformat()
    long_ago = (NOW - timedelta(hours=1)).isoformat()
    unposted = [
        UnpostedInvoice(billing_log_id=2, date_closed=just_now),
        UnpostedInvoice(billing_log_id=3, date_closed=long_ago),
    ]
    found = (await turn(Psa(early, invoice(2), invoice(3), unposted=unposted))).closed({})
    assert [item.before_go_live for item in found] == [True, False, False]
    assert [item.fresh for item in found] == [False, True, False]


@pytest.mark.requirement("D1")
async def test_a_receipt_counts_while_it_is_listed_and_once_it_has_left_its_list_too() -> None:
    listed = UnpostedProcurement(
        unposted_product_id="9-1-purchase", vendor_invoice_number="SUP-1", total=Decimal("70.00"), currency=AUD,
        purchase_date_text="2026-03-10T00:00:00Z", location_id=2,
    )  # fmt: skip
    later = UnpostedProcurement(unposted_product_id="9-2-purchase", purchase_date_text="2026-04-10T00:00:00Z")
    expense = UnpostedExpense(expense_detail_id=12, date_expense_text="2026-03-11T00:00:00Z", total=Decimal("5.00"))
    psa = Psa(products=[listed, later], expenses=[expense])
    rows = [
        row("procurement", "8-1-purchase", batched=True, record_id=UUID(int=301)),
        row("procurement", "8-22-purchase", record_id=UUID(int=302)),
        row("procurement", "8-3-purchase", record_id=UUID(int=303), own=OwnRecord("stopped")),
        row("procurement", "8-4-purchase", record_id=UUID(int=304), dated=date(2026, 4, 20)),
    ]
    own = {item.record_id: item for item in rows}
    found = {item.source_id: item for item in (await turn(psa, RecordType.PROCUREMENT, RecordType.EXPENSE)).closed(own)}
    assert {key: (item.batched, item.off_list) for key, item in found.items()} == {
        "9-1-purchase": (False, False),
        "12": (False, False),
        "8-1-purchase": (True, False),
        "8-22-purchase": (False, True),
        "8-3-purchase": (False, True),
    }
    assert (found["9-1-purchase"].company, found["9-1-purchase"].total) == ("London", Decimal("70.00"))
    assert found["12"].number == "EXP-12"


@pytest.mark.requirement("D1")
async def test_a_record_without_a_date_counts_by_the_day_it_was_closed_or_written_down() -> None:
    psa = Psa(
        products=[
            UnpostedProcurement(unposted_product_id="9-1-purchase", date_closed="2026-03-10T00:00:00Z"),
            UnpostedProcurement(unposted_product_id="9-2-purchase", date_closed="2026-04-10T00:00:00Z"),
            UnpostedProcurement(unposted_product_id="9-3-purchase"),
        ]
    )
    written = [("8-1-purchase", date(2026, 3, 9)), ("8-22-purchase", date(2026, 4, 9))]
    known = [row("procurement", source, dated=None, recorded=day) for source, day in written]
    own = {item.record_id: item for item in known}
    found = {item.source_id: item.dated for item in (await turn(psa, RecordType.PROCUREMENT)).closed(own)}
    assert found == {"9-1-purchase": date(2026, 3, 10), "9-3-purchase": FIRST, "8-1-purchase": date(2026, 3, 9)}


async def test_of_a_type_that_is_not_carried_no_list_is_read_so_nothing_can_have_left_it() -> None:
    known = row("expense", "12")
    [found] = (await turn(Psa())).closed({known.record_id: known})
    assert not found.off_list


@pytest.mark.requirement("D1")
async def test_what_looks_wrong_is_read_again_by_its_id() -> None:
    listed = [UnpostedProcurement(unposted_product_id=f"9-{n}-purchase", location_id=1) for n in (1, 2)]
    unposted = [UnpostedInvoice(billing_log_id=number) for number in (1, 2, 3)]
    before = await turn(
        Psa(invoice(1), invoice(2), invoice(3), unposted=unposted, products=listed), RecordType.PROCUREMENT
    )
    batched, opened = invoice(1, gl_batch=Reference(id=7, name="INV-1")), invoice(2, OPEN)
    now = Psa(everything=[batched, opened, invoice(3)], products=listed[1:])
    wrong = [item for item in before.closed({}) if item.source_id != "3"]
    known = row("procurement", "9-1-purchase", batched=True, record_id=before.id_of("procurement", "9-1-purchase"))
    again = (await before.again(now, wrong)).closed({known.record_id: known})
    assert {item.source_id: item.batched for item in again} == {"1": True, "9-1-purchase": True, "9-2-purchase": False}


async def test_a_type_that_is_not_carried_is_not_looked_at() -> None:
    product = UnpostedProcurement(unposted_product_id="9-1-purchase", purchase_date_text="2026-03-10T00:00:00Z")
    assert not (await turn(Psa(products=[product]))).closed({})


async def test_a_receipt_is_worth_what_its_entries_were_made_into() -> None:
    wanted = (
        Wanted(DocumentKind.BILL, "SUP-1", Decimal("88.00"), "AUD"),
        Wanted(DocumentKind.SUPPLIER_CREDIT, "SUP-1", Decimal("8.00"), "AUD"),
    )
    known = row("procurement", "8-1-purchase", batched=True, own=OwnRecord("mapped", wanted=wanted))
    [found] = (await turn(Psa(), RecordType.PROCUREMENT)).closed({known.record_id: known})
    assert found.total == Decimal("80.00")


@pytest.mark.requirement("D1", "M15", "M17")
@pytest.mark.parametrize("batched", [True, False])
async def test_a_foreign_expense_is_shown_in_the_currency_that_its_total_is_in(batched: bool) -> None:
    journal = Wanted(DocumentKind.JOURNAL, "EXP-12", Decimal("41.80"), "AUD")
    expense = UnpostedExpense(
        expense_detail_id=12, date_expense_text="2026-03-11T00:00:00Z", total=Decimal("25.00"),
        currency=CurrencyReference(currency_code="EUR"),
    )  # fmt: skip
    known = row("expense", "12", currency="EUR", batched=batched, own=OwnRecord("mapped", wanted=(journal,)))
    psa = Psa(expenses=[] if batched else [expense])
    [found] = (await turn(psa, RecordType.EXPENSE)).closed({known.record_id: known})
    assert (found.total, found.currency) == (Decimal("41.80"), "AUD")
    undecided = {known.record_id: replace(known, own=OwnRecord("stopped"))}
    [found] = (await turn(psa, RecordType.EXPENSE)).closed(undecided)
    assert (found.total, found.currency) == (Decimal("80.00") if batched else Decimal("25.00"), "EUR")


@pytest.mark.requirement("D1")
async def test_a_record_that_is_not_closed_here_was_opened_is_gone_or_belongs_elsewhere() -> None:
    psa = Psa(everything=[invoice(1, OPEN), invoice(2)])
    here = await turn(psa, RecordType.PROCUREMENT)
    others = [
        row("invoice", "1", record_id=UUID(int=201)),
        row("invoice", "2", record_id=UUID(int=202)),
        row("invoice", "3", record_id=UUID(int=203)),
        row("procurement", "8-1-purchase", record_id=UUID(int=204), dated=date(2026, 4, 20)),
    ]
    assert await here.whereabouts(psa, others) == {
        UUID(int=201): Stray.RECORD_OPEN,
        UUID(int=203): Stray.RECORD_GONE,
    }
    numbers = ["INV-1", "INV-2", "INV-404"]
    assert await here.of_numbers(psa, numbers) == {"INV-1": Stray.RECORD_OPEN, "INV-404": Stray.NO_RECORD}


async def test_a_record_that_mapper_is_being_told_of_is_on_its_way() -> None:
    here = await turn(Psa(invoice(1), invoice(2)))
    told = replace(here, announced=frozenset({here.id_of("invoice", "1")}))
    assert {item.source_id: item.fresh for item in told.closed({})} == {"1": True, "2": False}
