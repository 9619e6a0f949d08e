"""A document that was decided beside the same document as the ledger shows it, field by field (D3). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from ledgerwire.accounting.port import ReadDocument, ReadLine
from ledgerwire.common.ledger.document import SALES, DocumentKind, DocumentLine, LedgerDocument, LineRole, Tracking


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that the ledger shows otherwise. `line` counts from 1, None for the document itself."""

    field: str
    decided: str
    in_ledger: str
    line: int | None = None


def differences(document: LedgerDocument, read: ReadDocument) -> tuple[Difference, ...]:
    """Every difference, the document's own fields first, then line by line in the order of both."""
    return (*_of_document(document, read), *_of_lines(document, read))


def _of_document(document: LedgerDocument, read: ReadDocument) -> Iterator[Difference]:
    found = read.found
    pairs = [
        ("number", document.number, found.number),
        ("date", str(document.document_date), str(found.document_date)),
        ("currency", document.currency, found.currency),
        ("net", _money(document.net), _money(found.net)),
        ("tax", _money(document.tax), _money(found.tax)),
        ("total", _money(document.total), _money(found.total)),
        ("state", "draft" if document.draft else "in the books", _state(read)),
    ]
    if document.contact is not None:
        pairs.append(("contact", document.contact.company_name, read.contact_name))
    if read.due_date is not None and document.contact is not None:
        pairs.append(("due date", str(document.due_date), str(read.due_date)))
    yield from (Difference(name, decided, shown) for name, decided, shown in pairs if decided != shown)


def _state(read: ReadDocument) -> str:
    if not read.found.live:
        return "void"
    return "draft" if read.found.draft else "in the books"


def _of_lines(document: LedgerDocument, read: ReadDocument) -> Iterator[Difference]:
    for place, (line, there) in enumerate(zip_longest(document.lines, read.lines), 1):
        if line is None:
            yield Difference("line", "none", there.description, place)
        elif there is None:
            yield Difference("line", line.description, "none", place)
        else:
            yield from _of_line(document.kind, line, there, place)


def _of_line(kind: DocumentKind, line: DocumentLine, there: ReadLine, place: int) -> Iterator[Difference]:
    """Only what a ledger keeps of a line of this kind: a text has no account, a journal no tax, a bill not always items.

    Where a ledger has one value of a tracking category for a document, it shows it on lines that only tie its total too.
    """
    pairs = [("net", _money(line.net), _money(there.net))]
    if line.net or line.item_code or there.account_code:
        pairs.append(("account", line.account_code, there.account_code))
        if kind is not DocumentKind.JOURNAL:
            pairs.append(("tax type", line.tax_type, there.tax_type))
    if kind in SALES or there.item_code:
        pairs.append(("item", line.item_code or "", there.item_code or ""))
    if line.tracking or line.role is LineRole.SALE:
        pairs.append(("tracking", _tracking(line.tracking), _tracking(there.tracking)))
    yield from (Difference(name, decided, shown, place) for name, decided, shown in pairs if decided != shown)


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _tracking(tracking: tuple[Tracking, ...]) -> str:
    return ", ".join(sorted(f"{item.category}: {item.option}" for item in tracking))
