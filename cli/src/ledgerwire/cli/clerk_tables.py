"""The tables a clerk reads: where the records stand, and what to do about those that need somebody (M25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_list import Cause, Count, Line, counts, stopped_by_cause, waiting_by_cause, warned_by_cause
from ledgerwire.mapper.status import ClerkRow

_NAMES = {
    "posted": ("Posted", "green"),
    "posted_with_warnings": ("Posted with warnings", "yellow"),
    "no_effect": ("No effect on the books", "green"),
    "stopped": ("Stopped", "red"),
    "held": ("Held", "yellow"),
    "waiting": ("Waiting", "cyan"),
    "posting": ("On the way", "cyan"),
    "received": ("Received", "cyan"),
    "open": ("Open in ConnectWise", ""),
    "skipped": ("Skipped", ""),
    "superseded": ("Gone from ConnectWise", ""),
    "onboarded": ("There before the account", ""),
    "dead": ("Given up (a fault of ours)", "red"),
}


def money(amount: Decimal) -> str:
    """An amount as people write it: 1,204.50."""
    return f"{amount:,.2f}"


def totals_text(totals: Mapping[str, Decimal], between: str = ", ") -> str:
    """Sums of several currencies, each with its own."""
    return between.join(f"{money(amount)} {currency}".rstrip() for currency, amount in totals.items()) or "0.00"


def overview(standing: Mapping[str, Count], title: str) -> Table:
    """Where the records stand; empty rows are left out, except posted and stopped."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_footer=True)
    everything = sum(count.records for count in standing.values())
    table.add_column("", footer="All records")
    table.add_column("Records", justify="right", footer=str(everything))
    table.add_column("Total", justify="right")
    for name, count in standing.items():
        if count.records or name in {"posted", "stopped"}:
            label, colour = _NAMES.get(name, (name, ""))
            table.add_row(Text(label, style=colour), str(count.records), totals_text(count.totals))
    return table


def causes_table(causes: Sequence[Cause], title: str) -> Table:
    """Grouped by cause, with the money of each."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, expand=True)
    table.add_column("Customer", ratio=4)
    table.add_column("Number", no_wrap=True)
    table.add_column("Date", no_wrap=True)
    table.add_column("Amount", justify="right", no_wrap=True)
    for name, ratio in (("What is wrong", 7), ("What to do", 7), ("Where", 5)):
        table.add_column(name, ratio=ratio)
    table.add_column("Who", no_wrap=True)
    for cause in causes:
        records = len({line.number for line in cause.lines})
        said = f"{records} record{'s' if records > 1 else ''}"
        head = (said, "", "", totals_text(cause.totals, "\n"), cause.title, cause.code)
        table.add_row(*(Text(cell, style="bold") for cell in head))
        for line in cause.lines:
            table.add_row(*_cells(line))
        table.add_section()
    return table


def _cells(line: Line) -> Sequence[str]:
    cells = (
        line.customer,
        line.number,
        line.date.strftime("%d %b %Y") if line.date else "",
        money(line.amount),
        line.what_is_wrong,
        line.what_to_do,
        line.where,
        line.who,
    )
    return [escape(cell) for cell in cells]


def clerk_view(rows: Sequence[ClerkRow], title: str, standing: Mapping[str, Count] | None = None) -> RenderableType:
    """Overview, then the stopped ones, the waiting ones and the warned ones; `standing` where `rows` are not all."""
    parts: list[RenderableType] = [overview(counts(rows) if standing is None else standing, title)]
    stopped, waiting, warned = stopped_by_cause(rows), waiting_by_cause(rows), warned_by_cause(rows)
    if stopped:
        parts.append(causes_table(stopped, "Stopped: somebody has to do something"))
    if waiting:
        parts.append(causes_table(waiting, "Waiting: goes on by itself once the cause is gone; nothing is lost"))
    if warned:
        parts.append(causes_table(warned, "Posted with a warning: worth a look"))
    return Group(*parts)
