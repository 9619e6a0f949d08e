"""The functions through which services change schema `tenants`: who may call them, and what they promise."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from ledgerwire.common.db.roles import login_roles

TTL = timedelta(seconds=30)
GRACE = timedelta(seconds=60)
SERVICES = ("ingest", "mapper", "poster", "billing")
SYSTEM = {f"lw_{service}_system" for service in SERVICES}
ACCOUNT = {f"lw_{service}" for service in SERVICES}
LEDGER = {"lw_mapper", "lw_poster", "lw_tenants"}
CONSENTS = LEDGER | {"lw_billing"}
"""Billing sync renews the sign-ins of seat sources."""
CALLERS = {
    "require_account": set(),
    "require_service": set(),
    "callback_account": {"lw_ingest_system"},
    "token_claim": CONSENTS,
    "token_release": CONSENTS,
    "token_rotate": CONSENTS,
    "budget_row": set(),
    "budget_take": SYSTEM | ACCOUNT | {"lw_tenants"},
    "budget_take_all": SYSTEM | {"lw_tenants_system"},
    "budget_observe": SYSTEM | ACCOUNT | {"lw_tenants", "lw_tenants_system"},
    "lease_take": SYSTEM,
    "lease_renew": SYSTEM,
    "lease_release": SYSTEM,
    "lease_check": SYSTEM | ACCOUNT,
    "directory": SYSTEM | {"lw_tenants_system"},
}


async def test_exactly_the_roles_that_need_a_function_may_execute_it(connect):
    connection = await connect()
    functions = await connection.fetch(
        "SELECT p.oid, p.proname, p.prosecdef, p.proconfig, pg_get_userbyid(p.proowner) AS owner FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'tenants'"
    )
    assert {row["proname"] for row in functions} == set(CALLERS)
    for function in functions:
        allowed = {
            role
            for role in login_roles()
            if await connection.fetchval("SELECT has_function_privilege($1, $2::oid, 'EXECUTE')", role, function["oid"])
        }
        assert allowed == CALLERS[function["proname"]], function["proname"]
        assert any(item.startswith("search_path=") for item in function["proconfig"] or []), function["proname"]
        assert function["owner"] == ("lw_directory" if function["proname"] == "directory" else "lw_owner")
        assert function["prosecdef"] == bool(CALLERS[function["proname"]])


# callback ---------------------------------------------------------------------------------------------------------------


async def test_a_callback_token_leads_to_its_account_and_an_unknown_one_to_none(connect):
    account, connection_id = uuid4(), uuid4()
    writer = await connect("lw_tenants", account)
    await writer.execute("INSERT INTO tenants.callback_route VALUES ($1, $2, $3)", b"hash", account, connection_id)
    ingest = await connect("lw_ingest_system")

    found = await ingest.fetch("SELECT * FROM tenants.callback_account($1)", b"hash")
    assert [tuple(row) for row in found] == [(account, connection_id)]
    assert await ingest.fetch("SELECT * FROM tenants.callback_account($1)", b"other") == []


# directory --------------------------------------------------------------------------------------------------------------


async def add_account(connect, name: str) -> tuple[UUID, UUID]:
    account, connection_id = uuid4(), uuid4()
    writer = await connect("lw_tenants", account)
    await writer.execute(
        "INSERT INTO tenants.account (account_id, name, settings) VALUES ($1, $2, '{}')", account, name
    )
    await writer.execute(
        "INSERT INTO tenants.connection (account_id, connection_id, name, kind, config) VALUES ($1, $2, 'psa', 'connectwise', '{}')",
        account,
        connection_id,
    )
    return account, connection_id


async def test_schedulers_see_which_accounts_and_connections_exist_and_no_secret(connect):
    first, second = await add_account(connect, "one"), await add_account(connect, "two")
    ingest = await connect("lw_ingest_system")

    rows = await ingest.fetch("SELECT * FROM tenants.directory()")
    assert {(row["account_id"], row["connection_id"]) for row in rows} >= {first, second}
    assert set(rows[0].keys()) == {
        "account_id",
        "account_name",
        "status",
        "go_live_from",
        "connection_id",
        "connection_name",
        "kind",
    }


# tokens -----------------------------------------------------------------------------------------------------------------


async def add_consent(connect) -> tuple[UUID, UUID]:
    account, _ = await add_account(connect, str(uuid4()))
    consent = uuid4()
    writer = await connect("lw_tenants", account)
    await writer.execute(
        "INSERT INTO tenants.consent (account_id, consent_id, provider, client_id, given_hash, client_secret, access_token,"
        " refresh_token) VALUES ($1, $2, 'xero', 'id', '', 's', 'a0', 'r0')",
        account,
        consent,
    )
    return account, consent


ROTATE = "SELECT tenants.token_rotate($1, $2, $3, $4, $5, $6, 'ok', NULL)"


@pytest.mark.requirement("D18")
async def test_of_twenty_rotations_from_one_version_one_wins(connect):
    account, consent = await add_consent(connect)
    workers = [await connect("lw_poster", account) for _ in range(20)]
    until = datetime(2026, 3, 1, tzinfo=UTC)

    versions = await asyncio.gather(
        *(
            worker.fetchval(ROTATE, account, consent, 1, f"a{n}".encode(), f"r{n}".encode(), until)
            for n, worker in enumerate(workers)
        )
    )

    assert sorted(version for version in versions if version is not None) == [2]
    winner = next(n for n, version in enumerate(versions) if version)
    stored = await workers[0].fetchrow("SELECT * FROM tenants.consent_for_services WHERE consent_id = $1", consent)
    assert (stored["access_token"], stored["refresh_token"], stored["version"]) == (
        f"a{winner}".encode(),
        f"r{winner}".encode(),
        2,
    )


async def test_a_rotation_keeps_what_it_does_not_replace(connect):
    account, consent = await add_consent(connect)
    poster = await connect("lw_poster", account)
    version = await poster.fetchval(
        "SELECT tenants.token_rotate($1, $2, 1, NULL, NULL, NULL, 'revoked', 'invalid_grant')", account, consent
    )
    stored = await poster.fetchrow("SELECT * FROM tenants.consent_for_services WHERE consent_id = $1", consent)
    assert (version, stored["state"], stored["refresh_token"]) == (2, "revoked", b"r0")


async def test_one_worker_may_refresh_at_a_time_and_another_after_its_claim_ran_out(connect):
    account, consent = await add_consent(connect)
    poster = await connect("lw_poster", account)
    claim = "SELECT tenants.token_claim($1, $2, $3, $4)"
    assert await poster.fetchval(claim, account, consent, "first", TTL)
    assert not await poster.fetchval(claim, account, consent, "second", TTL)

    assert not await poster.fetchval("SELECT tenants.token_release($1, $2, 'second')", account, consent)
    assert await poster.fetchval("SELECT tenants.token_release($1, $2, 'first')", account, consent)
    assert await poster.fetchval(claim, account, consent, "second", timedelta(0))
    assert await poster.fetchval(claim, account, consent, "third", TTL)


async def test_a_service_cannot_touch_the_consent_of_another_account(connect):
    account, consent = await add_consent(connect)
    other, _ = await add_account(connect, str(uuid4()))
    poster = await connect("lw_poster", other)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="does not work for account"):
        await poster.fetchval(ROTATE, account, consent, 1, b"a", b"r", None)
    assert await poster.fetchval(ROTATE, other, consent, 1, b"a", b"r", None) is None
    owner = await connect("lw_poster", account)
    assert await owner.fetchval("SELECT version FROM tenants.consent_for_services") == 1


# budgets ----------------------------------------------------------------------------------------------------------------

TAKE = "SELECT tenants.budget_take($1, $2, $3, $4, $5, $6)"
OBSERVE = "SELECT tenants.budget_observe($1, $2, $3, $4, $5)"


@pytest.fixture
async def poster(connect):
    account = uuid4()
    connection = await connect("lw_poster", account)
    return connection, account, uuid4()


async def test_a_window_holds_its_ceiling_and_then_says_how_long_to_wait(poster):
    connection, account, target = poster
    for _ in range(60):
        assert await connection.fetchval(TAKE, account, target, "minute", 60, 1, 60) == timedelta(0)
    wait = await connection.fetchval(TAKE, account, target, "minute", 60, 1, 60)
    assert timedelta(seconds=59) < wait <= timedelta(seconds=63)


async def test_calls_become_free_again_when_the_window_has_passed_them(poster):
    connection, account, target = poster
    assert await connection.fetchval(TAKE, account, target, "second", 1, 3, 3) == timedelta(0)
    wait = await connection.fetchval(TAKE, account, target, "second", 1, 1, 3)
    assert timedelta(0) < wait <= timedelta(seconds=1.05)
    await connection.execute("SELECT pg_sleep($1)", wait.total_seconds())
    assert await connection.fetchval(TAKE, account, target, "second", 1, 3, 3) == timedelta(0)


async def test_no_span_of_one_window_ever_holds_more_than_the_ceiling(connect, poster):
    _, account, target = poster
    workers = [await connect("lw_poster", account) for _ in range(4)]
    taken: list[datetime] = []
    ends = asyncio.get_running_loop().time() + 3

    async def work(worker: asyncpg.Connection) -> None:
        while asyncio.get_running_loop().time() < ends:
            before = await worker.fetchval("SELECT clock_timestamp()")
            wait = await worker.fetchval(TAKE, account, target, "burst", 1, 1, 10)
            if wait:
                await worker.execute("SELECT pg_sleep($1)", wait.total_seconds())
            else:
                taken.append(before)

    await asyncio.gather(*(work(worker) for worker in workers))
    taken.sort()
    for start, end in zip(taken, taken[10:], strict=False):
        # `before` is read just ahead of the take, so a slow machine can only make this look tighter than it was
        assert end - start > timedelta(seconds=0.9)
    assert len(taken) >= 25


async def test_the_budget_follows_the_providers_figures_but_never_upwards(poster):
    connection, account, target = poster
    await connection.fetchval(TAKE, account, target, "minute", 60, 1, 60)
    await connection.fetchval(OBSERVE, account, target, "minute", Decimal(5), None)
    assert await connection.fetchval(TAKE, account, target, "minute", 60, 5, 60) == timedelta(0)
    assert await connection.fetchval(TAKE, account, target, "minute", 60, 1, 60) > timedelta(0)
    await connection.fetchval(OBSERVE, account, target, "minute", Decimal(59), None)
    assert await connection.fetchval(TAKE, account, target, "minute", 60, 1, 60) > timedelta(0)


async def test_a_closed_window_stays_closed_for_the_time_the_provider_asked(poster):
    connection, account, target = poster
    await connection.fetchval(OBSERVE, account, target, "day", None, timedelta(hours=1))
    wait = await connection.fetchval(TAKE, account, target, "day", 86400, 1, 5000)
    assert timedelta(minutes=59) < wait <= timedelta(hours=1)
    await connection.fetchval(OBSERVE, account, target, "day", None, timedelta(seconds=1))
    assert await connection.fetchval(TAKE, account, target, "day", 86400, 1, 5000) > timedelta(minutes=59)


async def test_a_take_that_can_never_fit_is_an_error_and_not_an_endless_wait(poster):
    connection, account, target = poster
    with pytest.raises(asyncpg.InvalidParameterValueError, match="never fit"):
        await connection.fetchval(TAKE, account, target, "minute", 60, 61, 60)


async def test_windows_and_connections_are_counted_apart(poster):
    connection, account, target = poster
    assert await connection.fetchval(TAKE, account, target, "minute", 60, 1, 1) == timedelta(0)
    assert await connection.fetchval(TAKE, account, target, "day", 86400, 1, 1) == timedelta(0)
    assert await connection.fetchval(TAKE, account, uuid4(), "minute", 60, 1, 1) == timedelta(0)


async def test_an_account_cannot_spend_the_budget_of_another(connect, poster):
    _, account, target = poster
    other = await connect("lw_poster", uuid4())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await other.fetchval(TAKE, account, target, "minute", 60, 1, 60)


# leases -----------------------------------------------------------------------------------------------------------------

LEASE = "SELECT tenants.lease_take($1, $2, $3, $4, $5, $6)"
RENEW = "SELECT tenants.lease_renew($1, $2, $3, $4)"
RELEASE = "SELECT tenants.lease_release($1, $2, $3)"
CHECK = "SELECT tenants.lease_check($1, $2, $3)"


async def test_of_many_takers_one_gets_the_lease_and_the_fence_only_rises(connect):
    account, target = uuid4(), uuid4()
    workers = [await connect("lw_mapper_system") for _ in range(10)]
    fences = await asyncio.gather(
        *(worker.fetchval(LEASE, "mapper", account, target, f"w{n}", TTL, GRACE) for n, worker in enumerate(workers))
    )
    assert [fence for fence in fences if fence is not None] == [1]
    assert await workers[0].fetchval(RELEASE, "mapper", target, 1)
    assert await workers[0].fetchval(LEASE, "mapper", account, target, "w", TTL, GRACE) == 2


async def test_a_takeover_waits_for_the_end_and_the_grace(connect):
    account, target = uuid4(), uuid4()
    worker = await connect("lw_mapper_system")
    ended = timedelta(seconds=-1)
    assert await worker.fetchval(LEASE, "mapper", account, target, "a", ended, GRACE) == 1
    assert await worker.fetchval(LEASE, "mapper", account, target, "b", TTL, GRACE) is None
    assert await worker.fetchval(LEASE, "mapper", account, target, "b", TTL, timedelta(0)) == 2


async def test_after_a_takeover_the_old_holder_can_neither_renew_nor_write_nor_release(connect):
    account, target = uuid4(), uuid4()
    worker = await connect("lw_mapper_system")
    old = await worker.fetchval(LEASE, "mapper", account, target, "a", timedelta(seconds=-1), GRACE)
    assert await worker.fetchval(CHECK, "mapper", target, old)
    assert await worker.fetchval(RENEW, "mapper", target, old, timedelta(seconds=-1))
    new = await worker.fetchval(LEASE, "mapper", account, target, "b", TTL, timedelta(0))
    assert not await worker.fetchval(CHECK, "mapper", target, old)
    assert not await worker.fetchval(RENEW, "mapper", target, old, TTL)
    assert not await worker.fetchval(RELEASE, "mapper", target, old)
    assert await worker.fetchval(CHECK, "mapper", target, new)


async def test_a_takeover_waits_for_the_transaction_that_checked_its_fence(connect):
    account, target = uuid4(), uuid4()
    system, writer = await connect("lw_mapper_system"), await connect("lw_mapper", account)
    fence = await system.fetchval(LEASE, "mapper", account, target, "a", timedelta(seconds=-1), GRACE)
    async with writer.transaction():
        assert await writer.fetchval(CHECK, "mapper", target, fence)
        await system.execute("SET lock_timeout = '50ms'")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await system.fetchval(LEASE, "mapper", account, target, "b", TTL, timedelta(0))
    assert await system.fetchval(LEASE, "mapper", account, target, "b", TTL, timedelta(0)) == fence + 1


async def test_each_service_has_its_own_lease_and_cannot_take_anothers(connect):
    account, target = uuid4(), uuid4()
    mapper, poster = await connect("lw_mapper_system"), await connect("lw_poster_system")
    assert await mapper.fetchval(LEASE, "mapper", account, target, "a", TTL, GRACE) == 1
    assert await poster.fetchval(LEASE, "poster", account, target, "b", TTL, GRACE) == 1
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="does not speak for"):
        await poster.fetchval(RELEASE, "mapper", target, 1)


async def test_a_budget_whose_rows_are_deleted_all_the_time_is_begun_anew_and_never_an_error(connect, poster):
    _, account, target = poster
    workers, admin = [await connect("lw_poster", account) for _ in range(3)], await connect()
    ends = asyncio.get_running_loop().time() + 1

    async def take(worker: asyncpg.Connection) -> None:
        while asyncio.get_running_loop().time() < ends:
            await worker.fetchval(TAKE, account, target, "minute", 60, 1, 100_000)

    async def delete() -> None:
        while asyncio.get_running_loop().time() < ends:
            await admin.execute("DELETE FROM tenants.budget")

    await asyncio.gather(delete(), *(take(worker) for worker in workers))
