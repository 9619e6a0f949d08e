"""`ledgerwire preview NUMBER… | --all`: the exact documents that records would become now, without a write (D3)."""

from __future__ import annotations

from typing import Annotated

import typer

from ledgerwire.cli import preview_views
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.previewing import previews
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(preview)


def preview(
    numbers: Annotated[list[str] | None, typer.Argument(help="Numbers of records, as in ConnectWise.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything on the unposted lists.")] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Show what records would become in the ledger now; for a posted one, what the ledger shows otherwise. Writes nothing."""

    async def action(output: Output) -> Exit:
        if bool(numbers) == all_:
            raise ConfigurationError("name one number or more, or --all", code="USAGE")
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            found = await previews(settings, account_id, None if all_ else numbers)
        output.result([preview_views.as_value(one) for one in found], *map(preview_views.view, found))
        return Exit.OFF if any(one.is_off for one in found) else Exit.DONE

    run(action, json_wanted=json_)
