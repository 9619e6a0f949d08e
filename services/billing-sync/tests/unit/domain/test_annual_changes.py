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


# --- state alone


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
    assert codes(fewer) == ["BS_CREDIT_DUE"]


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
