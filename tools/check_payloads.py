"""Check what goes to Xero, and what the simulated Xero answers, against Xero's published OpenAPI file.

    python -m tools.check_payloads path/to/xero_accounting.yaml

The file belongs to Xero (github.com/XeroAPI/Xero-OpenAPI) and is not part of this repository. Where it is absent nothing is
checked, which is said and is no failure. Prints what differs, then one JSON line with the counts.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.payloads.exchanges import Exchange, record
from tools.payloads.openapi import Document, Violation, query_violations

from ledgerwire.common.canonical import from_vendor

# Members of Xero's answers that the file leaves out; recorded answers have them.
_UNDESCRIBED = frozenset({"DateString", "DueDateString", "UpdatedDateUTCString"})
# The file describes the answer without the members every answer of Xero begins with.
_ENVELOPE = frozenset({"Id", "Status", "ProviderName", "DateTimeUTC", "pagination"})


def violations(document: Document, exchange: Exchange) -> Iterator[Violation]:
    """Where one call or its answer differs from the document."""
    operation = document.operation(exchange.method, exchange.path)
    if operation is None:
        yield Violation("path", "no operation of the document")
        return
    yield from query_violations(operation, exchange.query, exchange.headers)
    if exchange.body:
        content = document.resolved(operation.spec["requestBody"])["content"]
        yield from document.violations(content["application/json"]["schema"], from_vendor(exchange.body), "request")
    if exchange.is_json:
        yield from _of_answer(document, operation.spec["responses"], exchange)


def _of_answer(document: Document, responses: dict[str, dict[str, object]], exchange: Exchange) -> Iterator[Violation]:
    described = responses.get(str(exchange.status))
    if described is None:
        return  # reads name no refusal
    content = document.resolved(described).get("content")
    schema = content["application/json"]["schema"] if content else {}
    for found in document.violations(schema, from_vendor(exchange.answer), "response", "answer"):
        member = found.where.rsplit(".", 1)[-1]
        if member not in _UNDESCRIBED and found.where.removeprefix("answer.") not in _ENVELOPE:
            yield found


def main(arguments: list[str]) -> int:
    """Run the check; 1 when anything differs."""
    path = Path(arguments[0]) if arguments else Path("xero_accounting.yaml")
    if not path.is_file():
        print(f"{path} is not there: nothing was checked")
        return 0
    document = Document.read(path)
    exchanges = asyncio.run(record())
    differing = [
        f"{exchange.method} {exchange.path} ({exchange.status}): {found}"
        for exchange in exchanges
        for found in violations(document, exchange)
    ]
    for line in dict.fromkeys(differing):
        print(line)
    writes = sum(exchange.method != "GET" for exchange in exchanges)
    print(json.dumps({"calls": len(exchanges), "writes": writes, "differences": len(differing)}))
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
