"""One document beside its expectation, to the cent."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.documents import Document
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.expected import ExpectedRecord
from ledgerwire.sandbox.seed.posting_guide import ROUNDING

Sums = dict[Any, Decimal]


def add_up(pairs: Iterable[tuple[Any, Decimal]]) -> Sums:
    """Sum amounts by key; keys that come to nothing are left out."""
    sums: Sums = {}
    for key, amount in pairs:
        sums[key] = sums.get(key, Decimal(0)) + amount
    return {key: amount for key, amount in sums.items() if amount}


def differences(expected: Sums, found: Sums) -> Iterator[tuple[Any, Decimal, Decimal]]:
    """Keys whose sums differ, with both figures."""
    for key in sorted(set(expected) | set(found), key=str):
        here, there = expected.get(key, Decimal(0)), found.get(key, Decimal(0))
        if here != there:
            yield key, here, there


def line_key(line: Any) -> tuple[Any, ...]:
    """What lines are summed by: account, tracking and tax type; a rounding line's tracking does not matter."""
    tracking = () if line.account == ROUNDING else tuple(sorted(line.tracking))
    return (line.account, tracking, line.tax_type)


def _headers(expected: ExpectedRecord, document: Document) -> Iterator[tuple[str, str, Any, Any]]:
    yield "KIND_DIFFERS", "kind", expected.kind, document.kind
    yield "CONTACT_DIFFERS", "contact", expected.contact, document.contact
    yield "DATE_DIFFERS", "date", expected.date, document.date
    if expected.kind == "invoice":
        yield "DUE_DATE_DIFFERS", "due date", expected.due_date, document.due_date
    yield "CURRENCY_DIFFERS", "currency", expected.currency, document.currency
    yield "NET_DIFFERS", "net", expected.net, document.net
    yield "TAX_DIFFERS", "tax", expected.tax, document.tax
    yield "TOTAL_DIFFERS", "total", expected.total, document.total
    yield "LINES_DO_NOT_ADD_UP", "sum of lines", document.net, _sum(line.net for line in document.lines)
    yield "TAXES_DO_NOT_ADD_UP", "sum of line taxes", document.tax, _sum(line.tax for line in document.lines)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def compare(expected: ExpectedRecord, document: Document) -> Iterator[AuditFinding]:
    """Everything in which a document differs from what a bookkeeper would have written."""
    number = expected.number
    if document.live_since is None:
        yield AuditFinding("NOT_APPROVED", number, f"The document is {document.status}.")
    for code, name, wanted, found in _headers(expected, document):
        if wanted != found:
            yield AuditFinding(code, number, f"{name}: expected {wanted}, found {found}.")
    wanted_lines = add_up((line_key(line), line.net) for line in expected.lines)
    found_lines = add_up((line_key(line), line.net) for line in document.lines)
    for (account, tracking, tax_type), wanted, found in differences(wanted_lines, found_lines):
        where = " / ".join([account, *(option for _, option in tracking), tax_type])
        yield AuditFinding("LINE_SUM_DIFFERS", number, f"{where}: expected {wanted}, found {found}.")
    wanted_items = add_up((line.item, line.net) for line in expected.lines if line.account != ROUNDING)
    found_items = add_up((line.item, line.net) for line in document.lines if line.account != ROUNDING)
    for item, wanted, found in differences(wanted_items, found_items):
        yield AuditFinding("ITEM_SUM_DIFFERS", number, f"item {item}: expected {wanted}, found {found}.")
