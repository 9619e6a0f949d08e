"""Closed periods: a document dated in one stops for a person, or moves to the first open day (D14)."""

from __future__ import annotations

from datetime import date, timedelta

from ledgerwire.mapper.domain.parts import Case, day_words
from ledgerwire.mapper.domain.settings import LockPolicy
from ledgerwire.mapper.domain.trace import Candidate, Decision

FIRST_OPEN_DAY = "FIRST_OPEN_DAY"
HOLD = "HOLD"
"""What a person may choose for one record, whatever the policy."""


def decide(case: Case, dated: date) -> date:
    """The date of a document that the PSA dates `dated`; a date in a closed period is noted on the case."""
    lock = case.reference.lock_date
    if lock is None or dated > lock:
        return dated
    first_open = lock + timedelta(days=1)
    policy, chosen = case.settings.lock_policy, case.latest(HOLD, FIRST_OPEN_DAY)
    holds = chosen == HOLD or (chosen is None and policy != LockPolicy.FIRST_OPEN_DAY)
    case.add(
        "PERIOD_LOCKED" if holds else "DATE_MOVED",
        date=day_words(dated),
        lock=day_words(lock),
        open=day_words(first_open),
        policy=LockPolicy.ASK if policy == LockPolicy.ASK and chosen is None else LockPolicy.HOLD,
    )
    if holds:
        return dated
    locked = Candidate(
        "invoice date", dated.isoformat(), matched=False, reason=f"is locked, books are closed to {lock}"
    )
    moved = Candidate(
        "first open day",
        first_open.isoformat(),
        matched=True,
        reason=f"is chosen by {'the lock policy' if chosen is None else 'a person'}",
    )
    case.trace.add(Decision("date", "the document", first_open.isoformat(), (locked, moved)))
    return first_open
