"""The item of a line: a product's code, else the frozen Non-Product ID, else the enabled default (A073-A077, M10)."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.common.ledger.document import NewItem
from ledgerwire.common.ledger.reference import LedgerAccount
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import PRODUCT_TYPES, Case, kind_words
from ledgerwire.mapper.domain.segments import Parts
from ledgerwire.mapper.domain.settings import DefaultItem, DefaultNonProductIds, ItemSettings, OnUnknownItem
from ledgerwire.mapper.domain.trace import Candidate, Decision

_NO_DEFAULT = DefaultItem()
DISCOUNT, FREIGHT = "SD", "PF"


@dataclass(frozen=True, slots=True)
class LineItem:
    """The item of a line; what has to be made first is noted on the case."""

    code: str | None
    decision: int


def default_for(gl_type: str, defaults: DefaultNonProductIds) -> DefaultItem:
    """The fall-back of a revenue kind. Agreement products, products and discounts have none (M10)."""
    return {
        "R": defaults.service,
        "RE": defaults.expense,
        "RA": defaults.agreement,
        "RD": defaults.deferred_revenue,
    }.get(gl_type, _NO_DEFAULT)


def mapped_for(gl_type: str, settings: ItemSettings) -> str:
    """The item that the settings map product discount (SD) and PO freight (PF) to; empty for every other kind (M10)."""
    return {DISCOUNT: settings.discount, FREIGHT: settings.freight}.get(gl_type) or ""


def by_account(code: str, account: str) -> str:
    """The code of the item that stands for `code` where its own posts to another account (M10)."""
    return f"{code}-{account}"


def decide(case: Case, index: int, line: GlLine, parts: Parts, account: LedgerAccount | None) -> LineItem:
    """The item of a line that goes to `account`; stops are noted on the case."""
    ways = _in_order(case, line, parts)
    code = next((value for _, value, usable in ways if usable), "")
    default_used = bool(code) and not any(usable for source, _, usable in ways if source != "default")
    candidates = [
        Candidate(source, value, usable and value == code, _reason(source, value, usable=usable, taken=value == code))
        for source, value, usable in ways
    ]
    code = _in_ledger(case, index, line, code, account, candidates)
    key = f"{kind_words(line.gl_type)} '{line.product or parts.non_product_id or line.description}'"
    decision = case.trace.add(Decision("item", key, code, tuple(candidates), default_used))
    return LineItem(code or None, decision)


def _in_order(case: Case, line: GlLine, parts: Parts) -> list[tuple[str, str, bool]]:
    """(source, value, usable) in the order of authority."""
    ways = []
    if line.gl_type in PRODUCT_TYPES:
        product = (line.product or "").strip()
        ways.append(("product", product, bool(product)))
    ways.append(("Non-Product ID", parts.non_product_id, bool(parts.non_product_id)))
    mapped = mapped_for(line.gl_type, case.settings.sales_items)
    if mapped:
        ways.append(("settings", mapped, True))
    default = default_for(line.gl_type, case.settings.default_non_product_ids)
    if default.item_code:
        ways.append(("default", default.item_code, default.enabled))
    return ways


def _reason(source: str, value: str, *, usable: bool, taken: bool) -> str:
    if usable:
        return "is the first that is filled" if taken else "comes after what was used"
    if source == "default":
        return f"is not enabled ({value})"
    return "is blank"


def _in_ledger(
    case: Case, index: int, line: GlLine, code: str, account: LedgerAccount | None, candidates: list[Candidate]
) -> str:
    """The code as the ledger has it, or is to have it; notes what is in the way."""
    if not code:
        case.add("NONPRODUCT_ID_MISSING", index, kind=kind_words(line.gl_type))
        return code
    if not _short_enough(case, index, code):
        return code
    item = case.items.get(code)
    if item is not None and not item.active:
        case.add("ITEM_INACTIVE", index, item=code)
        return code
    if item is None and code not in case.new_items:
        _unknown(case, index, line, code, account)
        return code
    name = item.name if item else case.new_items[code].name
    posts_to = item.revenue_account if item else case.new_items[code].revenue_account
    if account is None or not case.reference.rules.item_decides_account or posts_to == account.code:
        return code
    return _other(case, index, (code, name, posts_to or ""), account, candidates)


def _short_enough(case: Case, index: int, code: str) -> bool:
    limit = case.reference.rules.item_code_length
    if len(code) <= limit:
        return True
    case.add("ITEM_CODE_TOO_LONG", index, item=code, length=str(len(code)), limit=str(limit))
    return False


def _unknown(case: Case, index: int, line: GlLine, code: str, account: LedgerAccount | None) -> None:
    if case.settings.sales_items.on_unknown != OnUnknownItem.CREATE:
        case.add("ITEM_UNKNOWN", index, item=code)
    elif account is not None:
        name = line.description if line.product == code and line.description else code
        case.new_items[code] = NewItem(code, name, account.code)


def _other(
    case: Case, index: int, item: tuple[str, str, str], account: LedgerAccount, candidates: list[Candidate]
) -> str:
    """Another item that posts to the frozen account: one that exists, else one to be made, where the settings allow it."""
    code, name, posts_to = item
    own = by_account(code, account.code)
    if case.settings.sales_items.on_mismatch != OnUnknownItem.CREATE:
        case.add("ITEM_ACCOUNT_MISMATCH", index, item=code, found=posts_to, account=account.code)
        return code
    if not _short_enough(case, index, own):
        return own
    known = case.items.get(own)
    if known is None:
        case.new_items[own] = NewItem(own, f"{name} ({account.code})", account.code)
    elif known.revenue_account != account.code:
        case.add("ITEM_ACCOUNT_MISMATCH", index, item=own, found=known.revenue_account or "", account=account.code)
    reason = f"is used, because '{code}' posts to {posts_to or 'no account'}"
    candidates[:] = [
        Candidate("item of the account", own, matched=True, reason=reason),
        *(Candidate(each.source, each.value, matched=False, reason=each.reason) for each in candidates),
    ]
    return own


def check_rounding_item(case: Case) -> None:
    """Where the item decides the account, rounding lines need an item that posts to the rounding account."""
    settings = case.settings.rounding
    if not case.reference.rules.item_decides_account:
        return
    item = case.items.get(settings.item or "")
    if item is None or not item.active or item.revenue_account != settings.account:
        case.add("ROUNDING_ITEM_MISSING", item=settings.item or "", account=settings.account)
