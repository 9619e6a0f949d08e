"""Whatever people do to payments and credits in either system, looking at it makes both show the same open balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    Rules,
    Side,
    Step,
    Synced,
)
from ledgerwire.poster.payments.domain.plan import in_order, plan

DAY = date(2026, 3, 10)
RULES = Rules(since=None, ledger_name="the ledger", on_foreign_cash=OnForeignCash.LEDGER)
INVOICES = (1, 2, 3)
NOTES = (11, 12)
TOTALS = {1: Decimal(100), 2: Decimal(60), 3: Decimal(45), 11: Decimal(-80), 12: Decimal(-30)}

Actions = Callable[["Systems", int, int, int], None]


@dataclass
class Systems:
    """Both systems as they refuse: neither lets more be settled than there is."""

    cash: dict[int, Decimal] = field(default_factory=dict)
    applied: dict[str, tuple[int, int, Decimal]] = field(default_factory=dict)
    rows: dict[int, tuple[int, Decimal, int | None]] = field(default_factory=dict)
    synced: dict[int, Synced] = field(default_factory=dict)
    last_id: int = 0

    def new_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def ledger_open(self, one: int) -> Decimal:
        used = sum((amount for invoice, note, amount in self.applied.values() if one in (invoice, note)), Decimal(0))
        return abs(TOTALS[one]) - abs(self.cash.get(one, Decimal(0))) - used

    def psa_open(self, one: int) -> Decimal:
        rows = [(amount, note) for invoice, amount, note in self.rows.values() if one in (invoice, note)]
        return abs(TOTALS[one]) - sum((abs(amount) for amount, _ in rows), Decimal(0))

    def allocate(self, invoice: int, note: int, amount: Decimal) -> None:
        assert Decimal(0) < amount <= min(self.ledger_open(invoice), self.ledger_open(note))
        self.applied[f"a{self.new_id()}"] = (invoice, note, amount)

    def create(self, invoice: int, amount: Decimal, note: int | None) -> None:
        assert abs(amount) <= self.psa_open(invoice)
        assert note is None or amount <= self.psa_open(note)
        self.rows[self.new_id()] = (invoice, amount, note)

    def case(self, one: int) -> Case:
        pieces: dict[int, tuple[Allocation, ...]] = {}
        for key, (invoice, note, amount) in self.applied.items():
            if invoice == one:
                pieces[note] = (*pieces.get(note, ()), Allocation(amount, DAY, key))
        view = LedgerView(self.cash.get(one, Decimal(0)), pieces, (), self.ledger_open(one), DAY)
        rows = [PaymentRow(key, amount, note) for key, (invoice, amount, note) in self.rows.items() if invoice == one]
        return Case(one, f"INV-{one}", TOTALS[one], view, tuple(rows), self.synced.get(one, Synced()))

    def look(self) -> tuple[int, set[int]]:
        """One look as the service takes it: how much was done, and which documents have a finding."""
        cases = {one: self.case(one) for one in TOTALS}
        made = plan(cases, RULES)
        for one, agreed in made.agreed.items():
            self.synced[one] = cases[one].synced.agreed(agreed)
        for step, operation in in_order(made.steps):
            self.carry_out(step, operation)
        for step in made.steps:
            self.synced[step.invoice_id] = self.synced.get(step.invoice_id, Synced()).agreed({step.part: step.amount})
        return len(made.steps), set(made.findings)

    def carry_out(self, step: Step, operation: Operation) -> None:
        match operation:
            case CreateRow(amount=amount, credit_id=note):
                self.create(step.invoice_id, amount, note)
            case ChangeRow(row_id=key, amount=amount):
                invoice, _, note = self.rows.pop(key)
                assert abs(amount) <= self.psa_open(invoice)
                self.rows[key] = (invoice, amount, note)
            case DeleteRow(row_id=key):
                del self.rows[key]
            case Allocate(credit_id=note, amount=amount):
                self.allocate(step.invoice_id, note, amount)
            case Deallocate(allocation=piece):
                del self.applied[piece.allocation_id]

    def answer(self, one: int) -> None:
        """A person says that the ledger is right."""
        self.synced[one] = self.synced.get(one, Synced()).carrying(dict.fromkeys(self.case(one).parts, Side.LEDGER))


def pay(world: Systems, invoice: int, _: int, amount: int) -> None:
    world.cash[invoice] = world.cash.get(invoice, Decimal(0)) + min(world.ledger_open(invoice), Decimal(amount))


def unpay(world: Systems, invoice: int, _: int, amount: int) -> None:
    world.cash[invoice] = world.cash.get(invoice, Decimal(0)) - min(
        world.cash.get(invoice, Decimal(0)), Decimal(amount)
    )


def refund(world: Systems, _: int, note: int, amount: int) -> None:
    world.cash[note] = world.cash.get(note, Decimal(0)) - min(world.ledger_open(note), Decimal(amount))


def allocate(world: Systems, invoice: int, note: int, amount: int) -> None:
    fits = min(world.ledger_open(invoice), world.ledger_open(note), Decimal(amount))
    if fits > 0:
        world.allocate(invoice, note, fits)


def deallocate(world: Systems, invoice: int, note: int, _: int) -> None:
    world.applied = {key: one for key, one in world.applied.items() if one[:2] != (invoice, note)}


def apply_in_connectwise(world: Systems, invoice: int, note: int, amount: int) -> None:
    fits = min(world.psa_open(invoice), world.psa_open(note), Decimal(amount))
    if fits > 0:
        world.create(invoice, fits, note)


def unapply_in_connectwise(world: Systems, invoice: int, note: int, _: int) -> None:
    world.rows = {key: one for key, one in world.rows.items() if (one[0], one[2]) != (invoice, note)}


def pay_in_connectwise(world: Systems, invoice: int, _: int, amount: int) -> None:
    fits = min(world.psa_open(invoice), Decimal(amount))
    if fits > 0:
        world.create(invoice, fits, None)


ACTIONS = (pay, unpay, refund, allocate, deallocate, apply_in_connectwise, unapply_in_connectwise, pay_in_connectwise)
DEEDS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS), st.sampled_from(INVOICES), st.sampled_from(NOTES), st.integers(1, 70), st.booleans()
    ),
    max_size=25,
)


@pytest.mark.requirement("D15", "M18")
@settings(max_examples=400, deadline=None)
@given(DEEDS)
def test_both_sides_end_with_the_same_open_balances(deeds: list[tuple[Actions, int, int, int, bool]]):
    world = Systems()
    for act, invoice, note, amount, look in deeds:
        act(world, invoice, note, amount)
        if look:
            world.look()
    _, told = world.look()
    for one in told:
        world.answer(one)
    for _ in range(4):
        done, told = world.look()
        for one in told:
            world.answer(one)
        if not done and not told:
            break
    assert {one: world.ledger_open(one) for one in TOTALS} == {one: world.psa_open(one) for one in TOTALS}
    assert world.look() == (0, set()), "a further look does nothing"
    assert all(world.case(one).in_ledger(CASH) == world.case(one).in_connectwise(CASH) for one in TOTALS)
