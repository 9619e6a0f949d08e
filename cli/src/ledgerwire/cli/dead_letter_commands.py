"""`ledgerwire dead-letters list | show | replay | discard`: what was given up, and putting it back to work (B38, D5)."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import typer

from ledgerwire.cli import dead_letter_views as views
from ledgerwire.cli import dead_letters
from ledgerwire.cli.dead_letters import Letter
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.output import Output
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.deadletters import DeadLetter, Replayed, discard, replay
from ledgerwire.common.deadletters.model import ReplayResult
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings

app = typer.Typer(help="Messages and work that were given up: look, replay, discard.", no_args_is_help=True)

LetterIds = Annotated[list[UUID] | None, typer.Argument(help="Ids of letters.")]
CauseOption = Annotated[str | None, typer.Option("--cause", help="All letters of one cause.")]
AllOption = Annotated[bool, typer.Option("--all", help="All letters.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen, and what would pass now.")]


@app.command("list")
def list_(cause: CauseOption = None, data: DataOption = DEFAULT_DATA, json_: JsonFlag = False) -> None:
    """What lies dead, by root cause with counts and money; with --cause each letter of it."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            letters = await dead_letters.waiting(settings, cause)
        if cause is None:
            groups = dead_letters.grouped(letters)
            output.result([views.group_value(one) for one in groups], views.groups_table(groups))
        else:
            output.result([views.letter_value(one) for one in letters], views.letters_table(letters))

    run(action, json_wanted=json_)


@app.command("show")
def show(
    letter: Annotated[UUID, typer.Argument(help="The letter's id.")],
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """One letter in full: cause, payload, headers, attempts, mapping version, its record."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            found = await dead_letters.one(settings, letter)
        output.result(views.whole_value(found), *views.whole(found))

    run(action, json_wanted=json_)


@app.command("replay")
def replay_(
    letters: LetterIds = None,
    cause: CauseOption = None,
    all_: AllOption = False,
    dry_run: DryRun = False,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Put letters back to work; doing it twice is harmless. With --dry-run, how many records would now pass."""

    async def action(output: Output) -> Exit:
        async with workplace(data) as settings:
            chosen = await _chosen(settings, letters, cause, all_=all_)
            outcomes = await _replayed(settings, chosen, dry_run=dry_run)
            groups = dead_letters.grouped(chosen)
            groups = await dead_letters.tried(settings, groups) if dry_run else groups
        rows = [views.letter_value(item) | views.outcome_value(outcomes[item.letter.dead_letter_id]) for item in chosen]
        value = {"dry_run": dry_run, "letters": rows, "groups": [views.group_value(one) for one in groups]}
        output.result(value, *views.replayed(groups, outcomes, dry_run=dry_run))
        left = any(outcome.result is ReplayResult.NOT_REPLAYABLE for outcome in outcomes.values())
        return Exit.OFF if left else Exit.DONE

    run(action, json_wanted=json_)


@app.command("discard")
def discard_(
    letters: LetterIds = None,
    cause: CauseOption = None,
    all_: AllOption = False,
    dry_run: DryRun = False,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Put letters away for good; their rows stay as the record of it."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings:
            chosen = await _chosen(settings, letters, cause, all_=all_)
            if dry_run:
                found, put_away = chosen, sum(item.letter.state == "dead" for item in chosen)
            else:
                found, put_away = await _discarded(settings, chosen)
        rows: list[dict[str, Any]] = [views.letter_value(item) for item in found]
        counts = {"discarded": 0 if dry_run else put_away, "settled_before": len(found) - put_away}
        output.result(
            {"dry_run": dry_run, **counts, "letters": rows}, *views.discarded(found, put_away, dry_run=dry_run)
        )

    run(action, json_wanted=json_)


async def _chosen(settings: Settings, ids: Sequence[UUID] | None, cause: str | None, *, all_: bool) -> list[Letter]:
    """The letters that are meant; a settled one is taken too where it is named, and left as it is.

    Raises LetterUnknownError for an id that no service knows.
    """
    if [bool(ids), cause is not None, all_].count(True) != 1:
        raise ConfigurationError("name letters by id, or --cause CODE, or --all", code="USAGE")
    if ids:
        return [await dead_letters.one(settings, each) for each in dict.fromkeys(ids)]
    return await dead_letters.waiting(settings, cause)


async def _replayed(settings: Settings, chosen: Sequence[Letter], *, dry_run: bool) -> dict[UUID, Replayed]:
    outcomes: dict[UUID, Replayed] = {}
    for service, letters in _by_service(chosen).items():
        async with dead_letters.database_of(settings, service) as database:
            actor = getpass.getuser()
            for done in await replay(database, ServiceSchema(service), letters, actor=actor, dry_run=dry_run):
                outcomes[done.dead_letter_id] = done
    return outcomes


async def _discarded(settings: Settings, chosen: Sequence[Letter]) -> tuple[list[Letter], int]:
    """The letters as they stand afterwards, and how many of them were put away now."""
    done: set[UUID] = set()
    for service, letters in _by_service(chosen).items():
        async with dead_letters.database_of(settings, service) as database:
            done |= set(await discard(database, ServiceSchema(service), letters, actor=getpass.getuser()))
    after = [
        replace(item, letter=replace(item.letter, state="discarded")) if item.letter.dead_letter_id in done else item
        for item in chosen
    ]
    return after, len(done)


def _by_service(chosen: Sequence[Letter]) -> dict[str, list[DeadLetter]]:
    found: dict[str, list[DeadLetter]] = {}
    for item in chosen:
        found.setdefault(item.service, []).append(item.letter)
    return found
