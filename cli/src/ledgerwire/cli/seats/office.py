"""What people do in ConnectWise during the story: set up agreements, run the billing, make the mistakes; over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from ledgerwire.cli.control import ControlClient

MONTHLY, ANNUAL = "Cloud Monthly", "Cloud Annual"


class Office(ControlClient):
    """The people of the MSP, through the sandbox's controls. `async with`."""

    async def on(self, day: date) -> None:
        """Let the morning of a day come."""
        await self.asked("POST", "/clock", {"set": datetime.combine(day, time(9), UTC).isoformat()})

    async def unhurried(self) -> None:
        """Half a year passes in a minute: ConnectWise's limit of requests a minute is left out."""
        await self.asked("POST", "/switches", {"connectwise": {"requests_per_minute": 0}})

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table of ConnectWise."""
        return list((await self.asked("GET", f"/state/connectwise/{table}"))["rows"])

    async def mapping(self) -> dict[str, Any]:
        """What the company chose for its account."""
        return dict(await self.asked("GET", "/account"))

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
            int((await self.connectwise("POST", "/finance/agreements", {**common, **monthly}))["id"]),
            int((await self.connectwise("POST", "/finance/agreements", {**common, **annual}))["id"]),
        )

    async def bill(self, until: date, agreement_ids: list[int]) -> list[dict[str, Any]]:
        """Run ConnectWise's billing of these agreements and close the invoices."""
        body = {"until": until.isoformat(), "agreement_ids": agreement_ids, "close": True}
        answer = await self.asked("POST", "/connectwise/agreements/invoice", body)
        return list(answer["invoices"] if isinstance(answer, dict) else answer)
