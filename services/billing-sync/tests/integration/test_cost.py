"""What a run costs: a call for each agreement and a few pages; one write for each addition that changes."""

from __future__ import annotations

import pytest

from .conftest import SOURCE, day, sold, subscription


async def customers(world, count):
    """So many customers, each with an agreement of its own, linked."""
    agreement, company = world.agreement(world.monthly), world.state.tables["companies"][250]
    links, chosen = [], []
    for number in range(count):
        row = world.state.insert("companies", {**company, "identifier": f"T{number}", "name": f"Tenant {number}"}, 1)
        body = {name: value for name, value in agreement.items() if name not in {"id", "_info"}}
        made = world.state.insert("agreements", {**body, "name": f"Seats {number}", "company": {"id": row["id"]}}, 1)
        links.append({"source": SOURCE, "customer": f"tenant-{number}", "company": row["id"]})
        chosen.append({"company": row["id"], "motion": "seat-monthly", "agreement": made["id"]})
    await world.configure(customers=links, agreements=chosen)


def seats(count, **changes):
    """Three subscriptions of each customer."""
    rows = []
    for number in range(count):
        base = {"customer_id": f"tenant-{number}", "start": day("1 Apr")}
        rows += [subscription(f"sub-{number}-{place}", **base) for place in range(2)]
        rows.append(subscription(f"sub-{number}-2", **base, **changes))
    return sold(*rows)


@pytest.mark.requirement("B33")
@pytest.mark.parametrize("count", [2, 8])
async def test_a_run_without_changes_costs_a_call_an_agreement_and_a_change_one_write_a_row(world, count):
    await customers(world, count)
    _, first = await world.sync(seats(count))
    assert first.written == 3 * count

    before = world.desk.count.calls, world.desk.count.writes
    plan, nothing = await world.sync(seats(count))
    assert (plan.steps, nothing.written, world.desk.count.writes) == ((), 0, before[1])
    assert plan.calls == count + 4
    assert world.desk.count.calls - before[0] == plan.calls + 3

    writes = world.desk.count.writes
    plan, done = await world.sync(seats(count, quantity="12"))
    assert len(plan.steps) == done.written == world.desk.count.writes - writes == count
