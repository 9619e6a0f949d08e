"""Callbacks that come together share a commit; each is answered after it, and a bad one does not fail its companions."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from ledgerwire.common.db.direct import DirectPool
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.roles import account_role
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.ingest.judgement import Judged
from ledgerwire.ingest.receipt.group_commit import GroupCommit
from ledgerwire.ingest.receipt.model import Receipt, receipt_of
from ledgerwire.ingest.receipt.repository import ReceiptRows

ONE, OTHER = UUID(int=101), UUID(int=102)
UNSTORABLE = "a\x00b"
"""PostgreSQL's text has no zero byte."""


def receipt(number: int, account: UUID = ONE, *, member: str | None = "jdoe", ignored: str | None = None) -> Receipt:
    judged = Judged(f"m-{number}", "hash", "invoice", "updated", str(number), member, ignored)
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return receipt_of(judged, account_id=account, connection_id=UUID(int=7), receipt_id=uuid4(), received_at=at)


@pytest.fixture
async def woken() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def keeper(settings, woken):
    rows = ReceiptRows(Outbox(ServiceSchema("ingest"), woken))
    keeper = GroupCommit(DirectPool(settings, account_role("ingest"), size=2), rows)
    yield keeper
    await keeper.close()


@pytest.fixture
async def stored(settings):
    """stored(account, query) -> rows of one account, under row-level security."""
    database = open_database(settings, "ingest")

    async def read(account: UUID, query: str):
        async with database.account(account) as unit:
            return list((await unit.execute(text(query))).mappings())

    yield read
    await database.close()


async def kept_together(keeper: GroupCommit, *receipts: Receipt) -> list[bool | BaseException]:
    return await asyncio.gather(*(keeper.keep(each) for each in receipts), return_exceptions=True)


_WHOLE = (
    "SELECT receipt.xmin::text AS within FROM ingest.receipt JOIN ingest.outbox ON outbox.correlation_id ="
    " receipt.correlation_id AND outbox.xmin = receipt.xmin JOIN ingest.timeline ON timeline.correlation_id ="
    " receipt.correlation_id AND timeline.xmin = receipt.xmin"
)


@pytest.mark.requirement("B22")
async def test_callbacks_that_come_together_share_a_commit_with_all_that_belongs_to_them(keeper, stored, woken) -> None:
    assert await kept_together(keeper, *map(receipt, range(50))) == [True] * 50
    rows = await stored(ONE, _WHOLE)
    assert len(rows) == 50
    assert len({row["within"] for row in rows}) <= 5
    assert woken.is_set()


@pytest.mark.requirement("B24")
async def test_one_that_cannot_be_stored_does_not_fail_its_companions(keeper, stored) -> None:
    good = [receipt(number) for number in range(10)]
    bad = receipt(99, member=UNSTORABLE)
    outcomes = await kept_together(keeper, *good[:5], bad, *good[5:])
    assert [outcome for outcome in outcomes if outcome is True] == [True] * 10
    assert isinstance(outcomes[5], asyncpg.DataError)
    assert len(await stored(ONE, _WHOLE)) == 10
    assert await stored(ONE, "SELECT 1 FROM ingest.receipt WHERE dedupe_key = 'm-99'") == []


@pytest.mark.requirement("B25")
async def test_the_same_callback_twice_in_one_group_is_one_message(keeper, stored) -> None:
    outcomes = await kept_together(keeper, receipt(1), receipt(2), receipt(2), receipt(1), receipt(2))
    assert sorted(outcomes) == [False, False, False, True, True]
    assert len(await stored(ONE, _WHOLE)) == 2
    assert await keeper.keep(receipt(2)) is False


async def test_accounts_in_one_group_see_their_own_rows_only(keeper, stored) -> None:
    await kept_together(keeper, *(receipt(number, (ONE, OTHER)[number % 2]) for number in range(20)))
    for account, numbers in ((ONE, range(0, 20, 2)), (OTHER, range(1, 20, 2))):
        rows = await stored(account, "SELECT source_id, account_id FROM ingest.receipt")
        assert {row["source_id"] for row in rows} == {str(number) for number in numbers}
        assert {row["account_id"] for row in await stored(account, "SELECT account_id FROM ingest.outbox")} == {account}


async def test_an_ignored_one_rings_nobody(keeper, stored) -> None:
    assert await kept_together(keeper, receipt(1), receipt(2, ignored="own write")) == [True, True]
    assert len(await stored(ONE, "SELECT 1 FROM ingest.receipt")) == 2
    assert [row["step"] for row in await stored(ONE, "SELECT step FROM ingest.timeline")] == ["callback"]
    assert len(await stored(ONE, "SELECT 1 FROM ingest.outbox")) == 1


async def test_groups_that_overlap_from_two_processes_store_each_once(settings, keeper, stored) -> None:
    other = GroupCommit(
        DirectPool(settings, account_role("ingest"), size=2), ReceiptRows(Outbox(ServiceSchema("ingest")))
    )
    halves = await asyncio.gather(
        kept_together(keeper, *map(receipt, range(60))), kept_together(other, *map(receipt, reversed(range(60))))
    )
    await other.close()
    assert sum(outcome is True for half in halves for outcome in half) == 60
    assert sum(outcome is False for half in halves for outcome in half) == 60
    assert len(await stored(ONE, _WHOLE)) == 60


async def test_when_the_database_fails_nobody_is_told_that_it_is_stored(keeper, settings, stored) -> None:
    name = settings.database_url.rpartition("/")[2]
    connection = await asyncpg.connect(settings.database_admin_url, database=name)
    await connection.execute("ALTER TABLE ingest.timeline RENAME TO timeline_away")
    outcomes = await kept_together(keeper, *map(receipt, range(5)))
    assert all(isinstance(outcome, asyncpg.PostgresError) for outcome in outcomes)
    await connection.execute("ALTER TABLE ingest.timeline_away RENAME TO timeline")
    await connection.close()
    assert await stored(ONE, "SELECT 1 FROM ingest.receipt") == []
    assert await kept_together(keeper, *map(receipt, range(5))) == [True] * 5


@pytest.mark.requirement("B24")
async def test_over_the_wire_the_bad_one_is_asked_for_again_and_the_others_are_taken(connected_world) -> None:
    token = await connected_world.token()
    messages = [connected_world.signed(ID=number, MessageId=f"w-{number}") for number in range(1, 9)]
    messages.insert(4, connected_world.signed(ID=9, MessageId="w-9", MemberId=UNSTORABLE))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(connected_world.service.app), base_url="https://lw"
    ) as client:
        answers = await asyncio.gather(
            *(
                client.post(f"/callbacks/connectwise/{token}", content=raw, headers={"x-content-signature": signature})
                for raw, signature in messages
            )
        )
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] + [200] * 4
    assert len(await connected_world.receipts()) == 8
