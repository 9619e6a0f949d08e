"""What is bought twice is charged twice, what is read twice once; where nobody can tell, a clerk is asked and nothing is lost."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.purchases import invoice_order, told_apart
from ledgerwire.billing_sync.domain.rules import OneTimePolicy, PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency, Motion

from .build import PRODUCT, RULES, agreement, charge, codes, day, one_time, psa, subscription

LICENCE = Product(PRODUCT, "Server licence", PriceRule(PriceBasis.FIXED, Decimal("500.00")))
YEAR = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("150.00")))
MARKUP = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.MARKUP, Decimal(20)))


def bought(quantity=5, on="10 Mar", **changes):
    """Licences bought once and for all, in a source that gives its lines no id."""
    values = {"frequency": Frequency.ONE_TIME, "unit": "400.00", "identified": False}
    return charge("new", quantity, str(400 * quantity), on, on, **values | changes)


def licences(*lines, **changes):
    sold = subscription(0, "10 Mar", Frequency.ONE_TIME, unit_cost=None, from_charges=True, **changes)
    return wanted_line(sold, lines, LICENCE, RULES, customer="Acme")


def desk_of(**changes):
    return psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=date(2026, 3, 20), **changes)


def seats(line):
    return sum((each.quantity for each in line.charges), Decimal(0))


@pytest.mark.requirement("A207", "M22")
def test_two_equal_purchases_on_one_document_are_two():
    line = licences(bought(), bought())
    assert (seats(line), line.findings) == (10, ())
    desk = desk_of()
    desk.apply(line)
    assert desk.next_invoice() == Decimal("5000.00")
    assert not desk.plan(line).steps


@pytest.mark.requirement("A207", "M22")
def test_a_second_purchase_that_shows_up_later_is_charged_for_itself_before_and_after_the_invoice():
    for invoiced in (False, True):
        desk = desk_of(one_time=OneTimePolicy.COPY)
        first = bought()
        desk.apply(licences(first))
        if invoiced:
            desk.invoice()
        desk.apply(licences(first, bought()))
        copied = sum((copy.next_invoice() for copy in desk.copies), Decimal(0))
        open_amount = copied if invoiced else desk.next_invoice()
        assert sum(desk.invoices, Decimal(0)) + open_amount == Decimal("5000.00")


@pytest.mark.requirement("A207", "M22", "F1: BS_PURCHASE_IN_DOUBT")
def test_the_same_line_on_two_documents_is_charged_once_and_a_clerk_is_told():
    line = licences(bought(), bought(invoice="G002"))
    assert seats(line) == 5
    [finding] = line.findings
    assert (finding.code, finding.stops, finding.params["amount"]) == ("BS_PURCHASE_IN_DOUBT", False, "2,000.00 USD")
    assert finding.params["invoices"] == "G001"
    assert "not billed" in finding.message


@pytest.mark.requirement("A207")
@pytest.mark.parametrize(
    "apart",
    [{"identified": True}, {"order_id": "o-2"}, {"reference_id": "r-2"}, {"name": "Another"}],
    ids=["its own id", "its order", "its reference", "what it is called"],
)
def test_what_tells_two_purchases_apart_makes_them_two_on_any_document(apart):
    line = licences(bought(identified="identified" in apart), bought(invoice="G002", **apart))
    assert (seats(line), line.findings) == (10, ())


@pytest.mark.requirement("A207")
def test_a_line_that_was_unbilled_and_is_billed_now_is_one():
    line = licences(bought(invoice=""), bought())
    assert (seats(line), line.findings) == (5, ())


@pytest.mark.requirement("A207", "M22")
def test_licences_taken_back_on_their_day_are_not_charged():
    line = licences(bought(), replace(bought(), subtotal=Decimal(-2000)))
    assert seats(line) == 0
    desk = desk_of()
    desk.apply(licences(bought()))
    desk.apply(line)
    assert desk.next_invoice() == 0
    assert not desk.plan(line).steps


LINES = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["10 Mar", "11 Mar"]), st.sampled_from(["", "G1", "G2", "G10"])),
    min_size=1,
    max_size=8,
)


@given(LINES, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=300)
@pytest.mark.requirement("A207", "M22", "F1: BS_PURCHASE_IN_DOUBT")
def test_nothing_is_charged_twice_and_nothing_is_dropped_in_silence(rows, random):
    """In any order, read any number of times: sure purchases are charged, every other billed line is listed."""
    lines = [bought(quantity, on, invoice=invoice) for quantity, on, invoice in rows]
    shuffled = random.sample(lines, len(lines)) + random.sample(lines, random.randint(0, len(lines)))
    purchases, doubts = told_apart(shuffled)
    counts = Counter(rows)
    for content in {(quantity, on) for quantity, on, _ in rows}:
        by_document = {invoice: count for (*same, invoice), count in counts.items() if tuple(same) == content}
        sure = [
            each for each in purchases if (each.line.quantity, each.line.charge_start) == (content[0], day(content[1]))
        ]
        assert len(sure) == max(by_document.values())
        left = [line for doubt in doubts for line in doubt.left_out if line.quantity == content[0]]
        left = [line for line in left if line.charge_start == day(content[1])]
        billed = sum(count for invoice, count in by_document.items() if invoice)
        assert len({line.key for line in left}) >= billed - len(sure)
    assert len({each.key for each in purchases}) == len(purchases)
    again, _ = told_apart(random.sample(lines, len(lines)))
    assert [each.key for each in again] == [each.key for each in purchases]


@given(LINES, st.integers(0, 8), st.booleans())
@settings(deadline=None, max_examples=150)
@pytest.mark.requirement("A207", "M22")
def test_however_purchases_come_in_what_is_billed_in_the_end_is_what_was_surely_bought(rows, seen, invoiced):
    lines = [bought(quantity, on, invoice=invoice) for quantity, on, invoice in rows]
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(licences(*lines[:seen]) if lines[:seen] else licences(lines[0]))
    if invoiced:
        desk.invoice()
    wanted = licences(*lines)
    desk.apply(wanted)
    copied = sum((copy.next_invoice() for copy in desk.copies), Decimal(0))
    total = sum(desk.invoices, Decimal(0)) + copied + (Decimal(0) if invoiced else desk.next_invoice())
    purchases, _ = told_apart(lines)
    assert total == sum(each.line.quantity for each in purchases) * Decimal("500.00")


def yearly(quantity=10, **changes):
    term = {"frequency": Frequency.ANNUAL, "term_start": day("1 Mar"), "term_end": day("28 Feb 2027")}
    values = {**term, "unit": "120.96", "identified": False}
    return charge("new", quantity, str(Decimal("120.96") * quantity), "1 Mar", "28 Feb 2027", **values | changes)


def years(*lines, from_charges, quantity=10):
    sold = subscription(quantity, "1 Mar", Frequency.ANNUAL, term="P1Y", from_charges=from_charges)
    return wanted_line(sold, lines, YEAR, RULES, customer="Acme")


@pytest.mark.requirement("A207", "M22")
def test_two_equal_annual_purchases_of_one_document_are_two_where_nothing_but_lines_shows_them():
    assert seats(years(yearly(), yearly(), from_charges=True)) == 20
    assert seats(years(yearly(), yearly(order_id="o-2"), from_charges=True)) == 20


@pytest.mark.requirement("A207", "M22", "F1: BS_PURCHASE_IN_DOUBT")
def test_an_annual_purchase_on_two_documents_is_one_and_listed_unless_the_source_holds_no_more_seats():
    assert codes_of(years(yearly(), yearly(invoice="G002"), from_charges=True)) == (10, ["BS_PURCHASE_IN_DOUBT"])
    assert codes_of(years(yearly(), yearly(invoice="G002"), from_charges=False)) == (10, [])
    more = years(yearly(), yearly(invoice="G002"), from_charges=False, quantity=20)
    assert codes_of(more) == (10, ["BS_PURCHASE_IN_DOUBT"])
    corrected = years(yearly(), yearly(12, invoice="G002"), from_charges=True)
    assert codes_of(corrected) == (12, ["BS_PURCHASE_IN_DOUBT"])


@pytest.mark.requirement("A207", "M22", "F1: BS_PURCHASE_IN_DOUBT")
def test_an_invoice_that_names_other_seats_than_are_held_is_charged_for_those_held_and_the_rest_listed():
    """A folder that holds an export of an invoice and its corrected one; where lines alone tell, both are purchases."""
    twice = yearly(10), yearly(12)
    assert codes_of(years(*twice, from_charges=False, quantity=12)) == (12, ["BS_PURCHASE_IN_DOUBT"])
    assert codes_of(years(*twice, from_charges=True)) == (22, [])


def codes_of(line):
    return seats(line), [finding.code for finding in line.findings]


def changed(quantity, subtotal, on, kind="addQuantity", **changes):
    term = {"frequency": Frequency.ANNUAL, "term_start": day("1 Mar"), "term_end": day("28 Feb 2027")}
    return charge(kind, quantity, subtotal, on, "28 Feb 2027", **{**term, "unit": "120.96", **changes})


@pytest.mark.requirement("M21", "M22")
def test_a_second_event_of_a_day_that_is_seen_later_corrects_the_first_one_and_is_not_charged_twice():
    desk = desk_of()
    first = (changed(10, "-1077.00", "10 Apr"), changed(12, "1292.40", "10 Apr"))
    second = (changed(12, "-1292.40", "10 Apr"), changed(15, "1615.50", "10 Apr"))
    desk.apply(years(yearly(), *first, from_charges=False, quantity=12))
    before = desk.next_invoice()
    desk.apply(years(yearly(), *first, *second, from_charges=False, quantity=15))
    assert before - 1500 == Decimal("267.12")  # 150.00 x 2 x 325/365
    assert desk.next_invoice() - 1500 == Decimal("667.81")  # 150.00 x 5 x 325/365


@pytest.mark.requirement("M20", "M22")
def test_seats_given_back_within_a_cycle_are_on_the_same_invoice_or_a_credit_due():
    back = (changed(10, "-1206.00", "4 Mar"), changed(8, "964.80", "4 Mar"))
    desk = desk_of()
    desk.apply(years(yearly(), *back, from_charges=False, quantity=8))
    assert desk.next_invoice() == Decimal("1500.00") - Decimal("297.53")  # 150.00 x 2 x 362/365
    late = desk_of()
    late.apply(years(yearly(), from_charges=False))
    late.invoice()
    plan = late.plan(years(yearly(), *back, from_charges=False, quantity=8))
    assert (codes(plan), plan.steps) == (["BS_CREDIT_DUE"], ())
    assert plan.lines[0].findings[0].params["amount"] == "297.53 USD"


@pytest.mark.requirement("A206", "M22")
@pytest.mark.parametrize("kind", ["cycleCharge", "renew"])
def test_every_year_of_a_term_of_three_is_charged_once(kind):
    term = {"frequency": Frequency.ANNUAL, "term_start": day("1 Mar"), "term_end": day("28 Feb 2029"), "unit": "250.00"}
    first = charge("new", 10, "2500", "1 Mar", "28 Feb 2027", **term)
    second = charge(kind, 10, "2500", "1 Mar 2027", "29 Feb 2028", **term)
    sold = subscription(10, "1 Mar", Frequency.ANNUAL, term="P3Y", term_start=day("1 Mar"), term_end=day("28 Feb 2029"))
    line = wanted_line(sold, (first, second), YEAR, RULES, customer="Acme")
    assert [(each.starts, each.quantity * each.unit_price) for each in line.charges] == [
        (day("1 Mar"), 1500),
        (day("1 Mar 2027"), 1500),
    ]
    # the subscription's state alone charges the year that runs, under the key its line would have
    for today, wanted in ((day("20 Mar"), line.charges[0]), (day("1 Mar 2027"), line.charges[1])):
        stated = wanted_line(sold, (), YEAR, RULES, customer="Acme", today=today).charges[-1]
        assert (stated.key, stated.starts, stated.ends) == (wanted.key, wanted.starts, wanted.ends)


@pytest.mark.requirement("M21")
def test_a_first_cycle_that_is_cut_short_sells_for_its_share_of_days():
    term = {"frequency": Frequency.ANNUAL, "term_start": day("1 Mar"), "term_end": day("30 Jun"), "unit": "120.96"}
    line = charge("new", 10, "404.30", "1 Mar", "30 Jun", **term)
    sold = subscription(10, "1 Mar", Frequency.ANNUAL, term="P1Y", term_start=day("1 Mar"), term_end=day("30 Jun"))
    [charged] = wanted_line(sold, (line,), YEAR, RULES, customer="Acme").charges
    assert (charged.unit_price, charged.unit_cost) == (Decimal("50.14"), Decimal("40.43"))  # 150.00 x 122/365
    [stated] = wanted_line(replace(sold, unit_cost=Decimal("120.96")), (), YEAR, RULES, customer="Acme").charges
    assert stated.unit_price == Decimal("50.14")


@pytest.mark.requirement("M21", "M22")
@pytest.mark.parametrize("wiped", [True, False])
def test_a_plan_that_seats_change_to_within_a_cycle_adds_to_it_and_does_not_replace_it(wiped):
    lines = [yearly(), changed(5, "452.00", "1 Jun", kind="convert")]
    if wiped:
        lines = [
            yearly(),
            changed(10, "-904.00", "1 Jun", kind="convert"),
            changed(15, "1356.00", "1 Jun", kind="convert"),
        ]
    line = years(*lines, from_charges=False, quantity=15)
    assert [(each.quantity, each.unit_price, each.unit_cost) for each in line.charges] == [
        (10, Decimal("150.00"), Decimal("120.96")),
        (1, Decimal("560.96"), Decimal("452.00")),  # 150.00 x 5 x 273/365
    ]


@pytest.mark.requirement("D12", "M21")
@pytest.mark.parametrize(("first", "last"), [("10 Mar", "10 Mar"), ("10 Feb", "9 Apr"), ("1 Mar", "28 Feb 2027")])
@pytest.mark.parametrize("amount", ["100.00", "-100.00"])
def test_a_one_off_charge_beside_seats_bills_its_whole_amount_once_whatever_days_it_names(first, last, amount):
    rules = replace(RULES, credits=True)
    kind = "oneTime" if Decimal(amount) > 0 else "customerCredit"
    lines = (charge("new", 10, "120", "1 Mar", "31 Mar"), charge(kind, 1, amount, first, last))
    line = wanted_line(subscription(10, "1 Mar"), lines, MARKUP, rules, customer="Acme")
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line)
    total = Decimal(0)
    for _ in range(14):
        total += desk.next_invoice() - 10 * Decimal("14.40")
        desk.invoice()
    assert total == Decimal(amount) * Decimal("1.2")


@pytest.mark.requirement("M21", "F1: BS_ONE_OFF_NOT_BILLED")
def test_a_one_off_charge_that_no_rule_prices_is_listed_and_the_seats_go_on():
    product = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("22.00")))
    lines = (charge("new", 10, "120", "1 Mar", "31 Mar"), charge("oneTime", 1, "100", "10 Mar", "10 Mar"))
    line = wanted_line(subscription(10, "1 Mar"), lines, product, RULES, customer="Acme")
    assert [finding.code for finding in line.findings] == ["BS_ONE_OFF_NOT_BILLED"]
    assert line.findings[0].params["amount"] == "100.00 USD"
    assert [span.quantity for span in line.held] == [10]


def test_invoice_numbers_are_in_the_order_they_were_given():
    assert sorted(["G100", "G99", "", "T1-G2", "G099a"], key=invoice_order) == ["", "G99", "G099a", "G100", "T1-G2"]
