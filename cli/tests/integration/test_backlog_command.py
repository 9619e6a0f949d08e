"""What waits for each company, what is left of its budget, and when it will be done (D19)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ids import account_id, connection_id
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.tenants.budget import BudgetGate, PsaBudgetGate, connectwise_windows

ACCOUNT = account_id("acme")
LEDGER, PSA = connection_id(ACCOUNT, "xero:Acme IT"), connection_id(ACCOUNT, "connectwise")


def bells(count: int, kind: str, connection, priority: Priority) -> list[Doorbell]:
    return [
        Doorbell(
            ACCOUNT, connection, f"{kind}:{uuid4()}", kind, priority, "c", "test", payload={"record_id": str(uuid4())}
        )
        for _ in range(count)
    ]


async def load(settings: Settings) -> None:
    poster, mapper = open_database(settings, "poster"), open_database(settings, "mapper")
    async with poster.system() as unit:
        urgent, bulk = bells(2, "post", LEDGER, Priority.URGENT), bells(1998, "post", LEDGER, Priority.BULK)
        recurring = Doorbell(ACCOUNT, LEDGER, "watch", "watch", Priority.BULK, "c", "schedule")
        await WorkStore(ServiceSchema("poster")).ring(unit, [*urgent, *bulk, recurring])
    async with mapper.system() as unit:
        await WorkStore(ServiceSchema("mapper")).ring(unit, bells(3, "map", PSA, Priority.URGENT))
    await BudgetGate(poster, ACCOUNT, LEDGER).take(20)
    await PsaBudgetGate(mapper, ACCOUNT, PSA, connectwise_windows()).take(30)
    await poster.close()
    await mapper.close()


@pytest.mark.requirement("D19")
def test_it_says_what_waits_what_is_left_and_when_it_is_done(command, settings: Settings, account_file: Path) -> None:
    command("account", "apply", account_file)
    assert "Nothing waits" in command("backlog").stdout
    asyncio.run(load(settings))

    [company] = command("backlog", "--json").value
    assert (company["company"], company["package"]) == ("Acme IT", "xero")
    told = {(one["kind"], one["priority"]): one["due"] for one in company["waiting"]}
    assert told == {("post", "urgent"): 2, ("post", "bulk"): 1998, ("map", "urgent"): 3}
    left = {one["window"]: (one["left"], one["ceiling"]) for one in company["budget"] if not one["bulk"]}
    assert left == {"minute": (40, 60), "day": (4980, 5000)}
    psa = {one["window"]: (one["left"], one["ceiling"]) for one in company["connectwise_budget"]}
    assert psa == {"minute": (950, 980), "bulk pace": (155, 155)}
    assert company["documents"] == 2003
    # 101 ledger calls: 40 at once, 61 more as the minute opens; ConnectWise's 2,404 calls at 930 a minute last longer
    assert company["finish_in_seconds"] == 146
    said = command("backlog").stdout
    assert "done in about 2 min 26 s" in said
    assert "40 of 60 a minute, 4980 of 5000 a day; to ConnectWise 950 of 980 a minute" in said

    asyncio.run(
        pass_by(settings, "UPDATE tenants.budget SET slot = slot - 75, closed_until = now() + interval '10 min'")
    )
    [later] = command("backlog", "--json").value
    assert {one["left"] for one in later["budget"] if not one["bulk"]} == {60, 5000}
    # closed for ten minutes, then 101 calls, 57 of them at once; ConnectWise is closed too, its 1,424 more calls last longer
    assert 590 <= later["finish_in_seconds"] - 88 <= 600


async def put_off(settings: Settings, *codes: str) -> None:
    """One record to post for each code, tried and put off for it."""
    poster, store = open_database(settings, "poster"), WorkStore(ServiceSchema("poster"))
    async with poster.system() as unit:
        await store.ring(unit, bells(len(codes), "post", LEDGER, Priority.URGENT))
        items = await store.claim(unit, LEDGER, limit=len(codes), max_bytes=1_000_000)
        for item, code in zip(items, codes, strict=True):
            await store.later(unit, item, code=code, after=timedelta(minutes=1))
    await poster.close()


@pytest.mark.requirement("D19")
def test_no_end_is_forecast_of_what_somebody_else_has_to_end(command, settings: Settings, account_file: Path) -> None:
    command("account", "apply", account_file)
    asyncio.run(put_off(settings, "TOKEN_REVOKED", "TOKEN_REVOKED", "TRANSIENT"))

    [company] = command("backlog", "--json").value
    assert (company["documents"], company["finish_in_seconds"]) == (0, None)
    assert company["waits_for"] == {"TOKEN_REVOKED": 2, "TRANSIENT": 1}
    said = command("backlog").stdout
    assert "done in" not in said
    assert "3 wait for: TOKEN_REVOKED 2, TRANSIENT 1." in said

    asyncio.run(put_off(settings, "RATE_LIMITED"))
    [company] = command("backlog", "--json").value
    assert (company["documents"], company["waits_for"]) == (1, {"TOKEN_REVOKED": 2, "TRANSIENT": 1})
    assert company["finish_in_seconds"] is not None


async def pass_by(settings: Settings, statement: str) -> None:
    parts = urlsplit(settings.database_admin_url)
    address = urlunsplit(parts._replace(path=urlsplit(settings.database_url).path))
    connection = await asyncpg.connect(address, timeout=10)
    await connection.execute(statement)
    await connection.close()
