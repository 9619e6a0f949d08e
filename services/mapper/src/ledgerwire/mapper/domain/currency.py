"""The document's currency and its rate: the ledger's own, a table's, or none without a person (M15)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.mapper.domain.parts import Case
from ledgerwire.mapper.domain.settings import RateSource
from ledgerwire.mapper.domain.trace import Candidate, Decision


@dataclass(frozen=True, slots=True)
class Currency:
    """What a document is in. `rate`: units of base currency for one of it; None = the ledger's own rate of the day."""

    code: str
    rate: Decimal | None
    foreign: bool


def money(case: Case, own: str | None, kept_rate: Decimal | None = None) -> Currency:
    """The document's currency with its rate.

    `kept_rate` is the rate of an earlier revision, which a later one keeps. Stops are noted on the case.
    """
    code = decide(case, own)
    if code == case.reference.base_currency:
        return Currency(code, None, foreign=False)
    return Currency(code, _rate(case, code, kept_rate), foreign=True)


def decide(case: Case, own: str | None) -> str:
    """ISO code of the document's currency; the ledger's base currency where the record names none (`own`)."""
    reference = case.reference
    code = own or reference.base_currency
    if code not in reference.currencies and code != reference.base_currency:
        case.add("CURRENCY_NOT_ENABLED", currency=code)
    if own is None:
        base = Candidate("base currency", code, matched=True, reason="is used where the record names none")
        case.trace.add(Decision("currency", "the document", code, (base,)))
    return code


def _rate(case: Case, code: str, kept: Decimal | None) -> Decimal | None:
    settings = case.settings.currency
    table = settings.rates.get(code) if settings.source == RateSource.TABLE else None
    rate = kept or table
    ways = []
    if kept is not None:
        ways.append(Candidate("earlier revision", f"{kept:f}", matched=True, reason="keeps the rate of the document"))
    if table is not None:
        ways.append(Candidate("rate table", f"{table:f}", matched=kept is None, reason="is the rate of the settings"))
    if settings.source == RateSource.LEDGER and rate is None:
        ways.append(Candidate("ledger", "", matched=True, reason="has a rate of its own for the day"))
    case.trace.add(
        Decision("currency", f"rate of {code}", f"{rate:f}" if rate else "the ledger's" if ways else "", tuple(ways))
    )
    if not ways:
        case.add("CURRENCY_RATE_MISSING", currency=code)
    return rate
