"""Make the generated documents from the code they describe. `--check` fails when one of them is out of date.

docs/errors.md        from the catalogue
docs/messages.md      from the message contracts and the topology
docs/requirements.md  from the requirement markers on tests
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

from tools.lint.rules import ROOT

from ledgerwire.common.catalogue import Severity, entries
from ledgerwire.common.contracts.registry import MODELS
from ledgerwire.common.mq.topology import queues_for

SEVERITIES = {
    Severity.STOP: "stops the record",
    Severity.WARNING: "posted, with a warning",
    Severity.INFO: "for information",
    Severity.CONNECTION: "stops the connection or the run",
}
TESTS = ("libs/*/tests", "services/*/tests", "cli/tests", "sandbox/tests", "tests")


def errors() -> str:
    """The catalogue as a page a clerk can look a code up in."""
    lines = [
        "# Errors and warnings",
        "",
        "Generated from the catalogue in `ledgerwire.common.catalogue`. Every cause a person can be shown, by its code.",
        "",
    ]
    for item in entries():
        lines += [
            f"## {item.code}",
            "",
            f"{item.title}: {SEVERITIES[item.severity]}.",
            "",
            f"- What it says: {_template(item.message)}",
            f"- What to do: {_template(item.action)}",
            f"- Where: {item.where}",
            f"- Who: {item.who}; the fix belongs to {item.side}",
            f"- Rule: {item.source}",
            "",
        ]
    return "\n".join(lines)


def _template(text: str) -> str:
    return re.sub(r"\{(\w+)\}", r"*\1*", text)


def messages() -> str:
    """The message contracts with their fields and consumers."""
    lines = [
        "# Messages",
        "",
        "Generated from `ledgerwire.common.contracts`. CloudEvents 1.0 attributes around each body: `id, source, type, subject,",
        "time, datacontenttype, dataschema` and `accountid, correlationid, causationid, traceparent`.",
        "",
    ]
    for name, model in sorted(MODELS.items()):
        queues = ", ".join(f"`{queue.name}`" for queue in queues_for(name))
        purpose = (sys.modules[model.__module__].__doc__ or "").strip().partition(": ")[2] or (
            model.__doc__ or ""
        ).split("\n")[0]
        lines += [
            f"## {name}",
            "",
            purpose.replace("\n", " "),
            "",
            f"Consumers: {queues}",
            "",
            "| field | type | required |",
            "| --- | --- | --- |",
        ]
        for field, info in model.model_fields.items():
            kind = str(info.annotation).replace("typing.", "").replace("|", "\\|")
            kind = re.sub(r"<class '(?:[\w.]*\.)?(\w+)'>", r"\1", re.sub(r"ledgerwire[\w.]*\.(\w+)", r"\1", kind))
            lines.append(f"| {field} | {kind} | {'yes' if info.is_required() else 'no'} |")
        lines.append("")
    return "\n".join(lines)


def requirements() -> str:
    """Which test asserts which row."""
    rows: dict[str, list[str]] = defaultdict(list)
    for pattern in TESTS:
        for folder in sorted(ROOT.glob(pattern)):
            for path in sorted(folder.rglob("test_*.py")):
                _collect(path, rows)
    lines = [
        "# Requirements and the tests that assert them",
        "",
        f"Generated from the `requirement` markers: {len(rows)} rows, {sum(len(tests) for tests in rows.values())} citations.",
        "What only a long run shows is in [chaos.md](chaos.md#which-goal-is-kept-by-what).",
        "",
        "| row | tests |",
        "| --- | --- |",
    ]
    lines += [f"| {row} | {'<br>'.join(sorted(set(rows[row])))} |" for row in sorted(rows, key=_row_order)]
    return "\n".join([*lines, ""])


def _row_order(row: str) -> tuple[str, int, str]:
    match = re.match(r"([A-Z]+)(\d+)$", row)
    return (match.group(1), int(match.group(2)), "") if match else ("~", 0, row)


def _collect(path: Path, rows: dict[str, list[str]]) -> None:
    place = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr == "requirement":
                for argument in mark.args:
                    if isinstance(argument, ast.Constant):
                        rows[str(argument.value)].append(f"`{place}::{node.name}`")


DOCUMENTS = {"docs/errors.md": errors, "docs/messages.md": messages, "docs/requirements.md": requirements}


def main(arguments: list[str]) -> int:
    """Write the documents, or with --check compare them; the exit code."""
    stale = []
    for name, make in DOCUMENTS.items():
        path, text = ROOT / name, make()
        if "--check" in arguments:
            if not path.exists() or path.read_text() != text:
                stale.append(name)
        else:
            path.write_text(text)
    for name in stale:
        print(f"{name} is out of date: run `make generate`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
