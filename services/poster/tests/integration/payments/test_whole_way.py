"""An invoice and a credit memo that Ledgerwire posted, settled in Xero: the scheduled look writes back, the desk shows it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tests.e2e.world import open_world

from ledgerwire.common.settings import Settings
from ledgerwire.poster.payments.desk import open_payments_desk
from ledgerwire.sandbox.xero.books.desk import Desk
from ledgerwire.sandbox.xero.books.money_movements import pay

INVOICE = 39001


@pytest.mark.requirement("A122", "A078", "A079", "M18")
async def test_what_was_posted_and_paid_is_written_back_and_counted(settings: Settings, tmp_path: Path) -> None:
    async with open_world(settings, tmp_path) as world:
        await world.close(INVOICE)
        await world.settled(INVOICE)
        number = world.number(INVOICE)
        xero = world.sandbox.world.xero
        [row] = world.documents(number)
        bank = next(one["Code"] for one in xero.accounts if one["Type"] == "BANK")
        sent = {"Invoice": {"InvoiceID": row["InvoiceID"]}, "Account": {"Code": bank}, "Amount": Decimal("10.00")}
        clock = world.sandbox.world.clock
        outcome = pay(Desk(xero, clock.now()), {**sent, "Date": clock.today().isoformat()})
        assert not outcome.problems
        await world.a_while_passes()
        await world.quiet()

        invoice = world.psa.state.tables["invoices"][INVOICE]
        async with open_payments_desk(world.settings) as desk:
            [looked] = await desk.look(world.account_id)
            [shown] = await desk.rows(world.account_id)
            [month] = await desk.months(world.account_id)
        assert invoice["payments"] == Decimal("10.00")
        assert (shown.number, shown.cash, shown.ledger_balance, shown.connectwise_balance) == (
            number,
            Decimal(10),
            row["Total"] - 10,
            invoice["balance"],
        )
        assert (looked.carried, looked.told, shown.state) == ((), (), "synced")
        assert (month.invoices, month.payments, month.total) == (1, 1, 2)
        world.books_are_clean()
