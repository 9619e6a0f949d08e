"""Syncing unposted items is one flow at the command line: see the types, see the rows, choose, sync, read the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.commands import run_all
from tests.e2e.world import open_world

from ledgerwire.cli.unposted_command import Kind
from ledgerwire.common.settings import Settings

CHOSEN, LEFT = 39001, 39003
BY_HAND = {"real_time": False}


def values(said: str) -> list[Any]:
    """The JSON value that each command printed."""
    blocks = said.split("\n$ ")[1:]
    lines = ([line for line in block.splitlines() if line.startswith(("[", "{"))] for block in blocks)
    return [json.loads(found[-1]) for found in lines]


@pytest.mark.requirement("A116", "A118", "A109", "A119", "A124")
async def test_what_is_unposted_is_listed_chosen_synced_and_its_result_read(settings: Settings, tmp_path: Path) -> None:
    async with open_world(settings, tmp_path, sync=BY_HAND) as world:
        await world.close(CHOSEN, LEFT)
        await world.quiet()
        assert not world.documents(), "nothing goes by itself"
        number = world.number(CHOSEN)
        codes, said = await run_all(
            world,
            [
                ["unposted", "--json"],
                ["unposted", "invoice", "--json"],
                ["run", "invoice", number, "--wait", "60", "--json"],
                ["run", "invoice", "INV-9999", "--json"],
                ["unposted", "invoice", "--json"],
            ],
        )
        assert codes == [0, 0, 0, 1, 0], said
        types, offered, ran, mistyped, left = values(said)
        assert [each["type"] for each in types] == [kind.value for kind in Kind] == [
            "invoice", "procurement", "expense", "payment",
        ]  # fmt: skip
        assert types[0]["waiting"] == len(offered) == 2
        listed = {row["number"]: row for row in offered}
        row, invoice = listed[number], world.invoice(CHOSEN)
        assert (row["party"], row["total"]) == (invoice["company"]["name"], str(invoice["total"]))
        assert row["particulars"]["due_date"] == invoice["dueDate"][:10]
        assert [(each["number"], each["status"]) for each in ran["rows"]] == [(number, "posted")]
        assert (mistyped["missing"], mistyped["offered"]) == (["INV-9999"], 0)
        assert [each["number"] for each in left] == [world.number(LEFT)]
        await world.settled(CHOSEN)
        assert len(world.documents(number)) == 1
        assert not world.documents(world.number(LEFT))
