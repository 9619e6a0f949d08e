"""Stock that is sold leaves the books: one journal beside the sales document, and only where it belongs (M5, M6)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount, LedgerItem
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import Mapped, NoEffect
from ledgerwire.mapper.domain.settings import CogsBy, CogsSettings, CurrencySettings, ProcurementSettings, RateSource
from ledgerwire.mapper.domain.trace import in_words

from .build import REFERENCE, SETTINGS, gl_line, mapped, source, stop

COST = LedgerAccount("310", "Cost of goods sold", AccountClass.EXPENSE, active=True)
STOCK = LedgerAccount("630", "Stock on hand", AccountClass.ASSET, active=True)
SHOP = replace(REFERENCE, accounts=(*REFERENCE.accounts, COST, STOCK))
POSTS = replace(SETTINGS, cogs=CogsSettings(enabled=True))


def dock(entry_id=101, net="389.00", **more):
    facts = {
        "gl_type": "RP", "account": "200", "product": "DOCK", "non_product_id": None, "description": "USB-C dock",
        "quantity": Decimal(-1), "cost": Decimal("301.25"), "cost_account": "310", "stock_account": "630",
        "product_class": "Inventory", "product_type": "Hardware", "category": "Hardware", "taxable": False,
    }  # fmt: skip
    return gl_line(entry_id, net, **{**facts, **more})


def sold(*lines, settings=POSTS, reference=SHOP, tax="0.00", **more):
    return source(*(lines or (dock(),)), settings=settings, reference=reference, tax=tax, **more)


def journal(given):
    documents = mapped(given).documents
    assert len(documents) == 2, documents
    return documents[1]


def sides(document):
    return [(line.account_code, line.net) for line in document.lines]


@pytest.mark.requirement("M5", "M6")
def test_a_stock_line_makes_a_journal_as_the_second_document_of_its_record():
    sale, cogs = mapped(sold()).documents
    assert (sale.kind, sale.total) == (DocumentKind.SALES_INVOICE, Decimal("389.00"))
    assert (cogs.kind, cogs.number, cogs.contact) == (DocumentKind.JOURNAL, "COGS-INV-1042", None)
    assert sides(cogs) == [("310", Decimal("301.25")), ("630", Decimal("-301.25"))]
    assert (cogs.net, cogs.tax, cogs.total) == (Decimal("301.25"), Decimal(0), Decimal("301.25"))
    assert [line.source_ids for line in cogs.lines] == [(101,), (101,)]
    assert (cogs.document_date, cogs.lines[0].tax_type) == (date(2026, 2, 10), "BASEXCLUDED")


@pytest.mark.requirement("M6")
def test_the_cost_carries_the_tracking_of_the_line_and_the_stock_none():
    debit, credit = journal(sold(dock(gl_class="Projects"))).lines
    assert ([item.option for item in debit.tracking], credit.tracking) == (["Projects"], ())


@pytest.mark.requirement("M6")
def test_a_credit_memo_reverses_it_and_a_returned_line_does_too():
    back = dock(102, "-389.00", quantity=Decimal(1))
    credit = sold(back, invoice_type="CreditMemo")
    assert mapped(credit).documents[0].kind is DocumentKind.CREDIT_NOTE
    assert sides(journal(credit)) == [("310", Decimal("-301.25")), ("630", Decimal("301.25"))]
    assert journal(credit).total == Decimal("301.25")
    both = journal(sold(dock(), dock(103, "100.00", cost=Decimal("80.00")), back))
    assert sum(net for code, net in sides(both) if code == "310") == Decimal("80.00")


@pytest.mark.requirement("M6")
@pytest.mark.parametrize(
    "line",
    [
        dock(product_class="NonInventory"),
        dock(product_class=None),
        dock(gl_type="AP"),
        gl_line(101, "145.00", cost=Decimal("60.00"), cost_account="310", stock_account="630", product_class="Inventory"),
        gl_line(
            101, "80.00", gl_type="RE", non_product_id="DOCK", cost=Decimal(60), cost_account="310", stock_account="630"
        ),
        gl_line(
            101, "80.00", gl_type="RA", account="200", cost=Decimal(60), cost_account="310", stock_account="630",
            product_class="Inventory",
        ),
        dock(cost=None),
        dock(drop_shipped=True),
    ],
    ids=["non-stock", "unknown class", "agreement product", "time", "expense", "agreement", "no cost", "drop-ship"],
)  # fmt: skip
def test_no_other_line_makes_one_though_cost_and_account_are_filled(line):
    assert len(mapped(sold(replace(line, taxable=False))).documents) == 1


@pytest.mark.requirement("M6")
def test_drop_shipped_products_follow_the_package_set_up_or_the_setting():
    dropped = sold(dock(drop_shipped=True))
    assert "was drop-shipped" in " ".join(in_words(mapped(dropped).trace))
    by_setting = replace(SETTINGS, cogs=CogsSettings(enabled=True, drop_ship=True))
    assert journal(replace(dropped, settings=by_setting)).total == Decimal("301.25")
    assert journal(replace(dropped, drop_ship_cogs=True)).total == Decimal("301.25")


@pytest.mark.requirement("M6")
def test_an_item_that_the_ledger_tracks_posts_its_own_cost():
    tracked = replace(SHOP, items=(LedgerItem("DOCK", "Dock", tracked=True),))
    result = mapped(sold(reference=tracked))
    assert len(result.documents) == 1
    assert any("is tracked in the ledger, which posts its cost itself" in text for text in in_words(result.trace))


@pytest.mark.requirement("M6")
@pytest.mark.parametrize(
    ("by", "line", "posts"),
    [
        (CogsBy.PRODUCT_CLASS, dock(product_type="Licence"), True),
        (CogsBy.PRODUCT_TYPE, dock(product_class="NonInventory"), True),
        (CogsBy.PRODUCT_TYPE, dock(product_type="Licence"), False),
        (CogsBy.BOTH, dock(product_class="NonInventory"), False),
        (CogsBy.BOTH, dock(), True),
    ],
)
def test_class_type_or_both_tell_what_is_stock(by, line, posts):
    settings = replace(SETTINGS, cogs=CogsSettings(enabled=True, by=by, product_types=("Hardware",)))
    assert len(mapped(sold(line, settings=settings)).documents) == (2 if posts else 1)


@pytest.mark.requirement("A060", "M6", "M25")
@pytest.mark.parametrize(
    ("line", "what", "problem"),
    [
        (dock(cost_account=""), "cost of sales", "is empty"),
        (dock(cost_account="399"), "cost of sales", "is not in Xero"),
        (dock(cost_account="200"), "cost of sales", "is of class revenue in Xero"),
        (dock(stock_account="631"), "stock", "is not in Xero"),
    ],
)
def test_a_stock_line_without_its_accounts_stops_and_names_line_and_account(line, what, problem):
    finding = stop(sold(line))
    assert (finding.code, finding.params["what"], finding.params["problem"]) == ("GL_COGS_UNKNOWN", what, problem)
    assert finding.message.startswith("'USB-C dock' on INV-1042 is stock (product category Hardware)")
    assert "?" not in finding.message
    assert "?" not in finding.entry.render_action(finding.params)


@pytest.mark.requirement("A060")
def test_the_check_also_holds_where_no_cost_is_posted_and_can_be_switched_off():
    unknown = dock(cost_account="399")
    checked = replace(SETTINGS, cogs=CogsSettings(enabled=False))
    assert stop(sold(unknown, settings=checked)).code == "GL_COGS_UNKNOWN"
    off = replace(SETTINGS, cogs=CogsSettings(enabled=False, validate_accounts=False))
    assert mapped(sold(unknown, settings=off)).findings == ()
    warned = mapped(sold(unknown, settings=replace(SETTINGS, cogs=CogsSettings(enabled=True, validate_accounts=False))))
    assert [(item.code, item.severity) for item in warned.findings] == [("GL_COGS_UNKNOWN", "warning")]
    assert len(warned.documents) == 1


@pytest.mark.requirement("A061")
def test_procurement_forces_the_check_on():
    off = replace(
        SETTINGS,
        cogs=CogsSettings(enabled=True, validate_accounts=False),
        procurement=ProcurementSettings(enabled=True),
    )
    assert stop(sold(dock(cost_account="399"), settings=off)).code == "GL_COGS_UNKNOWN"


@pytest.mark.requirement("M15", "M6")
def test_a_cost_in_a_foreign_currency_needs_a_rate_and_is_posted_in_base_currency():
    both = replace(SHOP, currencies=frozenset({"AUD", "USD"}))
    abroad = sold(currency="USD", reference=both)
    assert stop(abroad).code == "CURRENCY_RATE_MISSING"
    rates = CurrencySettings(RateSource.TABLE, {"USD": Decimal("1.5231")})
    sale, cogs = mapped(replace(abroad, settings=replace(POSTS, currency=rates))).documents
    assert (sale.currency, sale.currency_rate, sale.total) == ("USD", Decimal("1.5231"), Decimal("389.00"))
    assert (cogs.currency, cogs.total) == ("AUD", Decimal("458.83"))


@pytest.mark.requirement("M4", "M6")
def test_stock_given_away_is_no_record_without_effect():
    gift = sold(dock(101, "389.00"), dock(102, "-389.00", cost=Decimal(0), quantity=Decimal(0)))
    result = map_record(gift)
    assert isinstance(result, Mapped)
    assert [item.total for item in result.documents] == [Decimal(0), Decimal("301.25")]
    without = map_record(replace(gift, settings=replace(SETTINGS, cogs=CogsSettings(validate_accounts=False))))
    assert isinstance(without, NoEffect)


@pytest.mark.requirement("M6", "D14")
def test_the_journal_moves_with_its_invoice_to_the_first_open_day():
    locked = replace(SHOP, lock_date=date(2026, 2, 28))
    moved = mapped(sold(reference=locked, settings=replace(POSTS, lock_policy="first_open_day"))).documents
    assert {item.document_date for item in moved} == {date(2026, 3, 1)}


@pytest.mark.requirement("M3", "M6")
def test_stock_comes_back_by_a_credit_memo_whose_rows_are_exported_like_a_sales():
    credit = sold(dock(), total="-389.00", invoice_type="CreditMemo")
    note, back = mapped(credit).documents
    assert (note.kind, note.total) == (DocumentKind.CREDIT_NOTE, Decimal("389.00"))
    assert sides(back) == [("310", Decimal("-301.25")), ("630", Decimal("301.25"))]
