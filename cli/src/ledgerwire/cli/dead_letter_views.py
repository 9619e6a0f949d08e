"""Dead letters as people and programs read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.cli import trial
from ledgerwire.cli.clerk_tables import totals_text
from ledgerwire.cli.dead_letters import Group, Letter, kind_of
from ledgerwire.common.deadletters.model import Replayed, ReplayResult
from ledgerwire.mapper.status import clerk_row

_DISCARDED = "discarded"


def group_value(group: Group) -> dict[str, Any]:
    """One root cause; what would pass only where it was tried."""
    value = {
        "service": group.service,
        "kind": group.kind,
        "cause": group.cause,
        "letters": len(group.letters),
        "records": len({item.record_id for item in group.letters if item.record_id is not None}),
        "oldest": group.oldest,
        "totals": group.totals,
    }
    return value | trial.value_of(group.tried) if group.tried else value


def letter_value(item: Letter) -> dict[str, Any]:
    """One letter in short."""
    letter = item.letter
    return {
        "id": letter.dead_letter_id,
        "service": item.service,
        "kind": kind_of(letter),
        "cause": letter.cause,
        "record": clerk_row(item.record).number if item.record else None,
        "dead_at": letter.dead_at,
        "attempts": letter.attempts,
        "state": letter.state,
        "detail": _last_line(letter.detail),
    }


def outcome_value(outcome: Replayed) -> dict[str, Any]:
    """What a replay did with a letter."""
    return {"result": outcome.result, "reason": outcome.reason}


def whole_value(item: Letter) -> dict[str, Any]:
    """One letter with everything that was kept."""
    letter = item.letter
    kept = {
        "queue": letter.queue,
        "message_id": letter.message_id,
        "subject": letter.subject,
        "detail": letter.detail,
        "payload": letter.payload.decode(errors="replace"),
        "headers": letter.headers,
        "mapping_version": letter.mapping_version,
        "correlation_id": letter.correlation_id,
        "account_id": letter.account_id,
    }
    return letter_value(item) | kept


def _last_line(detail: str) -> str:
    """A traceback says at its end what went wrong."""
    lines = [line for line in detail.splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def groups_table(groups: Sequence[Group]) -> RenderableType:
    """What lies dead, by root cause."""
    if not groups:
        return Text("Nothing was given up.")
    table = Table(title="Given up, by cause", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("Cause", "Service", "What"):
        table.add_column(name)
    table.add_column("Letters", justify="right")
    table.add_column("Money", justify="right")
    table.add_column("Oldest")
    for group in groups:
        money = totals_text(group.totals) if group.totals else ""
        cells = (group.cause, group.service, group.kind, str(len(group.letters)), money, _moment(group.oldest))
        table.add_row(*map(Text, cells))
    return table


def letters_table(letters: Sequence[Letter]) -> RenderableType:
    """Each letter in a line."""
    if not letters:
        return Text("Nothing was given up.")
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Id", "Service", "What", "Cause", "Record", "Tries", "Since", "State", "Detail"):
        table.add_column(name, no_wrap=name == "Id")
    for item in letters:
        letter = item.letter
        record = clerk_row(item.record).number if item.record else ""
        cells = (
            str(letter.dead_letter_id), item.service, kind_of(letter), letter.cause, record, str(letter.attempts),
            _moment(letter.dead_at), letter.state, _last_line(letter.detail),
        )  # fmt: skip
        table.add_row(*map(Text, cells))
    return table


def whole(item: Letter) -> Iterator[RenderableType]:
    """One letter in full."""
    table = Table(show_header=False, box=None)
    for name, value in whole_value(item).items():
        if name not in {"detail", "payload"}:
            table.add_row(Text(name.replace("_", " ").capitalize(), style="bold"), Text(_shown(value)))
    yield table
    for name in ("detail", "payload"):
        yield Text(f"\n{name.capitalize()}", style="bold")
        yield Text(str(whole_value(item)[name]))


def replayed(groups: Sequence[Group], outcomes: Mapping[UUID, Replayed], *, dry_run: bool) -> Iterator[RenderableType]:
    """What a replay did, or would do, cause by cause."""
    if not groups:
        yield Text("Nothing was given up.")
    for group in groups:
        results = Counter(_words(outcomes[item.letter.dead_letter_id], dry_run=dry_run) for item in group.letters)
        said = ", ".join(f"{count} {words}" for words, count in results.items())
        yield Text(f"{group.cause} ({group.service}, {group.kind}): {said}.")
        if group.tried:
            yield Text(f"  {trial.sentence(group.tried)}")
        for item in group.letters:
            outcome = outcomes[item.letter.dead_letter_id]
            if outcome.result is ReplayResult.NOT_REPLAYABLE:
                yield Text(f"  {item.letter.dead_letter_id}: {outcome.reason}")
            elif outcome.reason == _DISCARDED and item.record is not None:
                number = clerk_row(item.record).number
                yield Text(f"  Its record is looked at again by: ledgerwire record retry '{number}'")


def _words(outcome: Replayed, *, dry_run: bool) -> str:
    if outcome.result is ReplayResult.REPLAYED:
        return "would be replayed" if dry_run else "replayed"
    if outcome.result is ReplayResult.NOT_REPLAYABLE:
        return "cannot be replayed"
    return f"{outcome.reason or 'settled'} before: nothing was done"


def discarded(letters: Sequence[Letter], put_away: int, *, dry_run: bool) -> Iterator[RenderableType]:
    """What a discard did, or would do; the others of the letters were settled before."""
    if letters:
        before = len(letters) - put_away
        rest = f"; {before} settled already: nothing was done" if before else ""
        yield Text(f"{put_away} {'would be ' if dry_run else ''}discarded{rest}.")
    yield letters_table(letters)


def _moment(at: datetime | None) -> str:
    return f"{at:%d %b %Y %H:%M}" if at else ""


def _shown(value: Any) -> str:
    return "" if value is None else _moment(value) if isinstance(value, datetime) else str(value)
