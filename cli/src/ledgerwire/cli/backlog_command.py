"""`ledgerwire backlog`: what waits for each ledger company, what is left of its provider's budget, and when it will be done."""

from __future__ import annotations

import typer

from ledgerwire.cli import backlog_views
from ledgerwire.cli.backlog import backlog_of
from ledgerwire.cli.output import Output
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backlog)


def backlog(account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """Waiting work by company, kind and priority, the budget left, and a forecast of the finish; of all accounts or one."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            found = await backlog_of(settings, account)
        output.result([backlog_views.as_value(one) for one in found], *backlog_views.view(found))

    run(action, json_wanted=json_)
