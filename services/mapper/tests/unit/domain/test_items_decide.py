"""Where the ledger posts by item, a line goes to the frozen account or it stops (M10)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import NewItem
from ledgerwire.common.ledger.reference import LedgerAccount, LedgerItem, LedgerRules
from ledgerwire.mapper.domain.reference import sliced
from ledgerwire.mapper.domain.settings import ItemSettings, OnUnknownItem, PostAs
from ledgerwire.mapper.domain.trace import in_words

from .build import REFERENCE, SETTINGS, document, gl_line, mapped, source, stop, stops

ITEMS = (
    LedgerItem("LABOUR", "Labour", revenue_account="220"),
    LedgerItem("MANAGED", "Managed", revenue_account="200"),
    LedgerItem("DOCK", "Dock", revenue_account="220"),
    LedgerItem("ROUNDING", "Rounding", revenue_account="860"),
)
BOOKS = replace(
    REFERENCE, items=ITEMS, rules=LedgerRules(item_decides_account=True, has_drafts=False, unit_decimals=None)
)
BY_ITEM = replace(SETTINGS, rounding=replace(SETTINGS.rounding, item="ROUNDING"))


def with_items(**more):
    return replace(BY_ITEM, sales_items=ItemSettings(**more))


def booked(*lines, settings=BY_ITEM, reference=BOOKS, **more):
    return source(*lines, settings=settings, reference=reference, **more)


DOCK = gl_line(
    101, "100.00", gl_type="RP", account="200", product="DOCK", non_product_id=None, description="USB-C dock"
)


@pytest.mark.requirement("M10")
def test_an_item_of_the_frozen_account_is_used_as_it_is():
    [line] = document(booked()).lines
    assert (line.item_code, line.account_code) == ("LABOUR", "220")


@pytest.mark.requirement("M10")
def test_an_item_that_posts_elsewhere_stops_and_names_both_accounts():
    finding = stop(booked(DOCK))
    assert finding.code == "ITEM_ACCOUNT_MISMATCH"
    assert (
        finding.message == "'DOCK' on INV-1042 sells to account '220' in Xero; ConnectWise closed the line with '200'."
    )


@pytest.mark.requirement("M10")
def test_by_setting_an_item_for_the_account_is_used_and_made_once():
    settings = with_items(on_mismatch=OnUnknownItem.CREATE)
    result = mapped(booked(DOCK, replace(DOCK, entry_id=102), settings=settings, tax="20.00"))
    [made] = result.documents
    assert [line.item_code for line in made.lines] == ["DOCK-200", "DOCK-200"]
    assert made.new_items == (NewItem("DOCK-200", "Dock (200)", "200"),)
    assert any(
        "item of the account 'DOCK-200' is used, because 'DOCK' posts to 220" in text for text in in_words(result.trace)
    )
    known = replace(BOOKS, items=(*ITEMS, LedgerItem("DOCK-200", "Dock (200)", revenue_account="200")))
    again = document(sliced(booked(DOCK, settings=settings, reference=known), known))
    assert (again.lines[0].item_code, again.new_items) == ("DOCK-200", ())
    wrong = replace(BOOKS, items=(*ITEMS, LedgerItem("DOCK-200", "Dock (200)", revenue_account="812")))
    assert stops(booked(DOCK, settings=settings, reference=wrong)) == ["ITEM_ACCOUNT_MISMATCH"]


@pytest.mark.requirement("M10")
def test_an_unknown_item_stops_or_is_made_with_the_frozen_account():
    line = replace(DOCK, product="NAS-4")
    assert stop(booked(line)).code == "ITEM_UNKNOWN"
    made = document(booked(line, settings=with_items(on_unknown=OnUnknownItem.CREATE)))
    assert made.new_items == (NewItem("NAS-4", "USB-C dock", "200"),)
    both = [line, replace(line, entry_id=102, account="220")]
    twice = with_items(on_unknown=OnUnknownItem.CREATE, on_mismatch=OnUnknownItem.CREATE)
    made = document(booked(*both, settings=twice, tax="20.00"))
    assert [item.code for item in made.new_items] == ["NAS-4", "NAS-4-220"]
    once = with_items(on_unknown=OnUnknownItem.CREATE)
    assert stops(booked(*both, settings=once, tax="20.00")) == ["ITEM_ACCOUNT_MISMATCH"]


@pytest.mark.requirement("M10")
def test_an_inactive_item_stops():
    asleep = replace(BOOKS, items=(replace(ITEMS[0], active=False), *ITEMS[1:]))
    assert stop(booked(reference=asleep)).code == "ITEM_INACTIVE"


@pytest.mark.requirement("M10")
def test_where_the_account_of_the_line_wins_the_items_account_does_not_matter():
    xero = replace(BOOKS, rules=LedgerRules())
    made = document(source(DOCK, reference=xero))
    assert (made.lines[0].account_code, made.lines[0].item_code, made.new_items) == ("200", "DOCK", ())


@pytest.mark.requirement("M10")
@pytest.mark.parametrize(("gl_type", "setting"), [("SD", "discount"), ("PF", "freight")])
def test_discount_and_freight_need_a_mapped_item_and_have_no_default(gl_type, setting):
    off = gl_line(102, "-10.00", gl_type=gl_type, account="220", non_product_id=None, taxable=False)
    given = booked(gl_line(101, "100.00"), off)
    assert stop(given).code == "NONPRODUCT_ID_MISSING"
    made = document(replace(given, settings=with_items(**{setting: "LABOUR"})))
    assert (made.lines[1].item_code, made.lines[1].net) == ("LABOUR", Decimal("-10.00"))


@pytest.mark.requirement("M10", "M11")
@pytest.mark.parametrize("item", [None, "NOPE", "LABOUR"])
def test_rounding_lines_need_an_item_that_posts_to_the_rounding_account(item):
    settings = replace(BY_ITEM, rounding=replace(BY_ITEM.rounding, item=item))
    finding = stop(booked(settings=settings))
    assert finding.code == "ROUNDING_ITEM_MISSING"
    assert "?" not in finding.message


@pytest.mark.requirement("M10", "M11")
def test_the_adjustment_is_written_with_the_rounding_item():
    arms = [gl_line(100 + n, "333.335", price=Decimal("333.335")) for n in range(2)]
    made = document(booked(*arms, tax="66.67"))
    assert (made.lines[-1].item_code, made.lines[-1].account_code) == ("ROUNDING", "860")


@pytest.mark.requirement("M10")
def test_an_item_code_made_for_an_account_obeys_the_limit_too():
    long = replace(DOCK, product="X" * 28)
    known = replace(BOOKS, items=(*ITEMS, LedgerItem("X" * 28, "Long", revenue_account="220")))
    settings = with_items(on_mismatch=OnUnknownItem.CREATE)
    finding = stop(booked(long, settings=settings, reference=known))
    assert (finding.code, finding.params["length"]) == ("ITEM_CODE_TOO_LONG", "32")


def test_prices_of_any_length_stay_where_the_ledger_keeps_them():
    cable = gl_line(101, "2272.60", quantity=Decimal(48230), price=Decimal("0.04712"))
    result = mapped(booked(cable, tax="227.26"))
    assert (result.findings, result.documents[0].lines[0].unit_amount) == ((), Decimal("0.04712"))


@pytest.mark.requirement("M7")
def test_a_ledger_without_drafts_is_not_asked_for_one():
    assert stop(booked(settings=replace(BY_ITEM, post_as=PostAs.DRAFT))).code == "DRAFTS_NOT_KEPT"


def test_a_number_longer_than_the_ledger_takes_stops():
    short = replace(BOOKS, rules=replace(BOOKS.rules, number_length=21))
    finding = stop(booked(reference=short, number="I" * 22))
    assert (finding.code, finding.params["length"], finding.params["limit"]) == ("NUMBER_TOO_LONG", "22", "21")
    assert document(booked(reference=short, number="I" * 21)).number == "I" * 21


@pytest.mark.requirement("M10")
def test_the_stored_input_keeps_every_item_that_can_stand_for_a_line():
    known = replace(
        BOOKS,
        accounts=(*BOOKS.accounts, LedgerAccount("999", "Other", BOOKS.accounts[0].account_class, active=True)),
        items=(*ITEMS, LedgerItem("DOCK-200", "Dock", revenue_account="200"), LedgerItem("OTHER", "Other")),
    )
    kept = sliced(booked(DOCK, reference=known), known).reference
    assert {item.code for item in kept.items} == {"DOCK", "DOCK-200", "ROUNDING"}
    assert "999" not in {account.code for account in kept.accounts}
