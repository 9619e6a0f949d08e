"""The due date is the printed one; the cross-reference gives the term's name and a check on it (M14)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from ledgerwire.mapper.domain.parts import Case, InvoiceCase, day_words
from ledgerwire.mapper.domain.trace import Candidate, Decision

_DAYS = re.compile(r"^\s*(?:net\s*)?(\d{1,3})(?:\s*days?)?\s*$", re.IGNORECASE)
_AT_ONCE = re.compile(r"^\s*(?:due\s+(?:up)?on\s+receipt|cod|immediate(?:ly)?)\s*$", re.IGNORECASE)
_END_OF_MONTH = re.compile(r"^\s*(?:eom|end\s+of\s+month)\s*(?:\+\s*(\d{1,3})\s*(?:days?)?)?\s*$", re.IGNORECASE)
_AFTER_MONTH = re.compile(
    r"^\s*(\d{1,3})\s*days?\s*(?:after|from)\s*(?:the\s+)?(?:eom|end\s+of\s+month)\s*$", re.IGNORECASE
)
_DAY_OF_MONTH = re.compile(
    r"^\s*(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?\s*(?:day\s*)?(?:of\s+)?(?:the\s+)?(current|same|this|following|next)"
    r"\s+month\s*$",
    re.IGNORECASE,
)


class Count(StrEnum):
    """From where the days of a term are counted."""

    DOCUMENT = "document"
    MONTH_END = "month_end"
    SAME_MONTH = "same_month"
    NEXT_MONTH = "next_month"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a term means: days after the document's date or the end of its month, or a day of this or the next month."""

    count: Count
    days: int

    def due(self, dated: date) -> date:
        """The due date of a document of that date."""
        if self.count is Count.DOCUMENT:
            return dated + timedelta(days=self.days)
        if self.count is Count.MONTH_END:
            return _last_day(dated) + timedelta(days=self.days)
        month = dated if self.count is Count.SAME_MONTH else _last_day(dated) + timedelta(days=1)
        return month.replace(day=min(self.days or 1, _last_day(month).day))


def _last_day(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


@lru_cache(maxsize=256)
def rule_of(text: str) -> Rule | None:
    """What a cross-reference or a term's name means (`30`, `Net 30`, `EOM+20`, `20th of following month`).

    None where it is only a name.
    """
    if _AT_ONCE.match(text):
        return Rule(Count.DOCUMENT, 0)
    if days := _DAYS.match(text):
        return Rule(Count.DOCUMENT, int(days.group(1)))
    if month_end := _END_OF_MONTH.match(text) or _AFTER_MONTH.match(text):
        return Rule(Count.MONTH_END, int(month_end.group(1) or 0))
    if day := _DAY_OF_MONTH.match(text):
        following = day.group(2).casefold() in {"following", "next"}
        return Rule(Count.NEXT_MONTH if following else Count.SAME_MONTH, int(day.group(1)))
    return None


def due_by_reference(reference: str, document_date: date) -> date | None:
    """The due date that a cross-reference means; None where it is only a name."""
    rule = rule_of(reference)
    return rule.due(document_date) if rule else None


def ledger_term(case: Case, *references: str) -> str | None:
    """The ledger's term that one of these references names, else the one of the same days; None where it has neither."""
    names = case.reference.terms
    for reference in references:
        found = next((name for name in names if name.strip().casefold() == reference.strip().casefold()), None)
        if found is not None:
            return found
    rules = [rule for reference in references if (rule := rule_of(reference)) is not None]
    return next((name for name in names if rules and rule_of(name) == rules[0]), None)


@dataclass(frozen=True, slots=True)
class Due:
    """The due date of a document, and the name of its terms in the ledger."""

    date: date
    terms: str | None


def decide(case: InvoiceCase) -> Due:
    """The due date of the document and its terms; warnings are noted on the case."""
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
        [
            Candidate(
                name, value.isoformat() if value else "", name == source, "decides" if name == source else "not needed"
            )
            for name, value in ways
        ]
    )
    case.trace.add(Decision("terms", invoice.term or "no term", due.isoformat(), candidates))
    terms = _check(case, invoice.term, source, due) if invoice.term and invoice.total >= 0 else None
    return Due(due, terms)


def _check(case: InvoiceCase, name: str, source: str, due: date) -> str | None:
    """The ledger's term; warns where the reference is blank (0 is not), unknown, or says another day than the printed one."""
    term, export = case.source.term, case.source.export
    own = ((term.xref if term else None) or (export.terms_xref if export else None) or "").strip()
    links = case.settings.terms.links
    reference = links.get(name) or links.get(own) or own
    if not reference:
        case.add("TERMS_XREF_MISSING", term=name, due=day_words(due), due_source=source)
        return None
    expected = due_by_reference(own, case.source.invoice.document_date) if own else None
    if expected is not None and expected != due:
        case.add("TERMS_DUE_DATE_DIFFERS", term=name, due=day_words(due), expected=day_words(expected), xref=reference)
    found = ledger_term(case, reference)
    if found is None and case.reference.terms:
        case.add("TERM_UNKNOWN", term=reference, due=day_words(due))
    return found
