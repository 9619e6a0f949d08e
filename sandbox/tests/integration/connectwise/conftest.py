"""The seeded ConnectWise server over real HTTP, and a small receiver for its callbacks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.server import Sandbox, SandboxOptions

API = "/v2025_1/apis/3.0"
PERSON = 152


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.start(SandboxOptions(retry_delays=(0.01, 0.02))) as running:
        yield running


def client_of(sandbox: Sandbox, **headers: str) -> httpx.AsyncClient:
    line = sandbox.describe()["connectwise"]
    return httpx.AsyncClient(
        base_url=line["base_url"] + API,
        auth=(f"{line['company_id']}+{line['public_key']}", line["private_key"]),
        headers={
            "clientId": line["client_id"],
            "Accept": "application/vnd.connectwise.com+json; version=2025.1",
            **headers,
        },
    )


@pytest.fixture
async def api(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(sandbox) as client:
        yield client


@pytest.fixture
async def control(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.describe()["control"]["base_url"]) as client:
        yield client


async def close(control: httpx.AsyncClient, invoice_id: int, status: str = "Closed") -> None:
    reply = await control.post(f"/connectwise/invoices/{invoice_id}/status", json={"status": status, "member": PERSON})
    assert reply.status_code == 200, reply.text


@dataclass
class Receiver:
    """Keeps what it was sent; answers as told, 204 when nothing is told."""

    base_url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: Request) -> Response:
        target = f"{request.url.path}?{request.url.query}"
        body = await request.body()
        async with self.changed:
            self.got.append((target, dict(request.headers), body))
            self.changed.notify_all()
        return Response(status_code=self.answers.pop(0) if self.answers else 204)

    async def until(self, condition: Callable[["Receiver"], bool]) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: condition(self))


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = Starlette(routes=[Route("/{path:path}", made.take, methods=["POST"])])
    async with serve(app) as served:
        made.base_url = served.base_url
        yield made


async def register(api: httpx.AsyncClient, receiver: Receiver, **changes: Any) -> dict[str, Any]:
    body = {
        "url": f"{receiver.base_url}/callbacks/token-1?recordId=",
        "objectId": 0,
        "type": "invoice",
        "level": "owner",
        **changes,
    }
    reply = await api.post("/system/callbacks", json=body)
    assert reply.status_code == 201, reply.text
    created: dict[str, Any] = reply.json()
    return created
