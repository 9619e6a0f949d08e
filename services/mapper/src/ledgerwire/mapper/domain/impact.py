"""What another mapping would make of a record: outcome by outcome, document by document, line by line (D16). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest

from ledgerwire.common.ledger.document import DocumentLine, LedgerDocument
from ledgerwire.mapper.domain.model import Ignored, Mapped, NoEffect, Result


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would differ. `line` is a line's text, empty where the whole document or record is meant.

    Attributes:
        what: outcome, contact, date, due date, currency, terms, account, item, tax, tracking, amount.
        amount: net of the line, or total of the document, that would move.
    """

    what: str
    before: str
    after: str
    amount: Decimal
    document: str = ""
    line: str = ""


def changes(before: Result, after: Result) -> tuple[Change, ...]:
    """What differs between two results of one record; nothing where they would be the same in the ledger."""
    if isinstance(before, Mapped) and isinstance(after, Mapped):
        return tuple(_of_documents(before.documents, after.documents))
    said = outcome_words(before), outcome_words(after)
    amount = sum((item.total for item in _documents(before) or _documents(after)), Decimal(0))
    return () if said[0] == said[1] else (Change("outcome", *said, amount),)


def outcome_words(result: Result) -> str:
    """How a result ends, with the codes that stop it."""
    if isinstance(result, Mapped):
        return "posted"
    if isinstance(result, NoEffect):
        return "excluded" if result.excluded else "no effect"
    if isinstance(result, Ignored):
        return result.reason
    return f"stopped: {', '.join(sorted({item.code for item in result.findings if item.stops}))}"


def _documents(result: Result) -> Sequence[LedgerDocument]:
    return result.documents if isinstance(result, Mapped) else ()


def _of_documents(before: Sequence[LedgerDocument], after: Sequence[LedgerDocument]) -> Iterator[Change]:
    for old, new in zip_longest(before, after):
        if old is None or new is None:
            there = old or new
            words = f"{there.kind.value.replace('_', ' ')} {there.number}"
            yield Change("document", words if old else "none", words if new else "none", there.total, there.number)
        else:
            yield from _of_document(old, new)


def _of_document(old: LedgerDocument, new: LedgerDocument) -> Iterator[Change]:
    facts = (
        ("kind", old.kind.value, new.kind.value),
        ("number", old.number, new.number),
        ("contact", _contact(old), _contact(new)),
        ("date", str(old.document_date), str(new.document_date)),
        ("due date", str(old.due_date), str(new.due_date)),
        ("terms", old.terms or "", new.terms or ""),
        ("currency rate", str(old.currency_rate or ""), str(new.currency_rate or "")),
        ("approval", "draft" if old.draft else "approved", "draft" if new.draft else "approved"),
        ("total", str(old.total), str(new.total)),
    )
    for what, before, after in facts:
        if before != after:
            yield Change(what, before, after, new.total, new.number)
    for first, second in zip_longest(old.lines, new.lines):
        yield from _of_line(first, second, new.number)


def _of_line(old: DocumentLine | None, new: DocumentLine | None, number: str) -> Iterator[Change]:
    there = new or old
    if there is None:
        return
    for what, before, after in zip(_WHATS, _line_facts(old), _line_facts(new), strict=True):
        if before != after:
            yield Change(what, before, after, there.net, number, there.description)


_WHATS = ("account", "item", "tax", "tracking", "amount")


def _line_facts(line: DocumentLine | None) -> tuple[str, ...]:
    if line is None:
        return ("no line",) * len(_WHATS)
    tracking = ", ".join(f"{item.category}: {item.option}" for item in line.tracking)
    tax = f"{line.tax_type} {line.tax_amount}"
    return line.account_code, line.item_code or "", tax, tracking, str(line.net)


def _contact(document: LedgerDocument) -> str:
    contact = document.contact
    return (
        f"{contact.company_name} ({contact.decision} {contact.candidate_id or ''})".replace(" )", ")")
        if contact
        else ""
    )
