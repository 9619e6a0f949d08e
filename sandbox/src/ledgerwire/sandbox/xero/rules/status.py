"""Life of a document: which status may follow which."""

from typing import Literal

Action = Literal["create", "edit", "remove"]

_EDITABLE = frozenset({"DRAFT", "SUBMITTED", "AUTHORISED"})
_OPENING = frozenset({"DRAFT", "SUBMITTED", "AUTHORISED"})
_REMOVED = frozenset({"DELETED", "VOIDED"})
_NEXT = {
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
}
_JOURNAL_NEXT = {
    "DRAFT": frozenset({"DRAFT", "POSTED", "DELETED"}),
    "POSTED": frozenset({"POSTED", "VOIDED"}),
}

LIVE = frozenset({"AUTHORISED", "PAID", "POSTED"})


def document_problem(noun: str, current: str | None, wanted: str, *, settled: bool) -> str | None:
    """Why an invoice or credit note cannot move to a status.

    `noun` is "Invoice" or "Credit note", `current` the status now (None for a new one), `settled` whether a payment,
    a refund or an allocation stands on it.
    """
    if current is None:
        return None if wanted in _OPENING else f"{noun} not of valid status for creation"
    if settled:
        return "This document cannot be edited as it has a payment or credit note allocated to it."
    if current not in _EDITABLE or wanted not in _NEXT[current]:
        return f"{noun} not of valid status for modification"
    return None


def journal_problem(current: str | None, wanted: str) -> str | None:
    """Why a manual journal cannot move to a status."""
    if current is None:
        return None if wanted in {"DRAFT", "POSTED"} else "Manual journal not of valid status for creation"
    if wanted not in _JOURNAL_NEXT.get(current, frozenset()):
        return "Manual journal not of valid status for modification"
    return None


def is_removed(status: str) -> bool:
    """Whether a document no longer counts: its number is free again and it has no effect on the books."""
    return status in _REMOVED
