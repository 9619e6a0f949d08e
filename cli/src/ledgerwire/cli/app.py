"""All commands of `ledgerwire`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from ledgerwire.cli import (
    account_commands,
    backlog_command,
    contacts_command,
    dead_letter_commands,
    explain_command,
    keys_commands,
    mapping_commands,
    payments_commands,
    preview_command,
    reconcile_command,
    record_commands,
    relink_command,
    run_command,
    run_commands,
    seats_commands,
    status_command,
    unposted_command,
)
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
unposted_command.register(app)
run_command.register(app)
status_command.register(app)
backlog_command.register(app)
app.add_typer(account_commands.app, name="account")
app.add_typer(mapping_commands.app, name="mapping")
app.add_typer(record_commands.app, name="record")
app.add_typer(dead_letter_commands.app, name="dead-letters")
app.add_typer(keys_commands.app, name="keys")
contacts_command.register(app)
explain_command.register(app)
payments_commands.register(app)
preview_command.register(app)
reconcile_command.register(app)
relink_command.register(app)
seats_commands.register(app)


def run_command_line(arguments: Sequence[str]) -> int:
    """Run a command line; a wrong one is said like any other failure, in JSON where JSON was asked for."""
    json_wanted = "--json" in arguments
    try:
        # standalone: the toolkit prints its own usage errors and leaves with SystemExit
        code = app(args=list(arguments), prog_name="ledgerwire", standalone_mode=not json_wanted)
    except typer.TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        Output(json_wanted=True).failed(Failure("USAGE", said, Exit.USAGE))
        return Exit.USAGE
    except SystemExit as leaving:
        code = leaving.code
    return code if isinstance(code, int) else Exit.DONE
