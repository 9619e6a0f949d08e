"""From any state of additions one application of the plan reaches what is sold, or says by a code what it may not change."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.agreements import RowValues
from ledgerwire.billing_sync.domain.days import DAY, shift_month
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, EditPolicy
from ledgerwire.billing_sync.domain.wanted import Held, WantedLine

from .build import Psa, agreement, codes, psa

START = date(2026, 1, 1)
HORIZON = [START + timedelta(days=number) for number in range(300)]


@st.composite
def histories(draw, line="sub-1", product=501):
    """Seats by day: up to five changes, gaps and an end among them."""
    days = sorted(draw(st.sets(st.integers(0, 200), min_size=1, max_size=5)))
    seats = draw(st.lists(st.integers(0, 30), min_size=len(days), max_size=len(days)))
    price, cost = Decimal(draw(st.sampled_from(["22.00", "10.08"]))), Decimal("9.00")
    spans = []
    for index, (offset, quantity) in enumerate(zip(days, seats, strict=True)):
        ends = START + timedelta(days=days[index + 1] - 1) if index + 1 < len(days) else None
        if quantity:
            spans.append(Held(START + timedelta(days=offset), ends, Decimal(quantity), cost, price))
    if spans and draw(st.booleans()):
        last = spans[-1]
        spans[-1] = replace(last, ends=last.starts + timedelta(days=draw(st.integers(0, 60))))
    first = START + timedelta(days=days[0])
    return WantedLine(line, product, "Seats", "Acme", tuple(spans), known_from=first)


def seats_wanted(line, when):
    return sum((s.quantity for s in line.held if s.starts <= when and (s.ends is None or when <= s.ends)), Decimal(0))


HANDS = st.lists(
    st.tuples(st.sampled_from(["delete", "quantity", "price", "end", "duplicate", "reopen"]), st.integers(0, 5)),
    max_size=3,
)


def tamper(desk: Psa, hands):
    """What people do to rows."""
    for what, where in hands:
        numbers = sorted(desk.rows)
        if not numbers:
            return
        number = numbers[where % len(numbers)]
        row = desk.rows[number]
        if what == "delete":
            del desk.rows[number]
        elif what == "duplicate":
            desk.rows[9000 + len(desk.rows)] = replace(row, id=9000 + len(desk.rows))
        else:
            desk.rows[number] = replace(row, values=_edited(row.values, what))


def _edited(row: RowValues, what):
    if what == "quantity":
        return replace(row, quantity=row.quantity + 3)
    if what == "price":
        return replace(row, unit_price=row.unit_price + 1)
    return replace(row, ends=row.effective + 5 * DAY if what == "end" else None)


@given(histories(), histories(), HANDS, st.integers(0, 4), st.booleans(), st.integers(0, 90))
@settings(deadline=None)
@pytest.mark.requirement("M20", "B33", "A175")
def test_one_application_reaches_what_is_sold_and_a_second_plans_nothing(before, after, hands, months, advance, since):
    desk = psa(
        agreement=agreement("1 Jan" if advance else "1 Feb", period_type="Future" if advance else "Current"),
        edits=EditPolicy.OVERWRITE,
        today=START,
    )
    desk.apply(before)
    for _ in range(months):
        desk.invoice()
    tamper(desk, hands)
    after = replace(after, known_from=min(before.known_from, after.known_from))
    desk.rules = replace(desk.rules, since=START + timedelta(days=since))
    desk.apply(after)
    again = desk.plan(after)
    assert not again.steps
    first = max(desk.first, after.known_from, desk.rules.since)
    for when in HORIZON:
        if when >= first:
            assert desk.seats_on(when) == seats_wanted(after, when), when
    assert all(row.values.void or row.values.covers(row.values.effective) for row in desk.rows.values())


@given(histories(), histories(), st.integers(0, 5), st.sampled_from(list(DecreasePolicy)))
@settings(deadline=None)
@pytest.mark.requirement("M20", "D12")
def test_every_seat_of_every_day_is_billed_once_or_credited(before, after, months, decreases):
    """The sum of all invoices is the sum of seats by day, whenever the change became known."""
    before, after = _priced(before), _priced(after)
    after = replace(after, known_from=min(before.known_from, after.known_from))
    desk = psa(agreement=agreement("1 Jan"), decreases=decreases, today=START)
    desk.apply(before)
    for _ in range(months):
        desk.invoice()
    expected = desk.next_invoice()
    plan = desk.apply(after)
    assert desk.next_invoice() == expected + sum(step.effect for step in plan.steps)
    while desk.first < shift_month(START, 10):
        assert not desk.plan(after).steps
        desk.invoice()
    due = [f.params["amount"] for line in plan.lines for f in line.findings if f.code == "BS_CREDIT_DUE"]
    credited = sum((Decimal(text.split()[0].replace(",", "")) for text in due), Decimal(0))
    billed = sum(desk.invoices, Decimal(0)) - credited
    wanted = sum((seats_wanted(after, when) * 22 / _days(when) for when in HORIZON), Decimal(0))
    wanted += _rest_of_month(after)
    assert abs(billed - wanted) <= Decimal("0.02") * (len(desk.rows) + 1) * 12


def _priced(line):
    return replace(line, held=tuple(replace(span, unit_price=Decimal("22.00")) for span in line.held))


def _days(when):
    return (shift_month(when.replace(day=1), 1) - when.replace(day=1)).days


def _rest_of_month(line):
    """Days after the horizon up to the end of the last month invoiced."""
    when, total = HORIZON[-1] + DAY, Decimal(0)
    while when < shift_month(START, 10):
        total += seats_wanted(line, when) * 22 / _days(when)
        when += DAY
    return total


@given(histories(), histories(), HANDS, st.integers(0, 3), st.sampled_from([EditPolicy.ASK, EditPolicy.KEEP]))
@settings(deadline=None)
@pytest.mark.requirement("D10")
def test_without_leave_to_overwrite_a_persons_edit_is_left_and_listed(before, after, hands, months, edits):
    desk = psa(agreement=agreement("1 Jan"), edits=edits, today=START)
    desk.apply(before)
    for _ in range(months):
        desk.invoice()
    tamper(desk, hands)
    shown = {number: row.values for number, row in desk.rows.items()}
    after = replace(after, known_from=min(before.known_from, after.known_from))
    plan = desk.apply(after)
    ours = {number for number, record in desk.written.items()}
    reached = all(
        desk.seats_on(when) == seats_wanted(after, when)
        for when in HORIZON
        if when >= max(desk.first, after.known_from)
    )
    listed = set(codes(plan)) & {"BS_EDITED_BY_HAND", "BS_NO_OPEN_ADDITION", "BS_MORE_THAN_ONE_OPEN_ADDITION"}
    assert reached or listed
    if listed and edits is EditPolicy.ASK:
        assert not plan.steps
        assert shown == {number: row.values for number, row in desk.rows.items()}
    assert ours <= set(desk.rows) | set(desk.written)
    assert not desk.plan(after).steps


@given(histories(), histories("sub-2"), st.integers(0, 3))
@settings(deadline=None)
@pytest.mark.requirement("B33")
def test_two_subscriptions_of_one_product_keep_rows_of_their_own(one, other, months):
    desk = psa(agreement=agreement("1 Jan"), edits=EditPolicy.OVERWRITE, today=START)
    for _ in range(months):
        desk.apply(one, other)
        desk.invoice()
    desk.apply(one, other)
    assert not desk.plan(one, other).steps
    for when in HORIZON:
        if when >= max(desk.first, one.known_from, other.known_from):
            assert desk.seats_on(when) == seats_wanted(one, when) + seats_wanted(other, when)


@given(
    histories(),
    histories(),
    st.integers(0, 4),
    st.lists(st.integers(0, 4), max_size=4),
    st.sampled_from(list(EditPolicy)),
)
@settings(deadline=None)
@pytest.mark.requirement("B33", "D10")
def test_crashes_between_write_and_memory_do_not_change_the_end(before, after, months, crashes, edits):
    after = replace(after, known_from=min(before.known_from, after.known_from))
    calm, rough = (psa(agreement=agreement("1 Jan"), edits=edits, today=START) for _ in range(2))
    for desk in (calm, rough):
        desk.apply(before)
        for _ in range(months):
            desk.invoice()
    calm.apply(after)
    for number in crashes:
        rough.crash(number, after)
    rough.apply(after)
    assert sorted(map(str, rough.live())) == sorted(map(str, calm.live()))
    assert not rough.plan(after).steps
