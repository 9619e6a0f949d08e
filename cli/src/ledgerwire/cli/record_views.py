"""Records as tables, and one record explained in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.mapper.domain.trace import in_words, words
from ledgerwire.mapper.records import Shown
from ledgerwire.mapper.status import ClerkRow, clerk_row


def rows_table(rows: Sequence[ClerkRow]) -> RenderableType:
    """Records, one a line."""
    if not rows:
        return Text("No record.")
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Customer", "Number", "Date"):
        table.add_column(name)
    table.add_column("Amount", justify="right")
    for name in ("Details", "Standing", "What is to be known"):
        table.add_column(name)
    for row in rows:
        day = row.date.strftime("%d %b %Y") if row.date else ""
        said = "; ".join(problem.what for problem in row.problems)
        amount = f"{money(row.amount)} {row.currency}".rstrip()
        shown = escape(details(row))
        table.add_row(escape(row.customer), escape(row.number), day, amount, shown, row.status, escape(said))
    return table


def details(row: ClerkRow) -> str:
    """What only the row's type of record has, as a clerk reads it (A119-A121)."""
    own = row.particulars
    if row.record_type == "expense":
        parts = [own.get("classification", ""), own.get("payment_type", ""), own.get("description", "")]
    elif own.get("vendor_invoice_number"):
        dated = own.get("vendor_invoice_date")
        parts = [f"vendor invoice {own['vendor_invoice_number']}" + (f" of {dated}" if dated else "")]
    else:
        due = own.get("due_date")
        tax = f"tax {money(Decimal(own['tax']))}" if own.get("tax") else ""
        parts = [tax, f"due {due}" if due else "", own.get("description", "")]
    return ", ".join(part for part in parts if part)


def choices_table(found: Mapping[str, Sequence[str]]) -> RenderableType:
    """What answers what stops each record of a number."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Record")
    table.add_column("Choices")
    for record, choices in found.items():
        table.add_row(escape(record), ", ".join(choices) or "none: put the cause right, then record retry")
    return table


def as_value(shown: Shown) -> dict[str, Any]:
    """One record for JSON: the clerk's row, the documents, the reasons in words, the way it went."""
    return {
        "record": clerk_row(shown.record),
        "state": shown.record.state,
        "revision": shown.record.revision,
        "correlation_id": shown.record.correlation_id,
        "documents": shown.documents,
        "why": reasons(shown),
        "timeline": shown.timeline,
    }


def reasons(shown: Shown) -> tuple[str, ...]:
    """Every decision of the mapping, in words."""
    return in_words(shown.trace)


def view(shown: Shown) -> RenderableType:
    """One record explained."""
    row = clerk_row(shown.record)
    day = row.date.strftime("%d %b %Y") if row.date else "no date"
    amount = f"{money(row.amount)} {row.currency}".rstrip()
    parts: list[RenderableType] = [
        Text.assemble((row.number, "bold"), f"  {row.customer}, {day}, {amount}: ", (row.status, "bold"))
    ]
    for problem in row.problems:
        parts.append(Text(f"  {problem.code}: {problem.what}", style="red" if problem.severity == "stop" else "yellow"))
        parts.append(Text(f"    {problem.action} ({problem.where}; {problem.who})"))
    parts += [_document(document, shown) for document in shown.documents]
    parts.append(_timeline(shown))
    return Group(*parts)


def _document(document: LedgerDocument, shown: Shown) -> RenderableType:
    to = f" to {escape(document.contact.company_name)}, due {document.due_date:%d %b %Y}" if document.contact else ""
    table = Table(
        title=f"{document.kind.value.replace('_', ' ').capitalize()} {escape(document.number)}{to}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_footer=True,
    )
    table.add_column("Line", footer="Total")
    table.add_column("Account")
    table.add_column("Item")
    table.add_column("Tracking")
    table.add_column("Tax")
    table.add_column("Net", justify="right", footer=money(document.net))
    table.add_column("Tax", justify="right", footer=money(document.tax))
    table.add_column("Why", footer=f"{money(document.total)} {document.currency}")
    for line in document.lines:
        tracking = ", ".join(item.option for item in line.tracking)
        why = " ".join(words(shown.trace.decisions[index]) for index in line.decisions)
        cells = (line.description, line.account_code, line.item_code or "", tracking, line.tax_type)
        table.add_row(*map(escape, cells), money(line.net), money(line.tax_amount), escape(why))
    return table


def _timeline(shown: Shown) -> RenderableType:
    table = Table(title="The way it went", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("At", "Step", "Detail", "Correlation"):
        table.add_column(name)
    for entry in shown.timeline:
        detail = ", ".join(f"{name}: {value}" for name, value in entry.detail.items())
        table.add_row(f"{entry.at:%Y-%m-%d %H:%M:%S}", entry.step, escape(detail), entry.correlation_id or "")
    return table
