"""Tracking: the first class segment feeds category 1, the second category 2 (A056, A068)."""

from __future__ import annotations

from ledgerwire.common.ledger.document import Tracking
from ledgerwire.mapper.domain.parts import Case, listed
from ledgerwire.mapper.domain.segments import Parts
from ledgerwire.mapper.domain.settings import OnMissing
from ledgerwire.mapper.domain.trace import Candidate, Decision


def decide(case: Case, index: int, text: str, parts: Parts) -> tuple[tuple[Tracking, ...], tuple[int, ...]]:
    """The tracking of a line (`text` names it) and the decisions behind it; an unknown class warns or stops, by setting."""
    settings = case.settings.tracking
    chosen: list[Tracking] = []
    decisions: list[int] = []
    for position, category in enumerate((settings.category_1, settings.category_2)):
        if category is None:
            continue
        value = parts.classes[position] if position < len(parts.classes) else ""
        option = _option(case, category, value)
        decisions.append(case.trace.add(_decision(category, value, option, parts.source)))
        if option is None:
            _missing(case, index, text, category, value)
        else:
            chosen.append(option)
    return tuple(chosen), tuple(decisions)


def _options(case: Case, category: str) -> tuple[str, tuple[str, ...]]:
    """The category's own name in the ledger and its options; names are compared without regard to case."""
    for known in case.reference.tracking:
        if known.name.casefold() == category.casefold():
            return known.name, known.options
    return category, ()


def _option(case: Case, category: str, value: str) -> Tracking | None:
    name, options = _options(case, category)
    for option in options:
        if value and option.casefold() == value.casefold():
            return Tracking(name, option)
    return None


def _decision(category: str, value: str, option: Tracking | None, source: str) -> Decision:
    reason = "is an option of the category" if option else "is no option of the category" if value else "is blank"
    candidate = Candidate(source, value, option is not None, reason)
    return Decision("tracking", category, option.option if option else "", (candidate,))


def _missing(case: Case, index: int, text: str, category: str, value: str) -> None:
    warned = case.settings.tracking.on_missing is OnMissing.WARN
    expected = listed(_options(case, category)[1])
    if value:
        case.add("TRACKING_UNKNOWN", index, warned=warned, category=category, found=value, expected=expected)
    else:
        case.add("TRACKING_MISSING", index, warned=warned, category=category, line_text=text, expected=expected)
