"""One credit over three invoices and one payment over five leave the same open balances on both sides, undone too."""

from __future__ import annotations

import pytest

from ledgerwire.poster.payments.domain.model import OnForeignCash

from .conftest import Both

FIVE = {"INV-1": "100.00", "INV-2": "50.00", "INV-3": "0.01", "INV-4": "99.99", "INV-5": "20.00"}
THREE = {"INV-1": "100.00", "INV-2": "60.00", "INV-3": "19.95"}


async def five_invoices_and_a_credit(both: Both) -> None:
    for number in FIVE:
        await both.post(number, "100.00")
    await both.post("CM-1", "-180.00")


async def nothing_more_is_done(both: Both) -> None:
    """The write of the last look is read back once; then nothing is written however often it is looked."""
    before = both.writes()
    for _ in range(2):
        outcome = await both.look()
        assert (outcome.planned, outcome.told) == ([], {})
    assert both.writes() == before


@pytest.mark.requirement("A122", "D15", "M18")
async def test_one_payment_over_five_invoices_and_its_undoing(both: Both):
    await five_invoices_and_a_credit(both)
    payment = await both.pay(FIVE)
    assert (await both.look()).written == 5
    assert await both.agree()
    assert both.rows("INV-2") == [(50, None)]
    await nothing_more_is_done(both)
    await both.undo(payment)
    await both.look()
    assert set(both.in_psa().values()) == {100, 180}
    assert await both.agree()
    await nothing_more_is_done(both)


@pytest.mark.requirement("D15", "M18")
async def test_one_credit_over_three_invoices_in_the_ledger_and_its_undoing(both: Both):
    await five_invoices_and_a_credit(both)
    await both.apply_in_ledger("CM-1", THREE)
    await both.look()
    assert both.rows("INV-2") == [(60, "CM-1")]
    assert both.in_psa()["CM-1"] == both.totals["CM-1"] * -1 - sum(row[0] for n in THREE for row in both.rows(n))
    assert await both.agree()
    await nothing_more_is_done(both)
    await both.unapply_in_ledger("CM-1", "INV-2")
    await both.look()
    assert both.rows("INV-2") == []
    assert await both.agree()
    await nothing_more_is_done(both)


@pytest.mark.requirement("D15", "M18")
async def test_one_credit_over_three_invoices_in_connectwise_and_its_undoing(both: Both):
    await five_invoices_and_a_credit(both)
    rows = both.apply_in_psa("CM-1", THREE)
    await both.look()
    assert (await both.in_ledger())["INV-2"] == 40
    assert await both.agree()
    await nothing_more_is_done(both)
    both.take_away_in_psa("INV-2", rows[1])
    await both.look()
    assert (await both.in_ledger())["INV-2"] == 100
    assert await both.agree()
    await nothing_more_is_done(both)


@pytest.mark.requirement("D15", "M18", "F1: PAYMENT_ONLY_IN_CONNECTWISE")
async def test_money_entered_in_connectwise_is_asked_about_until_the_ledger_has_it(on_xero: Both):
    """Five invoices paid in ConnectWise: nothing is entered in the ledger; once it is there, both agree without a write."""
    await five_invoices_and_a_credit(on_xero)
    on_xero.pay_in_psa(FIVE)
    outcome = await on_xero.look()
    assert on_xero.told(outcome) == {number: ["PAYMENT_ONLY_IN_CONNECTWISE"] for number in FIVE}
    assert set((await on_xero.in_ledger()).values()) == {100, 180}
    payment = await on_xero.pay(FIVE)
    assert on_xero.told(await on_xero.look()) == {}
    assert await on_xero.agree()
    await nothing_more_is_done(on_xero)
    await on_xero.undo(payment)
    await on_xero.look()
    assert await on_xero.agree()


@pytest.mark.requirement("D15", "M18")
async def test_by_setting_a_payment_made_or_undone_in_connectwise_becomes_what_the_ledger_says(on_xero: Both):
    await five_invoices_and_a_credit(on_xero)
    on_xero.rules(on_foreign_cash=OnForeignCash.LEDGER)
    on_xero.pay_in_psa(FIVE)
    await on_xero.look()
    assert set(on_xero.in_psa().values()) == {100, 180}
    await on_xero.pay(FIVE)
    await on_xero.look()
    [row] = on_xero.screen.rows(on_xero.invoice_ids["INV-2"])
    on_xero.take_away_in_psa("INV-2", row["id"])
    await on_xero.look()
    assert await on_xero.agree()
    assert on_xero.in_psa()["INV-2"] == 50
