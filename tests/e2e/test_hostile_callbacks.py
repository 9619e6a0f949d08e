"""What the internet may send to the callback address: refused with a stable code, nothing queued, nothing fetched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from tests.e2e.world import World

from ledgerwire.sandbox.connectwise.delivery import sign
from ledgerwire.sandbox.connectwise.state import Saved

INVOICE = 39001

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, slots=True)
class Delivery:
    """A callback as ConnectWise sends it."""

    url: str
    body: bytes
    signature: str

    def changed(self, world: World, **fields: Any) -> Delivery:
        """With other fields, and properly signed: what a tenant of the same cloud, or a thief of the key, could send."""
        body = json.dumps({**json.loads(self.body), **fields}).encode()
        return Delivery(self.url, body, sign(world.psa.state.site.signing_key, body))


def genuine(world: World) -> Delivery:
    """The callback that closing the invoice would send."""
    [callback] = world.psa.state.tables["callbacks"].values()
    saved = Saved("invoices", INVOICE, "updated", 152, world.invoice(INVOICE))
    message = world.psa.callbacks._message(callback, "invoice", saved)
    return Delivery(message.url, message.body, message.signature)


async def send(delivery: Delivery) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        headers = {"x-content-signature": delivery.signature, "content-type": "application/json"}
        return await client.post(delivery.url, content=delivery.body, headers=headers)


def key_url(world: World, make: Callable[[str], str]) -> dict[str, Any]:
    real = json.loads(genuine(world).body)["Metadata"]["key_url"]
    return {"Metadata": {"key_url": make(real)}}


def _elsewhere(world: World, host: str) -> Delivery:
    own = world.sandbox.connectwise.base_url.removeprefix("https://")
    return genuine(world).changed(world, **key_url(world, lambda url: url.replace(own, host)))


def _reserialised(world: World) -> Delivery:
    one = genuine(world)
    return replace(one, body=json.dumps(json.loads(one.body), indent=1).encode())


def _at_another_address(world: World) -> Delivery:
    one = genuine(world)
    return replace(one, url=one.url.replace("/connectwise/", "/connectwise/AAAA"))


ATTACKS: dict[str, tuple[str, Callable[[World], Delivery]]] = {
    "forged": ("CALLBACK_SIGNATURE_BAD", lambda w: replace(genuine(w), signature=sign("guess", genuine(w).body))),
    "unsigned": ("CALLBACK_SIGNATURE_BAD", lambda w: replace(genuine(w), signature="")),
    "re-serialised": ("CALLBACK_SIGNATURE_BAD", _reserialised),
    "truncated": ("CALLBACK_BODY_INVALID", lambda w: replace(genuine(w), body=genuine(w).body[:-40])),
    "another account's address": ("CALLBACK_TOKEN_UNKNOWN", _at_another_address),
    "oversized": ("CALLBACK_TOO_LARGE", lambda w: genuine(w).changed(w, Entity="x" * 70_000)),
    "another company": ("CALLBACK_COMPANY_DIFFERS", lambda w: genuine(w).changed(w, CompanyId="somebody-else")),
    "key of another company": (
        "CALLBACK_KEY_HOST_REFUSED",
        lambda w: genuine(w).changed(w, **key_url(w, lambda url: url.replace("companyName=", "companyName=evil"))),
    ),
    "key over http": (
        "CALLBACK_KEY_HOST_REFUSED",
        lambda w: genuine(w).changed(w, **key_url(w, lambda url: url.replace("https://", "http://"))),
    ),
    "key at the metadata service": ("CALLBACK_KEY_HOST_REFUSED", lambda w: _elsewhere(w, "169.254.169.254")),
    "key at another host": ("CALLBACK_KEY_HOST_REFUSED", lambda w: _elsewhere(w, "evil.example")),
    "key with credentials": (
        "CALLBACK_KEY_HOST_REFUSED",
        lambda w: genuine(w).changed(w, **key_url(w, lambda url: url.replace("https://", "https://evil.example@"))),
    ),
    "key at another address of the same host": (
        "CALLBACK_KEY_HOST_REFUSED",
        lambda w: genuine(w).changed(w, **key_url(w, lambda url: url.replace("index.rails", "../../redirect"))),
    ),
    "no key address": ("CALLBACK_KEY_HOST_REFUSED", lambda w: genuine(w).changed(w, Metadata=None)),
}


@pytest.mark.requirement("S1", "S2")
async def test_hostile_callbacks_are_refused_with_a_code_and_leave_nothing_behind(world: World) -> None:
    fetched = len(_key_fetches(world))
    for name, (code, make) in ATTACKS.items():
        answer = await send(make(world))
        assert 400 <= answer.status_code < 500, name
        assert answer.json()["code"] == code, name
        assert "Traceback" not in answer.text
    for table in ("receipt", "outbox", "timeline"):
        assert not await world.rows(f"SELECT 1 FROM ingest.{table}"), table
    # forged, unsigned-but-well-formed and re-serialised ones are compared with the real key; it is fetched at most twice
    assert len(_key_fetches(world)) - fetched <= 2
    assert not world.writes()


def _key_fetches(world: World) -> list[Any]:
    return [one for one in world.sandbox.world.journal.entries("connectwise", "GET") if "callbackkey" in one.path]


async def test_a_listener_named_as_the_key_host_is_never_called(world: World) -> None:
    called = asyncio.Event()

    async def listen(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
            answer = await send(_elsewhere(world, host))
            assert (answer.status_code, answer.json()["code"]) == (401, "CALLBACK_KEY_HOST_REFUSED")
    assert not called.is_set()


@pytest.mark.requirement("B25")
async def test_a_replayed_callback_is_acknowledged_and_counts_once(world: World) -> None:
    await world.close(INVOICE)
    await world.settled(INVOICE)
    stored = len(await world.rows("SELECT 1 FROM ingest.outbox"))
    delivery = genuine(world)
    answers = [(await send(delivery)).json()["outcome"] for _ in range(3)]
    assert answers == ["accepted", "duplicate", "duplicate"]
    await world.quiet()
    assert len(await world.rows("SELECT 1 FROM ingest.outbox")) == stored + 1
    world.books_are_clean()
