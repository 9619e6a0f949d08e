"""What is to be done about payments and credits: three views of one invoice, one decision."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.poster.payments.domain.model import (
    CASH,
    Allocate,
    Allocation,
    Case,
    ChangeRow,
    CreateRow,
    Deallocate,
    DeleteRow,
    LedgerView,
    OnForeignCash,
    Operation,
    PaymentRow,
    Plan,
    Rules,
    Side,
    Synced,
    UnknownCredit,
)
from ledgerwire.poster.payments.domain.plan import in_order, plan

DAY = date(2026, 3, 10)
RULES = Rules(since=date(2026, 3, 1), ledger_name="Xero")
CREDIT = 900


def money(text: str | int) -> Decimal:
    return Decimal(text)


def ledger(cash: int = 0, credit: int = 0, *, left: int = 100, **more: object) -> LedgerView:
    pieces = {CREDIT: (Allocation(money(credit), DAY, "a1"),)} if credit else {}
    return LedgerView(cash=money(cash), credits=pieces, open_amount=money(left), paid_on=DAY if cash else None, **more)  # type: ignore[arg-type]


def row(row_id: int, amount: int, credit_id: int | None = None, **more: object) -> PaymentRow:
    return PaymentRow(row_id, money(amount), credit_id, paid_on=DAY, **more)  # type: ignore[arg-type]


def case(view: LedgerView, *rows: PaymentRow, total: int = 100, last: dict[int, int] | None = None) -> Case:
    synced = Synced({part: money(amount) for part, amount in (last or {}).items()})
    return Case(1, "INV-1", money(total), view, rows, synced)


def decided(one: Case, rules: Rules = RULES, *others: Case) -> Plan:
    return plan({item.invoice_id: item for item in (one, *others)}, rules)


def operations(made: Plan) -> list[Operation]:
    return [operation for _, operation in in_order(made.steps)]


def codes(made: Plan) -> list[str]:
    return [finding.code for finding in made.findings.get(1, ())]


@pytest.mark.requirement("A122", "M18")
def test_money_of_the_ledger_becomes_one_row_paid_to_date():
    assert operations(decided(case(ledger(60)))) == [CreateRow(money(60), None, DAY)]


@pytest.mark.requirement("M18")
def test_a_second_payment_raises_the_same_row():
    made = decided(case(ledger(100), row(7, 60), last={CASH: 60}))
    assert operations(made) == [ChangeRow(7, money(100), raises=True)]


@pytest.mark.requirement("M18")
def test_an_undone_payment_takes_its_row_away():
    assert operations(decided(case(ledger(), row(7, 60), last={CASH: 60}))) == [DeleteRow(7)]


@pytest.mark.requirement("M18")
def test_a_payment_undone_in_part_lowers_the_row():
    made = decided(case(ledger(20), row(7, 60), last={CASH: 60}))
    assert operations(made) == [ChangeRow(7, money(20), raises=False)]


@pytest.mark.requirement("M18")
def test_a_refund_of_a_credit_memo_is_a_negative_row():
    made = decided(case(ledger(-40), total=-100))
    assert operations(made) == [CreateRow(money(-40), None, None if not ledger(-40).paid_on else DAY)]


@pytest.mark.requirement("M18")
def test_equal_on_both_sides_is_nothing_to_do_whoever_made_it_so():
    made = decided(case(ledger(60), row(7, 40), row(8, 20)))
    assert not made.steps
    assert made.agreed[1] == {CASH: money(60)}


@pytest.mark.requirement("M18")
def test_rows_of_an_earlier_integration_are_kept_as_far_as_they_fit():
    raised = decided(case(ledger(100), row(7, 40), row(8, 20)))
    lowered = decided(case(ledger(30), row(7, 40), row(8, 20), last={CASH: 60}))
    assert operations(raised) == [ChangeRow(7, money(80), raises=True)]
    assert operations(lowered) == [DeleteRow(8), ChangeRow(7, money(30), raises=False)]


@pytest.mark.requirement("M18")
def test_a_row_made_twice_is_taken_away_once():
    assert operations(decided(case(ledger(60), row(7, 60), row(8, 60), last={CASH: 60}), _ledger_wins())) == [
        DeleteRow(8)
    ]


def _ledger_wins() -> Rules:
    return Rules(RULES.since, RULES.ledger_name, OnForeignCash.LEDGER)


@pytest.mark.requirement("M18", "F1: PAYMENT_ONLY_IN_CONNECTWISE")
def test_money_entered_in_connectwise_is_asked_about_and_never_entered_in_the_ledger():
    made = decided(case(ledger(), row(7, 60)))
    assert (made.steps, codes(made)) == ((), ["PAYMENT_ONLY_IN_CONNECTWISE"])


@pytest.mark.requirement("M18")
def test_by_setting_the_ledger_decides_about_money():
    assert operations(decided(case(ledger(), row(7, 60)), _ledger_wins())) == [DeleteRow(7)]


@pytest.mark.requirement("M18", "F1: PAYMENT_CHANGED_IN_BOTH")
def test_money_changed_on_both_sides_is_asked_about():
    made = decided(case(ledger(80), row(7, 90), last={CASH: 60}))
    assert (made.steps, codes(made)) == ((), ["PAYMENT_CHANGED_IN_BOTH"])


@pytest.mark.requirement("M18", "F1: PAYMENT_ROW_FIXED")
def test_a_gateways_row_is_not_touched():
    made = decided(case(ledger(), row(7, 60, fixed=True), last={CASH: 60}))
    assert (made.steps, codes(made)) == ((), ["PAYMENT_ROW_FIXED"])


@pytest.mark.requirement("D15")
def test_a_credit_applied_in_the_ledger_becomes_a_row_that_names_it():
    assert operations(decided(case(ledger(credit=30)))) == [CreateRow(money(30), CREDIT, DAY)]


@pytest.mark.requirement("D15", "M18")
def test_a_credit_applied_in_connectwise_is_applied_in_the_ledger():
    made = decided(case(ledger(), row(7, 30, CREDIT)))
    assert operations(made) == [Allocate(CREDIT, money(30), DAY)]


@pytest.mark.requirement("D15")
def test_undoing_a_credit_on_either_side_undoes_it_on_the_other():
    in_ledger = decided(case(ledger(), row(7, 30, CREDIT), last={CREDIT: 30}))
    in_connectwise = decided(case(ledger(credit=30), last={CREDIT: 30}))
    assert operations(in_ledger) == [DeleteRow(7)]
    assert operations(in_connectwise) == [Deallocate(CREDIT, Allocation(money(30), DAY, "a1"))]


@pytest.mark.requirement("D15")
def test_a_credit_lowered_in_connectwise_is_taken_back_and_applied_for_the_rest():
    made = decided(case(ledger(credit=30, left=70), row(7, 10, CREDIT), last={CREDIT: 30}))
    assert operations(made) == [
        Deallocate(CREDIT, Allocation(money(30), DAY, "a1")),
        Allocate(CREDIT, money(10), DAY),
    ]


@pytest.mark.requirement("D15", "F1: PAYMENT_CREDIT_CHANGED_IN_BOTH")
def test_a_credit_changed_on_both_sides_is_never_guessed():
    made = decided(case(ledger(credit=50), row(7, 20, CREDIT), last={CREDIT: 30}))
    assert (made.steps, codes(made)) == ((), ["PAYMENT_CREDIT_CHANGED_IN_BOTH"])


@pytest.mark.requirement("D15")
@pytest.mark.parametrize(
    ("side", "expected"),
    [(Side.LEDGER, ChangeRow(7, Decimal(50), raises=True)), (Side.CONNECTWISE, Allocate(CREDIT, Decimal(20), DAY))],
)
def test_a_persons_answer_decides_what_both_changed(side: Side, expected: Operation):
    one = case(ledger(credit=50), row(7, 20, CREDIT), last={CREDIT: 30})
    answered = Case(1, one.number, one.total, one.ledger, one.rows, one.synced.carrying({CREDIT: side}))
    assert expected in operations(decided(answered))


@pytest.mark.requirement("M18")
def test_what_was_half_written_goes_on_in_the_same_direction():
    """Killed between two writes ConnectWise shows neither the old nor the new amount: that is not a person's change."""
    begun = Synced({CREDIT: money(60)}).carrying({CREDIT: Side.LEDGER})
    one = Case(1, "INV-1", money(100), ledger(credit=30), (row(7, 40, CREDIT),), begun)
    assert operations(decided(one)) == [ChangeRow(7, money(30), raises=False)]


@pytest.mark.requirement("M25", "F1: PAYMENT_OVER_BALANCE")
def test_more_than_is_open_in_connectwise_is_not_written():
    made = decided(case(ledger(100), row(7, 30, CREDIT), last={CREDIT: 0}))
    assert (made.steps, codes(made)) == ((), ["PAYMENT_OVER_BALANCE"])


@pytest.mark.requirement("M25", "F1: PAYMENT_OVER_BALANCE")
def test_more_than_is_open_in_the_ledger_is_not_applied():
    made = decided(case(ledger(left=20), row(7, 30, CREDIT)))
    assert (made.steps, codes(made)) == ((), ["PAYMENT_OVER_BALANCE"])


@pytest.mark.requirement("M25", "F1: PAYMENT_OVER_BALANCE")
def test_more_than_is_left_of_the_credit_is_not_applied():
    note = Case(CREDIT, "CM-9", money(-100), LedgerView(open_amount=money(10)))
    made = decided(case(ledger(), row(7, 30, CREDIT)), RULES, note)
    assert (made.steps, codes(made)) == ((), ["PAYMENT_OVER_BALANCE"])


@pytest.mark.requirement("D15", "F1: PAYMENT_CREDIT_NOT_IN_CONNECTWISE", "F1: PAYMENT_CREDIT_NOT_IN_LEDGER")
def test_a_credit_that_one_side_does_not_have_is_explained_not_dropped():
    theirs = decided(case(ledger(unknown=(UnknownCredit("CN-5", money(10)),))))
    ours = decided(case(ledger(), row(7, 10, 55, unknown="CM-55")))
    assert codes(theirs) == ["PAYMENT_CREDIT_NOT_IN_CONNECTWISE"]
    assert codes(ours) == ["PAYMENT_CREDIT_NOT_IN_LEDGER"]
    assert not theirs.steps
    assert not ours.steps


@pytest.mark.requirement("M18")
def test_what_moved_before_the_onboarding_date_is_left_alone_and_counted_apart():
    made = plan({1: case(ledger(60))}, Rules(since=date(2026, 3, 11), ledger_name="Xero"))
    assert made.onboarded == {1}
    assert not made.steps


@pytest.mark.requirement("M18")
def test_what_frees_an_amount_goes_first():
    moved_from = Case(1, "INV-1", money(100), ledger(), (row(7, 30, CREDIT),), Synced({CREDIT: money(30)}))
    moved_to = Case(2, "INV-2", money(100), ledger(credit=30), (), Synced({CREDIT: money(0)}))
    made = plan({2: moved_to, 1: moved_from}, RULES)
    assert operations(made) == [DeleteRow(7), CreateRow(money(30), CREDIT, DAY)]
