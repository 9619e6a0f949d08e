"""One document beside its expectation, to the cent, in the terms of the package that holds it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.comparison import add_up, differences
from ledgerwire.sandbox.audit.quarter.papers import Paper
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.expected import ExpectedDocument

_FIRST_BALANCE_SHEET_ACCOUNT = "600"
_STOCK = frozenset({goods.STOCK, goods.VAN_STOCK})


@dataclass(frozen=True, slots=True)
class Terms:
    """How a company's package says things: a tax type of the expectation in its words, and whether a contact is one's own."""

    tax_type: Callable[[str], str]
    same_contact: Callable[[str, str, str], bool]


def tracked(kind: str, account: str) -> bool:
    """Whether a line's tracking is told: not of rounding and stock, and in a journal only of what is profit or loss."""
    if account == goods.ROUNDING or account in _STOCK:
        return False
    return kind != "journal" or account < _FIRST_BALANCE_SHEET_ACCOUNT


def line_key(kind: str, line: Any, tax_type: str) -> tuple[Any, ...]:
    """What lines are summed by: account, tracking and, but for journals, tax type."""
    tracking = tuple(sorted(line.tracking)) if tracked(kind, line.account) else ()
    return (line.account, tracking, "" if kind == "journal" else tax_type)


def _headers(expected: ExpectedDocument, paper: Paper) -> Iterator[tuple[str, str, Any, Any]]:
    yield "KIND_DIFFERS", "kind", expected.kind, paper.kind
    yield "DATE_DIFFERS", "date", expected.date, paper.date
    if expected.due_date is not None:
        yield "DUE_DATE_DIFFERS", "due date", expected.due_date, paper.due_date
    yield "CURRENCY_DIFFERS", "currency", expected.currency, paper.currency
    yield "TAX_DIFFERS", "tax", expected.tax, paper.tax
    if expected.kind != "journal":  # how many entries a journal is made of is nobody's business: its accounts tell
        yield "TOTAL_DIFFERS", "total", expected.total, paper.total
    net = sum((line.net for line in paper.lines), Decimal(0))
    made = Decimal(0) if paper.kind == "journal" else paper.total - paper.tax
    yield "LINES_DO_NOT_ADD_UP", "sum of lines", made, net


def compare(number: str, expected: ExpectedDocument, paper: Paper, terms: Terms) -> Iterator[AuditFinding]:
    """Everything in which a document differs from what a bookkeeper would have written."""
    if paper.live_since is None:
        yield AuditFinding("NOT_APPROVED", number, f"The document is {paper.status}.")
    if not terms.same_contact(expected.contact, expected.currency, paper.contact):
        yield AuditFinding("CONTACT_DIFFERS", number, f"contact: expected {expected.contact}, found {paper.contact}.")
    for code, name, wanted, found in _headers(expected, paper):
        if wanted != found:
            yield AuditFinding(code, number, f"{name}: expected {wanted}, found {found}.")
    kind = expected.kind
    wanted_lines = add_up((line_key(kind, line, terms.tax_type(line.tax_type)), line.net) for line in expected.lines)
    found_lines = add_up((line_key(kind, line, line.tax_type), line.net) for line in paper.lines)
    for key, wanted, found in differences(wanted_lines, found_lines):
        where = " / ".join([key[0], *(option for _, option in key[1]), key[2]])
        yield AuditFinding("LINE_SUM_DIFFERS", number, f"{where}: expected {wanted}, found {found}.")
    if kind in {"sales_invoice", "credit_note"}:
        yield from _items(number, expected, paper)


def _items(number: str, expected: ExpectedDocument, paper: Paper) -> Iterator[AuditFinding]:
    wanted_items = add_up((line.item, line.net) for line in expected.lines if line.account != goods.ROUNDING)
    found_items = add_up((line.item, line.net) for line in paper.lines if line.account != goods.ROUNDING)
    for item, wanted, found in differences(wanted_items, found_items):
        yield AuditFinding("ITEM_SUM_DIFFERS", number, f"item {item}: expected {wanted}, found {found}.")
