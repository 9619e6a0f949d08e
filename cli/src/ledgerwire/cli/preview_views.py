"""Previews as tables and as JSON."""

from __future__ import annotations

import json
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.cli.finding_views import findings_as_value
from ledgerwire.cli.previewing import DocumentPreview, RecordPreview
from ledgerwire.common.canonical import canonical_bytes, sha256_hex
from ledgerwire.common.catalogue import entry
from ledgerwire.mapper.domain.trace import in_words


def as_value(one: RecordPreview) -> dict[str, Any]:
    """One record for JSON. `documents_hash` is the one its revision will bear if nothing changes until it is posted."""
    record = one.preview.record
    return {
        "number": record.number,
        "record_type": record.record_type,
        "source_id": record.source_id,
        "company": one.company,
        "outcome": one.preview.outcome,
        "source_total": record.total,
        "findings": findings_as_value(one.preview.findings),
        "documents_hash": sha256_hex(canonical_bytes(one.preview.documents)),
        "documents": [_document_value(item) for item in one.documents],
        "why": in_words(one.preview.trace),
    }


def _document_value(one: DocumentPreview) -> dict[str, Any]:
    return {
        "document": one.document,
        "contact": one.contact,
        "call": None
        if one.call is None
        else {"method": one.call.method, "path": one.call.path, "body": json.loads(one.call.body)},
        "refused": findings_as_value(one.refused),
        "posted_as": one.posted_as,
        "difference": one.difference,
    }


def view(one: RecordPreview) -> RenderableType:
    """One record for a person."""
    record = one.preview.record
    amount = f"{money(record.total)} {record.currency or ''}".rstrip() if record.total is not None else "no amount"
    head = f"  {record.customer or ''}, {amount}: {one.preview.outcome}"
    parts: list[RenderableType] = [Text.assemble((record.number or record.source_id, "bold"), head)]
    parts += [
        Text(f"  {item.code}: {entry(item.code).render(item.params)}", style="red" if item.stops else "")
        for item in one.preview.findings
    ]
    for document in one.documents:
        parts.append(_document(document, one.company))
        parts += [Text(f"  refused: {entry(item.code).render(item.params)}", style="red") for item in document.refused]
        parts += [
            Text(
                f"  {f'line {item.line}, ' if item.line else ''}{item.field}: {item.in_ledger} in the ledger, "
                f"{item.decided} now",
                style="yellow",
            )
            for item in document.difference
        ]
        if document.posted_as is not None and not document.difference:
            parts.append(Text("  The ledger has it exactly so.", style="green"))
    return Group(*parts)


def _document(one: DocumentPreview, company: str) -> RenderableType:
    document = one.document
    contact = document.contact
    to = f" to {escape(contact.company_name)} ({one.contact}), due {document.due_date:%d %b %Y}" if contact else ""
    kind = document.kind.value.replace("_", " ").capitalize()
    table = Table(
        title=f"{kind} {escape(document.number)} in {escape(company)}{to}",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_footer=True,
    )
    table.add_column("Line", footer="Total")
    for name in ("Account", "Item", "Tracking", "Tax"):
        table.add_column(name)
    table.add_column("Net", justify="right", footer=money(document.net))
    table.add_column("Tax", justify="right", footer=money(document.tax))
    table.add_column("", footer=f"{money(document.total)} {document.currency}")
    for line in document.lines:
        tracking = ", ".join(item.option for item in line.tracking)
        cells = (line.description, line.account_code, line.item_code or "", tracking, line.tax_type)
        table.add_row(*map(escape, cells), money(line.net), money(line.tax_amount))
    return table
