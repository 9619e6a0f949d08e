"""The document's currency: the invoice's own, which the ledger must have enabled (M15)."""

from __future__ import annotations

from ledgerwire.mapper.domain.parts import Case
from ledgerwire.mapper.domain.trace import Candidate, Decision


def decide(case: Case, own: str | None) -> str:
    """ISO code of the document's currency; the ledger's base currency where the record names none (`own`)."""
    reference = case.reference
    code = own or reference.base_currency
    if code not in reference.currencies and code != reference.base_currency:
        case.add("CURRENCY_NOT_ENABLED", currency=code)
    if own is None:
        base = Candidate("base currency", code, matched=True, reason="is used where the invoice names none")
        case.trace.add(Decision("currency", "the document", code, (base,)))
    return code
