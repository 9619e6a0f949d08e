"""What the client makes of each answer, and how often it asks."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest
import stamina

from ledgerwire.common.errors import Ambiguous, LedgerwireError, Transient, Waiting
from ledgerwire.connectwise.errors import RecordMissing, Refused
from ledgerwire.connectwise.testing import CountingGate, ScriptedServer, reply, scripted_client

HTML = reply(b"<html><body>Sorry</body></html>", content_type="text/html")


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


READS = [
    (reply({"code": "Unauthorized", "message": "no"}, 401), Waiting, "CONNECTWISE_UNAUTHORISED"),
    (reply({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"}, 401), Waiting, "CONNECTWISE_UNAUTHORISED"),
    (reply({"message": "denied"}, 403), Waiting, "PERMISSION_MISSING"),
    (reply(b"", 403), Waiting, "PERMISSION_MISSING"),
    (reply({"code": "NotFound", "message": "x"}, 404), RecordMissing, "CONNECTWISE_RECORD_MISSING"),
    (
        reply({"code": "InvalidObject", "message": "bad", "errors": [{"code": "InvalidField"}]}, 400),
        Refused,
        "CONNECTWISE_REFUSED",
    ),
    (reply(b"Bad Request", 400), Refused, "CONNECTWISE_REFUSED"),
    (reply({"code": "Conflict", "message": "in use"}, 409), Refused, "CONNECTWISE_REFUSED"),
    (reply(b"", 405), Refused, "CONNECTWISE_REFUSED"),
    (reply(b"", 414), LedgerwireError, "CONNECTWISE_ADDRESS_TOO_LONG"),
    (
        reply({"error": "ConnectWiseAPI", "message": "Too many requests."}, 429, retry_after="30"),
        Transient,
        "CONNECTWISE_RATE_LIMITED",
    ),
    (reply({"message": "timeout"}, 500), Transient, "CONNECTWISE_FAILED"),
    (reply(b"<html>", 502), Transient, "CONNECTWISE_FAILED"),
    (reply(b"", 503), Transient, "CONNECTWISE_FAILED"),
    (reply(b"", 302, location="https://evil.example/"), Waiting, "CONNECTWISE_REDIRECTED"),
    (HTML, Transient, "CONNECTWISE_ANSWER_UNREADABLE"),
    (reply(b'[{"id": 1}, {"id"'), Transient, "CONNECTWISE_ANSWER_UNREADABLE"),
    (
        reply({"code": "Security", "message": "SSL is required.", "errors": None}),
        Transient,
        "CONNECTWISE_ANSWER_UNREADABLE",
    ),
    (reply(b""), Transient, "CONNECTWISE_ANSWER_UNREADABLE"),
    (httpx.ReadTimeout("x"), Transient, "TRANSIENT"),
    (httpx.RemoteProtocolError("x"), Transient, "TRANSIENT"),
    (httpx.ConnectError("x"), Transient, "UNREACHABLE"),
]


@pytest.mark.parametrize(("answer", "kind", "code"), READS)
async def test_each_answer_to_a_read_has_its_destination(answer, kind, code: str) -> None:
    async with scripted_client(ScriptedServer(answer)) as psa:
        with pytest.raises(kind) as raised:
            await psa.gl_entries(5)
    assert raised.value.code == code
    assert not isinstance(raised.value, Ambiguous)


WRITES = [
    (reply({"code": "Unauthorized"}, 401), Waiting),
    (reply({"message": "denied"}, 403), Waiting),
    (reply({"code": "InvalidObject", "message": "x", "errors": []}, 400), Refused),
    (reply({"error": "ConnectWiseAPI", "message": "slow"}, 429, retry_after="9"), Transient),
    (reply({"message": "timeout"}, 500), Ambiguous),
    (reply(b"", 502), Ambiguous),
    (reply(b"", 504), Ambiguous),
    (reply(b"", 408), Ambiguous),
    (HTML, Ambiguous),
    (reply(b'{"transactions": [', 201), Ambiguous),
    (reply(b"", 201), Ambiguous),
    (reply({"code": "InvalidObject", "message": "hidden", "errors": []}, 200), Ambiguous),
    (httpx.ReadTimeout("x"), Ambiguous),
    (httpx.WriteError("x"), Ambiguous),
    (httpx.RemoteProtocolError("x"), Ambiguous),
    (httpx.ConnectError("x"), Transient),
    (httpx.ConnectTimeout("x"), Transient),
    (httpx.PoolTimeout("x"), Transient),
]


@pytest.mark.requirement("M7")
@pytest.mark.parametrize(("answer", "kind"), WRITES)
async def test_a_write_is_sent_once_and_its_outcome_told_apart(answer, kind) -> None:
    server = ScriptedServer(answer)
    async with scripted_client(server) as psa:
        with pytest.raises(kind):
            await psa.create_batch("INV-1042-a1b2c3", [1, 2])
    assert len(server.seen) == 1


async def test_a_batch_is_one_call_with_all_its_ids() -> None:
    server = ScriptedServer(reply({"exportSettings": {}, "transactions": []}, 201))
    async with scripted_client(server) as psa:
        await psa.create_batch("INV-1042-a1b2c3", [3, 1, 2])
    body = json.loads(server.seen[0].content)
    assert body["batchIdentifier"] == "INV-1042-a1b2c3"
    assert body["processedRecordIds"] == [3, 1, 2]
    assert (body["exportInvoicesFlag"], body["exportExpensesFlag"], body["exportProductsFlag"]) == (True, False, False)


async def test_a_batch_is_found_by_its_exact_name() -> None:
    server = ScriptedServer(reply([{"id": 1, "batchIdentifier": "INV-1-R2"}, {"id": 2, "batchIdentifier": "INV-1"}]))
    async with scripted_client(server) as psa:
        found = await psa.find_batch("INV-1")
        assert found is not None
        assert found.id == 2
        assert await psa.find_batch("INV") is None
    assert server.seen[0].url.params["conditions"] == 'batchIdentifier = "INV-1"'


async def test_marks_are_read_with_just_the_fields_they_need() -> None:
    row = {"id": 5, "total": 12.50, "status": {"id": 2, "isClosed": True}, "glBatch": {"id": 9, "name": "INV-5"}}
    server = ScriptedServer(reply([row]))
    async with scripted_client(server) as psa:
        (mark,) = await psa.invoice_marks([5])
    assert (mark.gl_batch_id, mark.gl_batch_name, mark.status_closed, str(mark.total)) == (9, "INV-5", True, "12.5")
    assert server.seen[0].url.params["fields"] == "id,glBatch,status,total"


async def test_the_export_is_a_preview_and_may_be_repeated() -> None:
    server = ScriptedServer(httpx.ReadTimeout("x"), reply({"transactions": [{"documentNumber": "A"}]}))
    async with scripted_client(server) as psa:
        (found,) = await psa.export_invoices([1, 2])
    assert found.document_number == "A"
    assert json.loads(server.seen[-1].content)["includedInvoiceIds"] == [1, 2]


async def test_reads_are_tried_a_few_times_and_no_more() -> None:
    server = ScriptedServer(reply(b"", 500))
    async with scripted_client(server) as psa:
        with pytest.raises(Transient):
            await psa.billing_terms()
    assert len(server.seen) == 3


async def test_a_passing_fault_is_not_noticed() -> None:
    server = ScriptedServer(reply(b"", 500), HTML, reply([{"id": 1}]))
    async with scripted_client(server) as psa:
        assert len(await psa.billing_terms()) == 1


@pytest.mark.requirement("B09")
async def test_a_long_wait_is_the_callers() -> None:
    server = ScriptedServer(reply({"error": "ConnectWiseAPI", "message": "x"}, 429, retry_after="30"))
    gate = CountingGate()
    async with scripted_client(server, gate=gate) as psa:
        with pytest.raises(Transient) as limited:
            await psa.billing_terms()
    assert limited.value.retry_after == timedelta(seconds=30)
    assert len(server.seen) == 1
    assert gate.observed == [(429, timedelta(seconds=30))]


async def test_a_short_wait_is_kept_in_place() -> None:
    server = ScriptedServer(reply({"error": "x", "message": "x"}, 429, retry_after="0"), reply([{"id": 1}]))
    async with scripted_client(server) as psa:
        assert len(await psa.billing_terms()) == 1


async def test_every_call_takes_from_the_budget() -> None:
    gate = CountingGate()
    async with scripted_client(ScriptedServer(reply(b"", 500), reply([])), gate=gate) as psa:
        await psa.billing_terms()
    assert gate.taken == 2
    assert [status for status, _ in gate.observed] == [500, 200]


async def test_a_refusal_says_what_connectwise_said() -> None:
    answer = reply(
        {"code": "InvalidObject", "message": "bad", "errors": [{"code": "InvalidField", "message": "Ids are gone"}]},
        400,
    )
    async with scripted_client(ScriptedServer(answer)) as psa:
        with pytest.raises(Refused) as refused:
            await psa.create_batch("INV-1", [1])
    assert "Ids are gone" in refused.value.findings[0].message
    assert refused.value.has("InvalidField")
