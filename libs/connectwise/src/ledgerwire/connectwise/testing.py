"""For tests of this package and its users: a client whose server is a script, with the guard still in front."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from ledgerwire.common.http.client import guarded_client
from ledgerwire.connectwise.client import ConnectWise
from ledgerwire.connectwise.config import ConnectWiseConfig

EXAMPLE = ConnectWiseConfig(
    site="na.myconnectwise.net",
    company_id="acme",
    public_key="pub",
    private_key="priv",
    client_id="cid",
    codebase="v2025_1",
)

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def reply(body: Any, status: int = 200, **headers: str) -> httpx.Response:
    """An answer with a JSON (or raw bytes) body; header names with underscores for dashes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(
        status, content=content, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


class ScriptedServer(httpx.AsyncBaseTransport):
    """Answers the replies in turn, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(request)
        # a reply used again needs an unread body
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.url.path for request in self.seen]


class CountingGate:
    """Keeps what was taken and observed; refuses with `refusals` first, one after the other."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals = list(refusals)
        self.taken = 0
        self.observed: list[tuple[int, Any]] = []

    async def take(self, calls: int) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.taken += calls

    async def observe(self, status: int, retry_after: Any) -> None:
        self.observed.append((status, retry_after))


def scripted_client(
    server: ScriptedServer, config: ConnectWiseConfig = EXAMPLE, gate: CountingGate | None = None
) -> ConnectWise:
    """A client of `server`."""
    http = guarded_client(config.policy(), inner=server)
    return ConnectWise(config, http, guarded_client(config.policy(), inner=server), gate)
