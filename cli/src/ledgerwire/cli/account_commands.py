"""`ledgerwire account apply | show | options | list | connect | go-live`."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ledgerwire.cli import account_views, connecting
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_records
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.workplace import tenants_database, workplace
from ledgerwire.common.security import SecretBox
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import read_account_file
from ledgerwire.tenants.options import options as account_options

app = typer.Typer(help="Accounts: what they may reach and how their invoices are mapped.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(help="The account file (YAML).")],
    reason: Annotated[str, typer.Option(help="Why; kept with the mapping version.")] = "account file applied",
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Create or change an account from its file; nothing is stored unless all of the file is right."""

    async def action(output: Output) -> None:
        content = read_account_file(file)
        async with workplace(data) as settings, tenants_database(settings) as database:
            box = SecretBox.from_settings(settings)
            applied = await accounts.apply(database, box, content, author=getpass.getuser(), reason=reason)
        output.result(applied, account_views.applied(applied))

    run(action, json_wanted=json_)


@app.command("show")
def show(name: Name, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Show an account: connections and their tests, companies, mapping version; never a secret."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            view = await accounts.show(database, name)
        output.result(view, account_views.account(view))

    run(action, json_wanted=json_)


@app.command("options")
def options(
    name: Name,
    changed: Annotated[bool, typer.Option("--changed", help="Only those that differ from their default.")] = False,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Every option of an account: its value, its default, who changed it last and when, and where to read about it."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            found = [one for one in await account_options(database, name) if not (changed and one.is_default)]
        output.result(found, account_views.options(found))

    run(action, json_wanted=json_)


@app.command("list")
def list_(data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """List the accounts."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            entries = await accounts.list_accounts(database)
        listed = account_views.directory(entries)
        output.result(listed, account_views.directory_table(listed))

    run(action, json_wanted=json_)


@app.command("connect")
def connect(name: Name, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Test every connection of an account, keep the results, and ask ConnectWise to call us on closes."""

    async def action(output: Output) -> Exit:
        async with workplace(data) as settings:
            connected = await connecting.connect(settings, name, output.remark)
        output.result(connected, account_views.connected(connected))
        return Exit.DONE if connected.ok else Exit.OFF

    run(action, json_wanted=json_)


@app.command("go-live")
def go_live(
    name: Name,
    from_: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            help="First day whose invoices are posted; earlier are skipped. Kept: needed the first time only.",
        ),
    ] = None,
    change_day: Annotated[bool, typer.Option("--change-day", help="Let --from replace the day that was kept.")] = False,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Open the gate: from the first day on closed invoices are posted and batched."""
    first_day = from_.date() if from_ is not None else None

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            view = await accounts.go_live(database, name, first_day, change_day=change_day)
            async with account_records(settings, name) as records:
                woken = await records.wake_held()
        output.remark(f"{woken} records that waited for this are looked at now.")
        output.result(view, account_views.account(view))

    run(action, json_wanted=json_)


@app.command("hold")
def hold(name: Name, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Close the gate again: nothing more is posted or batched until go-live."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            view = await accounts.hold(database, name)
        output.result(view, account_views.account(view))

    run(action, json_wanted=json_)
