"""The callback address over a database that only remembers, and a ConnectWise that only serves its key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from ledgerwire.common.clock import FixedClock
from ledgerwire.common.mq.outbox import COLUMNS, Outbox
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.connectwise.testing import ScriptedServer, reply, scripted_client
from ledgerwire.ingest.api import CallbackAddress
from ledgerwire.ingest.problems import CallbackRefused
from ledgerwire.ingest.receipt.model import Receipt
from ledgerwire.ingest.receive import Receiver
from ledgerwire.ingest.tenancy import Route, SyncTerms, Tenant, UnknownConnectionError

ACCOUNT, CONNECTION = UUID(int=1), UUID(int=2)
TOKEN = "a" * 43
KEY = "Rk9LZWRnZXJ3aXJlU2FuZGJveEtleQ"
KEY_URL = "https://na.myconnectwise.net/v2025_1//system/callbackkey/index.rails?companyName=acme&id=0b0f4e5e"


class RememberingDatabase:
    """Accepts everything (or raises) and keeps what was written."""

    def __init__(self) -> None:
        self.written: list[tuple[str, dict[str, Any]]] = []
        self.failing: Exception | None = None

    async def keep(self, receipt: Receipt) -> bool:
        if self.failing is not None:
            raise self.failing
        if receipt.judged.dedupe_key in [row["dedupe_key"] for row in self.rows("ingest.receipt")]:
            return False
        row = {"dedupe_key": receipt.judged.dedupe_key, "correlation_id": receipt.correlation_id}
        self.written.append(("ingest.receipt", row))
        if receipt.announcement is not None:
            values = Outbox(ServiceSchema("ingest")).row(receipt.announcement)
            self.written.append(("ingest.outbox", dict(zip(COLUMNS, values, strict=True))))
            self.written.append(("ingest.timeline", {"record_id": receipt.record}))
        return True

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for name, row in self.written if name == table]


class Gateway:
    """One account's callback address."""

    def __init__(self) -> None:
        self.database = RememberingDatabase()
        self.keys = ScriptedServer(reply({"signing_key": KEY}))
        self.terms = SyncTerms(live=True)
        self.own_member: str | None = "ledgerwire"
        self.gone = False
        self._psa = scripted_client(self.keys)
        receiver = Receiver(self, self.database, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)))
        self.receiver, self.refused = receiver, CallbackRefused
        self.app = CallbackAddress(receiver)

    async def route(self, token: str) -> Route | None:
        return Route(ACCOUNT, CONNECTION) if token == TOKEN else None

    async def tenant(self, account_id: UUID, connection_id: UUID) -> Tenant:
        if self.gone:
            raise UnknownConnectionError
        return Tenant(account_id, connection_id, "acme", self.terms, self._psa, TOKEN, self.own_member)

    async def post(
        self,
        raw: bytes,
        signature: str | None,
        *,
        token: str = TOKEN,
        query: str = "?recordId=5&action=updated",
        **headers: str,
    ):
        sent = dict(headers) | ({"x-content-signature": signature} if signature is not None else {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="https://lw") as client:
            return await client.post(f"/callbacks/connectwise/{token}{query}", content=raw, headers=sent)

    async def send(self, **changes: Any):
        raw = body(**changes)
        return await self.post(raw, sign(raw))


def body(**changes: Any) -> bytes:
    message = {
        "Action": "updated",
        "CallbackObjectRecId": 7,
        "CompanyId": "acme",
        "Entity": json.dumps({"id": 5, "status": {"id": 2, "isClosed": True}}),
        "FromUrl": "na.myconnectwise.net",
        "ID": 5,
        "MemberId": "jdoe",
        "MessageId": "11111111-1111-1111-1111-111111111111",
        "Metadata": {"key_url": KEY_URL},
        "PartnerId": None,
        "ProductInstanceId": None,
        "Type": "invoice",
    }
    return json.dumps({name: value for name, value in (message | changes).items() if value is not ...}).encode()


def sign(raw: bytes, key: str = KEY) -> str:
    return base64.b64encode(hmac.new(hashlib.sha256(key.encode()).digest(), raw, hashlib.sha256).digest()).decode()


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def signed():
    """signed(**changes) -> (raw bytes, signature) of a callback message."""

    def make(**changes: Any) -> tuple[bytes, str]:
        raw = body(**changes)
        return raw, sign(raw)

    return make
