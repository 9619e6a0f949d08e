"""What each event at the distributor asks of an agreement."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.plan import Reason, StepKind
from ledgerwire.billing_sync.domain.planner import AgreementInput, plan_agreement
from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import ChargeKind, Frequency, SubscriptionStatus

from .build import FIXED, PRODUCT, RULES, agreement, charge, codes, day, held, psa, said, subscription, values, wanted

MARKUP = Product(PRODUCT, "Azure plan", PriceRule(PriceBasis.MARKUP, Decimal(20)))


def line_of(sold, *charges, product=FIXED, rules=RULES, **more):
    return wanted_line(sold, charges, product, rules, customer="Acme", **more)


@pytest.mark.requirement("B33", "A201")
def test_new_seats_become_one_open_row():
    desk = psa(agreement=agreement("1 Mar"))
    plan = desk.apply(line_of(subscription(10, "5 Mar")))
    assert [(step.kind, step.reason) for step in plan.steps] == [(StepKind.CREATE, Reason.NEW)]
    assert desk.live() == [values(10, "5 Mar")]


@pytest.mark.requirement("B33")
def test_several_changes_of_one_day_are_one_segment():
    lines = [
        charge("new", 10, "120.00", "5 Mar", "4 Apr"),
        charge("addQuantity", 10, "-60", "10 Mar", "4 Apr"),
        charge("addQuantity", 15, "90", "10 Mar", "4 Apr"),
        charge("removeQuantity", 15, "-90", "10 Mar", "4 Apr"),
        charge("removeQuantity", 12, "70", "10 Mar", "4 Apr"),
    ]
    assert [(s.starts, s.quantity) for s in line_of(subscription(12, "5 Mar"), *lines).held] == [
        (day("5 Mar"), 10),
        (day("10 Mar"), 12),
    ]


@pytest.mark.requirement("B33")
def test_a_renewal_with_the_same_seats_and_price_changes_nothing():
    lines = [charge("new", 10, "120.00", "5 Mar", "4 Apr"), charge("renew", 10, "120.00", "5 Apr", "4 May")]
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "5 Mar"), lines[0]))
    assert not desk.plan(line_of(subscription(10, "5 Mar"), *lines)).steps


@pytest.mark.requirement("B33")
def test_fewer_seats_at_a_renewal_start_on_the_day_of_the_renewal():
    lines = [charge("new", 10, "120.00", "5 Mar", "4 Apr"), charge("renew", 8, "96.00", "5 Apr", "4 May")]
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(8, "5 Mar"), *lines))
    assert desk.live() == [values(10, "5 Mar", "4 Apr", cost="12.00"), values(8, "5 Apr", cost="12.00")]


@pytest.mark.requirement("F1", "M21")
def test_a_cost_that_moves_is_said_once_and_the_price_stays():
    lines = [
        charge("new", 10, "120.00", "5 Mar", "4 Apr"),
        charge("renew", 10, "130.00", "5 Apr", "4 May", unit="13.00"),
    ]
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "5 Mar"), lines[0]))
    plan = desk.apply(line_of(subscription(10, "5 Mar"), *lines))
    assert codes(plan) == ["BS_COST_PRICE_CHANGED"]
    assert plan.lines[0].findings[0].params["date"] == "05 Apr 2026"
    assert {row.unit_price for row in desk.live()} == {Decimal("22.00")}
    assert not codes(desk.plan(line_of(subscription(10, "5 Mar"), *lines)))


@pytest.mark.requirement("F1", "M21")
def test_a_price_that_moves_with_its_rule_is_said_with_old_new_and_date():
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(wanted(held(10, "5 Mar")))
    change = wanted(held(10, "5 Mar", "4 Apr"), held(10, "5 Apr", price="24.00"), updates_price=True)
    found = desk.apply(change).lines[0].findings[0]
    assert found.code == "BS_RETAIL_PRICE_CHANGED"
    assert (found.params["old"], found.params["new"], found.params["date"]) == ("22.00", "24.00", "05 Apr 2026")


@pytest.mark.requirement("M21")
def test_a_rule_that_does_not_say_price_leaves_the_price_of_a_row_that_exists():
    desk = psa()
    desk.put(values(10, "1 Jan", price="25.00"))
    assert not desk.apply(wanted(held(10, "1 Jan"))).steps
    assert not desk.apply(wanted(held(10, "1 Jan"))).steps
    assert desk.apply(wanted(held(10, "1 Jan"), updates_price=True)).steps


@pytest.mark.requirement("B33")
def test_an_upgrade_ends_one_product_and_begins_the_other():
    old = subscription(10, "1 Mar", ended_on=day("24 Mar"), status=SubscriptionStatus.DELETED)
    new = replace(subscription(10, "25 Mar"), id="sub-2", converted_from="sub-1")
    lines = [charge("convert", 10, "80", "25 Mar", "24 Apr", unit="8.00", subscription_id="sub-2")]
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "1 Mar")))
    desk.apply(line_of(old), line_of(new, *lines, product=replace(FIXED, id=777)))
    assert desk.live() == [values(10, "1 Mar", "24 Mar"), values(10, "25 Mar", cost="8.00")]


@pytest.mark.requirement("F1")
def test_a_trial_is_skipped_and_the_paid_subscription_added_when_it_begins():
    line = line_of(subscription(25, "1 Mar", trial=True))
    assert [said(finding) for finding in line.findings] == ["BS_TRIAL_SKIPPED"]
    desk = psa(agreement=agreement("1 Mar"))
    assert not desk.apply(line).steps
    assert desk.apply(line_of(subscription(25, "20 Mar"))).steps


@pytest.mark.requirement("F1")
def test_a_trial_can_have_a_row_at_no_price():
    rules = replace(RULES, trials=True)
    assert line_of(subscription(25, "1 Mar", trial=True), rules=rules).held[0].unit_price == 0


@pytest.mark.requirement("B33")
def test_an_order_that_is_pending_asks_for_nothing_yet():
    line = line_of(subscription(10, "1 Mar", status=SubscriptionStatus.PENDING))
    assert (line.held, line.findings) == ((), ())


@pytest.mark.requirement("B33")
def test_a_short_first_term_that_ends_with_another_is_held_by_its_days_at_the_whole_price():
    """Co-termination to the calendar month: bought 15 July, 17 of 31 days charged, renewed on 1 August."""
    lines = [charge("new", 10, "65.80", "15 Jul", "31 Jul"), charge("renew", 10, "120.00", "1 Aug", "31 Aug")]
    sold = subscription(10, "15 Jul", term="P1M", co_term_with="calendar", term_end=day("31 Aug"))
    desk = psa(agreement=agreement("1 Jul"))
    desk.apply(line_of(sold, *lines))
    assert desk.live() == [values(10, "15 Jul", cost="12.00")]
    assert desk.next_invoice() == Decimal("120.65")  # 10 x 22 x 17/31


@pytest.mark.requirement("M24")
def test_a_suspended_subscription_is_charged_on():
    line = line_of(subscription(10, "1 Mar", status=SubscriptionStatus.SUSPENDED))
    assert line.held[0].ends is None
    assert not line.findings


@pytest.mark.requirement("M24")
def test_a_row_ends_only_when_an_end_is_recorded():
    expired = line_of(subscription(10, "1 Mar", status=SubscriptionStatus.EXPIRED, term_end=day("31 Mar")))
    assert expired.held[0].ends is None
    assert [said(finding) for finding in expired.findings] == ["BS_END_NOT_CONFIRMED"]
    ended = line_of(subscription(10, "1 Mar", status=SubscriptionStatus.EXPIRED, ended_on=day("31 Mar")))
    assert ended.held[0].ends == day("31 Mar")
    assert not ended.findings


@pytest.mark.requirement("M24")
def test_a_subscription_the_source_shows_no_more_is_left_to_a_person():
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "1 Mar")))
    plan = desk.plan()
    assert codes(plan) == ["BS_SUBSCRIPTION_GONE"]
    assert not plan.steps


@pytest.mark.requirement("F1")
def test_after_a_partial_reading_nothing_is_taken_for_gone():
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(line_of(subscription(10, "1 Mar")))
    given = AgreementInput(
        desk.agreement,
        desk.motion,
        (),
        tuple(desk.rows.values()),
        tuple(desk.written.values()),
        RULES,
        desk.today,
        complete=False,
    )
    assert not codes(plan_agreement(given))


@pytest.mark.requirement("F1")
def test_the_subscription_has_the_last_word_on_seats_now():
    lines = [charge("new", 10, "120.00", "5 Mar", "4 Apr")]
    line = line_of(subscription(12, "5 Mar", changed_on=day("18 Mar")), *lines)
    assert [(s.starts, s.quantity) for s in line.held] == [(day("5 Mar"), 10), (day("18 Mar"), 12)]
    assert [said(finding) for finding in line.findings] == ["BS_QUANTITY_MISMATCH"]


@pytest.mark.parametrize("quantity", ["-1", "2.5"])
@pytest.mark.requirement("F1")
def test_negative_or_fractional_seats_stop_their_line_only(quantity):
    bad = line_of(replace(subscription(1, "1 Mar"), quantity=Decimal(quantity)))
    good = replace(line_of(subscription(10, "1 Mar")), line="sub-2", product_id=777)
    desk = psa(agreement=agreement("1 Mar"))
    plan = desk.apply(bad, good)
    assert codes(plan) == ["BS_QUANTITY_INVALID"]
    assert [step.line for step in plan.steps] == ["sub-2"]


@pytest.mark.requirement("D12")
def test_another_currency_than_the_agreements_stops_the_line():
    desk = psa(agreement=agreement("1 Mar", currency="EUR"))
    plan = desk.plan(line_of(subscription(10, "1 Mar")))
    assert codes(plan) == ["BS_CURRENCY_DIFFERS"]
    assert not plan.steps
    mixed = line_of(subscription(10, "1 Mar"), charge("new", 10, "120", "1 Mar", "31 Mar", currency="GBP"))
    assert [said(finding) for finding in mixed.findings] == ["BS_CURRENCY_DIFFERS"]


@pytest.mark.requirement("D10")
def test_credits_are_listed_or_passed_on_by_setting():
    credit = charge("customerCredit", 1, "-15.00", "1 Mar", "31 Mar", frequency=Frequency.ONE_TIME)
    product = replace(FIXED, rule=PriceRule(PriceBasis.MARKUP, Decimal(20)))
    listed = line_of(subscription(10, "1 Mar"), credit, product=product)
    assert [(said(f), f.params["amount"]) for f in listed.findings] == [("BS_CREDIT_NOT_PASSED_ON", "-15.00 USD")]
    passed = line_of(subscription(10, "1 Mar"), credit, product=product, rules=replace(RULES, credits=True))
    assert [(c.quantity, c.unit_cost, c.unit_price) for c in passed.charges] == [(1, Decimal(-15), Decimal(-18))]
    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(passed)
    assert not desk.plan(passed).steps
    assert len(desk.live()) == 2


@pytest.mark.requirement("D10")
def test_a_one_off_charge_is_a_row_of_its_own_or_listed():
    fee = charge("oneTime", 1, "50.00", "10 Mar", "10 Mar")
    product = replace(FIXED, rule=PriceRule(PriceBasis.MARGIN, Decimal(50)))
    assert line_of(subscription(10, "1 Mar"), fee, product=product).charges[0].unit_price == Decimal("100.00")
    off = line_of(subscription(10, "1 Mar"), fee, product=product, rules=replace(RULES, one_offs=False))
    assert [said(finding) for finding in off.findings] == ["BS_ONE_OFF_NOT_BILLED"]


@pytest.mark.requirement("A201", "M21")
def test_a_month_of_azure_is_one_row_at_the_sum_of_its_lines():
    lines = [
        charge("usage", 29, "21.39", "3 Mar", "30 Mar", unit="0.868", frequency=Frequency.USAGE),
        charge("usage", 1, "100.00", "1 Mar", "31 Mar", unit="100.00", frequency=Frequency.USAGE),
    ]
    plan_sub = subscription(1, "1 Jan", frequency=Frequency.USAGE, unit_cost=None)
    line = line_of(plan_sub, *lines, product=MARKUP)
    desk = psa(agreement=agreement("1 Apr"))
    desk.apply(line)
    row = desk.live()[0]
    assert (row.quantity, row.effective, row.ends) == (1, day("1 Mar"), day("31 Mar"))
    assert row.unit_cost == Decimal("121.39")
    assert row.unit_price == Decimal("150.20")  # (25.17 list + 100.00) + 20 %: the earned credit stays with the partner
    assert desk.next_invoice() == Decimal("150.20")
    assert not desk.plan(line).steps


@pytest.mark.requirement("M21")
def test_azure_may_pass_the_earned_credit_on():
    given = charge("usage", 29, "21.39", "3 Mar", "30 Mar", unit="0.868", frequency=Frequency.USAGE)
    rule = PriceRule(PriceBasis.MARKUP, Decimal(0), keeps_earned_credit=False)
    sold = subscription(1, "1 Jan", frequency=Frequency.USAGE, unit_cost=None)
    assert line_of(sold, given, product=replace(MARKUP, rule=rule)).charges[0].unit_price == Decimal("21.39")


@pytest.mark.requirement("M20")
def test_use_that_arrives_after_the_invoice_is_a_further_row_for_the_difference():
    first = charge("usage", 1, "100.00", "1 Mar", "31 Mar", unit="100.00", frequency=Frequency.USAGE)
    late = charge("usage", 1, "10.00", "31 Mar", "31 Mar", unit="10.00", frequency=Frequency.USAGE)
    sold = subscription(1, "1 Jan", frequency=Frequency.USAGE, unit_cost=None)
    desk = psa(agreement=agreement("1 Apr"))
    desk.apply(line_of(sold, first, product=MARKUP))
    desk.invoice()
    desk.apply(line_of(sold, first, late, product=MARKUP))
    assert [row.unit_price for row in desk.live()] == [Decimal("12.00"), Decimal("120.00")] or [
        row.unit_price for row in desk.live()
    ] == [Decimal("120.00"), Decimal("12.00")]
    assert not desk.plan(line_of(sold, first, late, product=MARKUP)).steps


@pytest.mark.requirement("M20")
def test_nothing_before_the_first_day_of_the_account_is_made_good():
    desk = psa(since=date(2026, 3, 1), agreement=agreement("1 Apr"))
    desk.put(values(8, "1 Jan"))
    desk.apply(line_of(subscription(10, "1 Jan 2025")))
    assert desk.live() == [values(8, "1 Jan", "31 Mar"), values(2, "1 Mar", "31 Mar"), values(10, "1 Apr")]


@pytest.mark.requirement("B33")
def test_a_product_billed_in_two_lines_keeps_its_seats_and_adds_up_its_cost():
    parts = [
        charge("new", 10, amount, "1 Mar", "31 Mar", effective_unit_price=Decimal(amount) / 10)
        for amount in ("80", "20")
    ]
    line = line_of(subscription(10, "1 Mar"), *parts)
    assert [(span.quantity, span.unit_cost) for span in line.held] == [(10, Decimal(10))]
    assert not line.findings


@pytest.mark.requirement("B33")
def test_a_kind_of_line_that_is_unknown_changes_no_seats():
    odd = charge("other", 99, "1.00", "10 Mar", "31 Mar")
    assert odd.kind is ChargeKind.OTHER
    assert line_of(subscription(10, "1 Mar"), odd).seats_now == 10
