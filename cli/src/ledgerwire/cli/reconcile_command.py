"""`ledgerwire reconcile`: is every closed record of a period in the ledger once, to the cent? (D1)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from ledgerwire.cli import reconcile_views
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.impact_command import period
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.settings import Settings
from ledgerwire.poster.reconciliation.bootstrap import open_reconciliation
from ledgerwire.poster.reconciliation.canonical import csv_bytes
from ledgerwire.poster.reconciliation.domain.model import Report

_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(reconcile)


def reconcile(
    from_: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First date; else last month.")] = None,
    to: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last date of the records; with --from alone, today.")
    ] = None,
    company: Annotated[str | None, typer.Option(help="One ledger company only.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all rows to this file.")] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="Not clean either while a record is held, stopped or on its way.")
    ] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Hold ConnectWise, the ledger and our records side by side; exit code 1 when a record is missing, double or off."""

    async def action(output: Output) -> Exit:
        first, last = period(from_, to, date.today())  # noqa: DTZ011 - the month people call the last one is the local one
        async with workplace(data) as settings:
            found = await _reconciled(settings, account, company, first, last)
        if csv is not None:
            csv.write_bytes(csv_bytes(found))
        output.result(reconcile_views.as_value(found), *reconcile_views.view(found, csv))
        return Exit.DONE if (found.complete if complete else found.clean) else Exit.OFF

    run(action, json_wanted=json_)


async def _reconciled(settings: Settings, account: str | None, company: str | None, first: date, last: date) -> Report:
    account_id, _ = await account_named(settings, account)
    desk = open_reconciliation(settings)
    try:
        return await desk.reconcile(account_id, first, last, company)
    finally:
        await desk.close()
