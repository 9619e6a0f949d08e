"""Why a record was mapped as it was: each distinct decision once; lines refer to them by index."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that could have decided. `reason` says why it won, or why it lost."""

    source: str
    value: str
    matched: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: what was asked about which key, the candidates in order, and what came out.

    Attributes:
        subject: account, item, tax, tracking, terms, contact, amount, kind, date, currency, cost.
        key: what was decided upon, for example the PSA's account string.
        result: what was decided; empty when nothing could be.
        default_used: a fall-back of the settings decided, not the PSA's own value (A073).
        because: how the set-up of the PSA explains the result, where it does: which level beats which (M2).
    """

    subject: str
    key: str
    result: str
    candidates: tuple[Candidate, ...] = ()
    default_used: bool = False
    because: str = ""

    @property
    def winner(self) -> Candidate | None:
        """The candidate that decided: the first that matched."""
        return next((item for item in self.candidates if item.matched), None)


@dataclass(frozen=True, slots=True)
class Trace:
    """All decisions of one record."""

    decisions: tuple[Decision, ...] = ()


@dataclass(slots=True)
class TraceBuilder:
    """Collects decisions, each distinct one once."""

    _index: dict[Decision, int] = field(default_factory=dict)

    def add(self, decision: Decision) -> int:
        """The index of this decision; an equal one is not stored twice."""
        return self._index.setdefault(decision, len(self._index))

    def build(self) -> Trace:
        return Trace(tuple(self._index))


_SUBJECTS = {
    "account": "Account",
    "item": "Item",
    "tax": "Tax",
    "tracking": "Tracking",
    "terms": "Due date",
    "contact": "Contact",
    "amount": "Amount",
    "kind": "Document",
    "date": "Date",
    "currency": "Currency",
    "cost": "Cost of sales",
    "group": "One document",
}


def words(decision: Decision) -> str:
    """One decision in words, for `record show` and explain."""
    subject = _SUBJECTS.get(decision.subject, decision.subject)
    winner = decision.winner
    if winner is None:
        text = f"{subject} for {decision.key}: {decision.result or 'nothing found'}"
    else:
        text = f"{subject} for {decision.key}: {decision.result}, because {winner.source} {_says(winner)}"
    if decision.default_used:
        text += " (default used)"
    if decision.because:
        text += f". {subject} {decision.result} because {decision.because}"
    lost = [f"{item.source} {_says(item)}" for item in decision.candidates if item is not winner]
    return f"{text}. Not used: {'; '.join(lost)}." if lost else f"{text}."


def _says(candidate: Candidate) -> str:
    return f"'{candidate.value}' {candidate.reason}" if candidate.value else candidate.reason


def in_words(trace: Trace) -> tuple[str, ...]:
    """All decisions in words, in the order in which they were made."""
    return tuple(words(decision) for decision in trace.decisions)
