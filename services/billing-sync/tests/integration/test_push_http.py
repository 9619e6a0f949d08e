"""Posts over HTTP: with the key of a source, taken once, bounded, and answered by a code."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from ledgerwire.billing_sync.api import PUSH_PATH, build_app
from ledgerwire.billing_sync.bootstrap import SCHEMA
from ledgerwire.billing_sync.pushing import Pushing
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.http_server import compose
from ledgerwire.common.ids import account_id
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.common.telemetry import PUSHES
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import parse_account_file

ACCOUNT = """
account: {name}
connectwise: {{region: au, company_id: {name}, public_key: pub, private_key: pri, client_id: client}}
companies:
  - name: Sydney
    package: xero
    connection: {{tenant_id: t, client_id: app, client_secret: c, refresh_token: r}}
mapping:
  tax: {{untaxed_type: EXEMPTOUTPUT}}
  rounding: {{account: "860", tax_type: BASEXCLUDED}}
seats:
  since: 2026-01-01
  products: {{taxable: true}}
  sources: [{sources}]
"""
PORTAL, FILES = "{name: portal}", "{name: files, kind: files, folder: x, layout: crayon-subscriptions}"
CUSTOMER = {"id": "acme", "name": "Acme"}
CHARGE = {
    "key": "line-1", "invoice": "G1", "customer_id": "acme", "subscription_id": "sub-1", "sku": "SKU-1", "name": "Premium",
    "kind": "new", "quantity": "10", "subtotal": "180.00", "currency": "AUD", "charge_start": "2026-03-01",
    "charge_end": "2026-03-31", "frequency": "monthly",
}  # fmt: skip
POST = {"customers": [CUSTOMER], "charges": [CHARGE]}


@dataclass
class Listener:
    """Billing sync's HTTP address over two accounts."""

    settings: Settings
    database: Database
    pushing: Pushing
    http: httpx.AsyncClient
    first: UUID
    second: UUID

    async def key(self, account: UUID | None = None, **given: Any) -> str:
        return await self.pushing.make_key(account or self.first, "portal", "test", **given)

    async def post(self, key: str, body: Any = POST, path: str = PUSH_PATH, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(
            path,
            content=content,
            headers={"authorization": f"Bearer {key}", "content-type": "application/json", **named},
        )

    async def kept(self, account: UUID | None = None) -> list[tuple[str, str]]:
        statement = text("SELECT kind, key FROM billing.pushed ORDER BY kind, key")
        async with self.database.account(account or self.first) as unit:
            return [(row.kind, row.key) for row in await unit.execute(statement)]

    async def apply(self, name: str, *sources: str) -> UUID:
        tenants = open_database(self.settings, "tenants")
        file = parse_account_file(ACCOUNT.format(name=name, sources=", ".join(sources)))
        await accounts.apply(tenants, SecretBox.from_settings(self.settings), file, author="test", reason="test")
        await tenants.close()
        return account_id(name)


@pytest.fixture
async def listener(settings: Settings) -> AsyncIterator[Listener]:
    key = SecretStr(f"k1:{base64.b64encode(bytes(32)).decode()}")
    settings = settings.model_copy(update={"encryption_keys": key})
    database = open_database(settings, "billing")
    pushing = Pushing(database, Outbox(SCHEMA))
    app = compose([build_app(pushing, body_limit=100_000, in_hand=2)], [])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        made = Listener(settings, database, pushing, http, account_id("one"), account_id("two"))
        await made.apply("one", PORTAL, FILES)
        await made.apply("two", PORTAL)
        yield made
    await database.close()


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


@pytest.mark.requirement("B33")
async def test_a_post_is_kept_for_the_account_of_its_key_and_the_same_again_changes_nothing(listener: Listener):
    key, other = await listener.key(), await listener.key(listener.second)
    first = await listener.post(key)
    assert (first.status_code, first.json()) == (200, {"rows": 2, "changed": 2, "repeated": False})
    assert (await listener.post(key)).json()["changed"] == 0
    changed = {**POST, "charges": [{**CHARGE, "subtotal": "190.00"}]}
    assert (await listener.post(key, changed)).json()["changed"] == 1
    assert await listener.kept() == [("charge", "line-1"), ("customer", "acme")]
    assert await listener.kept(listener.second) == []
    assert (await listener.post(other)).json()["changed"] == 2


async def test_no_key_an_unknown_one_or_one_that_was_replaced_is_refused(listener: Listener):
    old = await listener.key()
    new = await listener.key()
    for wrong in ("", "lwp_short", f"lwp_{'x' * 43}", old, f"{new} "[:-2]):
        answer = await listener.post(wrong)
        assert code(answer) == (401, "PUSH_KEY_REFUSED")
        assert answer.headers["www-authenticate"] == "Bearer"
    also = await listener.key(keep_others=True)
    assert [(await listener.post(each)).status_code for each in (new, also)] == [200, 200]
    assert await listener.pushing.drop_keys(listener.first, "portal") == 2
    assert code(await listener.post(also)) == (401, "PUSH_KEY_REFUSED")


async def test_a_key_is_made_for_push_sources_only_and_kept_as_a_hash(listener: Listener):
    for name in ("files", "nothing"):
        with pytest.raises(ConfigurationError) as refused:
            await listener.pushing.make_key(listener.first, name, "test")
        assert refused.value.code == "SOURCE_UNKNOWN"
    key = await listener.key()
    async with listener.database.account(listener.first) as unit:
        [stored] = (await unit.execute(text("SELECT key_hash FROM billing.push_key"))).scalars()
    assert key.encode() not in stored
    assert len(stored) == 32


async def test_a_post_repeated_late_is_answered_as_it_was_and_brings_nothing_back(listener: Listener):
    key = await listener.key()
    late = {**POST, "charges": [{**CHARGE, "subtotal": "190.00"}]}
    first = await listener.post(key, idempotency_key="march-1")
    await listener.post(key, late, idempotency_key="march-2")
    again = await listener.post(key, idempotency_key="march-1")
    assert again.json() == {**first.json(), "repeated": True}
    async with listener.database.account(listener.first) as unit:
        [body] = (await unit.execute(text("SELECT body FROM billing.pushed WHERE kind = 'charge'"))).scalars()
    assert b"190.00" in body
    assert code(await listener.post(key, late, idempotency_key="march-1")) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert code(await listener.post(key, idempotency_key="x" * 201)) == (422, "PUSH_REFUSED")


async def test_the_same_post_at_once_is_taken_once(listener: Listener):
    key = await listener.key()
    answers = await asyncio.gather(*(listener.post(key, idempotency_key="once") for _ in range(2)))
    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True]


WRONG = (
    ({"subtotal": "NaN"}, "$.charges[0].subtotal is not a number"),
    ({"subtotal": "1e30"}, "$.charges[0].subtotal has more digits than an amount"),
    ({"quantity": "1e-40"}, "$.charges[0].quantity has more digits than an amount"),
    ({"subtotal": "ten"}, "$.charges[0].subtotal"),
    ({"currency": "dollars"}, "$.charges[0].currency is no ISO 4217 code"),
    ({"customer_id": " "}, "$.charges[0].customer_id is empty"),
    ({"name": "a\x00b"}, "$.charges[0].name holds a character that is no text"),
    ({"name": "x" * 501}, "$.charges[0].name has more than 500 characters"),
    ({"charge_end": "2026-02-28"}, "$.charges[0].charge_end is before charge_start"),
    ({"charge_start": "0001-01-01"}, "$.charges[0].charge_start is no day of this century"),
    ({"kind": "gift"}, "$.charges[0].kind"),
    ({"charge_ends": "2026-03-31"}, "unknown field `charge_ends` - at `$.charges[0]`"),
)


@pytest.mark.requirement("F1")
async def test_a_post_with_one_wrong_row_is_refused_whole_and_names_it(listener: Listener):
    key = await listener.key()
    for changes, says in WRONG:
        answer = await listener.post(key, {**POST, "charges": [{**CHARGE, **changes}]})
        assert code(answer) == (422, "PUSH_REFUSED")
        assert says in answer.json()["detail"]
    for body in (b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"charges": 7}', b'{"charge": []}', b"[]"):
        assert code(await listener.post(key, body)) == (422, "PUSH_REFUSED")
    assert await listener.kept() == []


async def test_a_key_that_says_two_things_is_refused(listener: Listener):
    twice = {**POST, "charges": [CHARGE, {**CHARGE, "subtotal": "1"}]}
    answer = await listener.post(await listener.key(), twice)
    assert "$.charges[1].key is there twice" in answer.json()["detail"]
    assert (await listener.post(await listener.key(), {**POST, "charges": [CHARGE, CHARGE]})).status_code == 200


async def test_only_json_of_a_bounded_size_is_read(listener: Listener):
    key = await listener.key()
    assert code(await listener.post(key, content_type="text/csv")) == (415, "PUSH_TYPE_REFUSED")
    assert code(await listener.post(key, content_encoding="gzip")) == (415, "PUSH_TYPE_REFUSED")
    assert code(await listener.post(key, b" " * 100_001)) == (413, "PUSH_TOO_LARGE")

    async def unannounced() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 10_000

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    answer = await listener.http.post(PUSH_PATH, content=unannounced(), headers=headers)
    assert code(answer) == (413, "PUSH_TOO_LARGE")
    assert (await listener.post(key)).status_code == 200


async def test_posts_beyond_those_in_hand_are_told_to_come_again(listener: Listener):
    key, go_on = await listener.key(), asyncio.Event()
    begun = [asyncio.Event(), asyncio.Event()]

    async def slow(place: int) -> AsyncIterator[bytes]:
        begun[place].set()
        await go_on.wait()
        yield json.dumps(POST).encode()

    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    held = [
        asyncio.create_task(listener.http.post(PUSH_PATH, content=slow(place), headers=headers)) for place in (0, 1)
    ]
    async with asyncio.timeout(20):
        for each in begun:
            await each.wait()
    shed = await listener.post(key)
    assert code(shed) == (503, "PUSH_BUSY")
    assert shed.headers["retry-after"] == "5"
    go_on.set()
    assert [answer.status_code for answer in await asyncio.gather(*held)] == [200, 200]
    assert (await listener.post(key)).status_code == 200


async def test_without_the_database_a_post_is_not_taken_and_worth_repeating(listener: Listener):
    key = await listener.key()
    gone = listener.settings.model_copy(update={"database_url": "postgresql://127.0.0.1:1/nothing"})
    database = open_database(gone, "billing")
    app = build_app(Pushing(database, Outbox(SCHEMA)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        answer = await http.post(PUSH_PATH, json=POST, headers={"Authorization": f"Bearer {key}"})
    await database.close()
    assert code(answer) == (503, "PUSH_NOT_STORED")
    assert answer.headers["retry-after"] == "5"


async def test_a_source_that_is_gone_from_the_account_file_takes_nothing(listener: Listener):
    key = await listener.key()
    await listener.apply("one", FILES)
    assert code(await listener.post(key)) == (403, "SOURCE_UNKNOWN")
    assert await listener.kept() == []


async def test_the_last_post_may_ask_for_a_look_and_the_others_do_not(listener: Listener):
    key = await listener.key()
    await listener.post(key)
    await listener.post(key, {**POST, "charges": []}, path=f"{PUSH_PATH}?look=now")
    async with listener.database.account(listener.first) as unit:
        rows = (await unit.execute(text("SELECT type, data FROM billing.outbox"))).all()
    [(kind, data)] = rows
    said = json.loads(bytes(data))
    assert (kind, said["requested_by"], said["source"]) == ("seats.sync_requested.v1", "push", "portal")


def counted() -> dict[str, float]:
    """Posts by what became of them, so far in this process."""
    return {
        sample.labels["outcome"]: sample.value
        for family in PUSHES.collect()
        for sample in family.samples
        if sample.name == "ledgerwire_pushes_total"
    }


@pytest.mark.requirement("B33")
async def test_every_post_is_counted_by_what_became_of_it_and_shown_to_prometheus(listener: Listener):
    key, before = await listener.key(), counted()
    await listener.post(key, idempotency_key="a")
    await listener.post(key)
    await listener.post(key, idempotency_key="a")
    await listener.post(key, {**POST, "charges": []}, idempotency_key="a")
    await listener.post("")
    await listener.post(key, b"{")
    await listener.post(key, b"[")
    await listener.post(key, content_type="text/csv")
    rises = {name: value - before.get(name, 0) for name, value in counted().items() if value != before.get(name, 0)}
    assert rises == {
        "accepted": 2,
        "repeated": 1,
        "IDEMPOTENCY_KEY_REUSED": 1,
        "PUSH_KEY_REFUSED": 1,
        "PUSH_REFUSED": 2,
        "PUSH_TYPE_REFUSED": 1,
    }
    shown = (await listener.http.get("/metrics")).text
    assert 'ledgerwire_pushes_total{outcome="accepted"}' in shown
