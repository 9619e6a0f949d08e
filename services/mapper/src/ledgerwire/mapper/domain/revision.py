"""What makes a revision: the frozen GL entries with bill-to and terms; and when a new look says nothing new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from ledgerwire.common.ledger.document import ContactDecision, LedgerDocument
from ledgerwire.mapper.domain.model import GlLine, MappingInput


@dataclass(frozen=True, slots=True)
class FingerprintLine:
    """One GL row, tax rows included, as far as it decides anything; `amount` in plain notation without padding."""

    entry_id: int
    gl_type: str
    amount: str
    account: str
    gl_class: str
    item: str
    taxed: bool
    tax: str


@dataclass(frozen=True, slots=True)
class FingerprintFacts:
    """What the fingerprint of a record is taken over: its canonical bytes are hashed."""

    invoice_id: int
    number: str
    total: str
    tax: str
    document_date: date
    due_date: date | None
    bill_to_id: int
    term: str
    header_ids: tuple[int, ...]
    header_total: str
    lines: tuple[FingerprintLine, ...]


def plain(amount: Decimal) -> str:
    """An amount without padding or exponent, so that 100.0 and 100.00 are the same."""
    return f"{amount.normalize():f}" if amount else "0"


def _line(line: GlLine) -> FingerprintLine:
    return FingerprintLine(
        entry_id=line.entry_id,
        gl_type=line.gl_type,
        amount=plain(line.total),
        account=line.account,
        gl_class=line.gl_class,
        item=line.product or line.non_product_id or "",
        taxed=line.taxable,
        tax=line.tax_xref or line.tax_code or "",
    )


def fingerprint_facts(source: MappingInput) -> FingerprintFacts:
    """The facts of one record, its GL rows in id order."""
    invoice, export = source.invoice, source.export
    lines = sorted((_line(line) for line in export.lines), key=lambda line: line.entry_id) if export else []
    return FingerprintFacts(
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        total=plain(invoice.total),
        tax=plain(invoice.tax),
        document_date=invoice.document_date,
        due_date=invoice.due_date,
        bill_to_id=invoice.bill_to_id,
        term=invoice.term or "",
        header_ids=tuple(sorted(export.header_ids)) if export else (),
        header_total=plain(export.header_total) if export else "",
        lines=tuple(lines),
    )


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision as far as a later one is compared with it. `causes` are the cause keys of the findings that stop."""

    outcome: str
    fingerprint: str
    mapping_version: int
    documents: tuple[LedgerDocument, ...]
    causes: tuple[str, ...]
    ledger_connection_id: UUID


def says_the_same(old: Decided, new: Decided) -> bool:
    """Whether `new` needs no revision of its own: same record, outcome, causes, documents and company.

    A contact that has been linked since is no change (poster resolves it by the company), nor is a warning that went away,
    nor a mapping version that changes nothing about these documents; what stops is explained by the version it stopped on.
    """
    if (old.outcome, old.fingerprint, old.causes) != (new.outcome, new.fingerprint, new.causes):
        return False
    if old.ledger_connection_id != new.ledger_connection_id:
        return False
    if not new.documents and old.mapping_version != new.mapping_version:
        return False
    return _same_documents(old.documents, new.documents)


def _same_documents(old: Sequence[LedgerDocument], new: Sequence[LedgerDocument]) -> bool:
    return len(old) == len(new) and all(
        _same_contact(before.contact, after.contact) and before == replace(after, contact=before.contact)
        for before, after in zip(map(_bare, old), map(_bare, new), strict=True)
    )


def _bare(document: LedgerDocument) -> LedgerDocument:
    """Without the indexes into the trace, which may shift when the contact is decided otherwise."""
    return replace(document, lines=tuple(replace(line, decisions=()) for line in document.lines))


def _same_contact(old: ContactDecision | None, new: ContactDecision | None) -> bool:
    if old is None or new is None:
        return old is new  # a journal has none
    if old.company_key != new.company_key:
        return False
    return new.decision == "linked" or (old.decision, old.candidate_id) == (new.decision, new.candidate_id)
