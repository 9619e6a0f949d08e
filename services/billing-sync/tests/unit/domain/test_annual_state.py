"""Years paid at once, where a source shows the subscription and no lines: renewed, changed and cancelled by what it shows."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.rules import DecreasePolicy, OneTimePolicy, PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency, Motion, SubscriptionStatus

from .build import PRODUCT, RULES, agreement, charge, codes, day, one_time, psa, subscription, values

YEAR = Product(PRODUCT, "Business Premium", PriceRule(PriceBasis.FIXED, Decimal("150.00")))
TERM = {"frequency": Frequency.ANNUAL, "term_start": day("1 Mar"), "term_end": day("28 Feb 2027"), "unit": "120.96"}
NEW = charge("new", 10, "1209.60", "1 Mar", "28 Feb 2027", **TERM)


def changed(kind, quantity, subtotal, on, **changes):
    return charge(kind, quantity, subtotal, on, "28 Feb 2027", **TERM | changes)


def year(*lines, quantity=10, product=YEAR, today=None, settled=(), **changes):
    given = {"unit_cost": Decimal("120.96"), "term": "P1Y"} | changes
    sold = subscription(quantity, "1 Mar", Frequency.ANNUAL, **given)
    return wanted_line(sold, lines, product, RULES, customer="Acme", today=today, settled=settled)


def desk_of(**changes):
    return psa(agreement=one_time(), motion=Motion.SEAT_ANNUAL, today=date(2026, 3, 20), **changes)


def added(on="10 Apr", before=10, after=12, **changes):
    refund, charged = f"-{before}07.70", f"{after}07.70"
    return changed("addQuantity", before, refund, on, **changes), changed("addQuantity", after, charged, on, **changes)


@pytest.mark.requirement("A206", "M22")
@pytest.mark.parametrize("term", ["P1Y", "P3Y"])
def test_a_subscription_that_names_no_term_is_charged_for_every_year_it_goes_on(term):
    """Where only start and frequency are pushed, a year that has passed is followed by the next one."""
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(today=day("20 Mar"), term=term))
    desk.invoice()
    desk.today = day("2 Mar 2027")
    assert not desk.plan(year(today=day("28 Feb 2027"), term=term)).steps
    desk.apply(year(today=desk.today, term=term))
    [copy] = desk.copies
    assert copy.live() == [values(10, "1 Mar 2027", "29 Feb 2028", "150.00", "120.96")]


@pytest.mark.requirement("M22", "M24")
@pytest.mark.parametrize(
    "over",
    [{"ended_on": day("28 Feb 2027")}, {"auto_renew": False}, {"term_end": day("28 Feb 2027")}],
    ids=["cancelled", "not renewed", "its term is over"],
)
def test_a_year_that_was_not_renewed_is_followed_by_none(over):
    line = year(today=day("2 Mar 2027"), **over)
    assert [each.starts for each in line.charges] == [day("1 Mar")]


@pytest.mark.requirement("A207", "M22")
def test_seats_of_today_change_nothing_in_a_year_that_is_over():
    desk = desk_of()
    desk.apply(year(today=day("20 Mar")))
    desk.invoice()
    desk.agreement = replace(desk.agreement, invoiced_once=False)
    desk.today = day("2 Mar 2027")
    line = year(quantity=12, today=desk.today, changed_on=day("1 Mar 2027"))
    desk.apply(line)
    assert [(row.quantity, row.effective) for row in desk.live()] == [(10, day("1 Mar")), (12, day("1 Mar 2027"))]
    assert codes(desk.plan(line)) == []


@pytest.mark.requirement("M21", "M22")
def test_a_second_change_within_a_year_is_charged_for_its_own_seats_and_days():
    """10 seats; 2 more on 18 Sep, 150.00 x 2 x 164/365; 3 more on 18 Dec, 150.00 x 3 x 73/365."""
    desk = desk_of()
    desk.apply(year(today=day("20 Mar")))
    for quantity, on, expected in ((12, "18 Sep", "134.79"), (15, "18 Dec", "90.00")):
        desk.invoice()
        desk.agreement = replace(desk.agreement, invoiced_once=False)
        desk.today = day(on)
        line = year(quantity=quantity, changed_on=day(on), today=desk.today)
        desk.invoiced |= set(desk.rows)
        desk.written = {n: replace(r, uninvoiced_from=date.min) for n, r in desk.written.items()}
        plan = desk.apply(line)
        assert [step.after.unit_price for step in plan.steps] == [Decimal(expected)]
        assert not desk.plan(line).steps


@pytest.mark.requirement("M22")
def test_changes_after_the_agreement_was_copied_are_charged_on_the_copy():
    """What stands on the agreement before counts as charged; only what is more, or less, is new."""
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(today=day("20 Mar")))
    desk.invoice()
    desk.apply(year(quantity=12, changed_on=day("18 Sep"), today=day("18 Sep")))
    [copy] = desk.copies
    assert [row.unit_price for row in copy.live()] == [Decimal("134.79")]
    more = year(quantity=15, changed_on=day("18 Dec"), today=day("18 Dec"))
    plan = copy.apply(more, elsewhere=tuple(desk.written.values()))
    assert [step.after.unit_price for step in plan.steps] == [Decimal("90.00")]
    assert not copy.plan(more, elsewhere=tuple(desk.written.values())).steps
    fewer = copy.plan(year(quantity=9, changed_on=day("18 Jan 2027")), elsewhere=tuple(desk.written.values()))
    assert [(step.before.unit_price, step.after.unit_price) for step in fewer.steps] == [
        (Decimal("134.79"), Decimal("31.23"))  # less 150.00 x 6 x 42/365
    ]
    copy.invoice()
    again = copy.plan(year(quantity=9, changed_on=day("18 Jan 2027")), elsewhere=tuple(desk.written.values()))
    assert codes(again) == ["BS_CREDIT_DUE"]


# --- state alone, before the invoice


@pytest.mark.requirement("M21", "M22")
def test_seats_added_before_the_invoice_are_charged_for_their_days_beside_the_row_of_the_year():
    """10 seats; 2 more on 18 Sep: 1,500.00 + 150.00 x 2 x 164/365, whether the agreement had its invoice or not."""
    desk = desk_of()
    desk.apply(year(today=day("20 Mar")))
    line = year(quantity=12, changed_on=day("18 Sep"), today=day("18 Sep"))
    desk.apply(line)
    assert desk.next_invoice() == Decimal("1634.79")
    assert not desk.plan(line).steps
    more = year(quantity=15, changed_on=day("18 Dec"), today=day("18 Dec"))
    desk.apply(more)
    assert desk.next_invoice() == Decimal("1724.79")
    assert not desk.plan(more).steps
    fewer = year(quantity=13, changed_on=day("18 Dec"), today=day("19 Dec"))
    desk.apply(fewer)
    assert desk.next_invoice() == Decimal("1664.79")  # 90.00 becomes 30.00
    desk.invoice()
    assert codes(desk.plan(fewer)) == []


@pytest.mark.requirement("M20", "M22")
def test_a_year_cancelled_in_its_first_days_is_charged_for_the_days_held_and_given_back_where_it_was_billed():
    over = {"status": SubscriptionStatus.DELETED, "ended_on": day("5 Mar"), "today": day("20 Mar")}
    fresh = desk_of()
    fresh.apply(year(**over))
    assert fresh.next_invoice() == Decimal("20.50")  # 10 x 2.05, 150.00 x 5/365
    written = desk_of()
    written.apply(year(today=day("4 Mar")))
    written.apply(year(**over))
    assert written.next_invoice() == Decimal("20.50")
    assert not written.plan(year(**over)).steps
    billed = desk_of()
    billed.apply(year(today=day("4 Mar")))
    billed.invoice()
    plan = billed.plan(year(**over))
    assert (codes(plan), plan.lines[0].credits[0].amount) == (["BS_CREDIT_DUE"], Decimal("1479.50"))
    emptied = desk_of()
    emptied.apply(year(today=day("4 Mar")))
    emptied.apply(year(quantity=0, **over))
    assert emptied.next_invoice() == 0
    owed = year(status=SubscriptionStatus.DELETED, ended_on=day("5 Jun"), today=day("20 Jun"))
    assert [each.unit_price for each in owed.charges] == [Decimal("150.00")]


@pytest.mark.requirement("M20")
def test_a_month_of_use_that_shrinks_after_its_invoice_is_a_credit_due_and_no_negative_row():
    product = Product(PRODUCT, "Azure plan", PriceRule(PriceBasis.MARKUP, Decimal(20)))
    sold = subscription(1, "1 Mar", Frequency.USAGE)

    def use(amount):
        line = charge("usage", 1, amount, "1 Mar", "31 Mar", frequency=Frequency.USAGE, unit=amount)
        return wanted_line(sold, (line,), product, RULES, customer="Acme")

    desk = psa(agreement=agreement("1 Mar"))
    desk.apply(use("80.00"))
    desk.invoice()
    desk.apply(use("100.00"))
    plan = desk.apply(use("50.00"))
    assert (codes(plan), [due.amount for due in plan.lines[0].credits]) == (["BS_CREDIT_DUE"], [Decimal("36.00")])
    assert [row.unit_price for row in desk.live()] == [Decimal("96.00")]
    assert not desk.plan(use("50.00")).steps


@given(
    st.lists(st.tuples(st.integers(1, 360), st.integers(1, 30)), min_size=1, max_size=5),
    st.sets(st.integers(0, 5)),
    st.sampled_from(list(DecreasePolicy)),
)
@settings(deadline=None)
@pytest.mark.requirement("M21", "M22", "D12")
def test_seats_told_by_state_alone_come_to_their_days_however_they_change(changes, invoices, decreases):
    """Each change is billed for its own seats and days, or is a credit that a person settles; a second plan is empty."""
    desk = desk_of(decreases=decreases, one_time=OneTimePolicy.COPY)
    desk.apply(year(today=day("2 Mar")))
    seats, settled, wanted = 10, [], Decimal(1500)
    for number, (offset, after) in enumerate(sorted(dict(changes).items())):
        on = date(2026, 3, 1) + timedelta(days=offset)
        if number in invoices and not desk.agreement.invoiced_once:
            desk.invoice()
        wanted += Decimal(150) * (after - seats) * (365 - offset) / 365
        seats = after
        line = year(quantity=after, changed_on=on, today=on, settled=tuple(settled))
        plan = desk.apply(line)
        due = [each for planned in plan.lines for each in planned.credits]
        settled += [CreditGiven(each.starts, each.ends, each.quantity, each.amount, each.charge) for each in due]
        line = replace(line, settled=tuple(settled))
        again = desk.plan(line, elsewhere=_made(desk))
        assert not again.steps
        assert codes(again) == []
    billed = sum(desk.invoices, Decimal(0)) + sum((copy.next_invoice() for copy in desk.copies), Decimal(0))
    billed += Decimal(0) if desk.agreement.invoiced_once else desk.next_invoice()
    credited = sum((each.amount for each in settled), Decimal(0))
    assert abs(billed - credited - wanted) <= Decimal("0.02") * (len(changes) + 1)


# --- lines and state by turns


@pytest.mark.requirement("A207", "M22")
@pytest.mark.parametrize("invoiced", [False, True])
@pytest.mark.parametrize("lines_first", [False, True])
def test_a_source_that_shows_lines_at_one_time_and_state_at_another_is_charged_once(invoiced, lines_first):
    lines = year(NEW, *added("18 Sep"), quantity=12)
    state = year(quantity=12, changed_on=day("18 Sep"), today=day("20 Sep"))
    unsure = year(quantity=12, today=day("21 Sep"))
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(NEW) if lines_first else year(today=day("20 Mar")))
    desk.apply(lines if lines_first else state)
    if invoiced:
        desk.invoice()
    assert (desk.invoices or [desk.next_invoice()]) == [Decimal("1634.79")]
    for other in (state, unsure, lines, state):
        plan = desk.plan(other)
        assert (codes(plan), plan.steps) == ([], ())


@pytest.mark.requirement("M21", "M22")
def test_seats_that_changed_on_a_day_nobody_tells_are_charged_from_the_day_that_is_seen():
    desk = desk_of()
    desk.apply(year(today=day("20 Mar")))
    plan = desk.apply(year(quantity=12, today=day("18 Sep")))
    assert [(step.after.unit_price, step.description) for step in plan.steps] == [
        (Decimal("134.79"), "Business Premium: +2 seats, 18 Sep 2026 to 28 Feb 2027")
    ]
    for later in ("19 Sep", "31 Dec", "28 Feb 2027"):
        assert not desk.plan(year(quantity=12, today=day(later))).steps


def _made(desk):
    return tuple(record for copy in desk.copies for record in copy.written.values())
