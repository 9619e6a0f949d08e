"""Findings of the catalogue for a person: what is wrong, what to do, where."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ledgerwire.common.catalogue import Finding, entry


def findings_as_value(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """Findings in the shape of every JSON answer: code, message, action, place."""
    return [
        {
            "code": item.code,
            "severity": entry(item.code).severity.value,
            "message": entry(item.code).render(item.params),
            "action": entry(item.code).render_action(item.params),
            "where": entry(item.code).render_where(item.params),
        }
        for item in findings
    ]


def findings_table(findings: Sequence[Finding]) -> RenderableType:
    """Findings as rows: code, what is wrong, what to do."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Code", "What is wrong", "What to do", "Where"):
        table.add_column(name)
    for item in findings:
        known = entry(item.code)
        table.add_row(
            item.code,
            Text(known.render(item.params)),
            Text(known.render_action(item.params)),
            Text(known.render_where(item.params)),
        )
    return table
