"""All commands of `ledgerwire`."""

from __future__ import annotations

from collections.abc import Sequence

import click
import typer

from ledgerwire.cli import account_commands, record_commands, replay_commands, run_commands, status_command
from ledgerwire.cli.failures import Exit, Failure
from ledgerwire.cli.output import Output

app = typer.Typer(
    name="ledgerwire",
    help="Every closed ConnectWise invoice in the ledger exactly once, to the cent, or listed with a reason.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
run_commands.register(app)
status_command.register(app)
app.add_typer(account_commands.app, name="account")
app.add_typer(record_commands.app, name="record")
replay_commands.register(app)


def run_command_line(arguments: Sequence[str]) -> int:
    """Run a command line; a wrong one is said like any other failure, in JSON where JSON was asked for."""
    output = Output(json_wanted="--json" in arguments)
    try:
        code = app(args=list(arguments), prog_name="ledgerwire", standalone_mode=False)
    except click.ClickException as error:
        if not output.json_wanted:
            error.show()
            return error.exit_code
        output.failed(Failure("USAGE", error.format_message(), Exit.USAGE))
        return error.exit_code
    except click.exceptions.Abort:
        output.failed(Failure("INTERRUPTED", "Interrupted.", Exit.INTERRUPTED))
        return Exit.INTERRUPTED
    return int(code) if isinstance(code, int) else Exit.DONE
