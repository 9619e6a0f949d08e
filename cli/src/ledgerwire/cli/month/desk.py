"""What the group's people do in the vendors' own screens over the quarter, and what an outsider may look at; over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledgerwire.cli.control import ControlClient
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


class QuarterDesk(ControlClient):
    """The sandbox's controls of the quarter. `async with`."""

    def __init__(self, line: Mapping[str, Any], package: Package) -> None:
        super().__init__(line, seconds=LONG)
        self._package = package

    async def account(self) -> dict[str, Any]:
        """The settings that the group chose for this package."""
        settings: dict[str, Any] = await self.asked("GET", f"/account?ledger={self._package}")
        return settings

    async def quarter(self) -> Quarter:
        """What is going to happen."""
        shown = await self.asked("GET", "/quarter")
        own = [row for row in shown["planted"] if row["only"] in {None, self._package.value}]
        return Quarter(shown["records"], len(shown["waves"]), tuple(map(_planted, own)))

    async def close(self, wave: int) -> int:
        """Close a month's invoices as a coordinator does; how many they were."""
        return int((await self.asked("POST", "/quarter/close", {"wave": wave}))["closed"])

    async def fix(self, name: str) -> dict[str, Any]:
        """Put a planted cause right where it belongs; the answer's `account_patch` is left to the account's owner."""
        answer: dict[str, Any] = await self.asked("POST", f"/fixes/{name}?ledger={self._package}")
        return answer

    async def pay(self) -> int:
        """Let the bookkeepers enter the quarter's payments, refunds and credits; how many they were.

        People type at their own pace over three months; here they do in a moment, for which the ledger's limits are lifted.
        """
        await self._limits(enabled=False)
        entered = await self.asked("POST", "/quarter/payments", {"ledger": self._package.value})
        await self._limits(enabled=True)
        return int(entered["entered"])

    async def _limits(self, *, enabled: bool) -> None:
        await self.asked("POST", "/switches", {self._package.value: {"limits_enabled": enabled}})

    async def audit(self, *, payments: bool) -> dict[str, Any]:
        """The books check, from the wire's journal and the expected ledger alone."""
        wanted = f"/quarter/audit?ledger={self._package}" + ("&payments=true" if payments else "")
        report: dict[str, Any] = await self.asked("GET", wanted)
        return report


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
