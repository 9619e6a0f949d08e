"""Closing an invoice in ConnectWise reaches the outbox by a signed callback over the wire."""

from __future__ import annotations

import asyncio
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from ledgerwire.common.ids import account_id, connection_id

ACCOUNT = account_id("harbourline")
CONNECTION = connection_id(ACCOUNT, "connectwise")


@pytest.fixture
async def connected(world):
    await world.apply()
    await world.registrar.connect(ACCOUNT, CONNECTION)
    return world


@pytest.mark.requirement("B22", "A063")
async def test_a_close_is_received_and_announced_once(connected, wait_until) -> None:
    (number,) = connected.open_ids(1)
    connected.close(number)
    await wait_until(connected.receipts)
    (message,) = await connected.announced()
    assert (message["source_id"], message["found_by"]) == (str(number), "callback")
    steps = await connected.rows("SELECT step FROM ingest.timeline")
    assert [row["step"] for row in steps] == ["callback"]


@pytest.mark.parametrize("suffix", ["glued", "query"])
async def test_both_ways_of_appending_the_record_to_the_address_work(connected, wait_until, suffix: str) -> None:
    connected.state.switches.callback_suffix = suffix
    connected.close(*connected.open_ids(1))
    assert await wait_until(connected.announced)


@pytest.mark.requirement("B25")
async def test_a_callback_that_comes_twice_is_one_message(connected, wait_until) -> None:
    connected.fail("duplicate_callback")
    (number,) = connected.open_ids(1)
    connected.close(number)

    async def delivered_twice() -> bool:
        sent = [entry for entry in connected.state.journal.entries() if "callback" in str(entry)]
        return len(sent) >= 2

    await wait_until(delivered_twice)
    await wait_until(connected.receipts)
    assert len(await connected.announced()) == 1


async def test_thirty_closes_at_once_are_thirty_messages(connected, wait_until) -> None:
    numbers = connected.open_ids(30)
    connected.close(*numbers)

    async def all_there() -> bool:
        return len(await connected.announced()) == 30

    await wait_until(all_there, 20)
    assert {message["source_id"] for message in await connected.announced()} == {str(number) for number in numbers}


@pytest.mark.requirement("B34")
async def test_our_own_batch_does_not_ring(connected, wait_until) -> None:
    (number,) = connected.open_ids(1)
    connected.close(number)
    await wait_until(connected.announced)
    tenant = await connected.registrar._tenancy.tenant(ACCOUNT, CONNECTION, fresh=True)
    (export,) = await tenant.psa.export_invoices([number])
    await tenant.psa.create_batch("INV-own", export.processed_record_ids)
    connected.close(*connected.open_ids(1))

    async def next_close_heard() -> bool:
        return len(await connected.announced()) == 2

    await wait_until(next_close_heard)
    assert tenant.own_member == "ledgerwire"
    assert len(await connected.announced()) == 2


async def test_a_rotated_signing_key_is_followed(connected, wait_until) -> None:
    connected.close(*connected.open_ids(1))
    await wait_until(connected.announced)
    connected.state.site.rotate_signing_key()
    connected.close(*connected.open_ids(1))

    async def second() -> bool:
        return len(await connected.announced()) == 2

    await wait_until(second)


@pytest.mark.requirement("B24")
async def test_while_the_database_refuses_the_sender_keeps_the_callback(connected, wait_until) -> None:
    admin = connected.settings.database_admin_url
    name = connected.settings.database_url.rpartition("/")[2]
    connection = await asyncpg.connect(admin, database=name)
    await connection.execute("ALTER TABLE ingest.receipt RENAME TO receipt_away")
    (number,) = connected.open_ids(1)
    connected.close(number)

    async def refused_once() -> bool:
        return any("429" in str(entry) for entry in connected.state.journal.entries())

    await wait_until(refused_once)
    await connection.execute("ALTER TABLE ingest.receipt_away RENAME TO receipt")
    await connection.close()
    assert await wait_until(connected.announced)


@pytest.mark.requirement("B22")
async def test_refusals_leave_no_row_anywhere(connected) -> None:
    token = await connected.token()
    good = connected.signed()
    attempts = [
        ("x" * 43, *good, 401),
        (token, good[0], "", 401),
        (token, good[0], "AAAA", 401),
        (token, good[0] + b" ", good[1], 401),
        (token, *connected.signed(CompanyId="mallory"), 401),
        (
            token,
            *connected.signed(
                Metadata={"key_url": "https://127.0.0.1:1/v1//system/callbackkey/index.rails?companyName=harbourline"},
            ),
            401,
        ),
        (token, b"{", good[1], 400),
        (token, b"x" * 70_000, good[1], 413),
    ]
    app = httpx.ASGITransport(connected.service.app)
    async with httpx.AsyncClient(transport=app, base_url="https://lw") as client:
        for path_token, raw, signature, status in attempts:
            answer = await client.post(
                f"/callbacks/connectwise/{path_token}", content=raw, headers={"x-content-signature": signature}
            )
            assert answer.status_code == status
        for table in ("receipt", "outbox", "timeline"):
            assert await connected.rows(f"SELECT 1 FROM ingest.{table}") == []
        assert (
            await client.post(
                f"/callbacks/connectwise/{token}", content=good[0], headers={"x-content-signature": good[1]}
            )
        ).status_code == 200


async def test_another_account_sees_nothing_of_it(connected) -> None:
    token = await connected.token()
    raw, signature = connected.signed()
    app = httpx.ASGITransport(connected.service.app)
    async with httpx.AsyncClient(transport=app, base_url="https://lw") as client:
        headers = {"x-content-signature": signature}
        assert (await client.post(f"/callbacks/connectwise/{token}", content=raw, headers=headers)).status_code == 200
    assert len(await connected.receipts()) == 1
    async with connected.database.account(UUID(int=9)) as unit:
        for table in ("receipt", "outbox", "timeline", "callback_registration"):
            assert list(await unit.execute(text(f"SELECT 1 FROM ingest.{table}"))) == []


async def test_the_same_callback_at_the_same_moment_is_stored_once(connected) -> None:
    token = await connected.token()
    raw, signature = connected.signed()
    app = httpx.ASGITransport(connected.service.app)
    async with httpx.AsyncClient(transport=app, base_url="https://lw") as client:
        headers = {"x-content-signature": signature}
        answers = await asyncio.gather(
            *(client.post(f"/callbacks/connectwise/{token}", content=raw, headers=headers) for _ in range(12))
        )
    assert sorted(answer.json()["outcome"] for answer in answers) == ["accepted"] + ["duplicate"] * 11
    assert len(await connected.announced()) == 1
