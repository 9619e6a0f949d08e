"""Payments of invoices: what they leave open, what is refused, and the list of unposted ones."""

from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.sandbox.connectwise.errors import ApiError
from ledgerwire.sandbox.connectwise.payments import PaymentDesk
from ledgerwire.sandbox.connectwise.state import ConnectWiseState

from .conftest import PERSON, Make, invoice

ONE, TWO, MEMO, OTHER = 1, 2, 3, 4


@pytest.fixture
def state(make_state: Make) -> ConnectWiseState:
    return make_state(
        invoice(ONE, "100.00"),
        invoice(TWO, "50.00"),
        invoice(MEMO, "-60.00", type="CreditMemo"),
        invoice(OTHER, "-60.00", type="CreditMemo", billToCompany={"id": 11, "name": "Acme Branch"}),
    )


@pytest.fixture
def desk(state: ConnectWiseState) -> PaymentDesk:
    return PaymentDesk(state)


def pay(desk: PaymentDesk, invoice_id: int, amount: str, **more: Any) -> dict[str, Any]:
    return desk.create(invoice_id, {"type": "P", "amount": Decimal(amount), **more}, PERSON)


def apply(desk: PaymentDesk, invoice_id: int, amount: str, memo: int = MEMO) -> dict[str, Any]:
    return pay(desk, invoice_id, amount, type="C", credit={"id": memo})


def balances(state: ConnectWiseState) -> dict[int, Decimal]:
    return {number: row.get("balance", row["total"]) for number, row in state.tables["invoices"].items()}


def test_money_lowers_the_balance_and_taking_it_back_raises_it(state: ConnectWiseState, desk: PaymentDesk):
    row = pay(desk, ONE, "40.00")
    assert (state.tables["invoices"][ONE]["payments"], balances(state)[ONE]) == (Decimal("40.00"), Decimal("60.00"))
    desk.change(ONE, row["id"], {"amount": Decimal("100.00")}, PERSON)
    assert balances(state)[ONE] == 0
    desk.delete(ONE, row["id"], PERSON)
    assert balances(state)[ONE] == Decimal("100.00")


def test_one_credit_memo_over_two_invoices_lowers_all_three(state: ConnectWiseState, desk: PaymentDesk):
    apply(desk, ONE, "35.00")
    apply(desk, TWO, "25.00")
    assert balances(state) == {ONE: Decimal(65), TWO: Decimal(25), MEMO: Decimal(0), OTHER: Decimal(-60)}
    assert state.tables["invoices"][ONE]["credits"] == Decimal("35.00")


def test_a_refund_of_a_credit_memo_is_negative(state: ConnectWiseState, desk: PaymentDesk):
    pay(desk, MEMO, "-20.00")
    assert balances(state)[MEMO] == Decimal("-40.00")
    with pytest.raises(ApiError, match="object is invalid"):
        pay(desk, MEMO, "20.00")


@pytest.mark.parametrize(
    ("invoice_id", "amount", "more", "said"),
    [
        (ONE, "100.01", {}, "more than the balance"),
        (ONE, "1.005", {}, "two decimals"),
        (ONE, "10.00", {"type": None}, "required"),
        (ONE, "60.01", {"credit": {"id": MEMO}}, "left of the credit memo"),
        (ONE, "10.00", {"credit": {"id": TWO}}, "not a credit memo"),
        (ONE, "10.00", {"credit": {"id": OTHER}}, "another company"),
        (ONE, "10.00", {"invoice": {"id": TWO}}, "another invoice"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    state: ConnectWiseState, desk: PaymentDesk, invoice_id: int, amount: str, more: dict[str, Any], said: str
):
    before = balances(state)
    with pytest.raises(ApiError) as refused:
        pay(desk, invoice_id, amount, **more)
    assert said in refused.value.body["errors"][0]["message"]
    assert balances(state) == before


def test_a_second_row_of_money_is_refused_beside_credits_it_is_not(state: ConnectWiseState, desk: PaymentDesk):
    apply(desk, ONE, "10.00")
    pay(desk, ONE, "10.00")
    with pytest.raises(ApiError) as refused:
        pay(desk, ONE, "10.00")
    assert refused.value.body["errors"][0]["code"] == "ObjectExists"


def test_by_switch_an_invoice_takes_one_row_in_all_or_any_number(state: ConnectWiseState, desk: PaymentDesk):
    state.switches.change({"payment_rows": "many"})
    pay(desk, ONE, "10.00")
    pay(desk, ONE, "10.00")
    state.switches.change({"payment_rows": "one"})
    apply(desk, TWO, "10.00")
    with pytest.raises(ApiError):
        pay(desk, TWO, "10.00")


def test_a_batched_payment_is_not_changed_and_not_listed_as_unposted(state: ConnectWiseState, desk: PaymentDesk):
    row = pay(desk, ONE, "10.00")
    assert [one["id"] for one in desk.unposted()] == [row["id"]]
    state.tables["payments"][row["id"]]["glBatchID"] = "PAY-1"
    assert desk.unposted() == []
    with pytest.raises(ApiError):
        desk.delete(ONE, row["id"], PERSON)
    with pytest.raises(ApiError):
        desk.change(ONE, row["id"], {"amount": Decimal(1)}, PERSON)
