"""What the people of the story do in the vendors' own screens, and what an outsider may look at; all over HTTP."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from ledgerwire.cli.control import ControlClient, SandboxRefusedError

CLOSED = "Closed"
LEDGER_LISTS = ("Invoices", "CreditNotes")


@dataclass(frozen=True, slots=True)
class PlannedFix:
    """How a planted cause is put right. `after`: retry | closes_again."""

    name: str
    side: str
    description: str
    after: str


@dataclass(frozen=True, slots=True)
class PlannedClose:
    """One close of the story and how its first attempt is meant to end."""

    invoice_id: int
    number: str
    burst: bool
    expected_first: str
    codes: tuple[str, ...]
    fix: PlannedFix | None


@dataclass(frozen=True, slots=True)
class BooksCheck:
    """The outsider's report."""

    clean: bool
    posted: int
    no_effect: int
    batched: int
    missing: int
    duplicated: int
    source_total: Decimal
    ledger_total: Decimal
    findings: tuple[dict[str, str], ...]


class SandboxDesk(ControlClient):
    """The sandbox's controls and, for one last look, its ledger. `async with`."""

    def __init__(self, line: Mapping[str, Any]) -> None:
        super().__init__(line)
        self._line = line

    async def plan(self) -> list[PlannedClose]:
        """The closes in their order."""
        rows = (await self.asked("GET", "/plan"))["plan"]
        return [_planned(row) for row in rows]

    async def account(self) -> dict[str, Any]:
        """The settings that this company chose."""
        settings: dict[str, Any] = await self.asked("GET", "/account")
        return settings

    async def close(self, invoice_id: int) -> None:
        """Close an open invoice through ConnectWise's REST API, as a coordinator does."""
        change = [{"op": "replace", "path": "status", "value": {"name": CLOSED}}]
        await self.connectwise("PATCH", f"/finance/invoices/{invoice_id}", change)

    async def fix(self, name: str) -> dict[str, Any]:
        """Put a planted cause right in ConnectWise (as a person, through REST) or in the ledger.

        The answer's `account_patch` is what remains to be changed in the account file.
        """
        answer: dict[str, Any] = await self.asked("POST", f"/fixes/{name}")
        return answer

    async def look_at_ledger(self) -> int:
        """Read all invoices and credit notes page by page, as the ledger shows them now; how many there are."""
        xero = self._line["xero"]
        headers = {"Authorization": f"Bearer {xero['access_token']}", "Xero-Tenant-Id": xero["tenant_id"]}
        headers["Accept"] = "application/json"
        found = 0
        async with httpx.AsyncClient(
            base_url=xero["base_url"], headers=headers, verify=self._verified(), trust_env=False, timeout=30
        ) as ledger:
            for kind in LEDGER_LISTS:
                page = 1
                while rows := await self._page(ledger, kind, page):
                    found, page = found + len(rows), page + 1
        return found

    async def _page(self, ledger: httpx.AsyncClient, kind: str, page: int) -> Sequence[Any]:
        answer = await ledger.get(f"/api.xro/2.0/{kind}", params={"page": page, "pageSize": 100})
        if answer.is_error:
            raise SandboxRefusedError(f"the ledger answered {answer.status_code} to a list of {kind}")
        rows: Sequence[Any] = answer.json()[kind]
        return rows

    def _verified(self) -> Any:
        ca_file = self._line.get("ca_file")
        return ssl.create_default_context(cafile=ca_file) if ca_file else True

    async def audit(self) -> BooksCheck:
        """The books check, from the wire's journal and the expected ledger alone."""
        report = await self.asked("GET", "/audit")
        found = report["counts"]
        return BooksCheck(
            clean=report["clean"],
            posted=found["posted"],
            no_effect=found["no_effect"],
            batched=found["batched"],
            missing=found["missing"],
            duplicated=found["duplicated"],
            source_total=Decimal(found["source_total"]),
            ledger_total=Decimal(found["ledger_total"]),
            findings=tuple(report["findings"]),
        )


def _planned(row: dict[str, Any]) -> PlannedClose:
    fix = row.get("fix")
    return PlannedClose(
        invoice_id=row["invoice_id"],
        number=row["number"],
        burst=row["burst"],
        expected_first=row["expected_first"],
        codes=tuple(row["codes"]),
        fix=PlannedFix(fix["name"], fix["side"], fix["description"], fix["after"]) if fix else None,
    )
