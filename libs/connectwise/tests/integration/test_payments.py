"""Payments through the client against the sandbox's ConnectWise."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from ledgerwire.common.errors import Ambiguous
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.errors import Refused

from .conftest import World

DAY = dt.date(2026, 3, 10)


def largest(world: World) -> int:
    rows = world.state.tables["invoices"].values()
    return int(max(rows, key=lambda row: row["total"])["id"])


@pytest.mark.requirement("M18")
async def test_a_row_is_made_raised_read_and_taken_away(world: World, psa: ConnectWise):
    invoice = largest(world)
    made = await psa.payments.create(invoice, Decimal("40.10"), DAY)
    await psa.payments.set_amount(invoice, made, Decimal("50.20"))
    [row] = await psa.payments.of_invoice(invoice)
    assert (row.id, row.type, row.amount, row.paid_on, row.credit) == (made, "P", Decimal("50.20"), DAY, None)
    [shown] = await psa.payments.balances([invoice])
    assert shown.payments == Decimal("50.20")
    assert shown.balance == (shown.total or 0) - Decimal("50.20")
    await psa.payments.delete(invoice, made)
    await psa.payments.delete(invoice, made)
    assert await psa.payments.of_invoice(invoice) == []


@pytest.mark.requirement("M18", "M25")
async def test_more_than_the_balance_is_refused_and_nothing_is_made(world: World, psa: ConnectWise):
    invoice = largest(world)
    [shown] = await psa.payments.balances([invoice])
    with pytest.raises(Refused, match="more than the balance"):
        await psa.payments.create(invoice, (shown.total or Decimal(0)) + 1, DAY)
    assert await psa.payments.of_invoice(invoice) == []


async def test_a_write_without_an_answer_is_seen_by_reading_the_rows(world: World, psa: ConnectWise):
    invoice = largest(world)
    world.fail("500_after", method="POST", path_regex="/payments$")
    with pytest.raises(Ambiguous):
        await psa.payments.create(invoice, Decimal(1), DAY)
    assert [row.amount for row in await psa.payments.of_invoice(invoice)] == [Decimal(1)]


async def test_invoices_are_found_by_exact_number_and_near_ones_by_digits(world: World, psa: ConnectWise):
    number = world.state.tables["invoices"][largest(world)]["invoiceNumber"]
    found = await psa.payments.balances_by_number([number, "NO-SUCH", "O'N\"1"])
    assert [row.invoice_number for row in found] == [number]
    digits = "".join(letter for letter in number if letter.isdigit())
    assert number in await psa.payments.numbers_with(digits)


async def test_a_changed_balance_is_among_the_open_or_changed(world: World, psa: ConnectWise):
    invoice = largest(world)
    [before] = await psa.payments.balances([invoice])
    await psa.payments.create(invoice, before.balance or Decimal(0), DAY)
    found = {row.id: row for row in await psa.payments.open_or_changed(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))}
    assert found[invoice].balance == 0
    assert found[invoice].changed_at is not None
    settled = {row.id for row in await psa.payments.open_or_changed(None)}
    assert invoice not in settled
