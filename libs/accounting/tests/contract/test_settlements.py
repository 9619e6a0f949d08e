"""What every adapter promises about money on sales documents: cash apart from credit, both undone where they were done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import CreditApplied, Settlement, VerdictStatus
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import DocumentKind

INVOICE, CREDIT, BILL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.BILL
DAY = date(2026, 3, 18)


async def posted(world: Any, kind: DocumentKind, *numbers: str, net: str = "100.00", tax: str = "10.00") -> list[str]:
    made = []
    for number in numbers:
        lines = () if kind is BILL else (world.line(net, tax),)
        composed = world.ledger.compose(kind, [world.prepared(kind, number, *lines)])
        [verdict] = await world.ledger.send(composed, f"{kind}-{number}")
        assert verdict.status is VerdictStatus.POSTED
        made.append(str(verdict.ledger_id))
    return made


async def settled(world: Any, changed_since: Any = None) -> dict[str, Settlement]:
    rows = await world.ledger.settlements(changed_since)
    for row in rows:
        if row.live:
            assert row.total == row.balance + row.cash + sum(credit.amount for credit in row.credits)
    assert len({row.ledger_id for row in rows}) == len(rows)
    return {row.number: row for row in rows}


def applying(credit_id: str, invoice_id: str, amount: str, day: date = DAY) -> CreditApplied:
    return CreditApplied(credit_id, "CM-1", invoice_id, "", Decimal(amount), day)


@pytest.mark.requirement("M18")
async def test_cash_is_counted_in_part_in_full_and_when_it_is_paid_back(world: Any) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    await posted(world, BILL, "4711")
    fresh = (await settled(world))["INV-1"]
    assert (fresh.ledger_id, fresh.kind, fresh.total, fresh.balance) == (invoice, INVOICE, 110, 110)
    assert (fresh.cash, fresh.credits, fresh.paid_on, fresh.live) == (0, (), None, True)
    assert (fresh.contact_id, fresh.currency) == (world.contact_of(INVOICE), "AUD")
    first = await world.pay({invoice: "60.00"})
    part = (await settled(world))["INV-1"]
    assert (part.cash, part.balance, part.paid_on) == (60, 50, world.now().date())
    await world.pay({invoice: "50.00"})
    full = await settled(world)
    assert (full["INV-1"].cash, full["INV-1"].balance) == (110, 0)
    assert set(full) == {"INV-1"}
    await world.undo_payment(first)
    back = (await settled(world))["INV-1"]
    assert (back.cash, back.balance) == (50, 60)


@pytest.mark.requirement("M18")
async def test_one_payment_over_five_invoices_and_its_undoing(world: Any) -> None:
    numbers = [f"INV-{n}" for n in range(1, 6)]
    invoices = await posted(world, INVOICE, *numbers)
    paid = await world.pay(dict(zip(invoices, ["110.00", "110.00", "50.00", "0.01", "109.99"], strict=True)))
    rows = await settled(world)
    assert [rows[number].balance for number in numbers] == [0, 0, 60, Decimal("109.99"), Decimal("0.01")]
    await world.undo_payment(paid)
    assert {row.balance for row in (await settled(world)).values()} == {Decimal(110)}


@pytest.mark.requirement("M18")
async def test_one_credit_over_three_invoices_is_applied_and_taken_back(world: Any) -> None:
    numbers = ["INV-1", "INV-2", "INV-3"]
    invoices = await posted(world, INVOICE, *numbers)
    [credit] = await posted(world, CREDIT, "CM-1", net="200.00", tax="20.00")
    for invoice, amount in zip(invoices, ["110.00", "60.00", "50.00"], strict=True):
        await world.ledger.allocate(applying(credit, invoice, amount), f"allocate-{invoice}")
    rows = await settled(world)
    assert [rows[number].balance for number in numbers] == [0, 50, 60]
    assert {row.cash for row in rows.values()} == {Decimal(0)}
    assert {row.paid_on for row in rows.values()} == {None}
    note = rows["CM-1"]
    assert (note.kind, note.total, note.balance, note.cash) == (CREDIT, 220, 0, 0)
    assert {item.invoice_number: item.amount for item in note.credits} == {"INV-1": 110, "INV-2": 60, "INV-3": 50}
    for number, invoice in zip(numbers, invoices, strict=True):
        [part] = rows[number].credits
        assert (part.credit_id, part.credit_number, part.applied_on) == (credit, "CM-1", DAY)
        assert (part.invoice_id, part.invoice_number) == (invoice, number)
        assert part in note.credits
        await world.ledger.deallocate(part, f"deallocate-{invoice}")
        await world.ledger.deallocate(part, f"deallocate-{invoice}-again")
    after = await settled(world)
    assert [after[number].balance for number in [*numbers, "CM-1"]] == [110, 110, 110, 220]
    assert {row.credits for row in after.values()} == {()}


@pytest.mark.requirement("M18")
async def test_cash_and_credit_on_one_invoice_stay_apart(world: Any) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    [credit] = await posted(world, CREDIT, "CM-1", net="40.00", tax="4.00")
    await world.ledger.allocate(applying(credit, invoice, "44.00"), "k1")
    await world.pay({invoice: "30.00"})
    row = (await settled(world))["INV-1"]
    assert (row.cash, [part.amount for part in row.credits], row.balance) == (30, [44], 36)
    [found] = await world.ledger.find_documents(INVOICE, ["INV-1"])
    assert found.paid == 74


async def test_the_same_key_applies_a_credit_once(world: Any) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    [credit] = await posted(world, CREDIT, "CM-1")
    for _ in range(2):
        await world.ledger.allocate(applying(credit, invoice, "20.00"), "k1")
    rows = await settled(world)
    assert (rows["INV-1"].balance, rows["CM-1"].balance) == (90, 90)


@pytest.mark.requirement("M25", "F1: PAYMENT_OVER_BALANCE")
@pytest.mark.parametrize(("amount", "net"), [("110.01", "200.00"), ("44.01", "40.00")])
async def test_more_than_is_open_on_either_side_is_refused(world: Any, amount: str, net: str) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    [credit] = await posted(world, CREDIT, "CM-1", net=net, tax=f"{Decimal(net) / 10:.2f}")
    with pytest.raises(Stopped) as stopped:
        await world.ledger.allocate(applying(credit, invoice, amount), "k1")
    assert stopped.value.code == "PAYMENT_OVER_BALANCE"
    assert "?" not in stopped.value.findings[0].message
    assert {row.credits for row in (await settled(world)).values()} == {()}


@pytest.mark.requirement("F1: PAYMENT_OVER_BALANCE")
async def test_a_paid_invoice_takes_no_credit(world: Any) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    [credit] = await posted(world, CREDIT, "CM-1")
    await world.pay({invoice: "110.00"})
    with pytest.raises(Stopped) as stopped:
        await world.ledger.allocate(applying(credit, invoice, "1.00"), "k1")
    assert stopped.value.code == "PAYMENT_OVER_BALANCE"


@pytest.mark.requirement("D14")
async def test_a_locked_period_refuses_applying_and_taking_back(world: Any) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    [credit] = await posted(world, CREDIT, "CM-1")
    locked = applying(credit, invoice, "20.00", world.locked_day)
    with pytest.raises(Stopped) as stopped:
        await world.ledger.allocate(locked, "k1")
    assert stopped.value.code == "PERIOD_LOCKED"
    await world.ledger.allocate(replace(locked, applied_on=DAY), "k2")
    world.lock(date(2026, 3, 31))
    [part] = (await settled(world))["INV-1"].credits
    with pytest.raises(Stopped) as stopped:
        await world.ledger.deallocate(part, "k3")
    assert stopped.value.code == "PERIOD_LOCKED"
    assert (await settled(world))["INV-1"].balance == 90


@pytest.mark.requirement("M8")
async def test_a_document_with_credit_on_it_is_not_voided(world: Any) -> None:
    [invoice] = await posted(world, INVOICE, "INV-1")
    [credit] = await posted(world, CREDIT, "CM-1")
    await world.ledger.allocate(applying(credit, invoice, "20.00"), "k1")
    for kind, ledger_id in ((INVOICE, invoice), (CREDIT, credit)):
        with pytest.raises(Stopped) as stopped:
            await world.ledger.void(kind, ledger_id, f"void-{kind}")
        assert stopped.value.code == "DOCUMENT_PAID"


async def test_only_what_changed_since_is_told_and_with_all_that_stands_on_it(world: Any) -> None:
    first, second, _third, gone = await posted(world, INVOICE, "INV-1", "INV-2", "INV-3", "INV-4")
    [credit] = await posted(world, CREDIT, "CM-1")
    await world.ledger.allocate(applying(credit, first, "20.00"), "k1")
    world.elapse(timedelta(minutes=10))
    since = world.now()
    assert await settled(world, since) == {}
    payment = await world.pay({first: "30.00", second: "110.00"})
    world.void(INVOICE, gone)
    changed = await settled(world, since)
    assert {"INV-1", "INV-2", "INV-4"} <= set(changed) <= {"INV-1", "INV-2", "INV-4", "CM-1"}
    [part] = changed["INV-1"].credits
    assert (part.amount, part.credit_number) == (20, "CM-1")
    assert (changed["INV-1"].cash, changed["INV-1"].balance, changed["INV-4"].live) == (30, 60, False)
    await world.ledger.deallocate(part, "k2")
    world.elapse(timedelta(minutes=10))
    since = world.now()
    await world.undo_payment(payment)
    assert {"INV-1", "INV-2"} <= set(await settled(world, since))
    everything = await settled(world)
    assert set(everything) == {"INV-1", "INV-2", "INV-3", "CM-1"}
