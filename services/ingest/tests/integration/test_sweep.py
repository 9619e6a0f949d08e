"""What no callback announced is found on the unposted list, once, and only after go-live."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text

from ledgerwire.common.ids import account_id, connection_id, record_id

ACCOUNT = account_id("harbourline")
CONNECTION = connection_id(ACCOUNT, "connectwise")


@pytest.fixture
async def live(world):
    await world.apply(callback={"register": False})
    await world.go_live()
    return world


@pytest.mark.requirement("D6")
async def test_a_close_that_no_callback_announced_is_found(live) -> None:
    numbers = live.open_ids(3)
    live.close(*numbers)
    live.later(minutes=3)
    swept = await live.sweep_now()
    assert {message["source_id"] for message in await live.announced()} >= {str(number) for number in numbers}
    assert all(message["found_by"] == "sweep" and not message["urgent"] for message in await live.announced())
    assert swept["missed"] == swept["announced"] == len(await live.announced())
    steps = await live.rows("SELECT step FROM ingest.timeline")
    assert {row["step"] for row in steps} == {"sweep"}


@pytest.mark.requirement("D6", "B25")
async def test_sweeping_again_announces_nothing_twice(live) -> None:
    live.close(*live.open_ids(3))
    live.later(minutes=3)
    await live.sweep_now()
    first = len(await live.announced())
    swept = await live.sweep_now()
    assert swept["announced"] == swept["missed"] == 0
    assert len(await live.announced()) == first


@pytest.mark.requirement("D6", "B38")
async def test_what_mapper_still_does_not_know_is_announced_again_every_day(live) -> None:
    lost, seen = live.open_ids(2)
    live.close(lost, seen)
    live.later(minutes=3)
    await live.sweep_now()
    first = await live.announced()
    await mapper_knows(live, seen, "stopped")
    live.later(days=1)
    await live.sweep_now()
    await live.sweep_now()
    again = [message["source_id"] for message in (await live.announced())[len(first) :]]
    assert again.count(str(lost)) == 1, "whatever came of the first message, it is not given up"
    assert again.count(str(seen)) == 0


async def test_a_record_closed_again_is_a_new_row_and_is_announced_again(live) -> None:
    (number,) = live.open_ids(1)
    live.close(number)
    live.later(minutes=3)
    await live.sweep_now()
    reopened = next(row for row in live.state.tables["billing_statuses"].values() if not row.get("closedFlag"))
    live.server.desk.set_status(number, {"id": reopened["id"]}, 152)
    live.state.clock.advance(timedelta(minutes=10))
    live.close(number)
    live.later(minutes=20)
    await live.sweep_now()
    messages = [message for message in await live.announced() if message["source_id"] == str(number)]
    assert len(messages) == 2
    assert messages[0]["record_id"] == messages[1]["record_id"]


async def test_a_fresh_close_is_left_to_its_callback(live) -> None:
    live.close(*live.open_ids(2))
    live.later(seconds=30)
    swept = await live.sweep_now()
    assert swept["too_young"] >= 2
    live.later(minutes=2)
    assert (await live.sweep_now())["too_young"] == 0


@pytest.mark.requirement("D6")
async def test_on_hold_the_sweep_only_counts(world) -> None:
    await world.apply(callback={"register": False})
    world.close(*world.open_ids(4))
    world.later(minutes=3)
    swept = await world.sweep_now()
    assert (swept["gate"], swept["announced"]) == ("hold", 0)
    assert swept["seen"] >= 4
    assert await world.announced() == []
    await world.go_live()
    swept = await world.sweep_now()
    assert swept["gate"] == "live"
    assert swept["announced"] == swept["seen"]


@pytest.mark.requirement("A064")
async def test_with_real_time_off_the_sweep_only_counts(world) -> None:
    await world.apply(callback={"register": False}, real_time=False)
    await world.go_live()
    world.close(*world.open_ids(2))
    world.later(minutes=3)
    swept = await world.sweep_now()
    assert (swept["gate"], swept["announced"]) == ("off", 0)


async def mapper_knows(world, number: int, state: str, **changes) -> None:
    name = world.settings.database_url.rpartition("/")[2]
    connection = await asyncpg.connect(world.settings.database_admin_url, database=name)
    values = {
        "unposted_id": world.state.unposted_rows[number],
        "closed_at": world.state.closed_at[number],
        "total": world.state.tables["invoices"][number]["total"],
    } | changes
    await connection.execute(
        "INSERT INTO mapper.record (account_id, record_id, connection_id, record_type, source_id, state, unposted_id,"
        " closed_at, total, correlation_id) VALUES ($1, $2, $3, 'invoice', $4, $5, $6, $7, $8, 'c')",
        ACCOUNT,
        record_id(ACCOUNT, CONNECTION, "invoice", str(number)),
        CONNECTION,
        str(number),
        state,
        values["unposted_id"],
        values["closed_at"],
        values["total"],
    )
    await connection.close()


@pytest.mark.parametrize("state", ["mapped", "stopped", "held", "no_effect", "skipped", "dead"])
async def test_what_mapper_decided_about_this_very_row_is_left_alone(live, state: str) -> None:
    (number,) = live.open_ids(1)
    live.close(number)
    live.later(minutes=3)
    await mapper_knows(live, number, state)
    swept = await live.sweep_now()
    assert swept["known"] == 1
    assert str(number) not in {message["source_id"] for message in await live.announced()}


@pytest.mark.parametrize(
    ("state", "changes"),
    [
        ("received", {}),
        ("open", {}),
        ("mapped", {"unposted_id": 1}),
        ("mapped", {"total": 1}),
        ("stopped", {"closed_at": "x"}),
    ],
)
async def test_what_mapper_has_not_seen_like_this_is_announced(live, state: str, changes: dict[str, object]) -> None:
    (number,) = live.open_ids(1)
    live.close(number)
    live.later(minutes=3)
    await mapper_knows(live, number, state, **changes)
    await live.sweep_now()
    assert str(number) in {message["source_id"] for message in await live.announced()}


@pytest.mark.requirement("D6")
async def test_a_record_whose_callback_came_is_not_counted_as_missed(world, wait_until) -> None:
    await world.apply()
    await world.go_live()
    await world.registrar.connect(ACCOUNT, CONNECTION)
    heard, lost = world.open_ids(2)
    world.later(minutes=1)
    world.close(heard)
    await wait_until(world.receipts)
    world.fail("lost_callback")
    world.close(lost)
    world.later(minutes=5)
    await world.sweep_now()
    found = {message["source_id"]: message["found_by"] for message in await world.announced()}
    assert found[str(heard)] == "callback"
    assert found[str(lost)] == "sweep"
    world.later(minutes=10)
    swept = await world.sweep_now()
    assert swept["missed"] == 0, "a callback that mapper did not act on was heard all the same"


@pytest.mark.parametrize("fault", ["500_before", "html_page", "revoked_token", "half_body"])
async def test_a_sweep_that_fails_says_so_and_comes_again(live, wait_until, fault: str) -> None:
    live.close(*live.open_ids(1))
    live.later(minutes=3)
    live.fail(fault, path_regex="unpostedinvoices", times=3)

    async def failed() -> bool:
        rows = await live.rows("SELECT failed_with FROM ingest.sweep WHERE failed_with IS NOT NULL")
        return bool(rows)

    async with live.working():
        await wait_until(failed)
    (work,) = await live.rows("SELECT * FROM ingest.work WHERE work_key = 'sweep'")
    assert work["last_code"]
    live.faults.clear()
    assert (await live.sweep_now())["announced"] >= 1


async def test_a_connection_that_is_gone_is_not_swept_any_more(live, wait_until) -> None:
    await live.sweep_now()
    name = live.settings.database_url.rpartition("/")[2]
    connection = await asyncpg.connect(live.settings.database_admin_url, database=name)
    await connection.execute("DELETE FROM tenants.company")
    await connection.execute("DELETE FROM tenants.connection WHERE kind = 'connectwise'")
    await connection.close()
    async with live.database.account(ACCOUNT) as unit:
        await unit.execute(text("UPDATE ingest.work SET due_at = now()"))

    async def none_left() -> bool:
        return not await live.rows("SELECT 1 FROM ingest.work")

    async with live.working():
        await wait_until(none_left)


async def test_each_connectwise_connection_is_swept_watched_and_probed(live, wait_until) -> None:
    async def scheduled() -> bool:
        rows = await live.rows("SELECT connection_id, work_key, found_by FROM ingest.work ORDER BY work_key")
        return [tuple(row.values()) for row in rows] == [
            (CONNECTION, kind, "schedule") for kind in ("rights", "sweep", "watch")
        ]

    async with live.working():
        await wait_until(scheduled)
