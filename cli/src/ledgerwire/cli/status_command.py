"""`ledgerwire status`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ledgerwire.cli.clerk_list import standing, stopped_by_cause, waiting_by_cause, warned_by_cause
from ledgerwire.cli.clerk_tables import clerk_view
from ledgerwire.cli.connection_faults import connection_faults, faults_table
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_records
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.workplace import workplace
from ledgerwire.mapper.status import TOLD

AccountOption = Annotated[
    str | None, typer.Option("--account", help="The account; may be left out where there is only one.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Where the records stand, by cause what stops, delays or warns, and the connections that fail."""
    run(_Status(account, data), json_wanted=json_)


class _Status:
    def __init__(self, account: str | None, data: Path) -> None:
        self._account = account
        self._data = data

    async def __call__(self, output: Output) -> None:
        async with workplace(self._data) as settings, account_records(settings, self._account) as records:
            summary, rows = await records.summary(), await records.rows(TOLD)
            faults = await connection_faults(settings, records.account_id)
        standings = standing(summary)
        value = {
            "account": records.name,
            "standing": standings,
            "stopped": stopped_by_cause(rows),
            "waiting": waiting_by_cause(rows),
            "warned": warned_by_cause(rows),
            "connections": faults,
        }
        shown = [clerk_view(rows, records.name, standings)]
        output.result(value, *shown, *([faults_table(faults)] if faults else []))
