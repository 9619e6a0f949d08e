"""Which invoice of ConnectWise a ledger document is, where Ledgerwire did not post it: by exact number, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_LOOSE = re.compile(r"[^0-9A-Z]")
_DIGITS = re.compile(r"\d+")
NEAR_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Matched:
    """One invoice, found by `number` or `reference`."""

    invoice_id: int
    matched_by: str


@dataclass(frozen=True, slots=True)
class TwoCandidates:
    """Number and reference name different invoices."""


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nothing has exactly this number."""


Match = Matched | TwoCandidates | NoMatch


def match(number: str, reference: str | None, by_number: Mapping[str, int]) -> Match:
    """Match by exact number (surrounding blanks aside); `by_number` are ConnectWise's invoice numbers and ids."""
    named = by_number.get(number.strip()) if number.strip() else None
    referred = by_number.get(reference.strip()) if reference and reference.strip() else None
    if named is not None and referred is not None and named != referred:
        return TwoCandidates()
    if named is not None:
        return Matched(named, "number")
    return NoMatch()


def digits_of(number: str) -> str | None:
    """The longest run of digits of a number without leading zeros: what near numbers share; None where that says nothing."""
    runs = [run.lstrip("0") for run in _DIGITS.findall(number)]
    longest = max(runs, key=len, default="")
    return longest if len(longest) > 1 else None


def near(number: str, candidates: Iterable[str]) -> str:
    """The candidates that differ from a number only in how it is written first, then the others; `none` without any."""
    alike = {candidate: _loose(candidate) == _loose(number) for candidate in candidates}
    ordered = sorted(alike, key=lambda candidate: (not alike[candidate], candidate))
    return ", ".join(ordered[:NEAR_SHOWN]) or "none"


def _loose(number: str) -> str:
    text = _LOOSE.sub("", number.upper())
    return _DIGITS.sub(lambda run: run.group().lstrip("0"), text).removeprefix("INV")
