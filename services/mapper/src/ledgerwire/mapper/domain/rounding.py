"""How many cents a document may be adjusted by, and why it has to be (M11, D13)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ledgerwire.common.money import CENT, ZERO, is_cents
from ledgerwire.mapper.domain.amounts import Figures
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import Case, money_words
from ledgerwire.mapper.domain.settings import RoundingPolicy

AUTOMATIC_CEILING = Decimal("0.10")
ACCEPT_ROUNDING = "ACCEPT_ROUNDING"
"""What a person may choose for one record: whatever adjustment it needs."""


def limit(case: Case, lines: int) -> Decimal:
    """How many cents may be adjusted on a document of so many lines; 0 = none (M11)."""
    settings = case.settings.rounding
    if settings.policy == RoundingPolicy.STOP:
        return ZERO
    if settings.document_limit is not None:
        return settings.document_limit
    return min(CENT * (lines + 1), AUTOMATIC_CEILING)


def adjustment(case: Case, wanted: Figures, made: Decimal, lines: Sequence[GlLine]) -> Decimal:
    """What one adjustment line must add to the net; 0 with a stop when it is more than may be adjusted."""
    difference = wanted.net - made
    if difference == 0:
        return ZERO
    allowed, why, found = limit(case, len(lines)), cause(lines), money_words(wanted.total - difference)
    if abs(difference) <= allowed or case.chose(ACCEPT_ROUNDING):
        case.add(
            "ADJUSTMENT_APPLIED",
            amount=money_words(difference),
            account=case.accounts[case.settings.rounding.account].name,
            expected=money_words(wanted.total),
            found=found,
            cause=why,
        )
        return difference
    case.add(
        "ADJUSTMENT_OVER_LIMIT",
        expected=money_words(wanted.total),
        found=found,
        difference=money_words(difference),
        limit=money_words(allowed),
        cause=why,
    )
    return ZERO


def check_budget(case: Case, used: Decimal, amount: Decimal, lines: Sequence[GlLine]) -> None:
    """Stop where this record's roundings (`amount`, absolute) go beyond what is left of the month's budget (D13)."""
    budget = case.settings.rounding.monthly_budget
    if budget is None or not amount or used + amount <= budget or case.chose(ACCEPT_ROUNDING):
        return
    case.add(
        "ROUNDING_BUDGET_EXCEEDED",
        amount=money_words(amount),
        used=money_words(used),
        budget=money_words(budget),
        cause=cause(lines),
    )


def cause(lines: Sequence[GlLine]) -> str:
    """Why whole cents miss a total that the GL lines make exactly, computed rather than guessed (D13)."""
    fractions = [line for line in lines if not is_cents(line.total)]
    priced = [line for line in fractions if line.price is not None and not is_cents(line.price)]
    if not fractions:
        return "unit prices that do not multiply out"
    if len(priced) == len(fractions):
        return f"{len(fractions)} GL lines with fractions of a cent, from unit prices with fractions of a cent"
    untaxed = [line for line in fractions if line.taxable and not line.tax_code and line.tax_percent is None]
    if untaxed:
        return f"{len(fractions)} GL lines with fractions of a cent, {len(untaxed)} of them taxable without a tax code"
    return f"{len(fractions)} GL lines with fractions of a cent"
