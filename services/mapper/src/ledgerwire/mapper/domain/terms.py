"""The due date is the printed one; the cross-reference gives the term's name and a check on it (M14)."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

from ledgerwire.mapper.domain.parts import InvoiceCase, day_words
from ledgerwire.mapper.domain.trace import Candidate, Decision

_DAYS = re.compile(r"^\s*(?:net\s*)?(\d{1,3})(?:\s*days?)?\s*$", re.IGNORECASE)
_END_OF_MONTH = re.compile(r"^\s*(?:eom|end of month)\s*(?:\+\s*(\d{1,3}))?\s*$", re.IGNORECASE)


def due_by_reference(reference: str, document_date: date) -> date | None:
    """The due date that a cross-reference means (`30`, `Net 30`, `EOM+20`); None where it is only a name."""
    days = _DAYS.match(reference)
    if days:
        return document_date + timedelta(days=int(days.group(1)))
    month_end = _END_OF_MONTH.match(reference)
    if month_end:
        last = calendar.monthrange(document_date.year, document_date.month)[1]
        return document_date.replace(day=last) + timedelta(days=int(month_end.group(1) or 0))
    return None


def decide(case: InvoiceCase) -> date:
    """The due date of the document; warnings are noted on the case."""
    invoice, export, term = case.source.invoice, case.source.export, case.source.term
    days = term.due_days if term else export.due_days if export else None
    ways = [
        ("printed", invoice.due_date),
        ("exported", export.due_date if export else None),
        ("the term's days", invoice.document_date + timedelta(days=days) if days is not None else None),
        ("the document date", invoice.document_date),
    ]
    source, due = next((name, value) for name, value in ways if value is not None)
    candidates = tuple(
        Candidate(
            name, value.isoformat() if value else "", name == source, "decides" if name == source else "not needed"
        )
        for name, value in ways
    )
    case.trace.add(Decision("terms", invoice.term or "no term", due.isoformat(), candidates))
    if invoice.term and invoice.total >= 0:
        _check(case, invoice.term, source, due)
    return due


def _check(case: InvoiceCase, name: str, source: str, due: date) -> None:
    """Warn where the cross-reference is blank (0 is not blank) or says another day than the printed one."""
    term, export = case.source.term, case.source.export
    own = (term.xref if term else None) or (export.terms_xref if export else None) or ""
    links = case.settings.terms.links
    reference = links.get(name) or links.get(own) or own.strip()
    if not reference:
        case.add("TERMS_XREF_MISSING", term=name, due=day_words(due), due_source=source)
        return
    expected = due_by_reference(own, case.source.invoice.document_date) if own else None
    if expected is not None and expected != due:
        case.add("TERMS_DUE_DATE_DIFFERS", term=name, due=day_words(due), expected=day_words(expected), xref=reference)
