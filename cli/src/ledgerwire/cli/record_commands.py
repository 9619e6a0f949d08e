"""`ledgerwire record show | list | hold | release | skip | retry | resolve`."""

from __future__ import annotations

import getpass
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from ledgerwire.cli import record_views, trial
from ledgerwire.cli.clerk_list import STATUSES, stopped_by_cause
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import AccountRecords, account_named, account_records
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.catalogue import code_of, entries, is_known
from ledgerwire.common.errors import ConfigurationError, LedgerwireError
from ledgerwire.mapper.status import STUCK, ClerkRow, clerk_row

app = typer.Typer(help="Single records: show, hold, release, skip, retry, resolve.", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help="The invoice number, as in ConnectWise.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the record.")]
Done = Callable[[AccountRecords], Awaitable[Sequence[ClerkRow]]]


class CauseUnknownError(LedgerwireError):
    """The catalogue has no cause of that code."""

    code = "CAUSE_UNKNOWN"


@app.command("show")
def show(
    number: Number, account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False
) -> None:
    """Everything about a record: where it stands, its document, why each account was chosen, the way it went."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, account_records(settings, account) as records:
            shown = await records.show(number)
        output.result([record_views.as_value(one) for one in shown], *map(record_views.view, shown))

    run(action, json_wanted=json_)


@app.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="Only this standing, such as stopped or held.")] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """All records of an account."""

    async def action(output: Output) -> None:
        if status is not None and status not in STATUSES:
            raise ConfigurationError(f"there is no standing {status!r}; there are: {', '.join(STATUSES)}", code="USAGE")
        async with workplace(data) as settings, account_records(settings, account) as records:
            rows = await records.rows([status] if status is not None else None)
        output.result(rows, record_views.rows_table(rows))

    run(action, json_wanted=json_)


@app.command("hold")
def hold(
    number: Number,
    reason: Reason = "held by a person",
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Keep a record back until it is released.

    To keep an invoice back before it is closed, give it a billing status: docs/guide/billing-statuses.md
    """
    _change(lambda records: records.hold(number, reason), account, data, json_)


@app.command("release")
def release(
    number: Number, account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False
) -> None:
    """Let a held record go on."""
    _change(lambda records: records.release(number), account, data, json_)


@app.command("skip")
def skip(
    number: Number,
    reason: Reason = "skipped by a person",
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Do nothing with a record until somebody retries it."""
    _change(lambda records: records.skip(number, reason), account, data, json_)


@app.command("retry")
def retry(
    number: Annotated[str | None, typer.Argument(help="The invoice number.")] = None,
    cause: Annotated[str | None, typer.Option(help="Every record that this code stops.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every stopped record.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which records it would be, and how many would now pass.")
    ] = False,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Look again at one record, at all that one cause stops, or at all stopped ones."""

    async def again(records: AccountRecords) -> Sequence[ClerkRow]:
        if [number is not None, cause is not None, all_].count(True) != 1:
            raise ConfigurationError("name one number, or --cause CODE, or --all", code="USAGE")
        if dry_run:
            raise ConfigurationError("--dry-run is for --cause and --all", code="USAGE")
        if number is not None:
            return await records.retry_number(number)
        _check(cause)
        causes = [cause] if cause is not None else [one.cause for one in stopped_by_cause(await records.rows(STUCK))]
        found = [row for one in causes for row in await records.retry_cause(one)]
        return list({row.number: row for row in found}.values())

    if dry_run and number is None and (cause is not None) is not all_:
        _would(cause, account, data, json_)
    _change(again, account, data, json_)


def _check(cause: str | None) -> None:
    """Raises CauseUnknownError for a cause whose code the catalogue does not have: nothing is stopped by a mistyped one."""
    if cause is not None and not is_known(code_of(cause)):
        close = get_close_matches(code_of(cause), [each.code for each in entries()], n=1)
        raise CauseUnknownError(f"there is no cause {cause}" + "".join(f"; did you mean {each}?" for each in close))


def _would(cause: str | None, account: str | None, data: Path, json_wanted: bool) -> None:
    """Which records a retry would look at, and how many of them would now pass (D5). Writes nothing."""

    async def action(output: Output) -> None:
        _check(cause)
        async with workplace(data) as settings:
            account_id, _ = await account_named(settings, account)
            async with account_records(settings, account) as records:
                rows = await records.rows(STUCK) if cause is None else ()
                causes = [cause] if cause is not None else [one.cause for one in stopped_by_cause(rows)]
                found = {item.record_id: item for each in causes for item in await records.stopped_by(each)}
            tried = {one.record_id: one for one in await trial.trials(settings, account_id, list(found))}
        shown = [(clerk_row(item), tried.get(item.record_id)) for item in found.values()]
        value = [
            asdict(row) | {"would": one.would if one else None, "codes": one.codes if one else ()} for row, one in shown
        ]
        output.result(value, record_views.rows_table([row for row, _ in shown]), trial.sentence(list(tried.values())))

    run(action, json_wanted=json_wanted)


@app.command("resolve")
def resolve(
    number: Number,
    choice: Annotated[
        str | None, typer.Option(help="The choice, such as ACCEPT or LINK:<contact id>; without it they are listed.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept with the record.")] = "",
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Answer what stops a record with one of the choices it offers; without --choice, list them."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, account_records(settings, account) as records:
            if choice is None:
                found = await records.choices(number)
                output.result(found, record_views.choices_table(found))
                return
            rows = await records.choose(number, choice.strip(), getpass.getuser(), reason)
        output.result(rows, record_views.rows_table(rows))

    run(action, json_wanted=json_)


def _change(done: Done, account: str | None, data: Path, json_wanted: bool) -> None:
    async def action(output: Output) -> None:
        async with workplace(data) as settings, account_records(settings, account) as records:
            rows = list(await done(records))
        output.result(rows, record_views.rows_table(rows))

    run(action, json_wanted=json_wanted)
