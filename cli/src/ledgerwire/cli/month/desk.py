"""What the group's people do in the vendors' own screens over the quarter, and what an outsider may look at; over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

import httpx

from ledgerwire.cli.demo.sandbox_desk import SandboxRefusedError
from ledgerwire.cli.month.account_file import Package

LONG = 300.0
"""Seconds that a wave of closes, a quarter's payments or its books check may take."""


@dataclass(frozen=True, slots=True)
class PlantedRecord:
    """A record with a planted cause: the codes it must stop with, and what puts it right.

    Attributes:
        settles: how it ends while nothing is put right: stopped, skipped or excluded.
        fix: name of the fix, None where nothing is.
        after: retry | closes_again, what brings it back after the fix.
    """

    record_type: str
    source_id: str
    number: str
    codes: frozenset[str]
    settles: str
    fix: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """What is going to happen: records by type, the waves of closes, the planted records of this package."""

    records: dict[str, int]
    waves: int
    planted: tuple[PlantedRecord, ...]


class QuarterDesk:
    """A client of the sandbox's control API. `async with`."""

    def __init__(self, line: Mapping[str, Any], package: Package) -> None:
        self._package = package
        self._control = httpx.AsyncClient(base_url=line["control"]["base_url"], trust_env=False, timeout=LONG)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._control.aclose()

    async def account(self) -> dict[str, Any]:
        """The settings that the group chose for this package."""
        settings: dict[str, Any] = await self._asked("GET", f"/account?ledger={self._package}")
        return settings

    async def quarter(self) -> Quarter:
        """What is going to happen."""
        shown = await self._asked("GET", "/quarter")
        own = [row for row in shown["planted"] if row["only"] in {None, self._package.value}]
        return Quarter(shown["records"], len(shown["waves"]), tuple(map(_planted, own)))

    async def close(self, wave: int) -> int:
        """Close a month's invoices as a coordinator does; how many they were."""
        return int((await self._asked("POST", "/quarter/close", {"wave": wave}))["closed"])

    async def fix(self, name: str) -> dict[str, Any]:
        """Put a planted cause right where it belongs; the answer's `account_patch` is left to the account's owner."""
        answer: dict[str, Any] = await self._asked("POST", f"/fixes/{name}?ledger={self._package}")
        return answer

    async def pay(self) -> int:
        """Let the bookkeepers enter the quarter's payments, refunds and credits; how many they were.

        People type at their own pace over three months; here they do in a moment, for which the ledger's limits are lifted.
        """
        await self._limits(enabled=False)
        entered = await self._asked("POST", "/quarter/payments", {"ledger": self._package.value})
        await self._limits(enabled=True)
        return int(entered["entered"])

    async def _limits(self, *, enabled: bool) -> None:
        await self._asked("POST", "/switches", {self._package.value: {"limits_enabled": enabled}})

    async def callbacks_delivered(self) -> None:
        """Return once no callback is under way."""
        await self._asked("POST", "/connectwise/callbacks/drain")

    async def audit(self, *, payments: bool) -> dict[str, Any]:
        """The books check, from the wire's journal and the expected ledger alone."""
        wanted = f"/quarter/audit?ledger={self._package}" + ("&payments=true" if payments else "")
        report: dict[str, Any] = await self._asked("GET", wanted)
        return report

    async def _asked(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._control.request(method, path, json=body)
        value = json.loads(answer.content, parse_float=Decimal)
        if answer.is_error:
            raise SandboxRefusedError(str(value.get("error", value)))
        return value


def _planted(row: Mapping[str, Any]) -> PlantedRecord:
    fix = row["fix"]
    return PlantedRecord(
        row["record_type"],
        str(row["source_id"]),
        row["number"],
        frozenset(row["codes"]),
        row["settles"],
        fix["name"] if fix else None,
        fix["after"] if fix else None,
    )
