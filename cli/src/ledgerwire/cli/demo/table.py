"""What the demo shows besides the clerk's tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.cli.demo.fixing import Repair
from ledgerwire.cli.demo.report import Report
from ledgerwire.cli.demo.sandbox_desk import BooksCheck


def repairs_table(repairs: Sequence[Repair]) -> Table:
    """Who put what right, where."""
    table = Table(
        title="Put right, each on its own side", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD
    )
    for name in ("Where", "What was done", "For", "Then"):
        table.add_column(name)
    for repair in repairs:
        table.add_row(repair.side, escape(repair.fix.description), ", ".join(repair.numbers), repair.then)
    return table


def books_view(report: Report, check: BooksCheck, off: Sequence[str]) -> RenderableType:
    """The outsider's result."""
    title = Text("Books check, from the wire's journal and the expected ledger alone", style="bold")
    table = Table(box=box.SIMPLE_HEAD, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in (
        ("Closed in ConnectWise", str(report.closed)),
        ("In the ledger", str(check.posted)),
        ("Without effect on the books", str(check.no_effect)),
        ("Batched in ConnectWise", str(check.batched)),
        ("Missing", str(check.missing)),
        ("Posted twice", str(check.duplicated)),
        ("Total in ConnectWise", money(check.source_total)),
        ("Total in the ledger", money(check.ledger_total)),
    ):
        table.add_row(name, value)
    if not off:
        return Group(
            title,
            table,
            Text("Every closed invoice is in the books once, to the cent, and batched.", style="bold green"),
        )
    return Group(title, table, Text("Something is off:", style="bold red"), *(Text(f"  - {one}") for one in off))
