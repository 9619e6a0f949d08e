"""What every source of seats keeps, whoever the distributor is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.common.seats import Completeness, Motion
from ledgerwire.distributors.port import Period, read_source

NOW = datetime(2022, 4, 8, 6, tzinfo=UTC)
MARCH = Period(date(2022, 3, 1), date(2022, 4, 30))


@pytest.mark.requirement("B33")
async def test_customers_and_their_seats_are_read_whole(world: Any) -> None:
    reading = await read_source(world.source, MARCH, NOW)
    assert (reading.source, reading.completeness, reading.problems) == (world.source.name, Completeness.COMPLETE, ())
    assert {customer.name for customer in reading.customers} == {"Harbour Dental", "Quiet Legal"}
    [held] = reading.subscriptions
    assert (held.id, held.customer_id, held.sku) == (world.subscription, world.harbour, "CFQ7TTC0LH18:0001")
    assert (held.quantity, held.motion, held.start) == (Decimal(30), Motion.SEAT_MONTHLY, date(2022, 3, 5))


@pytest.mark.requirement("B33")
async def test_subtotals_are_exact_and_as_given(world: Any) -> None:
    lines = (await world.source.charges(MARCH)).rows
    assert sum(line.subtotal for line in lines) == Decimal("275.23")
    assert sorted(str(line.subtotal) for line in lines if line.begins == date(2022, 3, 7)) == ["-112.25", "168.38"]
    assert {line.currency for line in lines} == {"USD"}
    assert all(line.quantity > 0 for line in lines)


async def test_lines_belong_to_a_subscription_that_is_shown(world: Any) -> None:
    reading = await read_source(world.source, MARCH, NOW)
    assert {line.subscription_id for line in reading.charges} == {held.id for held in reading.subscriptions}
    assert {line.sku for line in reading.charges} <= {product.sku for product in reading.products} | {
        held.sku for held in reading.subscriptions
    }


async def test_days_are_inclusive_and_keys_tell_lines_apart(world: Any) -> None:
    lines = (await world.source.charges(MARCH)).rows
    assert {line.charge_end for line in lines} == {date(2022, 4, 4)}
    assert len({line.key for line in lines}) == len(lines) == 11


async def test_days_without_charges_bring_none(world: Any) -> None:
    part = await world.source.charges(Period(date(2020, 1, 1), date(2020, 1, 31)))
    assert (part.rows, part.complete) == ((), True)


async def test_a_second_reading_says_the_same(world: Any) -> None:
    first = await read_source(world.source, MARCH, NOW)
    again = await read_source(world.source, MARCH, NOW)
    assert again == replace(first, fetched_at=NOW)


async def test_only_the_seats_of_the_customer_that_is_asked_for_are_given(world: Any) -> None:
    names = {customer.name: customer for customer in (await world.source.customers()).rows}
    assert (await world.source.subscriptions(names["Quiet Legal"])).rows == ()
    assert len((await world.source.subscriptions(names["Harbour Dental"])).rows) == 1


async def test_progress_is_told_customer_by_customer(world: Any) -> None:
    told: list[tuple[int, int]] = []
    await read_source(world.source, MARCH, NOW, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]
