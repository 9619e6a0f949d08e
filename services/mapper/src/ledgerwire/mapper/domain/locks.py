"""Closed periods: a document dated in one stops for a person, or moves to the first open day (D14)."""

from __future__ import annotations

from datetime import date, timedelta

from ledgerwire.mapper.domain.parts import Case, day_words
from ledgerwire.mapper.domain.settings import LockPolicy
from ledgerwire.mapper.domain.trace import Candidate, Decision


def decide(case: Case) -> date:
    """The date of the document; a date in a closed period is noted on the case."""
    dated, lock = case.source.invoice.document_date, case.source.reference.lock_date
    if lock is None or dated > lock:
        return dated
    first_open = lock + timedelta(days=1)
    holds = case.source.settings.lock_policy is LockPolicy.HOLD
    case.add(
        "PERIOD_LOCKED" if holds else "DATE_MOVED",
        date=day_words(dated),
        lock=day_words(lock),
        open=day_words(first_open),
    )
    if holds:
        return dated
    locked = Candidate(
        "invoice date", dated.isoformat(), matched=False, reason=f"is locked, books are closed to {lock}"
    )
    moved = Candidate("first open day", first_open.isoformat(), matched=True, reason="is chosen by the lock policy")
    case.trace.add(Decision("date", "the document", first_open.isoformat(), (locked, moved)))
    return first_open
