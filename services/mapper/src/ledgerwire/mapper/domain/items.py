"""The item of a line: a product's code, else the frozen Non-Product ID, else the enabled default (A073-A077)."""

from __future__ import annotations

from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import PRODUCT_TYPES, Case, kind_words
from ledgerwire.mapper.domain.segments import Parts
from ledgerwire.mapper.domain.settings import DefaultItem, DefaultNonProductIds
from ledgerwire.mapper.domain.trace import Candidate, Decision

CODE_LIMIT = 30
"""Longest item code the ledger takes (Xero: 30 characters)."""

_NO_DEFAULT = DefaultItem()


def default_for(gl_type: str, defaults: DefaultNonProductIds) -> DefaultItem:
    """The fall-back of a revenue kind. Agreement products, products and discounts have none (M10)."""
    return {
        "R": defaults.service,
        "RE": defaults.expense,
        "RA": defaults.agreement,
        "RD": defaults.deferred_revenue,
    }.get(gl_type, _NO_DEFAULT)


def decide(case: Case, index: int, line: GlLine, parts: Parts) -> tuple[str | None, int]:
    """The item code of a line and the index of the decision; stops are noted on the case."""
    default = default_for(line.gl_type, case.settings.default_non_product_ids)
    ways = _in_order(line, parts, default)
    code = next((value for _, value, usable in ways if usable), "")
    default_used = bool(code) and not any(usable for source, _, usable in ways if source != "default")
    candidates = tuple(
        Candidate(source, value, usable and value == code, _reason(source, value, usable=usable, taken=value == code))
        for source, value, usable in ways
    )
    key = f"{kind_words(line.gl_type)} '{line.product or parts.non_product_id or line.description}'"
    decision = case.trace.add(Decision("item", key, code, candidates, default_used))
    _check(case, index, line, code)
    return code or None, decision


def _in_order(line: GlLine, parts: Parts, default: DefaultItem) -> list[tuple[str, str, bool]]:
    """(source, value, usable) in the order of authority."""
    product = (line.product or "").strip() if line.gl_type in PRODUCT_TYPES else ""
    ways = []
    if line.gl_type in PRODUCT_TYPES:
        ways.append(("product", product, bool(product)))
    ways.append(("Non-Product ID", parts.non_product_id, bool(parts.non_product_id)))
    if default.item_code:
        ways.append(("default", default.item_code, default.enabled))
    return ways


def _reason(source: str, value: str, *, usable: bool, taken: bool) -> str:
    if usable:
        return "is the first that is filled" if taken else "comes after what was used"
    if source == "default":
        return f"is not enabled ({value})"
    return "is blank"


def _check(case: Case, index: int, line: GlLine, code: str) -> None:
    if not code:
        case.add("NONPRODUCT_ID_MISSING", index, kind=kind_words(line.gl_type))
    elif len(code) > CODE_LIMIT:
        case.add("ITEM_CODE_TOO_LONG", index, item=code, length=str(len(code)), limit=str(CODE_LIMIT))
    elif code not in case.items:
        case.add("ITEM_UNKNOWN", index, item=code)
