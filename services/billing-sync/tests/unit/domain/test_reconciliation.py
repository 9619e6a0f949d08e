"""D10: bought, on the agreement, invoiced: the difference in money and why."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.reconciliation import (
    Cause,
    Figure,
    Notes,
    Place,
    agreement_figure,
    bought_figure,
    compare,
)

from .build import held, values

MARCH = Place("Acme", "Business Premium", date(2026, 3, 1))


def figure(quantity, amount, *prices):
    return Figure(Decimal(quantity), Decimal(amount), frozenset(map(Decimal, prices)))


TEN = figure(10, "220.00", "22.00")


def one(bought=TEN, on=TEN, billed=TEN, notes=None, **options):
    invoiced = None if billed is None else {MARCH: billed}
    (line,) = compare({MARCH: bought}, {MARCH: on}, invoiced, notes and {MARCH: notes}, **options)
    return line


@pytest.mark.requirement("D10")
def test_three_figures_that_agree_are_tied():
    line = one()
    assert (line.cause, line.difference) == (Cause.TIED, 0)


@pytest.mark.parametrize(
    ("bought", "on", "billed", "notes", "cause", "difference"),
    [
        (TEN, figure(0, 0), figure(0, 0), Notes(mapped=False), Cause.NOT_MAPPED, "220.00"),
        (TEN, figure(0, 0), figure(0, 0), Notes(), Cause.NOT_ON_AGREEMENT, "220.00"),
        (figure(0, 0), TEN, TEN, Notes(), Cause.NOT_SOLD, "-220.00"),
        (TEN, figure(8, "176.00"), figure(8, "176.00"), Notes(), Cause.QUANTITY_DIFFERS, "44.00"),
        (TEN, figure(8, "176.00"), figure(8, "176.00"), Notes(edited_by_hand=True), Cause.EDITED_BY_HAND, "44.00"),
        (TEN, figure(10, "200.00", "20.00"), figure(10, "200.00"), Notes(), Cause.PRICE_CHANGED, "20.00"),
        (TEN, figure(10, "113.55", "22.00"), figure(10, "113.55"), Notes(), Cause.ADDED_MID_MONTH, "106.45"),
        (TEN, TEN, figure(0, 0), Notes(), Cause.NOT_INVOICED, "220.00"),
        (TEN, TEN, figure(20, "440.00"), Notes(), Cause.INVOICED_TWICE, "-220.00"),
        (TEN, TEN, figure(8, "176.00"), Notes(), Cause.QUANTITY_DIFFERS, "44.00"),
        (TEN, TEN, figure(10, "240.00"), Notes(), Cause.PRICE_CHANGED, "-20.00"),
        (TEN, TEN, figure(10, "106.45"), Notes(), Cause.ADDED_MID_MONTH, "113.55"),
        (TEN, TEN, TEN, Notes(credit=Decimal(-15)), Cause.CREDIT_NOT_PASSED_ON, "-15.00"),
    ],
)
@pytest.mark.requirement("D10")
def test_each_leak_has_its_reason_and_its_amount(bought, on, billed, notes, cause, difference):
    line = one(bought, on, billed, notes)
    assert (line.cause, line.difference) == (cause, Decimal(difference))


@pytest.mark.requirement("D10")
def test_without_invoiced_figures_the_report_is_two_way():
    line = one(billed=None, on=figure(8, "176.00"))
    assert line.invoiced is None
    assert (line.cause, line.difference) == (Cause.QUANTITY_DIFFERS, Decimal("44.00"))


@pytest.mark.requirement("D10")
def test_a_cent_of_rounding_is_no_difference():
    assert one(billed=figure(10, "219.99")).cause is Cause.TIED
    assert one(billed=figure(10, "219.98")).cause is not Cause.TIED


@pytest.mark.requirement("D10")
def test_every_place_that_any_of_the_three_knows_is_in_the_report_in_order():
    other = replace(MARCH, customer="Beta")
    lines = compare({other: TEN}, {MARCH: TEN}, {replace(MARCH, product="A"): TEN})
    assert [(line.place.customer, line.place.product) for line in lines] == [
        ("Acme", "A"),
        ("Acme", "Business Premium"),
        ("Beta", "Business Premium"),
    ]


@pytest.mark.requirement("D10")
def test_a_month_of_seats_and_of_rows_is_counted_at_its_end_and_by_its_days():
    spans = [held(10, "1 Jan", "16 Mar"), held(12, "17 Mar")]
    rows = [values(10, "1 Jan", "31 Mar"), values(2, "17 Mar", "31 Mar"), values(12, "1 Apr")]
    assert bought_figure(spans, MARCH.period) == figure(12, "241.29")
    assert agreement_figure(rows, MARCH.period) == figure(12, "241.29")


@pytest.mark.requirement("D10")
def test_seats_that_stand_from_another_day_than_they_were_bought_are_told_from_another_price():
    """Twelve at 22.00 from 17 March, on the agreement from 20 March; and the same days at 20.00."""
    bought = bought_figure([held(12, "17 Mar")], MARCH.period)
    late = agreement_figure([values(12, "20 Mar")], MARCH.period)
    cheap = agreement_figure([values(12, "17 Mar", price="20.00")], MARCH.period)
    assert [one(bought, on, billed=None).cause for on in (late, cheap)] == [Cause.ADDED_MID_MONTH, Cause.PRICE_CHANGED]


def causes(bought, on, billed, notes=None):
    """Causes of one place with what each comes to."""
    lines = compare({MARCH: bought}, {MARCH: on}, {MARCH: billed}, notes and {MARCH: notes})
    return [(line.cause, str(line.difference)) for line in lines]


NOTHING = figure(0, 0)
TWELVE = figure(12, "264.00", "22.00")


@pytest.mark.parametrize(
    ("on", "billed", "notes", "found"),
    [
        (TEN, NOTHING, None, [(Cause.QUANTITY_DIFFERS, "44.00"), (Cause.NOT_INVOICED, "220.00")]),
        (TEN, NOTHING, Notes(edited_by_hand=True), [(Cause.EDITED_BY_HAND, "44.00"), (Cause.NOT_INVOICED, "220.00")]),
        (TEN, figure(20, "440.00"), None, [(Cause.QUANTITY_DIFFERS, "44.00"), (Cause.INVOICED_TWICE, "-220.00")]),
        (TEN, figure(8, "176.00"), None, [(Cause.QUANTITY_DIFFERS, "88.00")]),
        (TEN, TEN, Notes(credit=Decimal(-44)), [(Cause.QUANTITY_DIFFERS, "44.00"), (Cause.CREDIT_NOT_PASSED_ON, "-44")]),
        (TWELVE, NOTHING, Notes(credit=Decimal(-15)), [(Cause.NOT_INVOICED, "264.00"), (Cause.CREDIT_NOT_PASSED_ON, "-15")]),
        (TWELVE, figure(12, "249.00"), Notes(credit=Decimal(-15)), [(Cause.TIED, "0.00")]),
        (TEN, TWELVE, Notes(edited_by_hand=True), [(Cause.TIED, "0.00")]),
    ],
)  # fmt: skip
@pytest.mark.requirement("D10")
def test_of_twelve_seats_bought_for_264_each_leak_is_told_by_itself(on, billed, notes, found):
    """Of what was bought and what was invoiced apart, each cause has its own part; a credit at cost hides none of it.

    A credit is passed on where the invoice is lower by just that; a row edited after its invoice was billed as bought.
    """
    assert causes(TWELVE, on, billed, notes) == found


@pytest.mark.requirement("D10")
def test_a_credit_that_a_person_settled_explains_the_seats_it_gave_back():
    assert causes(TEN, TWELVE, TWELVE, Notes(settled=Decimal("44.00"))) == [(Cause.TIED, "0.00")]


@pytest.mark.parametrize(
    ("billed", "not_due", "found"),
    [
        (NOTHING, "264.00", [(Cause.NOT_INVOICED_YET, "264.00")]),
        (figure(10, "220.00"), "44.00", [(Cause.NOT_INVOICED_YET, "44.00")]),
        (NOTHING, "44.00", [(Cause.NOT_INVOICED_YET, "44.00"), (Cause.NOT_INVOICED, "220.00")]),
        (TWELVE, "264.00", [(Cause.TIED, "0.00")]),
        (figure(24, "528.00"), "264.00", [(Cause.INVOICED_TWICE, "-264.00")]),
    ],
)
@pytest.mark.requirement("D10")
def test_what_the_next_invoice_will_bill_is_no_leak(billed, not_due, found):
    assert causes(TWELVE, TWELVE, billed, Notes(not_due=Decimal(not_due))) == found
    (first, *_) = compare({MARCH: TWELVE}, {MARCH: TWELVE}, {MARCH: billed}, {MARCH: Notes(not_due=Decimal(not_due))})
    assert first.leaks == (found[0][0] is Cause.INVOICED_TWICE)
