"""The tables a clerk reads: where the records stand, and what to do about those that need somebody (M25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.record_lines import CauseGroup, ClerkRow, Count, RecordLine, by_cause, counts

_NAMES = {
    "posted": ("Posted", "green"),
    "posted_with_warnings": ("Posted with warnings", "yellow"),
    "no_effect": ("No effect on the books", "green"),
    "stopped": ("Stopped", "red"),
    "held": ("Held", "yellow"),
    "waiting": ("Waiting", "cyan"),
    "skipped": ("Skipped", "white"),
}


def money(amount: Decimal) -> str:
    """An amount as people write it: 1,204.50."""
    return f"{amount:,.2f}"


def totals_text(totals: Mapping[str, Decimal]) -> str:
    """Sums of several currencies in one line."""
    return ", ".join(f"{money(amount)} {currency}" for currency, amount in totals.items()) or "0.00"


def overview(standing: Mapping[str, Count], title: str) -> Table:
    """Where the records stand; empty rows are left out, except posted and stopped."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_footer=True)
    everything = sum(count.records for count in standing.values())
    table.add_column("", footer="All records")
    table.add_column("Records", justify="right", footer=str(everything))
    table.add_column("Total", justify="right")
    for name, count in standing.items():
        if count.records or name in {"posted", "stopped"}:
            label, colour = _NAMES[name]
            table.add_row(Text(label, style=colour), str(count.records), totals_text(count.totals))
    return table


def causes_table(groups: Sequence[CauseGroup], title: str) -> Table:
    """Grouped by cause, with the money of each."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name, style in (("Customer", ""), ("Number", "bold")):
        table.add_column(name, style=style, ratio=None if name == "Number" else 3, no_wrap=name == "Number")
    table.add_column("Date", no_wrap=True)
    table.add_column("Amount", justify="right", no_wrap=True)
    for name, ratio in (("What is wrong", 5), ("What to do", 5), ("Where", 4), ("Who", 2)):
        table.add_column(name, ratio=ratio)
    for group in groups:
        sum_line = f"{len(group.rows)} record{'s' if len(group.rows) > 1 else ''}, {totals_text(group.totals)}"
        table.add_row(Text(group.title, style="bold"), "", "", "", Text(f"{group.code}: {sum_line}", style="bold"))
        for row in group.rows:
            table.add_row(*_cells(row))
        table.add_section()
    return table


def _cells(row: ClerkRow) -> Sequence[str]:
    day = row.date.strftime("%d %b %Y") if row.date else ""
    cells = (row.customer, row.number, day, money(row.amount), row.what_is_wrong, row.what_to_do, row.where, row.who)
    return [escape(cell) for cell in cells]


def clerk_view(lines: Sequence[RecordLine], title: str) -> RenderableType:
    """Overview, then the stopped ones, then the warned ones."""
    parts: list[RenderableType] = [overview(counts(lines), title)]
    stopped = by_cause([line for line in lines if line.stopped])
    warned = by_cause([line for line in lines if line.warned], "warnings")
    if stopped:
        parts.append(causes_table(stopped, "Stopped: somebody has to do something"))
    if warned:
        parts.append(causes_table(warned, "Posted with a warning: worth a look"))
    return Group(*parts)
