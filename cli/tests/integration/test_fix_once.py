"""Fix a cause once: how many would now pass is said without a write, then one action replays them all (D5)."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from tests.e2e.commands import RUNBOOKS, commands_of, run_all
from tests.e2e.world import ALL, World, open_world

from ledgerwire.cli import dead_letters, trial
from ledgerwire.cli.failures import Exit
from ledgerwire.common import deadletters
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.deadletters import DeadLetter
from ledgerwire.common.deadletters.model import WORK_QUEUE
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings

FINE, STOPPED = 39001, (39045, 39051)
CAUSE = "NONPRODUCT_ID_MISSING"
FIXED = {"mapping": {"default_non_product_ids": {"expense": {"enabled": True, "item_code": "EXPENSE"}}}}
MINE = ("dead-letters.md", "replay.md", "stuck-record.md")
OFF = {"ledgerwire preview INV-1086": Exit.OFF}
"""The commands of these pages that find something not right: one shows a document that would stop. The others end well."""


@pytest.fixture
async def world(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    """One invoice posted, two stopped by one cause."""
    async with open_world(settings, tmp_path) as world:
        await world.close(FINE, *STOPPED)
        await world.settled(FINE)
        for invoice_id in STOPPED:
            await world.stopped(invoice_id, CAUSE)
        yield world


async def bury(world: World, *invoice_ids: int) -> list[UUID]:
    """The looks at these records are given up, as by a fault of ours."""
    database = open_database(world.settings, "mapper")
    letters = [_letter(world, invoice_id) for invoice_id in invoice_ids]
    async with database.system() as unit:
        await deadletters.write(unit, ServiceSchema("mapper"), letters)
    await database.close()
    return [letter.dead_letter_id for letter in letters]


def _letter(world: World, invoice_id: int) -> DeadLetter:
    record = str(world.record_id(invoice_id))
    row = {
        "account_id": str(world.account_id),
        "connection_id": str(world.psa_connection),
        "work_key": f"map:{record}",
        "kind": "map",
        "priority": 0,
        "correlation_id": "c-9",
        "payload": {"record_id": record, "source_id": str(invoice_id), "record_type": "invoice"},
    }
    return DeadLetter(
        queue=WORK_QUEUE,
        cause="INTERNAL",
        detail="Traceback ...\nZeroDivisionError: division by zero",
        payload=json.dumps(row).encode(),
        account_id=world.account_id,
        type="map",
        subject=record,
        attempts=4,
    )


@pytest.mark.requirement("D5", "B38")
async def test_a_cause_is_fixed_once_tried_without_a_write_and_replayed_together(world: World) -> None:
    ids = [world.record_id(one) for one in STOPPED]
    before = await trial.trials(world.settings, world.account_id, ids)
    assert {(one.would, one.codes) for one in before} == {(trial.STOP, (CAUSE,))}
    assert trial.sentence(before) == f"0 records would now pass (0.00); 2 would stop ({CAUSE} 2)."

    await world.apply(FIXED)
    written = len(world.writes())
    after = await trial.trials(world.settings, world.account_id, ids)
    total = sum(one.total for one in after)
    assert trial.sentence(after) == f"2 records would now pass ({total:,.2f} AUD)."

    await bury(world, *STOPPED)
    [group] = await dead_letters.tried(world.settings, dead_letters.grouped(await dead_letters.waiting(world.settings)))
    assert (group.cause, group.totals) == ("INTERNAL", {"AUD": total})
    assert trial.value_of(group.tried)["would_pass"] == 2
    assert len(world.writes()) == written

    [posted] = world.documents(world.number(FINE))
    async with world.desk() as desk:
        assert len(await desk.retry(world.account_id, cause=CAUSE)) == 2
    await world.settled(*STOPPED)
    world.books_are_clean()
    assert world.documents(world.number(FINE)) == [posted]


@pytest.mark.requirement("D1", "D5")
async def test_every_command_of_the_runbooks_does_what_the_page_says(world: World, tmp_path: Path) -> None:
    [letter] = await bury(world, STOPPED[0])
    lines = list(dict.fromkeys(line for page in MINE for line in commands_of(page)))
    assert len(lines) > 15
    assert all(line.startswith("ledgerwire ") for line in lines)
    words = [[str(letter) if word == "LETTER" else word for word in shlex.split(line)[1:]] for line in lines]
    codes, said = await run_all(world, words)
    assert {line: code for line, code in zip(lines, codes, strict=True) if code != Exit.DONE} == OFF, said
    assert f"0 records would now pass (0.00); 1 would stop ({CAUSE} 1)" in said
    assert f"0 records would now pass (0.00); 2 would stop ({CAUSE} 2)" in said
    assert "INTERNAL (mapper, map work): 1 would be replayed." in said
    assert "INTERNAL (mapper, map work): 1 replayed." in said
    assert "Clean. 3 closed records: 0 wrong, 2 open." in said
    assert "Traceback (most recent" not in said
    assert {page.name for page in RUNBOOKS.glob("*.md")} >= set(MINE)
    await reconciliation_says_off_and_writes_the_file_it_hashes(world, tmp_path)


async def reconciliation_says_off_and_writes_the_file_it_hashes(world: World, directory: Path) -> None:
    await world.stop(*ALL)
    # a minute passes: so many commands have used up what Xero allows in one
    world.sandbox.world.clock.advance(timedelta(minutes=2))
    await world.rows("DELETE FROM tenants.budget")
    file = directory / "year.csv"
    span = ["--from", "2026-01-01", "--to", "2026-12-31"]
    document = world.documents(world.number(FINE))[0]
    command = ["reconcile", *span, "--json"]
    codes, said = await run_all(world, [[*command, "--csv", str(file)], [*command, "--complete"]])
    assert codes == [Exit.DONE, Exit.OFF]
    value = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
    assert (value["clean"], value["complete"], value["closed"]) == (True, False, 3)
    assert value["buckets"]["posted_once"] == 1
    assert value["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    document["Status"] = "VOIDED"
    codes, said = await run_all(world, [["reconcile", *span], ["reconcile", *span, "--company", "Nobody"]])
    assert codes == [Exit.OFF, Exit.UNKNOWN]
    assert "Not clean. 3 closed records: 1 wrong, 2 open." in said
    assert "Batched, not posted" in said
