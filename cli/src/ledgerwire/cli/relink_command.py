"""`ledgerwire relink`: after a restore, give back to records their documents and batches that our rows do not know (R22)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.impact_command import period
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.bootstrap import open_desk
from ledgerwire.poster.reconciliation.bootstrap import open_reconciliation
from ledgerwire.poster.reconciliation.domain.model import Row

_DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(relink)


def relink(
    from_: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First date; else last month.")] = None,
    to: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last date of the records; with --from alone, today.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list them.")] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """After a restore: look again at invoices that are posted and batched and that our records do not know to be.

    Nothing is written to ConnectWise or the ledger: each invoice's document is found there and taken over.
    """

    async def action(output: Output) -> None:
        first, last = period(from_, to, date.today())  # noqa: DTZ011 - the month people call the last one is the local one
        async with workplace(data) as settings:
            found = await _relinked(settings, account, first, last, dry_run=dry_run)
        listed = [
            {"number": row.record.number, "total": row.record.total, "currency": row.record.currency} for row in found
        ]
        word = "would be" if dry_run else "are"
        output.result(
            {"dry_run": dry_run, "invoices": listed},
            f"{len(found)} invoices {word} linked again.",
            *([_table(found)] if found else []),
        )

    run(action, json_wanted=json_)


async def _relinked(settings: Settings, name: str | None, first: date, last: date, *, dry_run: bool) -> list[Row]:
    account_id, _ = await account_named(settings, name)
    books = open_reconciliation(settings)
    try:
        report = await books.reconcile(account_id, first, last)
        connection_id = (await books.clients.account(account_id)).psa.connection_id
    finally:
        await books.close()
    found = [row for row in report.rows if row.to_link]
    if found and not dry_run:
        desk = open_desk(settings)
        try:
            await desk.relink(account_id, connection_id, [row.record.source_id for row in found])
        finally:
            await desk.close()
    return found


def _table(rows: list[Row]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Number", "Customer", "Date"):
        table.add_column(name)
    table.add_column("Total", justify="right")
    for row in rows:
        record = row.record
        table.add_row(
            Text(record.number),
            Text(record.customer),
            f"{record.dated:%d %b %Y}",
            f"{record.total:,.2f} {record.currency}",
        )
    return table
