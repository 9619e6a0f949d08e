"""`ledgerwire run TYPE`: hand what stands on one of ConnectWise's unposted lists to Ledgerwire now (A108-A110)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Annotated
from uuid import UUID

import typer

from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.record_views import rows_table
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.settings import Settings
from ledgerwire.ingest.bootstrap import open_runs
from ledgerwire.ingest.runs import Run, Selection
from ledgerwire.mapper.bootstrap import open_desk
from ledgerwire.mapper.status import POSTING, ClerkRow

UNDER_WAY = frozenset({"received", POSTING})
_LOOK_EVERY = 0.5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run_now)


def run_now(
    record_type: Annotated[RecordType, typer.Argument(metavar="TYPE", help="invoice, procurement or expense.")],
    numbers: Annotated[list[str] | None, typer.Argument(help="Only records of these numbers.")] = None,
    company: Annotated[str | None, typer.Option(help="The company; needed where there are several.")] = None,
    through: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what is dated up to this day.")
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the results.")] = 0,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Start a run over one unposted list; with --wait, one row a record at the end. A run of one type touches no other.

    Exit code 1 when a number that was named is not on the list.
    """

    async def action(output: Output) -> Exit:
        day = through.date() if through else None
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            async with open_runs(settings) as runs:
                started = await runs.start(account_id, Selection(record_type, company, day, tuple(numbers or ())))
            rows = await _results(settings, account_id, started, wait)
        value = {
            "run": started.run_id,
            "type": started.record_type,
            "offered": len(started.offered),
            "announced": started.announced,
            "missing": started.missing,
            "rows": rows,
        }
        said = f"Run {started.run_id}: {len(started.offered)} {record_type.value} records, {started.announced} handed over."
        lacking = [f"Not on the list as far as it was chosen: {', '.join(started.missing)}."] if started.missing else []
        output.result(value, said, *lacking, *([rows_table(rows)] if wait else []))
        return Exit.OFF if started.missing else Exit.DONE

    run(action, json_wanted=json_)


async def _results(settings: Settings, account_id: UUID, started: Run, wait: float) -> Sequence[ClerkRow]:
    """What became of the run's records so far: all of them once none is under way, or when the time is up."""
    if not wait:
        return ()
    desk, until = open_desk(settings), monotonic() + wait
    wanted = {(started.record_type.value, source_id) for source_id in started.offered}
    try:
        while True:
            rows = [row for row in await desk.rows(account_id) if (row.record_type, row.source_id) in wanted]
            under_way = len(rows) < len(wanted) or any(row.status in UNDER_WAY for row in rows)
            if not under_way or monotonic() >= until:
                return rows
            await asyncio.sleep(_LOOK_EVERY)
    finally:
        await desk.close()
