"""What people do in ConnectWise during the story: set up agreements, run the billing, make the mistakes; over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from types import TracebackType
from typing import Any, Self

import httpx

from ledgerwire.cli.demo.sandbox_desk import SandboxRefusedError

MONTHLY, ANNUAL = "Cloud Monthly", "Cloud Annual"
_TIMEOUT = 60.0


class Office:
    """The people of the MSP, through the sandbox's control API."""

    def __init__(self, line: Mapping[str, Any]) -> None:
        self._http = httpx.AsyncClient(base_url=line["control"]["base_url"], timeout=_TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def on(self, day: date) -> None:
        """Let the morning of a day come."""
        await self._post("/clock", {"set": datetime.combine(day, time(9), UTC).isoformat()})

    async def unhurried(self) -> None:
        """Half a year passes in a minute: ConnectWise's limit of requests a minute is left out."""
        await self._post("/switches", {"connectwise": {"requests_per_minute": 0}})

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table of ConnectWise."""
        answer = await self._http.get(f"/state/connectwise/{table}")
        answer.raise_for_status()
        return list(answer.json()["rows"])

    async def mapping(self) -> dict[str, Any]:
        """What the company chose for its account."""
        answer = await self._http.get("/account")
        answer.raise_for_status()
        return dict(answer.json())

    async def agreements(self, company: Mapping[str, Any]) -> tuple[int, int]:
        """A monthly and a One-Time agreement for a company, in advance, in the shapes that seats need."""
        kinds = {row["name"]: row for row in await self.rows("agreement_types")}
        common = {
            "company": {"id": company["id"]},
            "startDate": "2025-12-01T00:00:00Z",
            "noEndingDateFlag": True,
            "nextInvoiceDate": "2026-01-01T00:00:00Z",
            "periodType": "Future",
            "invoicingCycle": "CalendarYear",
            "invoiceProratedAdditionsFlag": True,
            "location": company.get("territory"),
        }
        monthly = {
            "name": "Seats",
            "type": {"id": kinds[MONTHLY]["id"]},
            "billingCycle": {"id": 1},
            "prorateFlag": True,
        }
        annual = {"name": "Annual seats", "type": {"id": kinds[ANNUAL]["id"]}, "billingCycle": {"id": 8}}
        return (
            int((await self.request("POST", "/finance/agreements", {**common, **monthly}))["id"]),
            int((await self.request("POST", "/finance/agreements", {**common, **annual}))["id"]),
        )

    async def bill(self, until: date, agreement_ids: list[int]) -> list[dict[str, Any]]:
        """Run ConnectWise's billing of these agreements and close the invoices."""
        body = {"until": until.isoformat(), "agreement_ids": agreement_ids, "close": True}
        answer = await self._post("/connectwise/agreements/invoice", body)
        return list(answer["invoices"] if isinstance(answer, dict) else answer)

    async def request(self, method: str, path: str, body: object) -> dict[str, Any]:
        """One request to ConnectWise on a person's behalf."""
        answer = await self._post("/connectwise/requests", {"method": method, "path": path, "body": body})
        if answer["status"] >= 300:
            raise SandboxRefusedError(f"{method} {path}: {answer['body'][:300]}")
        return dict(json.loads(answer["body"] or "{}"))

    async def _post(self, path: str, body: object) -> Any:
        answer = await self._http.post(path, json=body)
        if answer.status_code >= 300:
            raise SandboxRefusedError(f"{path}: {answer.text[:300]}")
        return answer.json()
