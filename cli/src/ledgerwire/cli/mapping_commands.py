"""`ledgerwire mapping list | export | import | impact | roll-back`: versions of an account's mapping, each with author and reason."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.cli import impact_command
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.finding_views import findings_as_value, findings_table
from ledgerwire.cli.mapping_files import read_mapping_file, writer_for
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import tenants_database, workplace
from ledgerwire.common.errors import Stopped
from ledgerwire.tenants import mapping_versions
from ledgerwire.tenants.views import MappingView

app = typer.Typer(help="Mapping versions: who changed what, when and why; export, import, roll back.")

app.command("impact")(impact_command.impact)

FromOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], help="First document date that the version decides; else every date."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the version.")]
MappingFile = Annotated[Path, typer.Argument(help="A mapping file: .csv, .yaml or .yml.")]


@app.command("list")
def list_(account: AccountOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """The versions of the mapping, newest first."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            _, name = await account_named(settings, account)
            found = await mapping_versions.versions(database, name)
        output.result(found, _table(found))

    run(action, json_wanted=json_)


@app.command("export")
def export(
    file: MappingFile,
    version: Annotated[int | None, typer.Option(help="The version; else the newest.")] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Write a version to a file that `mapping import` reads back."""

    async def action(output: Output) -> None:
        write = writer_for(file)
        async with workplace(data) as settings, tenants_database(settings) as database:
            _, name = await account_named(settings, account)
            view, content = await mapping_versions.content(database, name, version)
        file.write_text(write(content), encoding="utf-8")
        output.result(
            {"file": str(file), "version": view.version}, Text(f"Mapping version {view.version} is in {file}.")
        )

    run(action, json_wanted=json_)


@app.command("import")
def import_(
    file: MappingFile,
    reason: ReasonOption,
    from_: FromOption = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Make a version of a mapping file; nothing is stored unless every row is right."""

    async def action(output: Output) -> Exit:
        try:
            content = read_mapping_file(file)
        except Stopped as error:
            output.result(findings_as_value(error.findings), findings_table(error.findings))
            return Exit.REFUSED
        async with workplace(data) as settings, tenants_database(settings) as database:
            _, name = await account_named(settings, account)
            view, made = await mapping_versions.change(
                database, name, content, author=getpass.getuser(), reason=reason, effective_from=_day(from_)
            )
        output.result({"version": view.version, "made": made}, _said(view, made=made))
        return Exit.DONE

    run(action, json_wanted=json_)


@app.command("roll-back")
def roll_back(
    version: Annotated[int, typer.Argument(help="The version to go back to.")],
    reason: ReasonOption,
    from_: FromOption = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Make a new version that says what an older one said."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, tenants_database(settings) as database:
            _, name = await account_named(settings, account)
            view, made = await mapping_versions.roll_back(
                database, name, version, author=getpass.getuser(), reason=reason, effective_from=_day(from_)
            )
        output.result({"version": view.version, "made": made}, _said(view, made=made))

    run(action, json_wanted=json_)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _said(view: MappingView, *, made: bool) -> RenderableType:
    since = f" for documents dated {view.effective_from:%d %b %Y} and later" if view.effective_from else ""
    return Text(f"Mapping version {view.version} is in force{since}." if made else "Nothing to change.")


def _table(found: Sequence[MappingView]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Version", "From", "Made", "By", "Why"):
        table.add_column(name)
    for item in found:
        since = f"{item.effective_from:%d %b %Y}" if item.effective_from else "every date"
        made = f"{item.created_at:%d %b %Y %H:%M} UTC"
        table.add_row(str(item.version), since, made, Text(item.author), Text(item.reason))
    return table
