"""D12: expected and found, before any write."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.linter import is_active, lint_agreement
from ledgerwire.billing_sync.domain.preview import next_invoice_line
from ledgerwire.billing_sync.domain.readback import cancelled_date, check_read_back, last_day
from ledgerwire.common.seats import Frequency, Motion, motion_of

from .build import RULES, agreement, codes, day, held, one_time, psa, said, values, wanted

TODAY = date(2026, 3, 20)


def lint(found, motion=Motion.SEAT_MONTHLY, rules=RULES):
    return lint_agreement(found, motion, rules, TODAY)


def shape(found, motion=Motion.SEAT_MONTHLY):
    return [(f.params["field"], f.params["expected"], f.params["found"]) for f in lint(found, motion)]


@pytest.mark.parametrize("motion", [Motion.SEAT_MONTHLY, Motion.AZURE_PLAN])
@pytest.mark.requirement("A201", "A202", "D12")
def test_a_monthly_agreement_of_the_right_shape_passes_for_both_monthly_motions(motion):
    assert lint(agreement(), motion) == ()


@pytest.mark.requirement("A202", "A203", "F1")
def test_another_cycle_than_monthly_is_refused_with_expected_and_found():
    assert shape(agreement(billing_option="Quarterly")) == [("Billing Cycle", "Monthly", "Quarterly")]
    assert shape(agreement(bill_one_time=True)) == [("Billing Cycle", "Monthly", "One-Time")]


@pytest.mark.requirement("A202", "A204")
def test_a_contract_year_is_flagged():
    assert shape(agreement(invoicing_cycle="ContractYear")) == [("Cycle Based On", "CalendarYear", "ContractYear")]


@pytest.mark.requirement("A202", "A205", "F1")
def test_prorate_not_ticked_is_flagged():
    (found,) = lint(agreement(prorate=False))
    assert (said(found), found.params["expected"], found.params["found"]) == (
        "BS_PRORATE_NOT_ENABLED",
        "ticked",
        "not ticked",
    )
    assert found.stops


@pytest.mark.requirement("A206", "A207", "M22")
def test_the_annual_motion_takes_a_one_time_agreement_only():
    assert lint(one_time(), Motion.SEAT_ANNUAL) == ()
    assert shape(agreement(), Motion.SEAT_ANNUAL) == [("Bill One Time", "yes", "no")]
    assert shape(one_time(type_prepayment=True), Motion.SEAT_ANNUAL) == [("prepayment type", "no", "yes")]


@pytest.mark.requirement("A199")
def test_an_agreement_that_ended_yesterday_does_not_count_one_that_ends_today_does():
    ended = agreement(end=date(2026, 3, 19))
    assert [said(finding) for finding in lint(ended)] == ["BS_AGREEMENT_ENDED"]
    assert not is_active(ended, TODAY)
    assert is_active(agreement(end=TODAY), TODAY)
    assert not is_active(agreement(status="Cancelled"), TODAY)


@pytest.mark.requirement("F1")
def test_an_agreement_that_has_not_started_is_refused():
    assert [said(f) for f in lint(agreement(start=date(2026, 5, 1)))] == ["BS_AGREEMENT_NOT_STARTED"]


@pytest.mark.requirement("A202")
def test_a_status_other_than_active_is_refused():
    assert shape(agreement(status="Inactive")) == [("Status", "Active", "Inactive")]


@pytest.mark.requirement("A176")
def test_only_agreements_of_an_allowed_type():
    rules = replace(RULES, allowed_types=("O365",))
    (found,) = lint(agreement(), rules=rules)
    assert (said(found), found.params["found"], found.params["expected"]) == (
        "BS_AGREEMENT_TYPE_NOT_ALLOWED",
        "Cloud",
        "O365",
    )
    assert lint(agreement(type_name="O365"), rules=rules) == ()


@pytest.mark.requirement("F1", "D12")
def test_invoices_that_are_behind_are_said_before_a_push():
    (found,) = lint(agreement("1 Jan"))
    assert (said(found), found.params["month"], found.stops) == ("BS_PERIOD_NOT_INVOICED_YET", "January 2026", False)


@pytest.mark.requirement("A202", "D12")
def test_nothing_is_written_to_an_agreement_of_the_wrong_shape():
    desk = psa(agreement=agreement(prorate=False))
    plan = desk.apply(wanted(held(10, "1 Mar")))
    assert codes(plan) == ["BS_PRORATE_NOT_ENABLED"]
    assert desk.writes == 0


@pytest.mark.requirement("D12")
def test_the_next_invoice_line_is_shown_to_the_cent_for_rows_old_and_new():
    first = day("1 Apr")
    assert next_invoice_line(agreement(), values(10, "1 Jan"), first, invoiced=True).amount == Decimal("220.00")
    assert next_invoice_line(agreement(), values(10, "1 Jan", "10 Apr"), first, invoiced=True).amount == Decimal(
        "73.33"
    )
    assert next_invoice_line(agreement(), values(10, "1 Jan", "31 Mar"), first, invoiced=True).amount == 0
    assert next_invoice_line(agreement(), values(0, "1 Apr", "1 Apr"), first, invoiced=False).amount == 0
    ending = agreement(end=day("15 Apr"))
    assert next_invoice_line(ending, values(10, "1 Jan"), first, invoiced=True).amount == Decimal("110.00")
    not_past = agreement(bills_prorated_additions=False)
    assert next_invoice_line(not_past, values(1, "15 Mar"), first, invoiced=False).amount == Decimal("22.00")


@pytest.mark.requirement("M22")
def test_a_catch_up_that_the_agreement_never_bills_is_found_with_its_amount():
    desk = psa(agreement=agreement(bills_prorated_additions=False))
    spans = wanted(held(2, "17 Mar", "31 Mar"))
    desk.apply(spans)
    desk.invoice()
    found = [f for f in desk.plan(spans).findings if f.code == "BS_ADDITION_NEVER_BILLED"]
    assert [f.params["amount"] for f in found] == ["21.29 USD"]


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.requirement("M24")
def test_the_last_day_is_a_switch_and_both_ways_bill_the_same_days(inclusive):
    desk = psa()
    desk.apply(wanted(held(10, "1 Apr", "16 Apr")))
    row = desk.live()[0]
    stored = cancelled_date(row.ends, is_last_day=inclusive)
    assert stored == (day("16 Apr") if inclusive else day("17 Apr"))
    assert last_day(stored, is_last_day=inclusive) == row.ends
    assert cancelled_date(None, is_last_day=inclusive) is None
    assert desk.next_invoice() == Decimal("117.33")  # 10 x 22 x 16/30


@pytest.mark.requirement("M24")
def test_a_prorated_price_other_than_shown_stops_the_plan():
    desk = psa()
    (step,) = desk.plan(wanted(held(1, "15 Mar"))).steps
    shown = {"product": "Business Premium", "agreement": "Cloud Monthly"}
    assert check_read_back(step, Decimal("34.06"), RULES, **shown) is None
    assert check_read_back(step, None, RULES, **shown) is None
    found = check_read_back(step, Decimal("44.00"), RULES, **shown)
    assert (said(found), found.stops) == ("BS_PRORATE_UNEXPECTED", True)
    assert "1 x 22.00 x (17/31 + 1) comes to 34.06; ConnectWise makes it 44.00" in found.message


@pytest.mark.parametrize(
    ("frequency", "motion"),
    [
        (Frequency.MONTHLY, Motion.SEAT_MONTHLY),
        (Frequency.ANNUAL, Motion.SEAT_ANNUAL),
        (Frequency.TRIENNIAL, Motion.SEAT_ANNUAL),
        (Frequency.USAGE, Motion.AZURE_PLAN),
    ],
)
@pytest.mark.requirement("A201", "A206")
def test_how_often_it_is_charged_decides_the_motion(frequency, motion):
    assert motion_of(frequency) is motion
