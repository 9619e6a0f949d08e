"""The way of a subscription: posted, planned, applied, looked at again."""

from __future__ import annotations

import pytest

from .conftest import sold, subscription


@pytest.mark.requirement("B33", "A169", "A175")
async def test_what_was_sold_stands_on_the_agreement_and_a_second_run_changes_nothing(world):
    plan, done = await world.sync(sold(subscription()))
    assert (len(plan.steps), done.written, done.refused) == (1, 1, 0)
    assert [(row["quantity"], row["unitPrice"]) for row in world.rows] == [(10, 22)]
    writes = world.desk.count.writes
    again, nothing = await world.sync(sold(subscription()))
    assert (again.steps, nothing.written, world.desk.count.writes) == ((), 0, writes)
