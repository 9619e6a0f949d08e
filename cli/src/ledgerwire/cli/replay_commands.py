"""`ledgerwire replay`: what was given up, and putting it back to work."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.output import Output
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.roles import SERVICES
from ledgerwire.common.db.session import Database
from ledgerwire.common.deadletters import DeadLetter, discard, listed, replay
from ledgerwire.common.errors import ConfigurationError, LedgerwireError
from ledgerwire.common.schema import ServiceSchema


class LetterUnknownError(LedgerwireError):
    """No dead letter of that id waits."""

    code = "DEAD_LETTER_UNKNOWN"


class Do(StrEnum):
    """What to do with the chosen letters."""

    LIST = "list"
    REPLAY = "replay"
    DISCARD = "discard"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("replay")(replay_command)


def replay_command(
    do: Annotated[Do, typer.Argument(help="list what was given up, replay it, or discard it.")] = Do.LIST,
    letter: Annotated[UUID | None, typer.Option("--id", help="One letter.")] = None,
    cause: Annotated[str | None, typer.Option(help="All letters of one cause.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """List, replay or discard messages and work that were given up; replaying twice is harmless."""

    async def action(output: Output) -> None:
        if do is not Do.LIST and [letter is not None, cause is not None, all_].count(True) != 1:
            raise ConfigurationError("name one --id, or --cause CODE, or --all", code="USAGE")
        found: list[dict[str, Any]] = []
        async with workplace(data) as settings:
            for service in SERVICES:
                database = open_database(settings, service)
                try:
                    found += await _served(database, service, do, letter, cause, dry_run=dry_run)
                finally:
                    await database.close()
        if letter is not None and not found:
            raise LetterUnknownError(f"no dead letter {letter} waits")
        output.result(found, _table(found))

    run(action, json_wanted=json_)


async def _served(
    database: Database, service: str, do: Do, letter: UUID | None, cause: str | None, *, dry_run: bool
) -> list[dict[str, Any]]:
    schema = ServiceSchema(service)
    async with database.system() as unit:
        waiting = await listed(unit, schema, cause=cause)
    letters = [item for item in waiting if letter in {None, item.dead_letter_id}]
    rows = [_row(service, item) for item in letters]
    if do is Do.DISCARD and not dry_run:
        await discard(database, schema, letters, actor=getpass.getuser())
        return [row | {"result": "discarded"} for row in rows]
    if do is Do.REPLAY:
        outcomes = await replay(database, schema, letters, actor=getpass.getuser(), dry_run=dry_run)
        return [row | {"result": one.result, "reason": one.reason} for row, one in zip(rows, outcomes, strict=True)]
    return rows


def _row(service: str, letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.dead_letter_id,
        "service": service,
        "queue": letter.queue,
        "cause": letter.cause,
        "subject": letter.subject,
        "dead_at": letter.dead_at,
        "attempts": letter.attempts,
        "detail": letter.detail.splitlines()[0] if letter.detail else "",
    }


def _table(rows: Sequence[dict[str, Any]]) -> RenderableType:
    if not rows:
        return Text("Nothing was given up.")
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Id", "Service", "Queue", "Cause", "Detail", "Result"):
        table.add_column(name)
    for row in rows:
        cells = (row["id"], row["service"], row["queue"], row["cause"], row["detail"], row.get("result", "waits"))
        table.add_row(*(escape(str(cell)) for cell in cells))
    return table
