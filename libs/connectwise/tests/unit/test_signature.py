"""Only ConnectWise's own key, from its own address, over the very bytes that arrived, vouches for a callback."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.errors import Transient
from ledgerwire.common.http.client import guarded_client
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.connectwise.signature import KeyUrlRefused, check_key_url, parse_signing_key, sign, verify
from ledgerwire.connectwise.signing_keys import SigningKeys
from ledgerwire.connectwise.testing import EXAMPLE, ScriptedServer, reply

BODY = b'{"Action":"updated","ID":5}'
KEY = "Rk9LZWRnZQ"
GOOD_URL = "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=acme&id=0b0f4e5e-5c5e"


@pytest.mark.requirement("B22")
def test_the_signature_is_that_of_the_vendors_recipe() -> None:
    expected = base64.b64encode(hmac.new(hashlib.sha256(KEY.encode()).digest(), BODY, hashlib.sha256).digest()).decode()
    assert sign(BODY, KEY) == expected
    assert verify(BODY, expected, KEY)


FORGED = {
    "no signature": (BODY, None, KEY),
    "empty signature": (BODY, "", KEY),
    "not base64": (BODY, "!!!", KEY),
    "not ascii": (BODY, "ä" * 44, KEY),
    "truncated": (BODY, sign(BODY, KEY)[:-4], KEY),
    "one bit": (
        BODY,
        base64.b64encode(
            bytes([base64.b64decode(sign(BODY, KEY))[0] ^ 1]) + base64.b64decode(sign(BODY, KEY))[1:]
        ).decode(),
        KEY,
    ),
    "hex instead of base64": (BODY, base64.b64decode(sign(BODY, KEY)).hex(), KEY),
    "key not hashed": (BODY, base64.b64encode(hmac.new(KEY.encode(), BODY, hashlib.sha256).digest()).decode(), KEY),
    "sha1": (
        BODY,
        base64.b64encode(hmac.new(hashlib.sha256(KEY.encode()).digest(), BODY, hashlib.sha1).digest()).decode(),
        KEY,
    ),
    "another key": (BODY, sign(BODY, "other"), KEY),
    "re-serialised with spaces": (b'{"Action": "updated", "ID": 5}', sign(BODY, KEY), KEY),
    "reordered": (b'{"ID":5,"Action":"updated"}', sign(BODY, KEY), KEY),
    "another id": (b'{"Action":"updated","ID":6}', sign(BODY, KEY), KEY),
    "newline added": (BODY + b"\n", sign(BODY, KEY), KEY),
    "cut short": (BODY[:-1], sign(BODY, KEY), KEY),
    "no key": (BODY, sign(BODY, KEY), None),
    "empty key": (BODY, sign(BODY, ""), ""),
    "blank key": (BODY, sign(BODY, " "), " "),
    "signature of nothing": (BODY, sign(b"", KEY), KEY),
}


@pytest.mark.requirement("B22")
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_signature_does_not_verify(name: str) -> None:
    assert not verify(*FORGED[name])


@given(st.binary(max_size=200), st.text(max_size=60))
def test_no_other_text_verifies(body: bytes, signature: str) -> None:
    assert verify(body, signature, KEY) == (signature == sign(body, KEY))


@pytest.mark.parametrize(
    "url",
    [
        GOOD_URL,
        GOOD_URL.replace("//system", "/system"),
        GOOD_URL.replace("na.my", "api-na.my"),
        GOOD_URL.replace("=acme", "=ACME"),
        GOOD_URL.replace("https://na", "https://NA"),
    ],
)
def test_the_tenants_own_key_address_is_accepted(url: str) -> None:
    assert check_key_url(url, hosts=EXAMPLE.hosts, company_id="acme") == url


REFUSED = {
    "missing": None,
    "empty": "",
    "plain http": GOOD_URL.replace("https", "http"),
    "ftp": GOOD_URL.replace("https", "ftp"),
    "file": "file:///etc/passwd",
    "another host": GOOD_URL.replace("na.myconnectwise.net", "evil.example"),
    "another region": GOOD_URL.replace("na.", "eu."),
    "host as prefix": GOOD_URL.replace("connectwise.net", "connectwise.net.evil.example"),
    "host as suffix": GOOD_URL.replace("na.myconnectwise.net", "evil-na.myconnectwise.net"),
    "subdomain": GOOD_URL.replace("na.myconnectwise.net", "x.na.myconnectwise.net"),
    "trailing dot": GOOD_URL.replace("connectwise.net/", "connectwise.net./x/"),
    "credentials": GOOD_URL.replace("https://", "https://user:pass@"),
    "host in credentials": "https://na.myconnectwise.net@evil.example/v2025_1//system/callbackkey/index.rails?companyName=acme",
    "empty credentials": GOOD_URL.replace("https://", "https://@"),
    "port": GOOD_URL.replace(".net/", ".net:8443/"),
    "default port spelled out": GOOD_URL.replace(".net/", ".net:443/"),
    "port zero": GOOD_URL.replace(".net/", ".net:0/"),
    "port not a number": GOOD_URL.replace(".net/", ".net:x/"),
    "fragment": GOOD_URL + "#x",
    "empty fragment": GOOD_URL + "#",
    "backslash": GOOD_URL.replace(".net/", ".net\\@evil.example/"),
    "another path": GOOD_URL.replace("callbackkey/index.rails", "members"),
    "path traversal": GOOD_URL.replace("//system", "/../system"),
    "path after the endpoint": GOOD_URL.replace("index.rails", "index.rails/../../x"),
    "encoded path": GOOD_URL.replace("system", "%73ystem"),
    "encoded host": GOOD_URL.replace("na.my", "%6ea.my"),
    "space": GOOD_URL + " ",
    "newline": GOOD_URL + "\n",
    "tab in the host": GOOD_URL.replace("na.my", "na\t.my"),
    "line break to split a request": GOOD_URL + "\r\nHost: evil.example",
    "unicode look-alike host": GOOD_URL.replace("myconnectwise", "myconn\u0435ctwise"),
    "private address": GOOD_URL.replace("na.myconnectwise.net", "10.0.0.1"),
    "loopback": GOOD_URL.replace("na.myconnectwise.net", "127.0.0.1"),
    "metadata": GOOD_URL.replace("na.myconnectwise.net", "169.254.169.254"),
    "ipv6 loopback": GOOD_URL.replace("na.myconnectwise.net", "[::1]"),
    "broken ipv6": GOOD_URL.replace("na.myconnectwise.net", "[::1"),
    "no host": GOOD_URL.replace("na.myconnectwise.net", ""),
    "relative": "/v2025_1//system/callbackkey/index.rails?companyName=acme",
    "scheme relative": GOOD_URL.removeprefix("https:"),
    "another company's key": GOOD_URL.replace("=acme", "=mallory"),
    "company twice": GOOD_URL + "&companyName=acme",
    "company twice in other case": GOOD_URL + "&companyname=mallory",
    "no company": GOOD_URL.replace("companyName=acme&", ""),
    "no query": GOOD_URL.partition("?")[0],
    "company padded": GOOD_URL.replace("=acme", "=acme%00"),
    "very long": GOOD_URL + "&x=" + "a" * 2000,
    "many parameters": GOOD_URL + "".join(f"&p{number}=1" for number in range(10)),
}


@pytest.mark.requirement("B22")
@pytest.mark.parametrize("name", REFUSED)
def test_any_other_key_address_is_refused(name: str) -> None:
    with pytest.raises(KeyUrlRefused) as refused:
        check_key_url(REFUSED[name], hosts=EXAMPLE.hosts, company_id="acme")
    assert refused.value.code == "CALLBACK_KEY_HOST_REFUSED"


def test_an_on_premise_server_keeps_its_own_port_and_no_other() -> None:
    config = ConnectWiseConfig("psa.local:8443", "acme", "p", "p", "c", on_premise=True)
    url = "https://psa.local:8443/v4_6_release//system/callbackkey/index.rails?companyName=acme&id=1"
    assert check_key_url(url, hosts=config.hosts, company_id="acme")
    for other in (url.replace(":8443", ""), url.replace("8443", "8444")):
        with pytest.raises(KeyUrlRefused):
            check_key_url(other, hosts=config.hosts, company_id="acme")


@given(st.text(max_size=120))
def test_no_random_text_is_a_key_address(text: str) -> None:
    with pytest.raises(KeyUrlRefused):
        check_key_url(text, hosts=EXAMPLE.hosts, company_id="acme")


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"signing_key": "abc"}', "abc"),
        (b'"{\\"signing_key\\": \\"abc\\"}"', "abc"),
        (b'{"signing_key": ""}', None),
        (b'{"signing_key": "  "}', None),
        (b'{"signing_key": null}', None),
        (b'{"signing_key": 5}', None),
        (b'{"other": "abc"}', None),
        (b'["abc"]', None),
        (b'"abc"', None),
        (b"abc", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"<html></html>", None),
    ],
)
def test_a_key_answer_is_json_or_a_string_of_json(body: bytes, key: str | None) -> None:
    assert parse_signing_key(body) == key


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def keys_of(server: ScriptedServer, time: Time) -> SigningKeys:
    return SigningKeys(guarded_client(EXAMPLE.policy(max_body_bytes=65536), inner=server), "cid", time)


async def test_a_key_is_fetched_once_and_kept_for_a_while() -> None:
    server, time = ScriptedServer(reply({"signing_key": "a"})), Time()
    keys = keys_of(server, time)
    assert [await keys.get(GOOD_URL) for _ in range(5)] == ["a"] * 5
    assert len(server.seen) == 1
    assert server.seen[0].headers["clientid"] == "cid"
    assert "authorization" not in server.seen[0].headers
    time.now += 601
    await keys.get(GOOD_URL)
    assert len(server.seen) == 2


async def test_a_burst_of_callbacks_fetches_their_key_once() -> None:
    server = ScriptedServer(reply({"signing_key": "a"}))
    keys = keys_of(server, Time())
    assert await asyncio.gather(*(keys.get(GOOD_URL) for _ in range(30))) == ["a"] * 30
    assert len(server.seen) == 1


async def test_a_mismatch_fetches_the_key_again_at_most_once_a_minute() -> None:
    server, time = ScriptedServer(reply({"signing_key": "old"}), reply({"signing_key": "new"})), Time()
    keys = keys_of(server, time)
    assert await keys.get(GOOD_URL) == "old"
    assert await keys.get(GOOD_URL, after_mismatch=True) == "old"
    time.now += 61
    assert await keys.get(GOOD_URL, after_mismatch=True) == "new"
    for _ in range(50):
        assert await keys.get(GOOD_URL, after_mismatch=True) == "new"
    assert len(server.seen) == 2


async def test_a_flood_of_made_up_keys_is_not_fetched() -> None:
    server = ScriptedServer(reply(b"Cannot route.", 404))
    keys = keys_of(server, Time())
    limited = 0
    for number in range(100):
        try:
            assert await keys.get(f"{GOOD_URL}{number}") is None
        except Transient:
            limited += 1
    assert len(server.seen) == 10
    assert limited == 90


@pytest.mark.parametrize(
    "answer", [reply(b"", 500), reply(b"", 429), httpx.ConnectError("x"), httpx.ReadTimeout("x"), reply(b"x" * 70_000)]
)
async def test_a_key_that_cannot_be_had_now_is_no_verdict(answer) -> None:
    with pytest.raises(Transient):
        await keys_of(ScriptedServer(answer), Time()).get(GOOD_URL)


@pytest.mark.parametrize("answer", [reply(b"", 404), reply(b"", 302, location="https://evil.example/"), reply(b"{}")])
async def test_an_answer_without_a_key_is_no_key(answer) -> None:
    server = ScriptedServer(answer)
    assert await keys_of(server, Time()).get(GOOD_URL) is None
    assert len(server.seen) == 1
