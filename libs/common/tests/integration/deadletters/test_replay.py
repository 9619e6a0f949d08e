"""Dead letters are seen by cause, go back exactly when told to, once, and leave a trace."""

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ledgerwire.common import deadletters
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.deadletters import DeadLetter
from ledgerwire.common.deadletters.model import WORK_QUEUE, ReplayResult
from ledgerwire.common.schema import ServiceSchema

SCHEMA = ServiceSchema("mapper")
ACCOUNT, RECORD = UUID(int=5), uuid4()

BODY = RecordClosedV1(
    record_id=RECORD, connection_id=UUID(int=1), record_type="invoice", source_id="7", found_by="callback"
)


def message_letter(**others):
    values = {
        "queue": "mapper.record-closed",
        "cause": "DOORBELL_FAILED",
        "detail": "Traceback ...",
        "payload": BODY.model_dump_json().encode(),
        "account_id": ACCOUNT,
        "message_id": str(uuid4()),
        "type": "record.closed.v1",
        "subject": str(RECORD),
        "correlation_id": "c-7",
        "attempts": 1,
    }
    return DeadLetter(**(values | others))


def work_letter(**others):
    row = {
        "account_id": str(ACCOUNT),
        "connection_id": str(UUID(int=1)),
        "work_key": "map:7",
        "kind": "map",
        "priority": 1,
        "correlation_id": "c-7",
        "payload": {"record_id": str(RECORD)},
    }
    return message_letter(queue=WORK_QUEUE, type="map", payload=json.dumps(row).encode(), **others)


@pytest.fixture
async def database(settings):
    database = open_database(settings, SCHEMA.name)
    yield database
    await database.close()


@pytest.fixture
def office(database):
    class Office:
        async def bury(self, *letters):
            async with database.system() as unit:
                await deadletters.write(unit, SCHEMA, letters)
                return await deadletters.listed(unit, SCHEMA)

        async def rows(self, sql):
            async with database.system() as unit:
                return (await unit.execute(text(sql))).all()

        async def timeline(self):
            async with database.account(ACCOUNT) as unit:
                return (await unit.execute(text("SELECT * FROM mapper.timeline"))).all()

        async def replay(self, letters, **others):
            return await deadletters.replay(database, SCHEMA, letters, actor="ops@example.com", **others)

        async def discard(self, letters):
            return await deadletters.discard(database, SCHEMA, letters, actor="ops@example.com")

        async def by_cause(self):
            async with database.system() as unit:
                return await deadletters.by_cause(unit, SCHEMA)

        async def shown(self, dead_letter_id):
            async with database.system() as unit:
                return await deadletters.shown(unit, SCHEMA, dead_letter_id)

        async def listed(self, **others):
            async with database.system() as unit:
                return await deadletters.listed(unit, SCHEMA, **others)

    return Office()


async def test_letters_are_grouped_by_cause(office):
    await office.bury(message_letter(), message_letter(), message_letter(cause="POISON"))
    groups = await office.by_cause()
    assert [(group.cause, group.count) for group in groups] == [("DOORBELL_FAILED", 2), ("POISON", 1)]
    assert groups[0].oldest <= groups[0].newest
    assert len(await office.listed(cause="POISON")) == 1


async def test_a_letter_is_shown_in_full(office):
    (letter,) = await office.bury(message_letter(headers={"cloudEvents:type": "record.closed.v1"}, mapping_version=3))
    shown = await office.shown(letter.dead_letter_id)
    assert shown == letter
    assert (shown.mapping_version, shown.headers) == (3, {"cloudEvents:type": "record.closed.v1"})
    assert await office.shown(uuid4()) is None


async def test_a_message_goes_through_the_outbox_under_a_new_id(office):
    (letter,) = await office.bury(message_letter())
    (outcome,) = await office.replay([letter])
    assert outcome.result is ReplayResult.REPLAYED
    (row,) = await office.rows("SELECT * FROM mapper.outbox")
    assert str(row.message_id) != letter.message_id, "the consumer has taken the old id"
    assert (row.type, row.data, row.correlation_id) == ("record.closed.v1", letter.payload, "c-7")
    assert row.causation_id == str(letter.dead_letter_id)


async def test_work_is_rung_again(office):
    (letter,) = await office.bury(work_letter())
    await office.replay([letter])
    (row,) = await office.rows("SELECT * FROM mapper.work")
    assert (row.work_key, row.kind, row.found_by, row.attempts) == ("map:7", "map", "replay", 0)
    assert row.payload == {"record_id": str(RECORD)}


async def test_replaying_twice_is_harmless(office):
    (letter,) = await office.bury(message_letter())
    assert [outcome.result for outcome in await office.replay([letter, letter])] == [
        ReplayResult.REPLAYED,
        ReplayResult.ALREADY_SETTLED,
    ]
    assert len(await office.rows("SELECT 1 FROM mapper.outbox")) == 1


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(office):
    letters = await office.bury(message_letter(), work_letter(), message_letter(type="gone.type.v1", payload=b"?"))
    outcomes = await office.replay(letters, dry_run=True)
    assert [outcome.result for outcome in outcomes].count(ReplayResult.REPLAYED) == 2
    assert [outcome.result for outcome in outcomes].count(ReplayResult.NOT_REPLAYABLE) == 1
    assert await office.rows("SELECT 1 FROM mapper.outbox UNION ALL SELECT 1 FROM mapper.work") == []
    assert len(await office.listed()) == 3


@pytest.mark.parametrize(
    "letter",
    [
        message_letter(type="nobody.listens.v1"),
        message_letter(type=None),
        message_letter(account_id=None),
        message_letter(type="not a type"),
        message_letter(queue=WORK_QUEUE, payload=b"no json"),
        message_letter(queue=WORK_QUEUE, payload=b"{}"),
    ],
    ids=["no consumer", "no type", "no account", "bad type", "work that is no json", "work without its key"],
)
async def test_what_cannot_go_back_says_why_and_stays(office, letter):
    letters = await office.bury(letter)
    (outcome,) = await office.replay(letters)
    assert outcome.result is ReplayResult.NOT_REPLAYABLE
    assert outcome.reason
    assert len(await office.listed()) == 1


async def test_who_replayed_it_is_on_the_records_timeline(office):
    (letter,) = await office.bury(work_letter())
    await office.replay([letter])
    (step,) = await office.timeline()
    assert (step.step, step.record_id, step.detail["by"]) == ("replayed", RECORD, "ops@example.com")


async def test_a_discarded_letter_is_kept_but_no_longer_open(office):
    letters = await office.bury(message_letter(), message_letter(account_id=None))
    assert await office.discard(letters) == [letter.dead_letter_id for letter in letters]
    assert await office.discard(letters) == []
    assert await office.listed() == []
    assert len(await office.listed(state="discarded")) == 2
    assert [step.step for step in await office.timeline()] == ["dead_letter_discarded"]
    outcomes = await office.replay(letters)
    assert [(one.result, one.reason) for one in outcomes] == [(ReplayResult.ALREADY_SETTLED, "discarded")] * 2
