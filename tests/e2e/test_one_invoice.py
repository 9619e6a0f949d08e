"""One closed invoice: from the callback to the batch, explained, repeatable, traceable."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.world import ALL, World, open_world

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.domain.model import Mapped, NoEffect
from ledgerwire.mapper.domain.records import map_any
from ledgerwire.mapper.records import decode_any, revision_of
from ledgerwire.sandbox.connectwise.unposted import unposted_invoice_ids

INVOICE, WITHOUT_EFFECT, CREDIT, ROUNDED, PREPAID = 39001, 39043, 39050, 39048, 39060

pytestmark = pytest.mark.e2e


@pytest.mark.requirement("A111", "A112", "A113")
async def test_a_closed_invoice_is_in_the_ledger_once_to_the_cent_and_batched(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()
    number = world.number(INVOICE)
    assert [row["Status"] for row in world.documents(number)] == ["AUTHORISED"]
    assert world.batches() == [f"INV-{number}-{world.record_id(INVOICE).hex[:6]}"]


async def test_the_books_check_reads_the_ledger_itself_and_not_what_the_wire_showed_of_it(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()
    [document] = world.documents(world.number(INVOICE))
    world.ledger.invoices.put(document | {"Total": document["Total"] + 1})
    with pytest.raises(AssertionError, match="TOTAL_DIFFERS"):
        world.books_are_clean()


@pytest.mark.requirement("M3", "M4", "M11", "A125")
async def test_credits_rounded_ones_and_ones_without_effect_end_as_a_bookkeeper_expects(world: World) -> None:
    ids = (WITHOUT_EFFECT, CREDIT, ROUNDED, PREPAID)
    await world.close(*ids)
    await world.settled(*ids)
    world.books_are_clean()
    assert not world.documents(world.number(WITHOUT_EFFECT))
    assert world.audit().counts.no_effect == 1
    assert unposted_invoice_ids(world.psa.state) == []


async def test_the_way_of_a_record_can_be_followed_by_one_id_through_every_process(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    async with open_world(settings, tmp_path, services=(), broker=broker_url) as world:
        processes = {name: await world.spawned(name) for name in ALL}
        await world.close(INVOICE)
        await world.settled(INVOICE)
        [receipt] = await world.rows("SELECT correlation_id FROM ingest.receipt WHERE ignored IS NULL")
        correlation_id = receipt["correlation_id"]
        for name, process in processes.items():
            await process.stop()
            said = [json.loads(line) for line in process.log.read_text().splitlines() if correlation_id in line]
            assert said, f"{name} says nothing of {correlation_id}"
            for line in said:  # callbacks that are accepted together share a line
                assert correlation_id in line.get("correlation_ids", [line.get("correlation_id")])
        way = await world.rows(
            " UNION ALL ".join(f"SELECT at, step FROM {name}.timeline WHERE correlation_id = $1" for name in ALL)
            + " ORDER BY at",
            correlation_id,
        )
        steps = [row["step"] for row in way]
        in_order = ["callback", "mapped", "submitted", "posted", "batching", "proved", "batched"]
        assert [step for step in in_order if step in steps] == in_order
        assert steps[0] == "callback"
        world.books_are_clean()


@pytest.mark.requirement("D4")
async def test_a_mapping_repeated_from_its_stored_input_gives_the_same_bytes(world: World) -> None:
    ids = (INVOICE, WITHOUT_EFFECT, CREDIT, ROUNDED)
    await world.close(*ids)
    await world.settled(*ids)
    rows = await world.rows("SELECT * FROM mapper.revision")
    assert len(rows) == len(ids)
    for row in rows:
        source = decode_any(row["input"], RecordType.INVOICE)
        for _ in range(2):
            result = map_any(source)
            assert isinstance(result, Mapped | NoEffect)
            new = revision_of(source, result, row["ledger_connection_id"])
            assert (new.input, new.documents, new.trace) == (row["input"], row["documents"], row["trace"])
            assert canonical_bytes(source) == canonical_bytes(decode_any(new.input, RecordType.INVOICE))
    await world.retry_refused(INVOICE)


@pytest.mark.requirement("D4", "M2")
async def test_a_record_explains_each_account_in_words(world: World) -> None:
    await world.close(INVOICE, ROUNDED)
    await world.settled(INVOICE, ROUNDED)
    async with world.desk() as desk:
        for invoice_id in (INVOICE, ROUNDED):
            [shown] = await desk.show(world.account_id, world.number(invoice_id))
            words = "\n".join(shown.words)
            for line in shown.documents[0].lines:
                assert line.decisions
                assert line.account_code in words
            assert shown.timeline
            assert "Traceback" not in words
