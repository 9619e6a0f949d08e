"""A backlog as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.backlog import CompanyBacklog, Waiting
from ledgerwire.cli.span import span
from ledgerwire.tenants.forecast import Left

_KINDS = {"map": "to be mapped", "post": "to be posted and batched", "settle": "reports to take in"}


def as_value(one: CompanyBacklog) -> dict[str, Any]:
    """One company for programs; times in seconds."""
    return {
        "account": one.account,
        "company": one.company,
        "package": one.package,
        "waiting": [_work(item) for item in one.waiting],
        "budget": [_window(item) for item in one.budget],
        "connectwise_budget": [_window(item) for item in one.psa_budget],
        "documents": one.documents,
        "waits_for": dict(one.waits_for),
        "calls_per_document": f"{one.calls_per_document:.3f}",
        "measured": one.measured,
        "finish_in_seconds": None if one.finish_in is None else _seconds(one.finish_in),
    }


def _work(item: Waiting) -> dict[str, Any]:
    work = item.work
    return {
        "service": item.service,
        "kind": work.kind,
        "priority": work.priority.name.lower(),
        "due": work.due,
        "later": work.later,
        "parked": work.parked,
        "oldest_seconds": _seconds(work.oldest),
        "code": work.code,
    }


def _window(item: Left) -> dict[str, Any]:
    shown: dict[str, Any] = {"window": item.name, "seconds": item.seconds, "ceiling": item.ceiling, "left": item.left}
    return shown | {"bulk": item.bulk} | {"closed_for_seconds": _seconds(item.closed_for)}


def _seconds(time: timedelta) -> int:
    return round(time.total_seconds())


def view(found: Sequence[CompanyBacklog]) -> Iterator[RenderableType]:
    """Company by company."""
    if not any(one.waiting for one in found):
        yield Text("Nothing waits.")
    for one in found:
        if one.waiting:
            yield _table(one)
        for line in _lines(one):
            yield Text(line)


def _table(one: CompanyBacklog) -> Table:
    title = one.company or f"{one.account}: company not known yet"
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in ("Waiting", "Priority"):
        table.add_column(name)
    for name in ("Now", "Later", "Parked"):
        table.add_column(name, justify="right")
    table.add_column("Oldest")
    table.add_column("Why not now")
    for item in one.waiting:
        work = item.work
        named = _KINDS.get(work.kind, f"{item.service} {work.kind}")
        cells = (named, work.priority.name.lower().replace("_", " "), str(work.due), str(work.later), str(work.parked))
        table.add_row(*map(Text, (*cells, span(work.oldest), work.code or "")))
    return table


def _lines(one: CompanyBacklog) -> Iterator[str]:
    if not one.company:
        return
    yield f"{one.company}: calls left {_calls(one.budget)}; to ConnectWise {_calls(one.psa_budget)}."
    if one.finish_in is not None:
        how = "measured in the last day" if one.measured else "usual for the package"
        calls = f"{one.calls_per_document:.2f} ledger calls a document, {how}"
        yield f"  {one.documents} documents, done in about {span(one.finish_in)} ({calls})."
    if one.waits_for:
        total = sum(one.waits_for.values())
        reasons = ", ".join(f"{code} {count}" if count < total else code for code, count in one.waits_for.items())
        yield f"  {total} wait for: {reasons}."


def _calls(windows: Sequence[Left]) -> str:
    """The provider's own windows; those that bulk work keeps to besides are its own affair."""
    return ", ".join(_left(item) for item in windows if not item.bulk) or "not limited"


def _left(item: Left) -> str:
    closed = f", closed for {span(item.closed_for)}" if item.closed_for else ""
    return f"{item.left} of {item.ceiling} a {item.name}{closed}"
