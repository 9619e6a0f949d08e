"""Payments as tables: what was carried over, what stands where, and months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.poster.payments.views import Looked, Month, PaymentView


def looked(one: Looked) -> RenderableType:
    """What one look came to."""
    verb = "would be carried over" if one.dry_run else "carried over"
    count = len(one.carried)
    summary = f"{one.company}: looked at {one.looked_at}, {count} {verb}"
    if one.onboarded:
        summary += f", {one.onboarded} from before the onboarding date left alone"
    table = _table("Number", "What", "=Amount", "From")
    for step in one.carried:
        table.add_row(escape(step.number), escape(step.part), money(step.amount), step.winner)
    said = [Text(f"{told.code} {told.message} {told.action}") for told in one.told]
    return Group(Text(summary + "."), *([table] if one.carried else []), *said)


def table(rows: Sequence[PaymentView]) -> RenderableType:
    """Settled documents, one a line."""
    if not rows:
        return Text("Nothing is settled yet.")
    shown = _table(
        "Company",
        "Number",
        "=Total",
        "=Paid",
        "=Credited",
        "=Open ledger",
        "=Open ConnectWise",
        "Standing",
        "What is to be known",
    )
    for row in rows:
        there = money(row.connectwise_balance) if row.connectwise_balance is not None else ""
        standing = f"{row.state} (onboarding)" if row.onboarding else row.state
        shown.add_row(
            escape(row.company),
            escape(row.number),
            f"{money(row.total)} {row.currency}".rstrip(),
            money(row.cash),
            money(row.credited),
            money(row.ledger_balance),
            there,
            standing,
            escape("; ".join(told.message for told in row.told)),
        )
    return shown


def months(rows: Sequence[Month]) -> RenderableType:
    """Months, one a line."""
    if not rows:
        return Text("Nothing has been synced yet.")
    shown = _table("Month", "Company", "=Invoices", "=Payments", "=Procurements", "=Expenses", "=Total", "=Onboarding")
    for row in rows:
        counts = (row.invoices, row.payments, row.procurements, row.expenses, row.total, row.onboarding)
        shown.add_row(row.month, escape(row.company), *map(str, counts))
    return shown


def month_value(row: Month) -> dict[str, Any]:
    """One month for JSON."""
    return asdict(row) | {"total": row.total}


def _table(*names: str) -> Table:
    """An empty table; a leading `=` puts a column to the right."""
    made = Table(box=box.SIMPLE_HEAD)
    for name in names:
        made.add_column(name.removeprefix("="), justify="right" if name.startswith("=") else "left")
    return made
