"""The unposted lists as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.ingest.offered import Offered

_WORDS = {
    "type": "",
    "tax": "tax ",
    "due_date": "due ",
    "vendor_invoice_number": "vendor invoice ",
    "vendor_invoice_date": "of ",
    "classification": "",
    "payment_type": "",
}


class Waiting(Protocol):
    """What waits of one type."""

    @property
    def type(self) -> str: ...

    @property
    def waiting(self) -> int: ...

    @property
    def totals(self) -> Mapping[str, Decimal]: ...

    @property
    def note(self) -> str: ...

    @property
    def sync(self) -> str: ...


def standings(found: Sequence[Waiting]) -> RenderableType:
    """The types, each with what waits of it and what syncs it."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Type")
    table.add_column("Waiting", justify="right")
    table.add_column("Amount", justify="right")
    table.add_column("Sync it")
    for one in found:
        amounts = ", ".join(f"{money(total)} {currency}".rstrip() for currency, total in one.totals.items())
        table.add_row(one.type, str(one.waiting), amounts, escape(one.note or one.sync))
    return table


def rows(found: Sequence[Offered]) -> RenderableType:
    """The rows of one list."""
    if not found:
        return Text("Nothing is unposted.")
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Whom", "Number", "Date"):
        table.add_column(name)
    table.add_column("Amount", justify="right")
    table.add_column("Details")
    for row in found:
        day = row.dated.strftime("%d %b %Y") if row.dated else ""
        said = [f"{_WORDS.get(name, '')}{value}" for name, value in row.particulars.items() if value]
        amount = f"{money(row.total)} {row.currency}".rstrip()
        table.add_row(escape(row.party), escape(row.number), day, amount, escape(", ".join(said)))
    return table
