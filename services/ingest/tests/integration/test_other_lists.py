"""The sweep reads the unposted lists of products and expenses where the account carries them, and counts them apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from ledgerwire.common.ids import account_id, connection_id, record_id
from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, StockLine

ACCOUNT = account_id("harbourline")
CONNECTION = connection_id(ACCOUNT, "connectwise")


def adjust(world, number: int):
    """A closed stock adjustment on the list of products."""
    line = StockLine(item_identifier="DOCK", description="Dock", quantity=1, cost=Decimal(90), total=Decimal(90))
    fact = Adjustment(adjustment_id=number, identifier=f"Count {number}", closed=date(2026, 2, 27), lines=(line,))
    return world.server.procurement.adjust(fact)


def spend(world, number: int):
    """An approved expense on the list of expenses."""
    fact = Expense(
        expense_id=number, member_id=1, spent=date(2026, 2, 27), amount=Decimal("42.50"), expense_type_id=1,
        payment_method_id=1,
    )  # fmt: skip
    return world.server.expenses.enter(fact)


async def sources(world) -> set[tuple[str, str]]:
    return {(message["record_type"], message["source_id"]) for message in await world.announced()}


@pytest.mark.requirement("A110", "A111", "A120", "A121")
async def test_each_list_is_read_only_where_the_account_carries_it(world) -> None:
    await world.apply(callback={"register": False}, procurement=True)
    await world.go_live()
    invoices = world.open_ids(2)
    world.close(*invoices)
    adjust(world, 41)
    spend(world, invoices[0])  # an expense may have an invoice's number
    world.later(minutes=3)
    swept = await world.sweep_now()
    assert ("procurement", "41-adjustment") in await sources(world)
    assert {kind for kind, _ in await sources(world)} == {"invoice", "procurement"}
    assert set(swept["by_type"]) == {"invoice", "procurement"}
    assert swept["by_type"]["procurement"] == {"seen": 1, "known": 0, "too_young": 0, "announced": 1, "missed": 0}
    assert swept["seen"] == sum(each["seen"] for each in swept["by_type"].values())
    await world.apply(callback={"register": False}, procurement=True, expenses=True)
    swept = await world.sweep_now()
    assert ("expense", str(invoices[0])) in await sources(world)
    assert swept["by_type"]["expense"]["announced"] == 1


@pytest.mark.requirement("B25")
async def test_a_product_is_announced_once_and_left_alone_once_it_is_decided(world) -> None:
    await world.apply(callback={"register": False}, procurement=True)
    await world.go_live()
    record = adjust(world, 41)
    await world.sweep_now()
    assert (await world.sweep_now())["by_type"]["procurement"]["announced"] == 0
    await _decided(world, record)
    world.later(days=1)
    assert (await world.sweep_now())["by_type"]["procurement"]["known"] == 1
    assert len([source for source in await world.announced() if source["record_type"] == "procurement"]) == 1


@pytest.mark.requirement("D6")
async def test_on_hold_the_other_lists_are_only_counted(world) -> None:
    await world.apply(callback={"register": False}, procurement=True, expenses=True)
    adjust(world, 41)
    spend(world, 9001)
    swept = await world.sweep_now()
    assert (swept["by_type"]["procurement"]["seen"], swept["by_type"]["expense"]["seen"]) == (1, 1)
    assert await world.announced() == []


async def _decided(world, record) -> None:
    """Mapper has decided about exactly this row."""
    name = world.settings.database_url.rpartition("/")[2]
    connection = await asyncpg.connect(world.settings.database_admin_url, database=name)
    await connection.execute(
        "INSERT INTO mapper.record (account_id, record_id, connection_id, record_type, source_id, state, unposted_id,"
        " closed_at, total, correlation_id) VALUES ($1, $2, $3, 'procurement', $4, 'mapped', $5, $6, $7, 'c')",
        ACCOUNT,
        record_id(ACCOUNT, CONNECTION, "procurement", record.key.id),
        CONNECTION,
        record.key.id,
        record.row_id,
        record.closed_at,
        record.fact.total,
    )
    await connection.close()
