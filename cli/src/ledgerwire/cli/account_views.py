"""Accounts as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.connecting import Connected
from ledgerwire.tenants.views import AccountView, Applied, DirectoryEntry

_COLOURS = {"ok": "green", "failed": "red", "untested": "yellow", "live": "green", "hold": "yellow"}


def _coloured(state: str) -> Text:
    return Text(state, style=_COLOURS.get(state, ""))


def applied(result: Applied) -> RenderableType:
    """What an account file changed."""
    if not result.changes:
        return Text(f"{result.name}: nothing to change, mapping version {result.mapping_version} is in force.")
    return Group(Text(f"{result.name}:", style="bold"), *(Text(f"  {change}") for change in result.changes))


def account(view: AccountView) -> RenderableType:
    """One account."""
    since = f" from {view.go_live_from:%d %b %Y}" if view.go_live_from else ""
    head = Text.assemble((view.name, "bold"), "  ", _coloured(view.status), since)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Connection", "Kind", "Where", "Secret", "Test", "What it said"):
        table.add_column(name)
    for item in view.connections:
        where = str(item.config.get("site") or item.config.get("base_url") or "the vendor's own address")
        secret = (
            item.secret if item.consent is None else f"consent {item.consent.state}, version {item.consent.version}"
        )
        table.add_row(
            escape(item.name), item.kind, escape(where), secret, _coloured(item.state), escape(item.state_detail or "")
        )
    companies = [
        Text(f"{item.name}: {item.ledger}, {_locations(item.locations)}", overflow="fold") for item in view.companies
    ]
    mapping = view.mapping
    said = (
        f"Mapping version {mapping.version} by {mapping.author} at {mapping.created_at:%Y-%m-%d %H:%M} UTC: {mapping.reason}"
        if mapping
        else "No mapping yet"
    )
    return Group(head, table, *companies, Text(said))


def _locations(locations: Sequence[int]) -> str:
    return f"locations {', '.join(map(str, locations))}" if locations else "all locations"


def directory(entries: Sequence[DirectoryEntry]) -> list[dict[str, Any]]:
    """One row for each account, its connections in it."""
    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        row = rows.setdefault(
            entry.account_name,
            {"name": entry.account_name, "status": entry.status, "go_live_from": entry.go_live_from, "connections": []},
        )
        if entry.connection_name:
            row["connections"].append(entry.connection_name)
    return sorted(rows.values(), key=lambda row: str(row["name"]))


def directory_table(rows: Sequence[dict[str, Any]]) -> RenderableType:
    """The accounts."""
    if not rows:
        return Text("No account yet: ledgerwire account apply FILE")
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Account", "Status", "Live from", "Connections"):
        table.add_column(name)
    for row in rows:
        since = f"{row['go_live_from']:%d %b %Y}" if row["go_live_from"] else ""
        table.add_row(escape(row["name"]), _coloured(row["status"]), since, escape(", ".join(row["connections"])))
    return table


def connected(result: Connected) -> RenderableType:
    """The tests, and what became of the callback."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Connection", "Result", "What it said", "Seconds"):
        table.add_column(name)
    for test in result.tests:
        seconds = f"{test.seconds:.2f}" if test.seconds is not None else ""
        table.add_row(
            escape(test.connection),
            Text(test.result, style="green" if test.ok else "red"),
            escape(test.detail),
            seconds,
        )
    return Group(table, Text(f"Callback: {result.callback}"))
