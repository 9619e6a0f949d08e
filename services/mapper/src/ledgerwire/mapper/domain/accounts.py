"""The account of a line: frozen at close, linked or used as it is; today's GL table only explains it (M2)."""

from __future__ import annotations

from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import Case, kind_words
from ledgerwire.mapper.domain.segments import Parts, account_positions
from ledgerwire.mapper.domain.trace import Candidate, Decision

_SALES = frozenset({AccountClass.REVENUE, AccountClass.LIABILITY})
_ALLOWED = {
    "RE": _SALES | {AccountClass.EXPENSE},
    "SD": _SALES | {AccountClass.EXPENSE},
}
_NEVER = frozenset({"DEBTORS", "CREDITORS", "GST", "ROUNDING", "RETAINEDEARNINGS", "HISTORICAL", "UNPAIDEXPCLM"})
"""The ledger's own accounts: a sales line on one of them would be counted twice or refused."""


def decide(case: Case, index: int, line: GlLine, parts: Parts) -> tuple[LedgerAccount | None, int]:
    """The ledger account of a line (None when it cannot take the line, which stops) and the index of the decision."""
    candidates: list[Candidate] = []
    code = ""
    for source, value, wanted in _in_order(case, parts):
        found = case.accounts.get(wanted)
        taken = found is not None and not code
        candidates.append(Candidate(source, value, taken, _reason(wanted, found, taken=taken)))
        if taken:
            code = wanted
    candidates += _explained(case, line, parts)
    decision = case.trace.add(
        Decision("account", f"{kind_words(line.gl_type)} '{parts.account}'", code, tuple(candidates))
    )
    account = case.accounts.get(code)
    return (account if _fits(case, index, line, parts, account) else None), decision


def _in_order(case: Case, parts: Parts) -> list[tuple[str, str, str]]:
    """(source, value, account code wanted) in the order of authority."""
    links = case.source.settings.account_links
    ways = []
    if parts.account in links:
        ways.append(("account link", f"{parts.account} > {links[parts.account]}", links[parts.account]))
    if parts.account:
        ways.append((parts.source, parts.account, parts.account))
    return ways


def _reason(code: str, found: LedgerAccount | None, *, taken: bool) -> str:
    if found is None:
        return f"names {code}, which is not in the chart of accounts"
    if taken:
        return f"is {found.name} in the chart of accounts"
    return "comes after what was used"


def _explained(case: Case, line: GlLine, parts: Parts) -> list[Candidate]:
    """Rows of today's GL table for this kind of revenue: those that carry the account, and whether any still does."""
    if account_positions(case.source.segments) != (0,):
        return []  # the table's rows show the first segment only
    rows = [row for row in case.source.gl_table if row.gl_type == line.gl_type and row.account]
    agreeing = [row for row in rows if row.account == parts.account]
    if rows and not agreeing and parts.account:
        case.add("GL_ENTRIES_STALE", account=parts.account, kind=kind_words(line.gl_type))
    return [
        Candidate(
            "GL table today",
            f"{row.level}: {row.record}",
            matched=False,
            reason="carries this account; what was frozen at close decides",
        )
        for row in agreeing
    ]


def _fits(case: Case, index: int, line: GlLine, parts: Parts, found: LedgerAccount | None) -> bool:
    """Whether the line may go there; notes why not."""
    kind = kind_words(line.gl_type)
    if not parts.account:
        case.add("GL_EMPTY_ACCOUNT", index, kind=kind, line_text=line.description)
    elif found is None:
        wanted = case.source.settings.account_links.get(parts.account, parts.account)
        case.add("GL_ACCOUNT_UNKNOWN", index, account=wanted, kind=kind)
    elif not found.active:
        case.add("ACCOUNT_ARCHIVED", index, account=found.code, name=found.name)
    elif found.account_class not in _ALLOWED.get(line.gl_type, _SALES) or (found.system or "").upper() in _NEVER:
        is_what = f"the ledger's own account for {found.system}" if found.system else f"of class {found.account_class}"
        case.add("ACCOUNT_WRONG_TYPE", index, account=found.code, name=found.name, kind=kind, found=is_what)
    else:
        return True
    return False
