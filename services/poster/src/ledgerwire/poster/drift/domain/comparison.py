"""A posted document as the ledger showed it, beside the same document now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

Shown = Mapping[str, str]
"""Field, in a bookkeeper's words -> what the ledger shows there. Equal documents show equal fields in equal order."""

STATE = "state"
LINES = "lines"
"""Shown of every document that was read whole: then a field that was not there before is a change too."""
IN_THE_BOOKS = "in the books"
TOLD = 4
"""Changes that a sentence names; the rest is counted."""


class Drift(StrEnum):
    """What became of a posted document; the values are the catalogue's codes."""

    CHANGED = "DOCUMENT_CHANGED_IN_LEDGER"
    GONE = "DOCUMENT_GONE_FROM_LEDGER"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that shows another value now; "" where it is not there."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Drifted:
    """What became of it, and every field that differs."""

    drift: Drift
    changes: tuple[Change, ...]


def drifted(before: Shown, now: Shown) -> Drifted | None:
    """Every difference between `before` and `now`, None without any. A document that is out of the books is only gone."""
    if STATE in before and now.get(STATE) not in {IN_THE_BOOKS, before[STATE]}:
        return Drifted(Drift.GONE, (Change(STATE, before[STATE], now.get(STATE, "")),))
    whole = LINES in before
    fields = dict.fromkeys((*before, *(now if whole else ())))
    changes = tuple(
        Change(field, before.get(field, ""), now.get(field, ""))
        for field in fields
        if before.get(field) != now.get(field)
    )
    return Drifted(Drift.CHANGED, changes) if changes else None


def only(fields: Sequence[str], shown: Shown) -> Shown:
    """The part of what is shown that a first look can know."""
    return {field: shown[field] for field in fields if field in shown}


def in_words(changes: Sequence[Change]) -> str:
    """The changes as a clerk reads them: `total 110.00 -> 120.00; line 1 account 200 -> 260`."""
    said = [f"{one.field} {one.old or 'none'} -> {one.new or 'none'}" for one in changes[:TOLD]]
    more = len(changes) - TOLD
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")
