"""Accounts as tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.connecting import Connected
from ledgerwire.tenants.views import AccountView, Applied, DirectoryEntry, OptionView

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


def options(found: Sequence[OptionView]) -> RenderableType:
    """Every option on a line: what it is, what it would be, whose last change made it so."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Option", "Value", "Default", "Changed last"):
        table.add_column(name, overflow="fold")
    for one in found:
        default = "required" if one.required else _said(one.default)
        changed = ""
        if one.author and one.changed_at:
            first = f", for documents from {one.effective_from:%d %b %Y}" if one.effective_from else ""
            changed = f"by {one.author} at {one.changed_at:%Y-%m-%d %H:%M} UTC{first}: {one.reason}"
        if one.help:
            changed = f"{changed} see {one.help}".strip()
        style = "" if one.is_default else "bold"
        table.add_row(escape(one.name), Text(_said(one.value), style=style), escape(default), escape(changed))
    return table


def _said(value: Any) -> str:
    """A value as it stands in the account file."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if value in (None, "", [], {}):
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


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
