"""What is malformed ends as a record with a cause or as a dead letter; nothing is lost, nothing else is held up, nobody sees a trace."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from tests.e2e.test_hostile_callbacks import Delivery, genuine, send
from tests.e2e.world import World, open_world

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.mq.envelope_codec import encode
from ledgerwire.common.mq.topology import RECORD_CLOSED
from ledgerwire.common.settings import Settings

INVOICE, UNMAPPED, HEALTHY = 39001, 39007, 39002
NO_SUCH_INVOICE = 4_000_000

pytestmark = pytest.mark.e2e


async def shown_to_people(world: World) -> str:
    """All words that a person reads about the account's records."""
    async with world.desk() as desk:
        rows = await desk.rows(world.account_id)
        return "\n".join(f"{row.status} {item.code} {item.what} {item.action}" for row in rows for item in row.problems)


async def healthy_ones_pass(world: World) -> None:
    await world.close(HEALTHY)
    await world.settled(HEALTHY)
    words = await shown_to_people(world)
    assert "Traceback" not in words
    assert "?" not in words.replace("Same? Link", "")


async def test_malformed_json_is_refused_and_an_unknown_type_is_kept_and_ignored(world: World) -> None:
    one = genuine(world)
    broken = await send(Delivery(one.url, b'{"ID": ', one.signature))
    assert (broken.status_code, broken.json()["code"]) == (400, "CALLBACK_BODY_INVALID")
    unknown = await send(one.changed(world, Type="spaceship"))
    assert (unknown.status_code, unknown.json()["outcome"]) == (200, "ignored")
    assert not await world.rows("SELECT 1 FROM ingest.outbox")
    await healthy_ones_pass(world)


async def test_an_invoice_that_vanished_is_told_so(world: World) -> None:
    answer = await send(genuine(world).changed(world, ID=NO_SUCH_INVOICE, MessageId=str(uuid4())))
    assert answer.json()["outcome"] == "accepted"
    await world.in_state(NO_SUCH_INVOICE, "superseded")
    assert [item["code"] for item in (await world.records(NO_SUCH_INVOICE))[0]["findings"]] == ["INVOICE_VANISHED"]
    await healthy_ones_pass(world)


@pytest.mark.requirement("M2")
async def test_an_export_without_entries_stops_that_record_alone(world: World) -> None:
    await world.close(UNMAPPED)
    await world.stopped(UNMAPPED, "GL_ENTRIES_MISSING")
    await healthy_ones_pass(world)


@pytest.mark.requirement("M3")
async def test_an_export_out_of_balance_stops_and_a_retry_takes_the_right_one(world: World) -> None:
    export = {"system": "connectwise", "method": "POST", "path_regex": r"/finance/accounting/export$"}
    world.arm("wrong_total", **export, params={"by": "0.01"})
    await world.close(INVOICE)
    await world.stopped(INVOICE, "GL_OUT_OF_BALANCE")
    assert not world.writes()
    await world.retry(INVOICE)
    await world.settled(INVOICE)
    world.books_are_clean()


async def test_a_message_of_an_unknown_version_and_one_that_is_none_die_with_their_cause(
    settings: Settings, tmp_path: Path, broker_url: str
) -> None:
    async with open_world(settings, tmp_path, broker=broker_url) as world:
        envelope = Envelope.model_validate(
            {
                "id": uuid4(),
                "source": "ledgerwire/ingest",
                "type": "record.closed.v9",
                "subject": str(world.record_id(INVOICE)),
                "time": "2026-02-01T00:00:00Z",
                "dataschema": "ledgerwire:record.closed.v9",
                "accountid": world.account_id,
                "correlationid": "from-the-future",
                "data": json.dumps({"record_id": "?"}).encode(),
            }
        )
        wire = encode(envelope)
        connection = await aio_pika.connect(broker_url)
        async with connection:
            channel = await connection.channel()
            for body, headers in ((wire.body, wire.headers), (b"\xff\x00 not ours", {})):
                message = aio_pika.Message(body, headers=dict(headers), content_type=wire.content_type)
                await channel.default_exchange.publish(message, RECORD_CLOSED.name)
        await world.dead("mapper", "NOT_A_CLOUD_EVENT", "UNKNOWN_MESSAGE_TYPE")
        letters = await world.rows("SELECT cause, payload, correlation_id FROM mapper.dead_letter ORDER BY cause")
        assert [(row["payload"], row["correlation_id"]) for row in letters] == [
            (b"\xff\x00 not ours", None),
            (wire.body, "from-the-future"),
        ]
        await healthy_ones_pass(world)
