"""An outage, a restore, a change of keys: every command of their runbooks does what the page says."""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from tests.e2e.commands import commands_of, run_all
from tests.e2e.world import KEYS, World, open_world

from ledgerwire.cli.failures import Exit
from ledgerwire.common.security import new_key
from ledgerwire.common.settings import Settings

INVOICE = 39001


@pytest.fixture
async def world(settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    """One invoice posted."""
    async with open_world(settings, tmp_path) as world:
        await world.close(INVOICE)
        await world.settled(INVOICE)
        yield world


def words(world: World, line: str) -> list[str]:
    """A command of a page for this account."""
    file = world.directory / "account.yaml"
    file.write_text(yaml.safe_dump(world.content))
    named = {"ACCOUNT": world.account, "FILE": str(file)}
    return [named.get(word, word) for word in shlex.split(line)[1:]]


@pytest.mark.parametrize("page", ["provider-outage.md", "restore.md", "rotate-keys.md"])
async def test_every_command_of_a_page_works_as_it_stands(world: World, page: str) -> None:
    lines = list(dict.fromkeys(commands_of(page)))
    assert len(lines) > 4
    codes, said = await run_all(world, [words(world, line) for line in lines])
    assert codes == [Exit.DONE] * len(lines), said
    assert "Traceback (most recent" not in said


async def test_the_page_of_an_outage_leads_out_of_one_during_which_the_connection_was_tested(world: World) -> None:
    lines = commands_of("provider-outage.md")
    over = next(at for at, line in enumerate(lines) if at and "account hold" in lines[at - 1])
    world.arm("500_before", method="GET", times=None)

    codes, said = await run_all(world, [words(world, line) for line in lines[:over]])
    assert codes[1] == Exit.OFF, said
    assert "Callback: not looked at" in said
    world.sandbox.world.faults.clear()

    codes, said = await run_all(world, [words(world, line) for line in lines[over:]])
    assert codes == [Exit.DONE] * len(codes), said


async def test_the_gate_opens_again_with_its_own_first_day_unless_another_is_meant(world: World) -> None:
    """Another day would post history, or leave out what was held during the outage."""
    stored = world.sandbox.world.scenario.account["go_live_from"]
    go_live, other = ["account", "go-live", world.account, "--json"], ["--from", "2031-01-01"]
    lines = [["account", "hold", world.account], go_live, [*go_live, *other], [*go_live, *other, "--change-day"]]
    codes, said = await run_all(world, lines)
    assert codes == [Exit.DONE, Exit.DONE, Exit.REFUSED, Exit.DONE], said
    values = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [value.get("go_live_from") for value in values] == [stored, None, "2031-01-01"]
    assert values[1]["code"] == "GO_LIVE_DAY_DIFFERS"


async def test_secrets_are_sealed_anew_while_the_services_run_and_the_old_key_can_go(world: World) -> None:
    both = f"{new_key('k2')},{KEYS}"
    reseal = ["keys", "reseal"]
    codes, said = await run_all(world, [reseal, reseal], LEDGERWIRE_ENCRYPTION_KEYS=both)
    assert codes == [Exit.DONE, Exit.DONE], said
    assert [line.rpartition(": ")[2] for line in said.splitlines() if "sealed anew" in line] == [
        "2 sealed anew",
        "0 sealed anew",
    ]
    connect = ["account", "connect", world.account]
    codes, said = await run_all(world, [connect], LEDGERWIRE_ENCRYPTION_KEYS=both.partition(",")[0])
    assert codes == [Exit.DONE], said
    codes, said = await run_all(world, [connect])
    assert codes != [Exit.DONE]
    assert "SEAL_BROKEN" in said
    assert "'k2'" in said
