"""D10: a person's edit is noticed by a three-way compare; keep, overwrite or ask decides."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.plan import StepKind
from ledgerwire.billing_sync.domain.rules import EditPolicy
from ledgerwire.common.catalogue import Severity

from .build import codes, day, held, psa, values, wanted

TEN = wanted(held(10, "1 Jan"))


def edited(edits, **changes):
    desk = psa(edits=edits)
    desk.put(values(10, "1 Jan"))
    desk.apply(TEN)
    number = next(iter(desk.rows))
    desk.rows[number] = replace(desk.rows[number], values=replace(desk.rows[number].values, **changes))
    return desk


@pytest.mark.requirement("D10")
def test_ask_leaves_the_row_and_says_what_was_written_and_what_is_there():
    desk = edited(EditPolicy.ASK, quantity=Decimal(12))
    plan = desk.apply(TEN)
    assert not plan.steps
    finding = plan.lines[0].findings[0]
    assert (finding.code, finding.severity) == ("BS_EDITED_BY_HAND", Severity.STOP)
    assert finding.params["wrote"] == "10 at 22.00 from 01 Jan 2026"
    assert finding.params["found"] == "12 at 22.00 from 01 Jan 2026"


@pytest.mark.requirement("D10")
def test_keep_leaves_the_row_with_a_warning():
    desk = edited(EditPolicy.KEEP, unit_price=Decimal("25.00"))
    plan = desk.apply(TEN)
    assert not plan.steps
    assert plan.lines[0].findings[0].severity is Severity.WARNING


@pytest.mark.requirement("D10")
def test_overwrite_restores_what_is_sold_from_the_first_day_not_invoiced():
    desk = edited(EditPolicy.OVERWRITE, quantity=Decimal(12))
    assert codes(desk.apply(TEN)) == ["BS_EDITED_BY_HAND"]
    assert desk.live() == [values(12, "1 Jan", "31 Mar"), values(10, "1 Apr")]
    assert not desk.plan(TEN).steps


@pytest.mark.requirement("D10")
def test_an_edit_that_says_what_is_sold_is_taken_over():
    desk = edited(EditPolicy.ASK, ends=day("15 Apr"))
    ended = wanted(held(10, "1 Jan", "15 Apr"))
    plan = desk.apply(ended)
    assert not plan.steps
    assert not codes(plan)
    assert not codes(desk.plan(ended))


@pytest.mark.requirement("F1")
def test_a_row_that_was_deleted_is_a_gap_for_a_person_to_judge():
    desk = psa(edits=EditPolicy.ASK)
    desk.put(values(10, "1 Jan"))
    desk.apply(TEN)
    desk.rows.clear()
    assert codes(desk.plan(TEN)) == ["BS_NO_OPEN_ADDITION"]
    desk.rules = replace(desk.rules, edits=EditPolicy.OVERWRITE)
    plan = desk.apply(TEN)
    assert [step.kind for step in plan.steps] == [StepKind.CREATE]
    assert desk.live() == [values(10, "1 Apr")], "the days that were invoiced are not billed again"
    assert not desk.plan(TEN).steps


@pytest.mark.requirement("F1")
def test_several_open_rows_of_one_product_are_refused_not_guessed():
    desk = psa()
    desk.put(values(4, "1 Jan"))
    desk.put(values(6, "1 Jan"))
    plan = desk.plan(TEN)
    assert codes(plan) == ["BS_MORE_THAN_ONE_OPEN_ADDITION"]
    assert not plan.steps
    assert plan.lines[0].findings[0].params["count"] == "2"


@pytest.mark.requirement("F1")
def test_by_setting_several_open_rows_become_one():
    desk = psa(edits=EditPolicy.OVERWRITE)
    desk.put(values(4, "1 Jan"))
    desk.put(values(6, "1 Jan"))
    desk.apply(TEN)
    assert desk.live()[-1] == values(10, "1 Apr")
    assert desk.seats_on(day("1 Apr")) == 10
    assert not desk.plan(TEN).steps


@pytest.mark.requirement("F1")
def test_a_row_found_with_other_seats_is_said_before_the_first_write():
    desk = psa()
    desk.put(values(8, "1 Jan"))
    plan = desk.plan(TEN)
    assert "BS_QUANTITY_MISMATCH" in codes(plan)
    finding = next(f for f in plan.lines[0].findings if f.code == "BS_QUANTITY_MISMATCH")
    assert (finding.params["expected"], finding.params["found"]) == ("10", "8")


@pytest.mark.requirement("B33")
def test_a_row_that_fits_is_taken_over_without_a_write():
    desk = psa()
    number = desk.put(values(10, "1 Jan"))
    plan = desk.apply(TEN)
    assert not plan.steps
    assert [one.addition_id for one in plan.lines[0].adopted] == [number]


@pytest.mark.requirement("B33")
def test_a_write_that_was_not_recorded_is_found_by_what_it_says():
    desk = psa()
    change = wanted(held(5, "10 Apr"))
    desk.apply(change)
    desk.written.clear()
    assert not desk.apply(change).steps
    assert len(desk.written) == 1


@pytest.mark.requirement("F1")
def test_two_subscriptions_of_a_product_share_rows_by_their_seats():
    one, other = wanted(held(10, "1 Jan")), wanted(held(3, "1 Jan"), line="sub-2")
    desk = psa()
    desk.put(values(3, "1 Jan"))
    desk.put(values(10, "1 Jan"))
    plan = desk.apply(one, other)
    assert not plan.steps
    assert {line.line: len(line.adopted) for line in plan.lines} == {"sub-1": 1, "sub-2": 1}


@pytest.mark.requirement("D10")
def test_keep_leaves_a_persons_own_row_and_goes_on_with_ours():
    desk = psa(edits=EditPolicy.KEEP)
    desk.apply(wanted(held(10, "1 Apr")))
    theirs = desk.put(values(3, "1 Apr"))
    plan = desk.apply(wanted(held(12, "1 Apr")))
    assert codes(plan) == ["BS_MORE_THAN_ONE_OPEN_ADDITION"]
    assert desk.rows[theirs].values == values(3, "1 Apr")
    assert desk.live() == [values(3, "1 Apr"), values(12, "1 Apr")]


@pytest.mark.requirement("D10")
def test_a_row_set_to_do_not_bill_is_as_good_as_deleted():
    desk = edited(EditPolicy.ASK)
    number = next(iter(desk.rows))
    desk.rows[number] = replace(desk.rows[number], bill_customer="DoNotBill")
    assert codes(desk.plan(TEN)) == ["BS_NO_OPEN_ADDITION"]


@pytest.mark.requirement("D10", "M24")
def test_seats_marked_as_included_are_an_edit_for_they_are_not_billed():
    desk = edited(EditPolicy.ASK, less_included=Decimal(4))
    plan = desk.apply(TEN)
    assert (plan.steps, codes(plan)) == ((), ["BS_EDITED_BY_HAND"])
    assert plan.lines[0].findings[0].params["found"] == "10 less 4 included at 22.00 from 01 Jan 2026"
    desk.rules = replace(desk.rules, edits=EditPolicy.OVERWRITE)
    desk.apply(TEN)
    assert desk.live() == [replace(values(10, "1 Jan", "31 Mar"), less_included=Decimal(4)), values(10, "1 Apr")]
    assert not desk.plan(TEN).steps


@pytest.mark.requirement("M20", "M24")
def test_a_row_of_nobody_with_seats_included_is_not_taken_for_all_of_them():
    desk = psa()
    desk.put(replace(values(10, "1 Apr"), less_included=Decimal(4)))
    plan = desk.apply(wanted(held(10, "1 Apr")))
    assert "BS_QUANTITY_MISMATCH" in codes(plan)
    assert [(step.kind, step.effect) for step in plan.steps] == [(StepKind.CHANGE_QUANTITY, Decimal("88.00"))]
    assert desk.live() == [values(10, "1 Apr")], "220.00 a month, not 132.00"
