"""Dead letters from the command line: seen by cause, replayed or discarded when told to, twice without harm (B38)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from ledgerwire.cli.failures import Exit
from ledgerwire.cli.trial import Trial
from ledgerwire.common import deadletters
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.deadletters import DeadLetter
from ledgerwire.common.deadletters.model import WORK_QUEUE
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.mapper import repository
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord

ACCOUNT, PSA = UUID(int=5), UUID(int=1)
FAILED = "DOORBELL_FAILED"


def message(cause: str = FAILED, **others: Any) -> DeadLetter:
    record = uuid4()
    body = RecordClosedV1(record_id=record, connection_id=PSA, record_type="invoice", source_id="7", found_by="sweep")
    values = {
        "queue": "mapper.record-closed",
        "cause": cause,
        "detail": "Traceback (most recent call last):\n  ...\nZeroDivisionError: division by zero\n",
        "payload": body.model_dump_json().encode(),
        "account_id": ACCOUNT,
        "type": "record.closed.v1",
        "subject": str(record),
        "headers": {"cloudEvents:source": "/ledgerwire/ingest"},
        "attempts": 3,
        "mapping_version": 4,
        "correlation_id": "c-7",
    }
    return DeadLetter(**(values | others))


def work(cause: str = "INTERNAL") -> DeadLetter:
    record = str(uuid4())
    row = {
        "account_id": str(ACCOUNT),
        "connection_id": str(PSA),
        "work_key": f"map:{record}",
        "kind": "map",
        "priority": 1,
        "correlation_id": "c-8",
        "payload": {"record_id": record},
    }
    return message(cause, queue=WORK_QUEUE, type="map", payload=json.dumps(row).encode(), subject=record)


async def _record_of(settings: Settings, letter: DeadLetter) -> None:
    """The record that a letter is about."""
    database = open_database(settings, "mapper")
    record = StoredRecord(ACCOUNT, UUID(letter.subject or ""), PSA, "7", "c-8", state=RecordState.DEAD, number="INV-7")
    async with database.account(ACCOUNT) as unit:
        await repository.put_record(unit, record)
    await database.close()


Bury = Callable[..., None]


@pytest.fixture
def bury(settings: Settings) -> Bury:
    """Write dead letters into a service's schema."""

    async def write(service: str, letters: tuple[DeadLetter, ...]) -> None:
        database = open_database(settings, service)
        async with database.system() as unit:
            await deadletters.write(unit, ServiceSchema(service), letters)
        await database.close()

    return lambda *letters, service="mapper": asyncio.run(write(service, letters))


@pytest.fixture
def waiting_rows(settings: Settings) -> Callable[[str], int]:
    """Count rows of a message or work table."""

    async def count(table: str) -> int:
        database = open_database(settings, "mapper")
        async with database.system() as unit:
            found = (await unit.execute(text(f"SELECT count(*) FROM mapper.{table}"))).scalar_one()
        await database.close()
        return int(found)

    return lambda table: asyncio.run(count(table))


@pytest.mark.requirement("B38")
def test_what_was_given_up_is_listed_by_cause_and_each_letter_in_full(command, bury) -> None:
    bury(message(), message(), work())
    bury(message("UNDECODABLE_MESSAGE"), service="poster")

    groups = command("dead-letters", "list", "--json").value
    assert [(one["service"], one["cause"], one["kind"], one["letters"]) for one in groups] == [
        ("mapper", "DOORBELL_FAILED", "record.closed.v1", 2),
        ("mapper", "INTERNAL", "map work", 1),
        ("poster", "UNDECODABLE_MESSAGE", "record.closed.v1", 1),
    ]
    letters = command("dead-letters", "list", "--cause", "DOORBELL_FAILED", "--json").value
    assert [one["detail"] for one in letters] == ["ZeroDivisionError: division by zero"] * 2
    shown = command("dead-letters", "show", letters[0]["id"], "--json").value
    assert (shown["attempts"], shown["mapping_version"], shown["cause"]) == (3, 4, "DOORBELL_FAILED")
    assert json.loads(shown["payload"])["source_id"] == "7"
    assert shown["headers"] == {"cloudEvents:source": "/ledgerwire/ingest"}
    assert "Traceback" in shown["detail"]
    for said in (command("dead-letters", "list"), command("dead-letters", "show", letters[0]["id"])):
        assert said.exit_code == Exit.DONE
        assert "DOORBELL_FAILED" in said.stdout


@pytest.mark.requirement("B38", "R14")
def test_exactly_the_chosen_ones_go_back_and_a_second_time_changes_nothing(command, bury, waiting_rows) -> None:
    bury(message(), message(), work())
    tried = command("dead-letters", "replay", "--cause", "DOORBELL_FAILED", "--dry-run", "--json").value
    assert [one["result"] for one in tried["letters"]] == ["replayed"] * 2
    assert waiting_rows("outbox") == 0

    done = command("dead-letters", "replay", "--cause", "DOORBELL_FAILED", "--json").value
    assert (waiting_rows("outbox"), waiting_rows("work")) == (2, 0)
    ids = [one["id"] for one in done["letters"]]
    again = command("dead-letters", "replay", *ids, "--json").value
    assert [one["result"] for one in again["letters"]] == ["already settled"] * 2
    assert {one["reason"] for one in again["letters"]} == {"replayed"}
    assert "2 replayed before: nothing was done." in command("dead-letters", "replay", *ids).stdout
    assert waiting_rows("outbox") == 2
    assert command("dead-letters", "show", ids[0], "--json").value["state"] == "replayed"

    command("dead-letters", "replay", "--all")
    assert (waiting_rows("outbox"), waiting_rows("work")) == (2, 1)
    assert command("dead-letters", "list", "--json").value == []
    assert "Nothing was given up" in command("dead-letters", "replay", "--all").stdout


@pytest.mark.requirement("B38")
def test_two_faults_of_ours_are_two_groups_and_each_goes_back_alone_or_both_by_their_code(command, bury) -> None:
    mended, other = "INTERNAL[KeyError in mapper.looking.found]", "INTERNAL[KeyError in mapper.looking.died]"
    bury(work(mended), work(mended), work(other), work("INTERNAL"), message())
    groups = command("dead-letters", "list", "--json").value
    assert {(one["cause"], one["letters"]) for one in groups} >= {(mended, 2), (other, 1)}
    assert len(command("dead-letters", "list", "--cause", "INTERNAL", "--json").value) == 4
    assert len(command("dead-letters", "replay", "--cause", mended, "--json").value["letters"]) == 2
    left = command("dead-letters", "list", "--cause", "INTERNAL", "--json").value
    assert {one["cause"] for one in left} == {other, "INTERNAL"}


def test_a_letter_that_cannot_be_read_says_so_and_stays(command, bury) -> None:
    """Also to a script: what it asked for was not done."""
    bury(message("UNDECODABLE_MESSAGE", payload=b"\xff not json"), message())
    tried = command("dead-letters", "replay", "--all", "--dry-run", "--json")
    assert tried.exit_code == Exit.OFF
    replayed = command("dead-letters", "replay", "--all", "--json")
    assert replayed.exit_code == Exit.OFF
    assert sorted(one["result"] for one in replayed.value["letters"]) == ["not replayable", "replayed"]
    [letter] = command("dead-letters", "list", "--cause", "UNDECODABLE_MESSAGE", "--json").value
    assert command("dead-letters", "replay", "--cause", "DOORBELL_FAILED").exit_code == Exit.DONE
    assert len(command("dead-letters", "list", "--json").value) == 1
    said = command("dead-letters", "replay", "--all").stdout
    assert "cannot be replayed" in said
    assert letter["id"] in said


@pytest.mark.requirement("B38")
def test_discarding_puts_letters_away_for_good_and_a_dry_run_does_not(command, bury) -> None:
    bury(message(), message())
    assert command("dead-letters", "discard", "--all", "--dry-run", "--json").value["discarded"] == 0
    first = command("dead-letters", "list", "--cause", "DOORBELL_FAILED", "--json").value[0]["id"]
    assert command("dead-letters", "discard", first, "--json").value["discarded"] == 1
    assert command("dead-letters", "discard", first, "--json").value["discarded"] == 0
    assert command("dead-letters", "replay", first, "--json").value["letters"][0]["result"] == "already settled"
    [group] = command("dead-letters", "list", "--json").value
    assert group["letters"] == 1


def test_a_discard_says_what_it_did_and_what_was_settled_before(command, bury) -> None:
    bury(message(), message(), message())
    first, second, third = (one["id"] for one in command("dead-letters", "list", "--cause", FAILED, "--json").value)
    command("dead-letters", "replay", first)
    would = command("dead-letters", "discard", first, second, third, "--dry-run").stdout
    assert "2 would be discarded; 1 settled already: nothing was done." in would
    done = command("dead-letters", "discard", second, third, "--json").value
    assert (done["discarded"], {one["state"] for one in done["letters"]}) == (2, {"discarded"})
    again = command("dead-letters", "discard", first, second).stdout
    assert "0 discarded; 2 settled already: nothing was done." in again
    assert "Nothing was given up." in command("dead-letters", "discard", "--all").stdout


def test_a_discarded_letter_is_not_replayed_and_says_what_looks_at_its_record_again(
    command, bury, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = work()
    bury(letter)
    asyncio.run(_record_of(settings, letter))

    async def never(*_: object) -> list[Trial]:
        raise AssertionError("a settled letter is not tried")

    monkeypatch.setattr("ledgerwire.cli.dead_letters.trials", never)
    command("dead-letters", "discard", str(letter.dead_letter_id))
    for words in ((), ("--dry-run",)):
        said = command("dead-letters", "replay", str(letter.dead_letter_id), *words)
        assert said.exit_code == Exit.DONE
        assert "1 discarded before: nothing was done." in said.stdout
        assert "ledgerwire record retry 'INV-7'" in said.stdout


def test_a_cause_that_no_letter_ever_had_is_unknown_and_one_that_is_dealt_with_is_an_empty_list(command, bury) -> None:
    bury(message(), work("INTERNAL[KeyError in mapper.looking.found]"))
    for words in (("list",), ("replay", "--dry-run"), ("replay",), ("discard",)):
        said = command("dead-letters", *words, "--cause", "INTER", "--json")
        assert said.exit_code == Exit.UNKNOWN, words
        assert said.value["code"] == "DEAD_LETTER_UNKNOWN"
        assert "DOORBELL_FAILED" in said.value["message"]
    command("dead-letters", "discard", "--all")
    for known in (FAILED, "INTERNAL", "INTERNAL[KeyError in mapper.looking.found]"):
        gone = command("dead-letters", "list", "--cause", known, "--json")
        assert (gone.exit_code, gone.value) == (Exit.DONE, []), known


def test_every_letter_of_a_large_group_goes_back(command, bury, waiting_rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledgerwire.cli.dead_letters.PAGE", 3)
    bury(*(message() for _ in range(7)))
    assert len(command("dead-letters", "replay", "--all", "--json").value["letters"]) == 7
    assert waiting_rows("outbox") == 7
