"""M22: an annual term is charged once, on a One-Time agreement that has not had its invoice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.plan import StepKind
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, EditPolicy, OneTimePolicy, PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import ChargeKind, Frequency, Motion

from .build import PRODUCT, RULES, charge, codes, day, one_time, psa, subscription, values

ANNUAL = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("150.00")))
TERM = {"frequency": Frequency.ANNUAL, "term_start": day("18 Jun"), "term_end": day("17 Jun 2027")}
NEW = charge("new", 10, "1209.60", "18 Jun", "17 Jun 2027", unit="120.96", **TERM)


def desk_of(**changes):
    return psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=date(2026, 6, 20), **changes)


def annual(*charges, quantity=10, **changes):
    sold = subscription(
        quantity,
        "18 Jun",
        Frequency.ANNUAL,
        term="P1Y",
        unit_cost=Decimal("120.96"),
        term_start=day("18 Jun"),
        **changes,
    )
    return wanted_line(sold, charges, ANNUAL, RULES, customer="Acme")


def added(quantity_before=10, quantity=12):
    return (
        charge(
            "addQuantity", quantity_before, "-603.13", "18 Dec", "17 Jun 2027", unit="120.96", reference_id="R1", **TERM
        ),
        charge("addQuantity", quantity, "723.76", "18 Dec", "17 Jun 2027", unit="120.96", reference_id="R1", **TERM),
    )


@pytest.mark.requirement("A206", "A207", "M22")
def test_a_term_is_one_charge_at_its_whole_price():
    desk = desk_of()
    plan = desk.apply(annual(NEW))
    assert [step.description for step in plan.steps] == ["Business Premium, 18 Jun 2026 to 17 Jun 2027"]
    assert desk.live() == [values(10, "18 Jun", "17 Jun 2027", "150.00", "120.96")]
    assert desk.next_invoice() == Decimal("1500.00")


@pytest.mark.requirement("A207", "M22")
def test_a_term_read_again_from_another_invoice_or_file_is_not_charged_again():
    desk = desk_of()
    desk.apply(annual(NEW))
    assert not desk.plan(annual(NEW, replace(NEW, key="other", invoice="G002"))).steps
    desk.invoice()
    assert not desk.plan(annual(NEW, replace(NEW, key="other", invoice="G002"))).steps


@pytest.mark.requirement("A207", "M22")
def test_a_term_that_a_person_charged_is_taken_over_or_left_to_him():
    desk = desk_of()
    desk.put(values(1, "18 Jun", None, "1500.00", "1209.60"))
    assert not desk.apply(annual(NEW)).steps
    assert len(desk.written) == 1
    other = desk_of()
    other.put(values(9, "18 Jun", None, "150.00"))
    plan = other.plan(annual(NEW))
    assert codes(plan) == ["BS_TERM_ALREADY_CHARGED"]
    assert not plan.steps


@pytest.mark.requirement("M21", "M22")
def test_seats_added_to_a_term_cost_the_net_charge_and_sell_for_their_share_of_days():
    desk = desk_of()
    desk.apply(annual(NEW, *added(), quantity=12))
    extra = desk.live()[1]
    assert (extra.quantity, extra.unit_cost) == (1, Decimal("120.63"))
    assert extra.unit_price == Decimal("149.59")  # 150.00 x 2 x 182/365
    assert [s.description for s in desk.plan(annual(NEW, *added(), quantity=12)).steps] == []


@pytest.mark.requirement("M22")
def test_a_charge_for_an_agreement_that_had_its_invoice_stops_with_its_amount():
    desk = desk_of()
    desk.agreement = replace(desk.agreement, invoiced_once=True, next_invoice=None)
    plan = desk.plan(annual(NEW))
    assert codes(plan) == ["BS_ONE_TIME_ALREADY_INVOICED"]
    assert plan.lines[0].findings[0].params["amount"] == "1,500.00 USD"
    assert not plan.steps


@pytest.mark.requirement("M22")
def test_by_setting_the_agreement_is_copied_and_the_copy_carries_the_charge():
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(annual(NEW))
    desk.invoice()
    plan = desk.apply(annual(NEW, *added(), quantity=12))
    assert [step.kind for step in plan.steps] == [StepKind.COPY_AGREEMENT, StepKind.CREATE]
    assert plan.steps[1].on_copy
    copy = desk.copies[0]
    assert [row.unit_price for row in copy.live()] == [Decimal("149.59")]
    made = tuple(desk.written.values())
    assert not copy.plan(annual(NEW, *added(), quantity=12), elsewhere=made).steps


@pytest.mark.requirement("M22")
def test_without_lines_a_change_within_the_term_is_priced_for_the_days_left():
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(annual())
    desk.invoice()
    plan = desk.apply(annual(quantity=12, changed_on=day("18 Dec")))
    assert plan.steps[1].after.unit_price == Decimal("149.59")


@pytest.mark.requirement("M20", "M22")
def test_seats_given_back_after_the_invoice_are_a_credit_due():
    desk = desk_of()
    desk.apply(annual(NEW))
    desk.invoice()
    corrected = replace(NEW, quantity=Decimal(8), subtotal=Decimal("967.68"))
    plan = desk.plan(annual(corrected, quantity=8))
    assert codes(plan) == ["BS_CREDIT_DUE"]
    assert plan.lines[0].findings[0].params["amount"] == "300.00 USD"
    desk.rules = replace(desk.rules, decreases=DecreasePolicy.NEGATIVE_ROW, one_time=OneTimePolicy.COPY)
    assert [s.expected for s in desk.plan(annual(corrected, quantity=8)).steps if s.after] == [Decimal("-300.00")]


@pytest.mark.requirement("M22")
def test_a_charge_not_invoiced_is_corrected_in_place():
    desk = desk_of()
    desk.apply(annual(NEW))
    corrected = replace(NEW, quantity=Decimal(8), subtotal=Decimal("967.68"))
    plan = desk.apply(annual(corrected, quantity=8))
    assert [step.kind for step in plan.steps] == [StepKind.CHANGE_QUANTITY]
    assert desk.next_invoice() == Decimal("1200.00")


@pytest.mark.requirement("M22")
def test_the_next_term_is_a_charge_of_its_own():
    renewed = charge(
        "renew",
        10,
        "1209.60",
        "18 Jun 2027",
        "17 Jun 2028",
        unit="120.96",
        frequency=Frequency.ANNUAL,
        term_start=day("18 Jun 2027"),
        term_end=day("17 Jun 2028"),
    )
    desk = desk_of()
    desk.apply(annual(NEW))
    assert [step.kind for step in desk.apply(annual(NEW, renewed)).steps] == [StepKind.CREATE]
    assert not desk.plan(annual(NEW, renewed)).steps


@pytest.mark.requirement("M22")
def test_a_row_written_after_the_only_invoice_is_found_as_never_billed():
    desk = desk_of()
    desk.apply(annual(NEW))
    number, record = next(iter(desk.written.items()))
    desk.agreement = replace(desk.agreement, invoiced_once=True, next_invoice=None)
    desk.written[number] = replace(record, agreement_was_invoiced=True, uninvoiced_from=date.max)
    plan = desk.plan(annual(NEW))
    found = [finding for finding in plan.findings if finding.code == "BS_ADDITION_NEVER_BILLED"]
    assert [finding.params["amount"] for finding in found] == ["1,500.00 USD"]


EVENTS = st.lists(st.sampled_from(["again", "reissued", "invoice", "delete", "copy", "state"]), max_size=8)


@given(EVENTS, st.sampled_from(list(EditPolicy)), st.integers(1, 30))
@settings(deadline=None)
@pytest.mark.requirement("A207", "M22", "D12")
def test_never_a_second_charge_for_a_term(events, edits, seats):
    """Whatever is read again, invoiced, copied or deleted after its invoice: the term is billed once."""
    desk = desk_of(edits=edits, one_time=OneTimePolicy.COPY)
    line = annual(replace(NEW, quantity=Decimal(seats), subtotal=Decimal("120.96") * seats), quantity=seats)
    for number, event in enumerate(events):
        if event == "reissued":
            extra = replace(NEW, key=f"re{number}", quantity=Decimal(seats), subtotal=Decimal("120.96") * seats)
            line = annual(extra, quantity=seats)
        elif event == "state":
            line = annual(quantity=seats)
        elif event == "invoice" and not desk.agreement.invoiced_once:
            desk.invoice()
        elif event == "delete" and desk.agreement.invoiced_once:
            desk.rows.clear()
        desk.today += timedelta(days=1)
        desk.apply(line)
        for copy in desk.copies:
            made = tuple(desk.written.values())
            assert not copy.plan(line, elsewhere=made).steps
    if not desk.agreement.invoiced_once:
        desk.invoice()
    copied = sum((copy.next_invoice() for copy in desk.copies), Decimal(0))
    assert sum(desk.invoices, Decimal(0)) + copied in {Decimal(0), seats * Decimal("150.00")}


@pytest.mark.requirement("A201")
def test_a_line_without_money_opens_no_charge():
    assert annual(charge(ChargeKind.EXTEND_TERM, 10, "0", "18 Jun", "17 Jul", **TERM)).charges == ()
