"""The way of a subscription: posted, planned, applied, looked at again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from .conftest import day, sold, subscription
from .story import live


@pytest.mark.requirement("B33", "A169", "A175")
async def test_what_was_sold_stands_on_the_agreement_and_a_second_run_changes_nothing(world):
    plan, done = await world.sync(sold(subscription()))
    assert (len(plan.steps), done.written, done.refused) == (1, 1, 0)
    assert [(row["quantity"], row["unitPrice"]) for row in world.rows] == [(10, 22)]
    writes = world.desk.count.writes
    again, nothing = await world.sync(sold(subscription()))
    assert (again.steps, nothing.written, world.desk.count.writes) == ((), 0, writes)


@pytest.mark.requirement("A167", "D10")
async def test_with_a_key_of_its_own_seats_work_by_the_least_rights_and_the_posting_key_reads_the_invoices(world):
    world.agreement(world.monthly)["nextInvoiceDate"] = "2026-03-01T00:00:00Z"
    await world.sync(sold(subscription(start=day("1 Mar"))))
    await world.invoice(world.monthly)
    report = await world.desk.reconcile(world.account_id, day("1 Mar"), day("31 Mar"))
    assert (report.two_way, report.clean) == ("", True)
    assert [(row.bought.amount, row.invoiced.amount) for row in report.rows] == [(220, 220)]

    world.content["connectwise"] |= world.content["connectwise"].pop("seats")
    await world.configure()
    report = await world.desk.reconcile(world.account_id, day("1 Mar"), day("31 Mar"))
    assert "PERMISSION_MISSING" in report.two_way
    assert [row.invoiced for row in report.rows] == [None]


@pytest.mark.requirement("M20")
@pytest.mark.parametrize(
    ("period_type", "next_invoice", "known", "rows", "amount"),
    [
        # advance, March invoiced, learned on 8 April: as of 17 March, so March's days are caught up
        ("Future", "1 May", "8 Apr", ["10 1 Mar 30 Apr", "2 17 Mar 30 Apr", "12 1 May -"], "329.29"),
        # arrears: the invoice of 1 April bills March, so the days of March are still open
        ("Current", "1 Apr", "20 Mar", ["10 1 Mar 16 Mar", "12 17 Mar -"], "241.29"),
        # advance, March invoiced, learned at once: the difference only, and twelve from April
        ("Future", "1 Apr", "20 Mar", ["10 1 Mar 31 Mar", "2 17 Mar 31 Mar", "12 1 Apr -"], "285.29"),
    ],
)
async def test_ten_seats_become_twelve_on_17_march_in_advance_in_arrears_and_learned_late(
    world, period_type, next_invoice, known, rows, amount
):
    first = {"Future": "2026-03-01T00:00:00Z", "Current": "2026-03-01T00:00:00Z"}[period_type]
    world.agreement(world.monthly).update(periodType=period_type, nextInvoiceDate=first)
    world.move(day("1 Mar"))
    await world.sync(sold(subscription(start=day("1 Mar"))))
    while str(world.agreement(world.monthly)["nextInvoiceDate"])[:10] < str(day(next_invoice)):
        if period_type == "Current":
            world.agreement(world.monthly)["nextInvoiceDate"] = f"{day(next_invoice)}T00:00:00Z"
            break
        await world.invoice(world.monthly)
    world.move(day(known))
    await world.sync(sold(subscription(quantity="12", start=day("1 Mar"), changed_on=day("17 Mar"))))
    shown = [f"{seats:f} {_short(start)} {_short(end) if end else '-'}" for _, _, seats, start, end in live(world)]
    assert sorted(shown) == sorted(rows)
    before = set(world.state.tables["invoices"])
    await world.invoice(world.monthly)
    [made] = set(world.state.tables["invoices"]) - before
    assert world.state.tables["invoices"][made]["subtotal"] == Decimal(amount)


def _short(at: str) -> str:
    return f"{int(at[8:])} {('Mar', 'Apr', 'May')[int(at[5:7]) - 3]}"


@pytest.mark.requirement("D10")
async def test_what_waits_for_its_next_invoice_is_no_leak_until_that_invoice_is_late(world):
    """Ten seats since January, written on 20 March; the invoice of 1 April bills all of it."""
    await world.sync(sold(subscription()))
    quarter = day("1 Jan"), day("31 Mar")
    report = await world.desk.reconcile(world.account_id, *quarter)
    shown = [(row.difference, row.cause.value) for row in report.rows]
    assert (shown, report.clean) == ([(Decimal("220.00"), "not-invoiced-yet")] * 3, True)
    assert (len(report.waiting), report.places) == (3, 3)

    world.move(day("2 Apr"))
    late = await world.desk.reconcile(world.account_id, *quarter)
    assert [row.cause.value for row in late.leaks] == ["not-invoiced"] * 3
    await world.invoice(world.monthly)
    whole = await world.desk.reconcile(world.account_id, day("1 Jan"), day("30 Apr"))
    assert [row.cause.value for row in whole.rows] == ["tied"] * 4


@pytest.mark.requirement("D10", "M20")
async def test_a_month_that_an_invoice_of_much_later_catches_up_on_is_invoiced(world):
    """Ten seats since 1 March, twelve from 17 March; the first invoice of the agreement is that of 1 December."""
    world.agreement(world.monthly)["nextInvoiceDate"] = "2026-12-01T00:00:00Z"
    world.move(day("1 Mar"))
    await world.sync(sold(subscription(start=day("1 Mar"))))
    world.move(day("20 Mar"))
    await world.sync(sold(subscription(quantity="12", start=day("1 Mar"), changed_on=day("17 Mar"))))
    march = day("1 Mar"), day("31 Mar")
    for at in ("20 Mar", "22 Nov"):
        world.move(day(at))
        early = await world.desk.reconcile(world.account_id, *march)
        assert [(row.difference, row.cause.value) for row in early.rows] == [(Decimal("241.29"), "not-invoiced-yet")]

    await world.invoice(world.monthly)
    for at in ("22 Nov", "5 Dec"):
        world.move(day(at))
        report = await world.desk.reconcile(world.account_id, *march)
        shown = [(row.bought.amount, row.invoiced.amount, row.cause.value) for row in report.rows]
        assert (shown, report.clean) == ([(Decimal("241.29"), Decimal("241.29"), "tied")], True)
