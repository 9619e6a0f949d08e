"""Invoices of a period and by number, whatever their state."""

from __future__ import annotations

from datetime import date

from ledgerwire.connectwise import ConnectWise


async def test_the_invoices_of_a_period_are_those_dated_in_it_open_ones_too(psa: ConnectWise, world) -> None:
    rows = {row["id"]: date.fromisoformat(row["date"][:10]) for row in world.state.tables["invoices"].values()}
    days = sorted(set(rows.values()))
    for first, last in ((days[0], days[-1]), (days[0], days[0]), (days[-1], days[-1])):
        found = await psa.invoices_dated(first, last)
        assert {item.id for item in found} == {key for key, day in rows.items() if first <= day <= last}
    assert {item.is_closed for item in await psa.invoices_dated(days[0], days[-1])} >= {False}


async def test_invoices_are_found_by_exact_number_and_a_number_that_cannot_be_asked_for_finds_none(
    psa: ConnectWise, world
) -> None:
    numbers = world.open_numbers(3)
    found = await psa.invoices_numbered([*numbers, "INV-404404", "both\"'quotes"])
    assert sorted(item.invoice_number or "" for item in found) == sorted(numbers)
    assert all(item.status and item.total is not None for item in found)
    assert await psa.invoices_numbered([]) == []
