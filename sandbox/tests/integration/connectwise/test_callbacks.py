import base64
import hashlib
import hmac
import json
from pathlib import Path

import httpx
import pytest

from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import make_tls
from ledgerwire.sandbox.server import Sandbox, SandboxOptions

from .conftest import PERSON, Receiver, client_of, close, register

NAMES = [
    "Action", "CallbackObjectRecId", "CompanyId", "Entity", "FromUrl", "ID", "MemberId", "MessageId", "Metadata",
    "PartnerId", "ProductInstanceId", "Type",
]  # fmt: skip


def action_of(message: tuple[str, dict[str, str], bytes]) -> str:
    return str(json.loads(message[2])["Action"])


async def test_a_save_is_announced_with_a_signature_that_the_guides_steps_verify(
    api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    created = await register(api, receiver)
    assert (created["objectId"], created["payloadVersion"], created["memberId"]) == (1, "3.0.0", 151)
    await close(control, 39001)
    await receiver.until(lambda r: len(r.got) == 1)
    [(target, headers, raw)] = receiver.got
    assert target == "/callbacks/token-1?recordId=39001&action=updated"
    payload = json.loads(raw)
    assert list(payload) == NAMES
    assert (payload["ID"], payload["Type"], payload["MemberId"]) == (39001, "invoice", "phan")
    assert json.loads(payload["Entity"])["status"]["isClosed"] is True
    key_url = payload["Metadata"]["key_url"]
    assert "/v2025_1//system/callbackkey/index.rails?companyName=harbourline&id=" in key_url
    async with httpx.AsyncClient() as anyone:
        answer = await anyone.get(key_url)
    assert answer.headers["content-type"].startswith("text/html")
    key = hashlib.sha256(answer.json()["signing_key"].encode()).digest()
    expected = base64.b64encode(hmac.new(key, raw, hashlib.sha256).digest()).decode()
    assert headers["x-content-signature"] == expected


async def test_the_key_may_be_doubly_encoded_and_rotates(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    sandbox.world.connectwise.state.switches.change({"signing_key_doubly_encoded": True})
    await register(api, receiver)
    await close(control, 39001)
    await receiver.until(lambda r: len(r.got) == 1)
    key_url = json.loads(receiver.got[0][2])["Metadata"]["key_url"]
    async with httpx.AsyncClient() as anyone:
        text = (await anyone.get(key_url)).json()
        assert json.loads(text)["signing_key"]
        await control.post("/connectwise/signing-key/rotate")
        assert (await anyone.get(key_url)).status_code == 404


@pytest.mark.parametrize("status", [404, 409, 419, 429])
async def test_four_statuses_are_retried_twice_with_the_same_message(
    api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver, status: int
) -> None:
    await register(api, receiver)
    receiver.answers = [status, status]
    await close(control, 39001)
    await control.post("/connectwise/callbacks/drain")
    assert len(receiver.got) == 3
    assert len({json.loads(raw)["MessageId"] for _, _, raw in receiver.got}) == 1
    assert len({headers["x-content-signature"] for _, headers, _ in receiver.got}) == 1


async def test_a_retry_may_carry_a_new_message_id_with_its_own_signature(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    sandbox.world.connectwise.state.switches.change({"retry_keeps_message_id": False})
    await register(api, receiver)
    receiver.answers = [429]
    await close(control, 39001)
    await control.post("/connectwise/callbacks/drain")
    assert len({json.loads(raw)["MessageId"] for _, _, raw in receiver.got}) == 2
    assert len({target for target, _, _ in receiver.got}) == 1


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_other_failures_are_lost(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver, status: int
) -> None:
    await register(api, receiver)
    receiver.answers = [status]
    await close(control, 39001)
    await control.post("/connectwise/callbacks/drain")
    assert len(receiver.got) == 1
    [dropped] = sandbox.world.journal.entries(kind="callback_dropped")
    assert dropped.data["record_id"] == 39001


async def test_three_bad_days_in_a_row_switch_a_callback_off_in_silence(
    api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    made = await register(api, receiver)
    path = f"/system/callbacks/{made['id']}"
    receiver.answers = [500] * 4
    for number in (39001, 39002, 39003, 39004):
        assert (await api.get(path)).json()["inactiveFlag"] is False
        await close(control, number)
        await control.post("/connectwise/callbacks/drain")
        if number != 39001:  # two failures on the first day count once
            await control.post("/clock", json={"advance_seconds": 86400})
    assert (await api.get(path)).json()["inactiveFlag"] is True
    await close(control, 39005)
    await control.post("/connectwise/callbacks/drain")
    assert len(receiver.got) == 4
    active = [{"op": "replace", "path": "inactiveFlag", "value": False}]
    assert (await api.patch(path, json=active)).json()["inactiveFlag"] is False
    await close(control, 39006)
    await receiver.until(lambda r: len(r.got) == 5)


async def test_own_writes_are_suppressed_only_where_the_flag_says_so(
    api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    await register(api, receiver, isSelfSuppressedFlag=True)
    await register(api, receiver, url=f"{receiver.base_url}/loud?recordId=")
    await api.patch("/finance/invoices/39001", json=[{"op": "replace", "path": "reference", "value": "ours"}])
    await control.post("/connectwise/callbacks/drain")
    assert [target.split("?")[0] for target, _, _ in receiver.got] == ["/loud"]
    await close(control, 39001)
    await control.post("/connectwise/callbacks/drain")
    assert sorted(target.split("?")[0] for target, _, _ in receiver.got) == ["/callbacks/token-1", "/loud", "/loud"]


@pytest.mark.requirement("M1")
async def test_every_save_is_announced_also_notes_and_batches(
    api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    await register(api, receiver)
    await close(control, 39001)
    edit = {"changes": {"internalNotes": "called back"}, "member": PERSON}
    await control.post("/connectwise/invoices/39001/edit", json=edit)
    await control.post("/connectwise/batches", json={"invoice_ids": [39001], "name": "BY-HAND"})
    await control.post("/connectwise/callbacks/drain")
    assert len(receiver.got) == 3
    marks = [json.loads(json.loads(raw)["Entity"]).get("glBatch") for _, _, raw in receiver.got]
    assert [mark["name"] for mark in marks if mark] == ["BY-HAND"]
    made = await api.post("/finance/invoices", json={"type": "Miscellaneous", "company": {"id": 269}})
    await api.delete(f"/finance/invoices/{made.json()['id']}")
    await control.post("/connectwise/callbacks/drain")
    assert sorted(action_of(message) for message in receiver.got[3:]) == ["added", "deleted"]
    [gone] = [json.loads(raw) for _, _, raw in receiver.got[3:] if b'"deleted"' in raw]
    assert gone["Entity"] is None


async def test_callbacks_are_duplicated_lost_and_reordered_by_name(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    await register(api, receiver)
    sandbox.world.faults.add(Fault("duplicate_callback", "connectwise", path_regex="/39001$"))
    sandbox.world.faults.add(Fault("lost_callback", "connectwise", path_regex="/39002$"))
    sandbox.world.faults.add(Fault("reordered_callback", "connectwise", path_regex="/39003$", params={"seconds": 20}))
    for number in (39001, 39002, 39003, 39004):
        await close(control, number)
    await receiver.until(lambda r: len(r.got) == 4)
    ids = [json.loads(raw)["ID"] for _, _, raw in receiver.got]
    assert ids[-2:] == [39004, 39003]
    assert sorted(ids) == [39001, 39001, 39003, 39004]
    [lost] = sandbox.world.journal.entries(kind="callback_lost")
    assert lost.data["record_id"] == 39002


async def test_registration_is_validated_as_the_vendor_does(api: httpx.AsyncClient, receiver: Receiver) -> None:
    await register(api, receiver)
    body = {
        "url": f"{receiver.base_url}/callbacks/token-1?recordId=",
        "objectId": 5,
        "type": "Invoice",
        "level": "Owner",
    }

    async def refusal(**changes: object) -> tuple[str, str]:
        reply = await api.post("/system/callbacks", json={**body, **changes})
        assert reply.status_code == 400
        error = reply.json()["errors"][0]
        return error["code"], error["field"]

    assert await refusal() == ("ObjectExists", "objectId")
    assert await refusal(url="nowhere") == ("InvalidField", "url")
    assert await refusal(level="moon") == ("InvalidObject", "level")
    assert await refusal(type="payment") == ("InvalidObject", "type")
    assert await refusal(url=None) == ("MissingRequiredField", "url")
    mine = {"conditions": f'url contains "{receiver.base_url}"'}
    [found] = (await api.get("/system/callbacks", params=mine)).json()
    assert (await api.get("/system/callbacks/count")).json() == {"count": 1}
    whole = {**body, "description": "mine", "type": "invoice", "level": "owner"}
    assert (await api.put(f"/system/callbacks/{found['id']}", json=whole)).json()["description"] == "mine"
    assert (await api.delete(f"/system/callbacks/{found['id']}")).status_code == 204


async def test_the_suffix_may_be_a_whole_query(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    sandbox.world.connectwise.state.switches.change({"callback_suffix": "query"})
    await register(api, receiver, url=f"{receiver.base_url}/plain")
    await close(control, 39001)
    await receiver.until(lambda r: len(r.got) == 1)
    assert receiver.got[0][0] == "/plain?recordId=39001&action=updated"


async def test_a_silent_receiver_is_given_up_and_retried_only_by_switch(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    await register(api, receiver, url="http://127.0.0.1:1/?recordId=")
    await close(control, 39001)
    await control.post("/connectwise/callbacks/drain")
    assert len(sandbox.world.journal.entries(kind="callback")) == 1
    sandbox.world.connectwise.state.switches.change({"retry_after_timeout": True})
    await close(control, 39002)
    await control.post("/connectwise/callbacks/drain")
    assert len(sandbox.world.journal.entries(kind="callback")) == 4


@pytest.mark.parametrize("trusted", [True, False])
async def test_receivers_on_tls_are_checked_against_the_given_ca(tmp_path: Path, trusted: bool) -> None:
    receivers, strangers = make_tls(tmp_path / "receiver"), make_tls(tmp_path / "other")
    options = SandboxOptions(receiver_ca=receivers.ca_file if trusted else strangers.ca_file)

    async def accept(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with serve(accept, tls=receivers) as served, Sandbox.start(options) as sandbox:
        async with client_of(sandbox) as api:
            await register(api, Receiver(served.base_url))
        sandbox.world.connectwise.desk.set_status(39001, {"name": "Closed"}, PERSON)
        await sandbox.world.connectwise.callbacks.drain()
        [sent] = sandbox.world.journal.entries(kind="callback")
        assert sent.data["status"] == (204 if trusted else None)
