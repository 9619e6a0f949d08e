"""A good callback is a doorbell, once, in milliseconds; what cannot be stored is asked for again."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.connectwise.testing import reply
from ledgerwire.ingest import receive
from ledgerwire.ingest.tenancy import SyncTerms


@pytest.mark.requirement("B22", "M1")
async def test_a_good_callback_is_stored_and_announced_together(gateway, signed) -> None:
    answer = await gateway.post(*signed())
    assert (answer.status_code, answer.json()["outcome"]) == (200, "accepted")
    (receipt,) = gateway.database.rows("ingest.receipt")
    (message,) = gateway.database.rows("ingest.outbox")
    data = RecordClosedV1.model_validate_json(message["data"])
    assert (data.source_id, data.record_type, data.found_by, data.urgent) == ("5", "invoice", "callback", True)
    assert message["correlation_id"] == receipt["correlation_id"] == answer.headers["x-correlation-id"]
    assert message["subject"] == str(data.record_id)


@pytest.mark.parametrize(
    "query",
    ["", "?recordId=5", "?recordId=&recordId=5&action=updated", "?recordId=5&action=added&x=%00", "?5&action=updated"],
)
async def test_any_query_is_accepted_since_connectwise_glues_to_the_address(gateway, signed, query: str) -> None:
    assert (await gateway.post(*signed(), query=query)).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
async def test_the_content_type_does_not_matter(gateway, signed, content_type: str) -> None:
    raw, signature = signed()
    assert (await gateway.post(raw, signature, **{"content-type": content_type})).status_code == 200


@pytest.mark.parametrize("action", ["added", "updated", "deleted"])
async def test_every_action_rings(gateway, action: str) -> None:
    entity = None if action == "deleted" else "{}"
    assert (await gateway.send(Action=action, Entity=entity)).json()["outcome"] == "accepted"
    assert len(gateway.database.rows("ingest.outbox")) == 1


@pytest.mark.requirement("B25")
async def test_several_saves_of_one_invoice_are_about_one_record(gateway) -> None:
    for number in range(3):
        await gateway.send(MessageId=str(number))
    assert len({message["subject"] for message in gateway.database.rows("ingest.outbox")}) == 1


async def test_without_a_message_id_the_bytes_tell_messages_apart(gateway, signed) -> None:
    raw, signature = signed(MessageId=None)
    assert (await gateway.post(raw, signature)).json()["outcome"] == "accepted"
    assert (await gateway.post(raw, signature)).json()["outcome"] == "duplicate"
    assert (await gateway.send(MessageId=None, ID=6)).json()["outcome"] == "accepted"


@pytest.mark.parametrize("kind", ["company", "ticket", "somethingnew", "", None])
async def test_types_that_are_not_followed_are_kept_and_ignored(gateway, kind: str | None) -> None:
    answer = await gateway.send(Type=kind)
    assert (answer.status_code, answer.json()) == (200, {"outcome": "ignored", "reason": "type is not followed"})
    assert len(gateway.database.rows("ingest.receipt")) == 1
    assert gateway.database.rows("ingest.outbox") == []


BATCHED = json.dumps({"id": 5, "glBatch": {"id": 9, "name": "INV-5"}})


@pytest.mark.requirement("B34")
@pytest.mark.parametrize(
    ("member", "entity", "outcome"),
    [
        ("ledgerwire", BATCHED, "ignored"),
        ("LedgerWire", BATCHED, "ignored"),
        ("ledgerwire", '{"id": 5}', "accepted"),
        ("ledgerwire", '{"id": 5, "glBatch": null}', "accepted"),
        ("ledgerwire", None, "accepted"),
        ("ledgerwire", "not json", "accepted"),
        ("jdoe", BATCHED, "accepted"),
        (None, BATCHED, "accepted"),
    ],
)
async def test_only_the_save_of_our_own_batch_is_ignored(gateway, member, entity, outcome: str) -> None:
    assert (await gateway.send(MemberId=member, Entity=entity)).json()["outcome"] == outcome


async def test_nobody_is_us_while_our_member_is_not_known(gateway) -> None:
    gateway.own_member = None
    assert (await gateway.send(MemberId="ledgerwire", Entity=BATCHED)).json()["outcome"] == "accepted"


@pytest.mark.requirement("A064")
async def test_with_real_time_off_a_close_rings_nobody(gateway) -> None:
    gateway.terms = SyncTerms(live=True, real_time=False)
    assert (await gateway.send()).json()["outcome"] == "ignored"
    assert gateway.database.rows("ingest.outbox") == []


@pytest.mark.requirement("B24")
@pytest.mark.parametrize("error", [OperationalError("x", {}, Exception()), OSError("gone"), RuntimeError("surprise")])
async def test_what_cannot_be_stored_is_asked_for_again(gateway, error: Exception) -> None:
    gateway.database.failing = error
    answer = await gateway.send()
    assert (answer.status_code, answer.json()["code"]) == (429, "CALLBACK_NOT_STORED")
    assert "retry-after" in answer.headers
    assert "surprise" not in answer.text
    gateway.database.failing = None
    assert (await gateway.send()).json()["outcome"] == "accepted"


async def test_a_database_that_hangs_is_given_up_in_time(gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "ANSWER_SECONDS", 0.05)

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(gateway, "route", hang)
    assert (await gateway.send()).status_code == 429


@pytest.mark.parametrize("answer", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), reply(b"", 503), reply(b"", 429)])
async def test_a_key_that_cannot_be_had_now_is_not_held_against_the_sender(gateway, answer) -> None:
    gateway.keys.replies = [answer]
    refused = await gateway.send()
    assert (refused.status_code, refused.json()["code"]) == (429, "CALLBACK_KEY_UNAVAILABLE")
    assert gateway.database.written == []


@pytest.mark.parametrize(
    "answer",
    [reply(b"{}"), reply({"signing_key": ""}), reply(b"", 404), reply(b"", 302, location="https://evil.example/key")],
)
async def test_without_a_key_nothing_verifies(gateway, answer) -> None:
    gateway.keys.replies = [answer]
    assert (await gateway.send()).json()["code"] == "CALLBACK_SIGNATURE_BAD"
    assert len(gateway.keys.seen) == 1


async def test_the_key_is_fetched_once_for_many_callbacks(gateway) -> None:
    for number in range(20):
        await gateway.send(MessageId=str(number))
    assert len(gateway.keys.seen) == 1
