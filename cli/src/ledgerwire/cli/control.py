"""A client of the sandbox's control API: what people do in the vendors' own screens, and what an outsider may look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

from ledgerwire.common.errors import LedgerwireError


class SandboxRefusedError(LedgerwireError):
    """The sandbox refused what the story wanted to do."""

    code = "SANDBOX_REFUSED"


class ControlClient:
    """Asks the sandbox over HTTP. `async with`.

    Args:
        line: what the sandbox printed when it was ready.
        seconds: how long one answer may take.
    """

    def __init__(self, line: Mapping[str, Any], seconds: float = 60) -> None:
        self._http = httpx.AsyncClient(base_url=line["control"]["base_url"], trust_env=False, timeout=seconds)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def asked(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON, fractions as Decimal. Raises SandboxRefusedError for an answer of 400 and above."""
        answer = await self._http.request(method, path, json=body)
        value = json.loads(answer.content, parse_float=Decimal)
        if answer.is_error:
            raise SandboxRefusedError(f"{method} {path}: {value.get('error', value)}")
        return value

    async def connectwise(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """One request to ConnectWise on a person's behalf; its answer's object.

        Raises:
            SandboxRefusedError: ConnectWise refused it.
        """
        answer = await self.asked("POST", "/connectwise/requests", {"method": method, "path": path, "body": body})
        if answer["status"] >= 300:
            raise SandboxRefusedError(f"ConnectWise refused {method} {path}: {answer['body'][:300]}")
        return dict(json.loads(answer["body"] or "{}"))

    async def callbacks_delivered(self) -> None:
        """Return once no callback is under way."""
        await self.asked("POST", "/connectwise/callbacks/drain")
