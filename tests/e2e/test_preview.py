"""What a record would become is shown before it goes, without a write; posting sends just that (D3, D4, D16)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.e2e.world import ALL, World, open_world

from ledgerwire.cli.previewing import RecordPreview, previews
from ledgerwire.common.canonical import canonical_bytes, from_canonical, sha256_hex
from ledgerwire.mapper.bootstrap import open_impact_desk
from ledgerwire.mapper.domain.settings import MappingSettings

INVOICE, CREDIT = 39001, 39050

pytestmark = pytest.mark.e2e


async def previewed(world: World, *numbers: str) -> dict[str, RecordPreview]:
    found = await previews(world.settings, world.account_id, numbers or None)
    return {str(one.preview.record.number): one for one in found}


@pytest.mark.requirement("D3")
async def test_a_preview_writes_nothing_and_posting_sends_the_same_document(settings, tmp_path) -> None:
    async with open_world(settings, tmp_path, services=(), sync={"sweep_interval_seconds": 1}) as world:
        await world.close(INVOICE, CREDIT)
        numbers = [world.number(INVOICE), world.number(CREDIT)]
        shown = await previewed(world, *numbers)
        everything = await previewed(world)
        assert not world.writes()
        assert set(numbers) <= set(everything)
        assert [row["n"] for row in await world.rows("SELECT count(*) AS n FROM mapper.record")] == [0]

        await world.serve(*ALL)
        await world.settled(INVOICE, CREDIT)
        for number in numbers:
            [row] = await world.rows(
                "SELECT v.documents_hash FROM mapper.revision v JOIN mapper.record r USING (account_id, record_id)"
                " WHERE r.number = $1",
                number,
            )
            assert row["documents_hash"] == sha256_hex(canonical_bytes(shown[number].preview.documents))
            [document] = shown[number].documents
            assert document.call is not None
            assert json.loads(document.call.body) in list(sent(world, document.call.path))


def sent(world: World, path: str) -> Iterator[Any]:
    """What went to a path of the ledger, one document each."""
    for entry in world.writes():
        if entry.path.endswith(path.partition("?")[0]):
            for kind, documents in json.loads(entry.request_body).items():
                yield from ({kind: [document]} for document in documents)


@pytest.mark.requirement("D3")
async def test_a_posted_record_shows_what_somebody_changed_in_the_ledger(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    number = world.number(INVOICE)
    [document] = (await previewed(world, number))[number].documents
    assert (document.posted_as is not None, document.difference) == (True, ())

    [row] = world.documents(number)
    world.ledger.collections["invoices"].put({**row, "DueDate": type(row["DueDate"])(2027, 1, 31)})
    [document] = (await previewed(world, number))[number].documents
    assert [(item.field, item.in_ledger) for item in document.difference] == [("due date", "2027-01-31")]


@pytest.mark.requirement("D16")
async def test_another_mapping_says_what_it_would_change_before_it_is_made(world: World) -> None:
    await world.close(INVOICE, CREDIT)
    await world.settled(INVOICE, CREDIT)
    mapping = from_canonical(canonical_bytes(world.sandbox.world.scenario.account["mapping"]), MappingSettings)
    desk = open_impact_desk(world.settings)
    try:
        same = await desk.impact(world.account_id, mapping, date(2020, 1, 1), date(2030, 1, 1))
        assert (same.looked_at, same.changed) == (2, ())
        revisions = await world.rows("SELECT documents FROM mapper.revision")
        documents = [document for row in revisions for document in json.loads(row["documents"])]
        used = {line["account_code"] for document in documents for line in document["lines"]}
        linked = replace(mapping, account_links=dict.fromkeys(used, "260"))
        moved = await desk.impact(world.account_id, linked, date(2020, 1, 1), date(2030, 1, 1))
        assert {change.what for one in moved.changed for change in one.changes} == {"account"}
        assert {change.after for one in moved.changed for change in one.changes} == {"260"}
        assert len(moved.changed) == 2
    finally:
        await desk.close()
