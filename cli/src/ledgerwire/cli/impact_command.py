"""`ledgerwire mapping impact`: what another mapping would change over a period, before it is made a version (D16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.finding_views import findings_as_value, findings_table
from ledgerwire.cli.mapping_files import read_mapping_file
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import tenants_database, workplace
from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.errors import ConfigurationError, Stopped
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.bootstrap import open_impact_desk
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.impact import Impact
from ledgerwire.tenants import mapping_versions
from ledgerwire.tenants.account_file import mapping_bytes
from ledgerwire.tenants.mapping_file import MappingSection


def impact(
    file: Annotated[Path | None, typer.Argument(help="A mapping file: .csv, .yaml or .yml.")] = None,
    version: Annotated[int | None, typer.Option(help="A version of the mapping instead of a file.")] = None,
    from_: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First document date; else last month.")
    ] = None,
    to: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Last document date; with --from alone, today."),
    ] = None,
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Map a period's records again under another mapping and list what would differ. Writes nothing."""

    async def action(output: Output) -> Exit:
        if (file is None) == (version is None):
            raise ConfigurationError("name a file, or --version", code="USAGE")
        first, last = period(from_, to, date.today())  # noqa: DTZ011 - the month people call the last one is the local one
        try:
            given = read_mapping_file(file) if file is not None else None
        except Stopped as error:
            output.result(findings_as_value(error.findings), findings_table(error.findings))
            return Exit.REFUSED
        async with workplace(data) as settings:
            found = await _impact(settings, account, given, version, first, last)
        output.result(found, *_view(found, first, last))
        return Exit.DONE

    run(action, json_wanted=json_)


def period(from_: datetime | None, to: datetime | None, today: date) -> tuple[date, date]:
    """First and last day: those given; from a day on it is until `today`, and without one the calendar month before.

    Raises ConfigurationError (USAGE) for a period without a day: nothing is found in it, which is not that all is well.
    """
    last = to.date() if to else today if from_ else today.replace(day=1) - timedelta(days=1)
    first = from_.date() if from_ else last.replace(day=1)
    if last < first:
        said = f"--to {last} is before --from {first}" if to else f"--from {first} is after today: name --to as well"
        raise ConfigurationError(said, code="USAGE")
    return first, last


async def _impact(
    settings: Settings, account: str | None, given: MappingSection | None, version: int | None, first: date, last: date
) -> Impact:
    account_id, name = await account_named(settings, account)
    if given is None:
        async with tenants_database(settings) as database:
            _, given = await mapping_versions.content(database, name, version)
    desk = open_impact_desk(settings)
    try:
        return await desk.impact(account_id, from_canonical(mapping_bytes(given), MappingSettings), first, last)
    finally:
        await desk.close()


def _view(found: Impact, first: date, last: date) -> Sequence[RenderableType]:
    head = Text(
        f"{found.looked_at} records from {first:%d %b %Y} to {last:%d %b %Y}: {len(found.changed)} would differ."
    )
    if not found.changed:
        return [head]
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Number", "Customer", "Line", "What", "Now", "Then"):
        table.add_column(name)
    table.add_column("Amount", justify="right")
    for one in found.changed:
        for change in one.changes:
            cells = (one.number, one.customer, change.line, change.what, change.before, change.after)
            table.add_row(*map(Text, cells), money(change.amount))
    counts = Counter(
        f"{change.what}: {change.before} to {change.after}" for one in found.changed for change in one.changes
    )
    summary = [Text(f"  {count} x {what}") for what, count in counts.most_common(20)]
    return [Group(head, table, *summary)]
