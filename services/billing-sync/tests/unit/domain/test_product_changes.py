"""A subscription that becomes another product, in place: one product's row ends, the other's begins; no day is billed twice."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgerwire.billing_sync.domain.days import DAY
from ledgerwire.billing_sync.domain.plan import Reason, StepKind
from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.billing_sync.domain.wanting import Product, wanted_line

from .build import FIXED, PRODUCT, RULES, agreement, charge, codes, psa, subscription, values

E5 = Product(777, "E5", PriceRule(PriceBasis.FIXED, Decimal("35.00")))
MARCH = date(2026, 3, 20)


def line_of(quantity, product, *charges, **changes):
    sold = subscription(quantity, "1 Jan", sku="E5" if product is E5 else "CFQ7TTC0LCHC:0002", **changes)
    return wanted_line(sold, charges, product, RULES, customer="Acme")


def invoiced_ten(**changes):
    desk = psa(**{"agreement": agreement("1 Jan"), "today": date(2026, 1, 1), **changes})
    desk.apply(line_of(10, FIXED))
    for _ in range(3):
        desk.invoice()
    desk.today = MARCH
    return desk


def rows_of(desk, product):
    rows = [row.values for row in desk.rows.values() if row.product_id == product and not row.values.void]
    return sorted(rows, key=lambda row: row.effective)


@pytest.mark.requirement("B33", "M20")
def test_a_product_that_changes_in_place_ends_the_old_row_and_is_billed_at_its_own_price():
    desk = invoiced_ten()
    plan = desk.apply(line_of(10, E5))
    assert rows_of(desk, PRODUCT) == [values(10, "1 Jan", "31 Mar")]
    assert rows_of(desk, 777) == [values(10, "1 Apr", price="35.00")]
    assert [(step.kind, step.product_id, step.reason) for step in plan.steps] == [
        (StepKind.END, PRODUCT, Reason.UPGRADED),
        (StepKind.CREATE, 777, Reason.UPGRADED),
    ]
    assert desk.next_invoice() == Decimal("350.00")
    assert not desk.plan(line_of(10, E5)).steps


@pytest.mark.requirement("B33")
def test_seats_and_product_that_change_together_are_at_the_new_products_price():
    desk = invoiced_ten()
    desk.apply(line_of(12, E5))
    assert rows_of(desk, 777) == [values(12, "1 Apr", price="35.00")]
    assert rows_of(desk, PRODUCT) == [values(10, "1 Jan", "31 Mar"), values(2, "20 Mar", "31 Mar")]
    assert not desk.plan(line_of(12, E5)).steps


@pytest.mark.requirement("B33", "M20")
def test_charges_tell_the_day_of_the_change():
    """Ten seats become E5 on 10 April: 10 x 22.00 x 9/30 and 10 x 35.00 x 21/30."""
    old = charge("new", 10, "180.00", "1 Jan", "31 Jan", unit="18.00")
    new = (
        charge("convert", 10, "210.00", "10 Apr", "9 May", unit="30.00", sku="E5"),
        charge("convert", 10, "-126.00", "10 Apr", "9 May", unit="18.00"),
    )
    desk = psa(agreement=agreement("1 Jan"), today=date(2026, 1, 1))
    desk.apply(line_of(10, FIXED, old))
    for _ in range(3):
        desk.invoice()
    desk.today = date(2026, 4, 12)
    desk.apply(line_of(10, E5, old, *new))
    assert rows_of(desk, PRODUCT) == [values(10, "1 Jan", "9 Apr")]
    assert rows_of(desk, 777) == [values(10, "10 Apr", price="35.00", cost="30.00")]
    assert desk.next_invoice() == Decimal("66.00") + Decimal("245.00")
    assert not desk.plan(line_of(10, E5, old, *new)).steps


@pytest.mark.requirement("M20")
def test_a_change_in_invoiced_days_owes_the_old_product_and_catches_up_the_new_one():
    old = charge("new", 10, "180.00", "1 Jan", "31 Jan", unit="18.00")
    new = (
        charge("convert", 10, "-87.10", "17 Mar", "16 Apr", unit="18.00"),
        charge("convert", 10, "210.00", "17 Mar", "16 Apr", unit="30.00", sku="E5"),
    )
    desk = psa(agreement=agreement("1 Jan"), today=date(2026, 1, 1))
    desk.apply(line_of(10, FIXED, old))
    for _ in range(3):
        desk.invoice()
    desk.today = MARCH
    changed = line_of(10, E5, old, *new)
    plan = desk.apply(changed)
    (due,) = plan.lines[0].credits
    assert (due.amount, due.product_id) == (Decimal("106.45"), PRODUCT)  # 10 x 22.00 x 15/31
    assert desk.next_invoice() == Decimal("350.00") + Decimal("169.35")  # and 10 x 35.00 x 15/31
    assert not desk.plan(changed).steps
    settled = CreditGiven(due.starts, due.ends, due.quantity, due.amount, "", due.product_id)
    after = desk.plan(replace(changed, settled=(settled,)))
    assert (after.steps, codes(after)) == ((), [])


@pytest.mark.requirement("B33")
def test_in_arrears_the_old_product_is_billed_up_to_the_day_the_change_was_seen():
    desk = psa(agreement=agreement("1 Feb", period_type="Current"), today=date(2026, 1, 10))
    desk.apply(line_of(10, FIXED))
    desk.invoice()
    desk.invoice()
    desk.today = MARCH
    desk.apply(line_of(10, E5))
    assert rows_of(desk, PRODUCT) == [values(10, "1 Jan", "19 Mar")]
    assert rows_of(desk, 777) == [values(10, "20 Mar", price="35.00")]
    desk.today += 8 * DAY
    assert not desk.plan(line_of(10, E5)).steps


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=6), st.booleans())
@settings(deadline=None)
@pytest.mark.requirement("B33", "M20")
def test_whatever_it_becomes_a_second_plan_is_empty_and_no_day_has_two_products(changes, advance):
    desk = psa(
        agreement=agreement("1 Jan" if advance else "1 Feb", period_type="Future" if advance else "Current"),
        today=date(2026, 1, 1),
    )
    desk.apply(line_of(5, FIXED))
    for is_e5, quantity, days in changes:
        desk.today += days * DAY
        while desk.first <= desk.today.replace(day=1) - (0 if advance else 31) * DAY:
            desk.invoice()
        line = line_of(quantity, E5 if is_e5 else FIXED)
        desk.apply(line)
        assert not desk.plan(line).steps
        assert desk.seats_on(max(desk.first, desk.today)) == quantity
        last = rows_of(desk, line.product_id)[-1]
        assert last.ends is None
        assert last.unit_price == (Decimal("35.00") if is_e5 else Decimal("22.00"))
