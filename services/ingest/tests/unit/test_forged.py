"""Whatever is not ConnectWise's own message to this account is refused: nothing stored, nothing queued, nothing fetched."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import random
from collections import Counter

import httpx
import pytest

from ledgerwire.connectwise.signature import sign
from ledgerwire.ingest.api import REFUSED_AT_A_TURN

KEY_URL = "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=acme&id=0b0f4e5e"
KEY = "Rk9LZWRnZXJ3aXJlU2FuZGJveEtleQ"


def raw_hmac(raw: bytes, key: bytes, algorithm: str = "sha256") -> str:
    return base64.b64encode(hmac.new(key, raw, algorithm).digest()).decode()


SIGNATURES = {
    "none": lambda raw: None,
    "empty": lambda raw: "",
    "garbage": lambda raw: "garbage",
    "another key": lambda raw: sign(raw, "another"),
    "empty key": lambda raw: raw_hmac(raw, hashlib.sha256(b"").digest()),
    "key not hashed": lambda raw: raw_hmac(raw, KEY.encode()),
    "sha1": lambda raw: raw_hmac(raw, hashlib.sha256(KEY.encode()).digest(), "sha1"),
    "hex": lambda raw: base64.b64decode(sign(raw, KEY)).hex(),
    "truncated": lambda raw: sign(raw, KEY)[:20],
    "doubled": lambda raw: sign(raw, KEY) * 2,
    "of another body": lambda raw: sign(raw + b" ", KEY),
    "of nothing": lambda raw: sign(b"", KEY),
    "one byte off": lambda raw: ("A" if sign(raw, KEY)[0] != "A" else "B") + sign(raw, KEY)[1:],
    "list": lambda raw: f"{sign(raw, 'x')},{sign(raw, KEY)}",
    "prefixed": lambda raw: f"sha256={sign(raw, KEY)}",
}


@pytest.mark.requirement("B22")
@pytest.mark.parametrize("name", SIGNATURES)
async def test_a_bad_signature_is_refused(gateway, signed, name: str) -> None:
    raw, _ = signed()
    answer = await gateway.post(raw, SIGNATURES[name](raw))
    assert (answer.status_code, answer.json()["code"]) == (401, "CALLBACK_SIGNATURE_BAD")
    assert gateway.database.written == []


ALTERED = {
    "pretty printed": lambda raw: json.dumps(json.loads(raw), indent=1).encode(),
    "compact": lambda raw: json.dumps(json.loads(raw), separators=(",", ":")).encode(),
    "keys sorted the other way": lambda raw: json.dumps(dict(reversed(json.loads(raw).items()))).encode(),
    "escaped differently": lambda raw: raw.replace(b"acme", b"\\u0061cme"),
    "another record": lambda raw: raw.replace(b'"ID": 5', b'"ID": 6'),
    "another action": lambda raw: raw.replace(b"updated", b"deleted"),
    "another member": lambda raw: raw.replace(b"jdoe", b"jdoo"),
    "newline at the end": lambda raw: raw + b"\n",
    "space in front": lambda raw: b" " + raw,
    "a key twice": lambda raw: raw[:-1] + b', "ID": 6}',
    "byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
}


@pytest.mark.requirement("B22")
@pytest.mark.parametrize("name", ALTERED)
async def test_a_body_that_was_altered_or_serialised_again_is_refused(gateway, signed, name: str) -> None:
    raw, signature = signed()
    answer = await gateway.post(ALTERED[name](raw), signature)
    assert answer.status_code in {400, 401}
    assert answer.json()["code"] in {"CALLBACK_SIGNATURE_BAD", "CALLBACK_BODY_INVALID"}
    assert gateway.database.written == []


KEY_URLS = {
    "plain http": KEY_URL.replace("https", "http"),
    "another host": KEY_URL.replace("na.myconnectwise.net", "evil.example"),
    "host with our host as prefix": KEY_URL.replace(".net/", ".net.evil.example/"),
    "host with our host as suffix": KEY_URL.replace("//na.", "//evil-na."),
    "our host as user": KEY_URL.replace("//na.myconnectwise.net", "//na.myconnectwise.net@evil.example"),
    "credentials": KEY_URL.replace("//na", "//a:b@na"),
    "port": KEY_URL.replace(".net/", ".net:8443/"),
    "loopback": KEY_URL.replace("na.myconnectwise.net", "127.0.0.1"),
    "loopback name": KEY_URL.replace("na.myconnectwise.net", "localhost"),
    "private": KEY_URL.replace("na.myconnectwise.net", "10.0.0.1"),
    "metadata service": "http://169.254.169.254/latest/meta-data/?companyName=acme",
    "metadata as a number": KEY_URL.replace("na.myconnectwise.net", "2852039166"),
    "mapped": KEY_URL.replace("na.myconnectwise.net", "[::ffff:169.254.169.254]"),
    "open redirect on our host": "https://na.myconnectwise.net/login?next=https://evil.example&companyName=acme",
    "another path": KEY_URL.replace("callbackkey", "info"),
    "traversal": KEY_URL.replace("//system", "/../evil/system"),
    "fragment": KEY_URL + "#x",
    "backslash": KEY_URL.replace(".net/", ".net\\.evil.example/"),
    "header injection": KEY_URL + "\r\nX-Evil: 1",
    "another company": KEY_URL.replace("=acme", "=mallory"),
    "two companies": KEY_URL + "&companyName=mallory",
    "no company": KEY_URL.replace("companyName=acme&", ""),
    "file": "file:///etc/passwd",
    "gopher": "gopher://na.myconnectwise.net:11211/_stats",
    "data": 'data:application/json,{"signing_key":"x"}',
    "empty": "",
    "null": None,
    "another region": KEY_URL.replace("na.", "eu."),
}


@pytest.mark.requirement("B22")
@pytest.mark.parametrize("name", KEY_URLS)
async def test_a_key_that_is_not_at_this_accounts_connectwise_is_not_even_fetched(gateway, signed, name: str) -> None:
    raw, signature = signed(Metadata={"key_url": KEY_URLS[name]})
    answer = await gateway.post(raw, signature)
    assert (answer.status_code, answer.json()["code"]) == (401, "CALLBACK_KEY_HOST_REFUSED")
    assert gateway.keys.seen == []
    assert gateway.database.written == []


@pytest.mark.parametrize("metadata", [..., None, {}])
async def test_a_message_without_a_key_address_is_refused(gateway, signed, metadata) -> None:
    answer = await gateway.post(*signed(Metadata=metadata))
    assert answer.json()["code"] == "CALLBACK_KEY_HOST_REFUSED"
    assert gateway.keys.seen == []


@pytest.mark.parametrize("token", ["b" * 43, "a" * 42, "a" * 44, "A" * 43, "x", "..", "%00", "a" * 5000, "' OR 1=1 --"])
async def test_an_unknown_address_is_refused_before_anything_is_read(gateway, signed, token: str) -> None:
    answer = await gateway.post(*signed(), token=token)
    assert answer.status_code in {401, 404}
    if answer.status_code == 401:
        assert answer.json()["code"] == "CALLBACK_TOKEN_UNKNOWN"
    assert gateway.keys.seen == []
    assert gateway.database.written == []


async def test_an_account_that_is_gone_has_no_address(gateway, signed) -> None:
    gateway.gone = True
    answer = await gateway.post(*signed())
    assert (answer.status_code, answer.json()["code"]) == (401, "CALLBACK_TOKEN_UNKNOWN")


@pytest.mark.requirement("B22")
@pytest.mark.parametrize("company", ["mallory", "", None, "acme ", "acme2"])
async def test_another_companys_message_is_refused_even_if_it_is_signed(gateway, signed, company: str | None) -> None:
    answer = await gateway.post(*signed(CompanyId=company))
    assert (answer.status_code, answer.json()["code"]) == (401, "CALLBACK_COMPANY_DIFFERS")
    assert gateway.database.written == []


INVALID = [
    b"",
    b"null",
    b"[]",
    b"5",
    b'"x"',
    b"{",
    b"<html>",
    b"\xff\xfe\x00",
    b'{"ID": "five"}',
    b'{"Metadata": 5}',
    b"[" * 5000,
    b'{"ID": 1e99}',
]


@pytest.mark.parametrize("raw", INVALID, ids=range(len(INVALID)))
async def test_what_is_no_callback_message_is_refused(gateway, raw: bytes) -> None:
    answer = await gateway.post(raw, sign(raw, KEY))
    assert (answer.status_code, answer.json()["code"]) == (400, "CALLBACK_BODY_INVALID")
    assert gateway.keys.seen == []
    assert gateway.database.written == []


@pytest.mark.parametrize("identifier", [..., None, 0, -1])
async def test_a_message_that_names_no_record_is_refused(gateway, signed, identifier) -> None:
    answer = await gateway.post(*signed(ID=identifier))
    assert answer.json()["code"] == "CALLBACK_BODY_INVALID"
    assert gateway.database.written == []


async def test_an_oversized_body_is_refused_unread(gateway, signed) -> None:
    raw, signature = signed(Entity="x" * 70_000)
    answer = await gateway.post(raw, signature)
    assert (answer.status_code, answer.json()["code"]) == (413, "CALLBACK_TOO_LARGE")
    assert gateway.keys.seen == []


async def test_an_oversized_body_of_unknown_length_is_cut_off(gateway, signed) -> None:
    raw, signature = signed(Entity="x" * 200_000)

    async def endless():
        for start in range(0, len(raw), 8192):
            yield raw[start : start + 8192]

    answer = await gateway.post(endless(), signature)
    assert answer.status_code == 413
    assert gateway.database.written == []


async def test_a_replayed_message_is_kept_once(gateway, signed) -> None:
    raw, signature = signed()
    answers = [await gateway.post(raw, signature) for _ in range(5)]
    assert [answer.json()["outcome"] for answer in answers] == ["accepted"] + ["duplicate"] * 4
    assert len(gateway.database.rows("ingest.outbox")) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_only_post_is_served(gateway, method: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app), base_url="https://lw") as client:
        assert (await client.request(method, "/callbacks/connectwise/" + "a" * 43)).status_code == 405


async def test_ten_thousand_random_bodies_store_nothing(gateway) -> None:
    chance = random.Random(7)  # noqa: S311 - reproducible, no secret
    good = json.dumps({"ID": 5, "CompanyId": "acme", "Metadata": {"key_url": KEY_URL}, "Type": "invoice"}).encode()
    for _ in range(10_000):
        raw = bytearray(good)
        for _ in range(chance.randint(1, 8)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        try:
            await gateway.receiver.receive("a" * 43, bytes(raw), sign(good, KEY) if bytes(raw) != good else "x")
        except gateway.refused as refusal:
            assert refusal.problem.status in {400, 401, 429}  # noqa: PT017 - the point is that nothing else is raised
        else:
            pytest.fail("a random body was taken")
    assert gateway.database.written == []
    assert len(gateway.keys.seen) <= 12


async def test_a_flood_of_refusals_leaves_turns_of_the_event_loop_to_others(gateway, signed):
    raw, _ = signed()
    turn, answered = 0, []

    async def refused() -> None:
        async def receive():
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message):
            if message["type"] == "http.response.start":
                answered.append((turn, message["status"]))

        headers = [(b"x-content-signature", b"Zm9yZ2Vk")]
        scope = {"type": "http", "method": "POST", "path": "/callbacks/connectwise/" + "a" * 43, "headers": headers}
        await gateway.app(scope, receive, send)

    await refused()  # the key is known now
    flood = asyncio.gather(*(refused() for _ in range(10 * REFUSED_AT_A_TURN)))
    while not flood.done():
        await asyncio.sleep(0)
        turn += 1
    assert {status for _, status in answered} == {401}
    assert len(answered) == 1 + 10 * REFUSED_AT_A_TURN
    assert max(Counter(at for at, _ in answered).values()) <= 2 * REFUSED_AT_A_TURN
