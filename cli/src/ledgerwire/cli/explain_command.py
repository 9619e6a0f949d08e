"""`ledgerwire explain NUMBER`: why each line of a record went where it went, in words (D4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from ledgerwire.cli.clerk_tables import money
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_records
from ledgerwire.cli.running import DEFAULT_DATA, DataOption, JsonFlag, run
from ledgerwire.cli.status_command import AccountOption
from ledgerwire.cli.workplace import workplace
from ledgerwire.common.ledger.document import DocumentLine, LedgerDocument
from ledgerwire.mapper.domain.trace import Decision, Trace, words
from ledgerwire.mapper.records import Shown
from ledgerwire.mapper.status import clerk_row


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    number: Annotated[str, typer.Argument(help="The record's number, as in ConnectWise.")],
    account: AccountOption = None,
    data: DataOption = DEFAULT_DATA,
    json_: JsonFlag = False,
) -> None:
    """Why a record became what it is: each decision, what else could have decided, and why it did not."""

    async def action(output: Output) -> None:
        async with workplace(data) as settings, account_records(settings, account) as records:
            shown = await records.show(number)
        output.result([as_value(one) for one in shown], *map(view, shown))

    run(action, json_wanted=json_)


def as_value(shown: Shown) -> dict[str, Any]:
    """One record for JSON: its lines with the decisions behind each, then those about the whole record."""
    return {
        "record": clerk_row(shown.record),
        "revision": shown.record.revision,
        "documents": [
            {
                "kind": document.kind,
                "number": document.number,
                "lines": [_line_value(line, shown.trace) for line in document.lines],
            }
            for document in shown.documents
        ],
        "record_decisions": [_decision_value(item) for item in _about_the_record(shown.documents, shown.trace)],
    }


def _line_value(line: DocumentLine, trace: Trace) -> dict[str, Any]:
    return {
        "description": line.description,
        "net": line.net,
        "account": line.account_code,
        "decisions": [_decision_value(trace.decisions[index]) for index in line.decisions],
    }


def _decision_value(decision: Decision) -> dict[str, Any]:
    return {
        "subject": decision.subject,
        "key": decision.key,
        "result": decision.result,
        "default_used": decision.default_used,
        "candidates": decision.candidates,
        "words": words(decision),
    }


def _about_the_record(documents: Sequence[LedgerDocument], trace: Trace) -> list[Decision]:
    """Decisions that no line refers to: contact, dates, terms, currency, the kind of document."""
    of_lines = {index for document in documents for line in document.lines for index in line.decisions}
    return [decision for index, decision in enumerate(trace.decisions) if index not in of_lines]


def view(shown: Shown) -> RenderableType:
    """One record for a person."""
    row = clerk_row(shown.record)
    amount = f"{money(row.amount)} {row.currency}".rstrip()
    parts: list[RenderableType] = [Text.assemble((row.number, "bold"), f"  {row.customer}, {amount}: {row.status}")]
    parts += [Text(f"  {problem.code}: {problem.what} {problem.action}") for problem in row.problems]
    parts += [Text(f"  {words(item)}") for item in _about_the_record(shown.documents, shown.trace)]
    for document in shown.documents:
        kind = document.kind.value.replace("_", " ").capitalize()
        parts.append(Text(f"{kind} {document.number}, {money(document.total)} {document.currency}", style="bold"))
        for place, line in enumerate(document.lines, 1):
            parts.append(Text(f"  {place}. {line.description}: {money(line.net)} to account {line.account_code}"))
            parts += [Text(f"     {words(shown.trace.decisions[index])}") for index in line.decisions]
    if not shown.documents and not shown.trace.decisions:
        parts.append(Text("  Nothing was decided about it yet."))
    return Group(*parts)
