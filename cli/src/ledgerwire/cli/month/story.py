"""The quarter from its first close to the books check: every record type, four companies, one ledger package."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from ledgerwire.cli.clerk_list import UNDER_WAY
from ledgerwire.cli.clerk_tables import clerk_view
from ledgerwire.cli.demo.account_file import patched
from ledgerwire.cli.demo.settling import NotSettledError
from ledgerwire.cli.demo.stage import REPORT_FILE, Broker, Scenario, Stage, stage
from ledgerwire.cli.demo.story import Company
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.month.account_file import Package, account_content
from ledgerwire.cli.month.desk import Quarter, QuarterDesk
from ledgerwire.cli.month.report import figures, what_is_off
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import AccountRecords, account_named, account_records
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.status import ClerkRow
from ledgerwire.poster.payments.desk import open_payments_desk

MONTH_DATA = Path(".month")
SETTLE_SECONDS = 1500
"""A quarter is bound by what the packages allow a minute; see docs/architecture.md."""
LOOK_EVERY = 1.0
ASK_AGAIN = 5.0


async def carry(output: Output, directory: Path, broker: Broker, package: Package, *, seed: int, keep: bool) -> Exit:
    """Run the quarter and write its report; OFF where anything is not as it should be."""
    began = monotonic()
    output.remark(f"Setting up PostgreSQL, the sandbox and the services in {directory} ...")
    async with stage(directory, broker, seed=seed, keep=keep, scenario=Scenario.QUARTER) as set_up:
        async with QuarterDesk(set_up.line, package) as desk:
            company = await _founded(set_up, desk, package)
            async with account_records(set_up.settings, company.name) as records:
                report, off = await _Quarter(output, desk, company, records, package).run(began)
        report |= {"off": off}
        (set_up.directory / REPORT_FILE).write_text(json.dumps(report, indent=2, default=str) + "\n")
    output.result(report, *(off or ["Every record is in the books once, to the cent, and batched."]))
    return Exit.OFF if off else Exit.DONE


async def _founded(set_up: Stage, desk: QuarterDesk, package: Package) -> Company:
    settings = await desk.account()
    company = Company(set_up, account_content(set_up.line, settings, package))
    await company.apply(company.content, "first version")
    await company.go_live(date.fromisoformat(settings["go_live_from"]))
    return company


class _Quarter:
    """One run."""

    def __init__(
        self, output: Output, desk: QuarterDesk, company: Company, records: AccountRecords, package: Package
    ) -> None:
        self._output = output
        self._desk = desk
        self._company = company
        self._records = records
        self._package = package

    async def run(self, began: float) -> tuple[dict[str, Any], list[str]]:
        """The whole story: what came out, and what is off."""
        quarter = await self._desk.quarter()
        wanted = sum(count for kind, count in quarter.records.items() if kind != "payment")
        ready = monotonic()
        self._output.remark(f"Ready after {ready - began:.1f} s: {wanted} records of {quarter.records} are to come.")
        for wave in range(quarter.waves):
            closed = await self._desk.close(wave)
            self._output.remark(f"Month {wave + 1}: {closed} invoices closed.")
        first = await self._settled(wanted)
        posted = monotonic()
        self._output.show(clerk_view(first, "After the quarter"))
        await self._put_right(quarter)
        last = await self._settled(wanted)
        entered = await self._desk.pay()
        carried = await self._payments_carried()
        await self._desk.callbacks_delivered()
        check = await self._desk.audit(payments=True)
        more = {
            "ledger": self._package.value,
            "payments_entered": entered,
            "payments_carried": carried,
            "seconds_setup": round(ready - began, 1),
            "seconds_posting": round(posted - ready, 1),
            "seconds_run": round(monotonic() - ready, 1),
        }
        return figures(first, last, check, more), what_is_off(quarter, first, last, check)

    async def _settled(self, wanted: int) -> Sequence[ClerkRow]:
        """Wait until all records are known and none is under way."""
        deadline = monotonic() + SETTLE_SECONDS
        while True:
            counts = (await self._records.summary()).counts
            under_way = sum(count for status, count in counts.items() if status in UNDER_WAY)
            if sum(counts.values()) >= wanted and not under_way:
                return await self._records.rows()
            if monotonic() > deadline:
                raise NotSettledError(f"after {SETTLE_SECONDS} s: {counts} of {wanted}")
            await asyncio.sleep(LOOK_EVERY)

    async def _put_right(self, quarter: Quarter) -> None:
        mended = [one for one in quarter.planted if one.fix is not None]
        for name in dict.fromkeys(one.fix for one in mended if one.fix):
            left = await self._desk.fix(name)
            if left["account_patch"]:
                await self._company.apply(patched(self._company.content, left["account_patch"]), left["description"])
        for one in mended:
            if one.after == "retry":
                await self._records.retry_number(one.number)
        await self._desk.callbacks_delivered()
        self._output.remark(f"{len(mended)} records put right, each on its own side.")

    async def _payments_carried(self) -> int:
        settings: Settings = self._company.stage.settings
        account_id, _ = await account_named(settings, self._company.name)
        async with open_payments_desk(settings) as payments:
            await _once_allowed(partial(payments.look, account_id))
            return len(await payments.rows(account_id))


async def _once_allowed(look: Callable[[], Awaitable[object]]) -> None:
    """Do it as soon as both systems allow: a vendor that asks to slow down, or a busy connection, is asked again."""
    deadline = monotonic() + SETTLE_SECONDS
    while True:
        try:
            await look()
        except (Waiting, Transient):
            if monotonic() > deadline:
                raise
            await asyncio.sleep(ASK_AGAIN)
        else:
            return
