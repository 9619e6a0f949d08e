"""A person's answer decides exactly what differs, and never about money for ConnectWise."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgerwire.poster.payments.domain.answer import NothingToDecideError, answered
from ledgerwire.poster.payments.domain.model import CASH, Case, LedgerView, PaymentRow, Side, Synced

CREDIT = 900


def case(*rows: PaymentRow, cash: int = 0) -> Case:
    return Case(1, "INV-1", Decimal(100), LedgerView(cash=Decimal(cash)), rows, Synced({CASH: Decimal(cash)}))


@pytest.mark.requirement("D15", "M18")
def test_only_what_differs_is_decided():
    one = case(PaymentRow(7, Decimal(60)), PaymentRow(8, Decimal(10), CREDIT), cash=60)
    assert answered(one, Side.CONNECTWISE).winners == {CREDIT: Side.CONNECTWISE}
    assert answered(one, Side.LEDGER).winners == {CREDIT: Side.LEDGER}


@pytest.mark.requirement("M18")
def test_money_is_decided_by_the_ledger_only():
    one = case(PaymentRow(7, Decimal(60)))
    assert answered(one, Side.LEDGER).winners == {CASH: Side.LEDGER}
    with pytest.raises(NothingToDecideError, match="never entered in the ledger"):
        answered(one, Side.CONNECTWISE)


def test_where_both_agree_there_is_nothing_to_decide():
    with pytest.raises(NothingToDecideError, match="agree"):
        answered(case(PaymentRow(7, Decimal(60)), cash=60), Side.LEDGER)
