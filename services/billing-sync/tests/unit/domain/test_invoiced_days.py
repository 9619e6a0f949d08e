"""M20: changes on days that are invoiced, in advance, in arrears and late; each with the next invoice to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.days import first_uninvoiced
from ledgerwire.billing_sync.domain.plan import Reason, StepKind
from ledgerwire.billing_sync.domain.rules import DecreasePolicy
from ledgerwire.billing_sync.domain.wanted import CreditGiven

from .build import agreement, codes, day, held, psa, values, wanted

TEN = held(10, "1 Jan")


def invoiced_ten(**changes):
    """Ten seats on the agreement, invoiced up to and with March."""
    desk = psa(agreement=agreement("1 Jan"), today=date(2026, 1, 1), **changes)
    desk.apply(wanted(TEN))
    for _ in range(3):
        desk.invoice()
    desk.today = date(2026, 3, 20)
    return desk


@pytest.mark.requirement("M20")
def test_seats_added_in_an_invoiced_month_are_caught_up_for_the_difference_only():
    desk = invoiced_ten()
    assert desk.agreement.next_invoice == day("1 Apr")
    desk.apply(wanted(held(10, "1 Jan", "16 Mar"), held(12, "17 Mar")))
    assert desk.live() == [values(10, "1 Jan", "31 Mar"), values(2, "17 Mar", "31 Mar"), values(12, "1 Apr")]
    caught_up = Decimal("21.29")  # 2 x 22.00 x 15/31
    assert desk.next_invoice() == caught_up + 12 * Decimal("22.00")


@pytest.mark.requirement("M20")
def test_every_step_shows_its_arithmetic_and_its_effect_on_the_next_invoice():
    desk = invoiced_ten()
    before = desk.next_invoice()
    plan = desk.apply(wanted(held(10, "1 Jan", "16 Mar"), held(12, "17 Mar")))
    catch_up = next(step for step in plan.steps if step.reason is Reason.CATCH_UP)
    assert (catch_up.arithmetic, catch_up.expected) == ("2 x 22.00 x (15/31)", Decimal("21.29"))
    assert catch_up.description == "Business Premium: 2 added, 17 Mar 2026 to 31 Mar 2026"
    assert before + sum(step.effect for step in plan.steps) == desk.next_invoice()


@pytest.mark.requirement("M20")
def test_seats_given_back_in_invoiced_days_are_a_credit_due_with_its_amount():
    desk = invoiced_ten()
    change = wanted(held(10, "1 Jan", "16 Mar"), held(8, "17 Mar"))
    plan = desk.apply(change)
    assert desk.live() == [values(10, "1 Jan", "31 Mar"), values(8, "1 Apr")]
    due = plan.lines[0].findings[0]
    assert due.code == "BS_CREDIT_DUE"
    assert (due.params["amount"], due.params["seats"]) == ("21.29 USD", "2")
    again = desk.plan(change)
    assert not again.steps
    assert codes(again) == ["BS_CREDIT_DUE"]
    settled = replace(change, settled=(CreditGiven(day("17 Mar"), day("31 Mar"), Decimal(2)),))
    assert not codes(desk.plan(settled))


@pytest.mark.requirement("M20")
def test_a_credit_can_be_a_negative_row():
    desk = invoiced_ten(decreases=DecreasePolicy.NEGATIVE_ROW)
    change = wanted(held(10, "1 Jan", "16 Mar"), held(8, "17 Mar"))
    assert not codes(desk.apply(change))
    assert values(-2, "17 Mar", "31 Mar") in desk.live()
    assert desk.next_invoice() == 8 * Decimal("22.00") - Decimal("21.29")
    desk.invoice()
    assert not desk.plan(change).steps


@pytest.mark.requirement("M20")
def test_a_change_after_the_invoiced_days_is_two_segments():
    desk = invoiced_ten()
    desk.apply(wanted(held(10, "1 Jan", "14 Apr"), held(12, "15 Apr")))
    assert desk.live() == [values(10, "1 Jan", "14 Apr"), values(12, "15 Apr")]
    assert desk.next_invoice() == Decimal("102.67") + Decimal("140.80")  # 10 x 22 x 14/30, 12 x 22 x 16/30


@pytest.mark.requirement("M20")
def test_in_arrears_the_month_of_the_change_is_still_to_be_invoiced():
    desk = psa(agreement=agreement("1 Feb", period_type="Current"), today=date(2026, 1, 10))
    desk.apply(wanted(TEN))
    desk.invoice()
    desk.invoice()
    assert desk.first == day("1 Mar")
    desk.apply(wanted(held(10, "1 Jan", "16 Mar"), held(12, "17 Mar")))
    assert desk.live() == [values(10, "1 Jan", "16 Mar"), values(12, "17 Mar")]
    assert desk.next_invoice() == Decimal("113.55") + Decimal("127.74")  # 10 x 22 x 16/31, 12 x 22 x 15/31


@pytest.mark.requirement("M20")
def test_a_source_that_is_late_is_made_good_to_the_cent():
    """The distributor's invoice of March comes on 7 April; April is invoiced in advance already."""
    desk = invoiced_ten()
    desk.invoice()
    desk.today = date(2026, 4, 7)
    desk.apply(wanted(held(10, "1 Jan", "16 Mar"), held(12, "17 Mar")))
    assert desk.live() == [values(10, "1 Jan", "30 Apr"), values(2, "17 Mar", "30 Apr"), values(12, "1 May")]
    assert desk.next_invoice() == 12 * Decimal("22.00") + Decimal("65.29")  # 2 x 22 x (15/31 + 1)


@pytest.mark.requirement("M20")
def test_a_late_new_subscription_is_one_row_that_bills_34_06():
    desk = psa(today=date(2026, 3, 20))
    desk.apply(wanted(held(1, "15 Mar")))
    assert desk.live() == [values(1, "15 Mar")]
    assert desk.next_invoice() == Decimal("34.06")


@pytest.mark.requirement("M20", "B33")
def test_planning_again_changes_nothing_month_after_month():
    desk = invoiced_ten()
    change = wanted(held(10, "1 Jan", "16 Mar"), held(12, "17 Mar"))
    desk.apply(change)
    for _ in range(4):
        assert not desk.plan(change).steps
        desk.invoice()
    assert desk.invoices[-1] == 12 * Decimal("22.00")


@pytest.mark.requirement("M20")
def test_an_invoiced_row_is_changed_in_nothing_but_its_end_date():
    desk = invoiced_ten()
    plan = desk.plan(wanted(held(10, "1 Jan", "16 Mar"), held(12, "17 Mar", price="24.00", cost="20.00")))
    touched = [step for step in plan.steps if step.before is not None]
    assert [step.kind for step in touched] == [StepKind.END]
    assert replace(touched[0].after, ends=None) == replace(touched[0].before, ends=None)


@pytest.mark.requirement("M20", "A175")
def test_a_row_not_invoiced_that_is_not_wanted_ends_on_its_first_day_with_nothing_on_it():
    desk = psa()
    desk.apply(wanted(held(5, "10 Apr")))
    plan = desk.apply(replace(wanted(held(5, "10 Apr")), held=()))
    assert [step.kind for step in plan.steps] == [StepKind.VOID]
    assert plan.steps[0].after == values(0, "10 Apr", "10 Apr")
    assert not desk.live()


@pytest.mark.parametrize(
    ("next_invoice", "period_type", "first"),
    [
        ("1 Apr", "Future", "1 Apr"),
        ("15 Mar", "Future", "1 Apr"),
        ("1 Apr", "Current", "1 Mar"),
        ("31 Mar", "Current", "1 Mar"),
        ("1 Apr", "Undefined", "1 Apr"),
    ],
)
@pytest.mark.requirement("M20")
def test_the_first_day_not_invoiced_follows_the_period_type(next_invoice, period_type, first):
    assert first_uninvoiced(day(next_invoice), period_type, date(2025, 1, 1)) == day(first)


@pytest.mark.requirement("M20")
def test_which_period_type_bills_ahead_is_a_setting():
    assert first_uninvoiced(day("1 Apr"), "Current", date(2025, 1, 1), {"Current": True}) == day("1 Apr")
