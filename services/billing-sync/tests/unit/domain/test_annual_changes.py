"""What changes within a year that is paid at once: added seats, seats given back, cancelled years, renewed ones."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.plan import StepKind
from ledgerwire.billing_sync.domain.rules import DecreasePolicy, OneTimePolicy, PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line
from ledgerwire.common.seats import Frequency, Motion

from .build import PRODUCT, RULES, charge, codes, day, one_time, psa, subscription, values

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


def renamed(desk, key):
    """The only row of ours under the key that it had when it was written long ago."""
    [(number, record)] = desk.written.items()
    desk.written[number] = replace(record, charge=key)


def added(on="10 Apr", before=10, after=12, **changes):
    refund, charged = f"-{before}07.70", f"{after}07.70"
    return changed("addQuantity", before, refund, on, **changes), changed("addQuantity", after, charged, on, **changes)


# --- rows that were written before


@pytest.mark.requirement("A207", "M22")
@pytest.mark.parametrize("invoiced", [False, True])
def test_a_year_that_was_written_as_a_change_of_its_first_day_is_not_charged_again(invoiced):
    """A distributor's `cycleCharge` for a whole year was a change from 0 to 10 seats once."""
    desk, line = desk_of(one_time=OneTimePolicy.COPY), year(replace(NEW, kind="cycleCharge"))
    desk.apply(line)
    [number] = desk.rows
    desk.rows[number] = replace(desk.rows[number], values=values(1, "1 Mar", "28 Feb 2027", "1500.00", "1209.60"))
    desk.written[number] = replace(desk.written[number], values=desk.rows[number].values)
    renamed(desk, "part:2026-03-01:0-10")
    if invoiced:
        desk.invoice()
    desk.apply(line)
    assert len(desk.rows) == 1
    assert not desk.copies
    assert invoiced or desk.next_invoice() == Decimal("1500.00")
    assert not desk.plan(line).steps


@pytest.mark.requirement("A207", "M22")
@pytest.mark.parametrize("invoiced", [False, True])
@pytest.mark.parametrize("key", ["part:2026-04-10:10-12", "part:2026-04-10:R1", "part:2026-04-10:"])
def test_added_seats_that_were_written_under_an_earlier_key_are_not_charged_again(key, invoiced):
    desk, line = desk_of(one_time=OneTimePolicy.COPY), year(*added(), quantity=12)
    desk.apply(line)
    renamed(desk, key)
    if invoiced:
        desk.invoice()
    assert not desk.plan(line).steps
    more = year(*added(), *added(before=12, after=15), quantity=15)
    desk.apply(more)
    copied = sum((copy.next_invoice() for copy in desk.copies), Decimal(0))
    total = sum(desk.invoices, Decimal(0)) + copied + (Decimal(0) if invoiced else desk.next_invoice())
    assert total == Decimal("667.81")  # 150.00 x 5 x 325/365


@pytest.mark.requirement("A207", "M22")
@pytest.mark.parametrize("invoiced", [False, True])
def test_added_seats_whose_reference_is_known_only_once_they_are_billed_are_charged_once(invoiced):
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(NEW, *added(invoice=""), quantity=12))
    if invoiced:
        desk.invoice()
    both = year(NEW, *added(invoice=""), *added(reference_id="R1"), quantity=12)
    alone = year(NEW, *added(reference_id="R1"), quantity=12)
    for line in (both, alone):
        assert [each.unit_price for each in line.charges] == [Decimal("150.00"), Decimal("267.12")]
        assert not desk.plan(line).steps


# --- taken back


@pytest.mark.requirement("M20", "M22")
def test_seats_given_back_before_the_invoice_correct_the_row_of_their_year():
    desk = desk_of()
    desk.apply(year(NEW))
    back = changed("removeQuantity", 10, "-1199.66", "4 Mar"), changed("removeQuantity", 8, "959.73", "4 Mar")
    line = year(NEW, *back, quantity=8)
    desk.apply(line)
    assert desk.live() == [values(1, "1 Mar", "28 Feb 2027", "1202.47", "969.67")]  # 1,500.00 - 150.00 x 2 x 362/365
    assert not desk.plan(line).steps
    desk.invoice()
    assert not desk.plan(line).steps
    assert codes(desk.plan(line)) == []


@pytest.mark.requirement("M20", "M22")
@pytest.mark.parametrize("policy", list(OneTimePolicy))
def test_seats_given_back_after_the_invoice_are_a_credit_due_and_no_agreement_is_copied_for_them(policy):
    desk = desk_of(one_time=policy)
    desk.apply(year(NEW))
    desk.invoice()
    back = changed("removeQuantity", 10, "-1199.66", "4 Mar"), changed("removeQuantity", 8, "959.73", "4 Mar")
    plan = desk.plan(year(NEW, *back, quantity=8))
    assert (codes(plan), plan.steps) == (["BS_CREDIT_DUE"], ())
    [due] = plan.lines[0].credits
    assert (due.amount, due.quantity) == (Decimal("297.53"), 2)
    given_back = CreditGiven(due.starts, due.ends, due.quantity, due.amount, due.charge)
    assert codes(desk.plan(year(NEW, *back, quantity=8, settled=(given_back,)))) == []


@pytest.mark.requirement("M20", "M22")
def test_by_setting_seats_given_back_after_the_invoice_are_a_negative_row_where_one_can_be_billed():
    back = changed("removeQuantity", 10, "-1199.66", "4 Mar"), changed("removeQuantity", 8, "959.73", "4 Mar")
    for policy, expected in ((OneTimePolicy.COPY, [Decimal("-297.53")]), (OneTimePolicy.STOP, [])):
        desk = desk_of(one_time=policy, decreases=DecreasePolicy.NEGATIVE_ROW)
        desk.apply(year(NEW))
        desk.invoice()
        plan = desk.plan(year(NEW, *back, quantity=8))
        assert [step.after.unit_price for step in plan.steps if step.after] == expected
        assert codes(plan) == ([] if expected else ["BS_CREDIT_DUE"])


@pytest.mark.requirement("M20", "M22")
@pytest.mark.parametrize("on", ["1 Mar", "2 Mar"])
@pytest.mark.parametrize("reference", ["", "R9"])
def test_a_year_cancelled_after_it_was_written_is_void_before_its_invoice_and_a_credit_due_after(on, reference):
    cancelled = changed("cancel", 10, "-1209.60" if on == "1 Mar" else "-1206.28", on, reference_id=reference)
    rest = {"1 Mar": Decimal(0), "2 Mar": Decimal("4.11")}[on]  # 1,500.00 x 1/365
    desk = desk_of()
    desk.apply(year(NEW))
    desk.apply(year(NEW, cancelled))
    assert desk.next_invoice() == rest
    assert not desk.plan(year(NEW, cancelled)).steps
    late = desk_of()
    late.apply(year(NEW))
    late.invoice()
    plan = late.plan(year(NEW, cancelled))
    assert (codes(plan), plan.steps) == (["BS_CREDIT_DUE"], ())
    assert plan.lines[0].credits[0].amount == Decimal("1500.00") - rest


@pytest.mark.requirement("M20", "M22")
def test_added_seats_taken_back_on_their_day_are_void_again():
    desk = desk_of()
    desk.apply(year(NEW, *added(), quantity=12))
    back = changed("removeQuantity", 12, "-1207.70", "10 Apr"), changed("removeQuantity", 10, "1007.70", "10 Apr")
    line = year(NEW, *added(), *back)
    desk.apply(line)
    assert desk.next_invoice() == Decimal("1500.00")
    assert not desk.plan(line).steps


# --- price


@pytest.mark.requirement("M21")
@pytest.mark.parametrize("invoiced", [False, True])
@pytest.mark.parametrize("follows", [False, True])
def test_a_new_price_moves_a_year_that_is_written_only_where_the_rule_says_price(invoiced, follows):
    rule = PriceRule(PriceBasis.FIXED, Decimal("160.00"), updates_price=follows)
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(NEW, *added(), quantity=12))
    if invoiced:
        desk.invoice()
    plan = desk.plan(year(NEW, *added(), quantity=12, product=replace(YEAR, rule=rule)))
    assert bool(plan.steps) is follows


# --- any order


@st.composite
def stories(draw):
    """Changes within a year, each with a day, seats and whether its lines are named by a reference."""
    days = sorted(draw(st.lists(st.integers(1, 300), min_size=1, max_size=4)))
    seats, lines, spans = 10, [], [(0, 10)]
    for number, offset in enumerate(days):
        after = draw(st.integers(0, 20).filter(lambda n, now=seats: n != now))
        on = date(2026, 3, 1) + timedelta(days=offset)
        left = (date(2027, 2, 28) - on).days + 1
        reference = draw(st.sampled_from(["", f"R{number}"]))
        pair = []
        for quantity, sign in ((seats, -1), (after, 1)):
            if quantity:
                amount = (Decimal("120.96") * quantity * left / 365).quantize(Decimal("0.01")) * sign
                line = replace(NEW, key=f"K{number}{sign}", kind="addQuantity", quantity=Decimal(quantity))
                pair.append(replace(line, subtotal=amount, charge_start=on, reference_id=reference))
        lines.append(pair)
        spans.append((offset, after))
        seats = after
    return lines, spans


@given(stories(), st.lists(st.booleans(), min_size=5, max_size=5), st.integers(0, 4))
@settings(deadline=None)
@pytest.mark.requirement("A207", "M20", "M21", "M22", "D12")
def test_however_changes_become_known_the_year_comes_to_its_seats_by_day(story, invoices, last_bill):
    """Invoices and credits due add up to seats by day, and whatever was applied once is not planned again."""
    pairs, spans = story
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(year(NEW))
    for count in range(1, len(pairs) + 1):
        if invoices[count] and not desk.agreement.invoiced_once:
            desk.invoice()
        line = year(NEW, *(each for pair in pairs[:count] for each in pair))
        plan = desk.apply(line)
        assert not [step for step in desk.plan(line, elsewhere=_made(desk)).steps if step.kind is StepKind.CREATE]
    bills = [step for step in plan.steps if step.kind is StepKind.CREATE]
    credited = sum((due.amount for each in plan.lines for due in each.credits), Decimal(0))
    billed = sum(desk.invoices, Decimal(0)) + sum((copy.next_invoice() for copy in desk.copies), Decimal(0))
    billed += Decimal(0) if desk.agreement.invoiced_once else desk.next_invoice()
    ends = [offset for offset, _ in spans[1:]] + [365]
    wanted = sum((Decimal(150) * seats * (end - start) / 365 for (start, seats), end in zip(spans, ends, strict=True)))
    assert abs(billed - credited - wanted) <= Decimal("0.03") * (len(pairs) + len(bills) + 1)


def _made(desk):
    return tuple(record for copy in desk.copies for record in copy.written.values())


# --- one-off charges keep their rows


@pytest.mark.requirement("A207")
@pytest.mark.parametrize("invoiced", [False, True])
def test_a_one_off_charge_that_was_written_under_its_line_is_not_charged_again(invoiced):
    product = Product(PRODUCT, "Set-up", PriceRule(PriceBasis.MARKUP, Decimal(20)))
    fee = charge("oneTime", 1, "100", "10 Mar", "10 Mar", identified=False, key="0123-1")
    line = wanted_line(subscription(0, "1 Mar", Frequency.ONE_TIME), (fee,), product, RULES, customer="Acme")
    desk = desk_of(one_time=OneTimePolicy.COPY)
    desk.apply(line)
    renamed(desk, "line:0123-1")
    if invoiced:
        desk.invoice()
    assert not desk.plan(line).steps
    again = wanted_line(
        subscription(0, "1 Mar", Frequency.ONE_TIME),
        (fee, replace(fee, key="4567-1", invoice="G002")),
        product,
        RULES,
        customer="Acme",
    )
    assert not desk.plan(again).steps


@pytest.mark.requirement("A206", "M22")
def test_a_later_year_that_was_written_as_a_third_of_its_price_is_made_good():
    """The second year of three was taken for seats added to the first one: 150.00 x 10 x 366/1096."""
    desk = desk_of(one_time=OneTimePolicy.COPY)
    term = {**TERM, "term_end": day("28 Feb 2029")}
    second = charge("cycleCharge", 10, "1209.60", "1 Mar 2027", "29 Feb 2028", **term)
    desk.apply(year(second, term="P3Y"))
    [number] = desk.rows
    desk.rows[number] = replace(desk.rows[number], values=values(1, "1 Mar 2027", "29 Feb 2028", "500.91", "1209.60"))
    desk.written[number] = replace(desk.written[number], values=desk.rows[number].values, charge="part:2027-03-01:0-10")
    desk.invoice()
    desk.apply(year(second, term="P3Y"))
    assert [row.unit_price for row in desk.copies[0].live()] == [Decimal("999.09")]
