"""A right that was taken away is named by the daily probe; given back, it is forgotten by itself (D18)."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from ledgerwire.ingest.rights import WORK_KIND

from .conftest import ACCOUNT, CONNECTION, until


def repairs(cause: str) -> float:
    return REGISTRY.get_sample_value("ledgerwire_callback_repairs_total", {"cause": cause}) or 0.0


async def probed(world: Any) -> str:
    """What the probe says now."""
    due = text("UPDATE ingest.work SET due_at = now(), last_code = 'DUE' WHERE kind = :kind")

    async def scheduled() -> bool:
        return bool(await world.rows("SELECT 1 FROM ingest.work WHERE kind = :kind", kind=WORK_KIND))

    async def said() -> Any:
        rows = await world.rows("SELECT last_code, due_at > now() AS rests FROM ingest.work WHERE kind = 'rights'")
        return next((row["last_code"] for row in rows if row["rests"] and row["last_code"] != "DUE"), None)

    async with world.working():
        await until(scheduled, 30)
        async with world.database.account(ACCOUNT) as unit:
            await unit.execute(due, {"kind": WORK_KIND})
        return str(await until(said, 30))


@pytest.mark.requirement("D18", "A054")
async def test_a_right_that_was_taken_away_is_named_and_one_given_back_is_forgotten(world) -> None:
    await world.apply()
    assert await probed(world) == "SCHEDULED"
    world.state.switches.denied = ["/finance/invoices"]
    assert await probed(world) == "PERMISSION_MISSING[area=Finance > Invoicing]"
    world.state.switches.denied = []
    assert await probed(world) == "SCHEDULED"


@pytest.mark.requirement("D18")
async def test_keys_that_are_refused_are_found_by_the_probe(world) -> None:
    await world.apply()
    world.fail("revoked_token", times=100)
    assert await probed(world) == "CONNECTWISE_UNAUTHORISED"


@pytest.mark.requirement("D6", "D18")
async def test_a_callback_that_had_to_be_put_right_is_counted(world) -> None:
    await world.apply()
    await world.registrar.connect(ACCOUNT, CONNECTION)
    before = repairs("CALLBACK_MISSING")
    world.state.tables["callbacks"].clear()
    await world.registrar.connect(ACCOUNT, CONNECTION)
    assert repairs("CALLBACK_MISSING") == before + 1
