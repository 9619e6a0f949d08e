"""The demo from its start to the books check."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from rich.progress import Progress

from ledgerwire.cli.clerk_tables import clerk_view
from ledgerwire.cli.connecting import connect
from ledgerwire.cli.demo.account_file import account_content, write
from ledgerwire.cli.demo.closing import close_all
from ledgerwire.cli.demo.fixing import put_right
from ledgerwire.cli.demo.report import Report, make_report, what_is_off
from ledgerwire.cli.demo.sandbox_desk import PlannedClose, SandboxDesk
from ledgerwire.cli.demo.settling import all_settled
from ledgerwire.cli.demo.stage import REPORT_FILE, Broker, Stage, stage
from ledgerwire.cli.demo.table import books_view, repairs_table
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import AccountRecords, account_records
from ledgerwire.cli.workplace import tenants_database
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.security import SecretBox
from ledgerwire.mapper.status import ClerkRow
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import read_account_file

DEMO_DATA = Path(".demo")
SETTLE_SECONDS = 120
AUTHOR = "demo"


class NotConnectedError(LedgerwireError):
    """A connection of the demo's account failed its test."""

    code = "NOT_CONNECTED"


@dataclass(slots=True)
class Company:
    """The account of the story, with its file."""

    stage: Stage
    content: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.content["account"])

    async def apply(self, content: Mapping[str, Any], reason: str) -> None:
        """Write the account file and apply it."""
        self.content = dict(content)
        path = self.stage.directory / "account.yaml"
        write(path, self.content)
        settings = self.stage.settings
        async with tenants_database(settings) as database:
            box = SecretBox.from_settings(settings)
            await accounts.apply(database, box, read_account_file(path), author=AUTHOR, reason=reason)

    async def go_live(self, day: date) -> None:
        """Test the connections, register the callback, open the gate."""
        connected = await connect(self.stage.settings, self.name, lambda _: None)
        if not connected.ok:
            said = "; ".join(f"{test.connection}: {test.detail}" for test in connected.tests if not test.ok)
            raise NotConnectedError(said)
        async with tenants_database(self.stage.settings) as database:
            await accounts.go_live(database, self.name, day)


async def tell(output: Output, directory: Path, broker: Broker, *, seed: int, keep: bool) -> Exit:
    """Run the demo and write its report; OFF where anything is not as it should be."""
    began = monotonic()
    where = "one process" if broker is Broker.LOCAL else "a process each, over RabbitMQ"
    output.remark(f"Setting up PostgreSQL, the sandbox and the services ({where}) in {directory} ...")
    async with stage(directory, broker, seed=seed, keep=keep) as set_up, SandboxDesk(set_up.line) as desk:
        company = await _founded(set_up, desk)
        async with account_records(set_up.settings, company.name) as records:
            report, off = await _month(output, desk, company, records, began)
        (set_up.directory / REPORT_FILE).write_text(json.dumps(report.as_dict(), indent=2) + "\n")
    output.result(report.as_dict() | {"off": off} if off else report.as_dict(), f"Report: {directory / REPORT_FILE}")
    return Exit.OFF if off else Exit.DONE


async def _founded(set_up: Stage, desk: SandboxDesk) -> Company:
    settings = await desk.account()
    company = Company(set_up, account_content(set_up.line, settings))
    await company.apply(company.content, "first version")
    await company.go_live(date.fromisoformat(settings["go_live_from"]))
    return company


async def _month(
    output: Output, desk: SandboxDesk, company: Company, records: AccountRecords, began: float
) -> tuple[Report, list[str]]:
    plan = await desk.plan()
    ready = monotonic()
    output.remark(f"Ready after {ready - began:.1f} s: {company.name} is live, ConnectWise calls us on every close.")
    first = await _closed_and_settled(output, desk, records, plan)
    output.show(clerk_view(first, "After the closes"))
    output.remark("Putting right what stopped, each on the side where it belongs ...")
    repairs = await put_right(desk, plan, company.content, company.apply, records.retry_number)
    output.show(repairs_table(repairs))
    last = await _settled_again(output, records, plan)
    output.show(clerk_view(last, "After the fixes"))
    await desk.callbacks_delivered()
    await desk.look_at_ledger()
    check = await desk.audit()
    report = make_report(plan, first, last, check, seconds_setup=ready - began, seconds_run=monotonic() - ready)
    off = what_is_off(plan, first, report, check)
    output.show(books_view(report, check, off))
    return report, off


async def _closed_and_settled(
    output: Output, desk: SandboxDesk, records: AccountRecords, plan: Sequence[PlannedClose]
) -> list[ClerkRow]:
    async with _shown(output) as progress:
        closing = progress.add_task("Closed in ConnectWise", total=len(plan))
        settling = progress.add_task("Posted and batched, or listed", total=len(plan))
        await close_all(desk, plan, lambda: progress.advance(closing))
        return await all_settled(
            records.rows,
            _numbers(plan),
            SETTLE_SECONDS,
            lambda done: progress.update(settling, completed=done),
        )


async def _settled_again(output: Output, records: AccountRecords, plan: Sequence[PlannedClose]) -> list[ClerkRow]:
    async with _shown(output) as progress:
        settling = progress.add_task("Posted and batched", total=len(plan))
        return await all_settled(
            records.rows,
            _numbers(plan),
            SETTLE_SECONDS,
            lambda done: progress.update(settling, completed=done),
            well=True,
        )


def _numbers(plan: Sequence[PlannedClose]) -> frozenset[str]:
    return frozenset(one.number for one in plan)


@asynccontextmanager
async def _shown(output: Output) -> AsyncIterator[Progress]:
    with output.progress() as progress:
        yield progress
