"""`ledgerwire payments sync | list | resolve` and `ledgerwire stats`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from ledgerwire.cli import payment_views
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.poster.payments.desk import PaymentsDesk, open_payments_desk
from ledgerwire.poster.payments.domain.model import Side

payments = typer.Typer(
    help="Payments from the ledger back to ConnectWise, and credits both ways.", no_args_is_help=True
)

CompanyOption = Annotated[str | None, typer.Option("--company", help="Only this ledger company; else all.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(payments, name="payments")
    app.command()(stats)


@payments.command("sync")
def sync(
    company: CompanyOption = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Read both systems again from this day; older movements are left alone."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be written.")] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Look at payments and credits now and carry over what changed; a service does so by itself every few minutes."""

    async def action(output: Output) -> None:
        async with _desk(data, account) as (desk, account_id):
            looked = await desk.look(
                account_id, company=company, since=since.date() if since else None, dry_run=dry_run
            )
        output.result(looked, *map(payment_views.looked, looked))

    run(action, json_wanted=json_)


@payments.command("list")
def list_(
    told: Annotated[bool, typer.Option("--told", help="Only those with something to be known.")] = False,
    company: CompanyOption = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Documents that are settled in full or in part, with what each side shows."""

    async def action(output: Output) -> None:
        async with _desk(data, account) as (desk, account_id):
            rows = await desk.rows(account_id, company=company, told=told)
        output.result(rows, payment_views.table(rows))

    run(action, json_wanted=json_)


@payments.command("resolve")
def resolve(
    number: Annotated[str, typer.Argument(help="The document's number.")],
    choice: Annotated[Side, typer.Option(help="The side that is right; the other is made equal to it.")],
    company: CompanyOption = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Say which side is right where both differ. Money is never entered in the ledger: only `ledger` decides about it."""

    async def action(output: Output) -> None:
        async with _desk(data, account) as (desk, account_id):
            looked = await desk.answer(account_id, number, choice, company=company)
        output.result(looked, *map(payment_views.looked, looked))

    run(action, json_wanted=json_)


def stats(account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Records by month of their first success, by company: invoices, payments, procurements and expenses."""

    async def action(output: Output) -> None:
        async with _desk(data, account) as (desk, account_id):
            months = await desk.months(account_id)
        output.result(list(map(payment_views.month_value, months)), payment_views.months(months))

    run(action, json_wanted=json_)


@asynccontextmanager
async def _desk(data: Path, account: str | None) -> AsyncIterator[tuple[PaymentsDesk, UUID]]:
    async with workplace(data) as settings:
        account_id, _ = await account_named(settings, account)
        async with open_payments_desk(settings) as desk:
            yield desk, account_id
