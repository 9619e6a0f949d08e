"""The account of a line: frozen at close, linked or used as it is; today's GL table only explains it (M2)."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount
from ledgerwire.mapper.domain.levels import NOT_EXPLAINED, Explained, explain, level_words
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import Case, InvoiceCase, kind_words
from ledgerwire.mapper.domain.segments import Parts, account_positions
from ledgerwire.mapper.domain.trace import Candidate, Decision

_SALES = frozenset({AccountClass.REVENUE, AccountClass.LIABILITY})
_ALLOWED = {
    "RE": _SALES | {AccountClass.EXPENSE},
    "SD": _SALES | {AccountClass.EXPENSE},
}
_NEVER = frozenset({"DEBTORS", "CREDITORS", "GST", "ROUNDING", "RETAINEDEARNINGS", "HISTORICAL", "UNPAIDEXPCLM"})
"""The ledger's own accounts: a line on one of them would be counted twice or refused."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which account is asked for.

    Attributes:
        frozen: the account as the PSA froze it, read from `source`.
        kind: what a clerk calls such lines ("Service", "Cost of sales").
        text: what the line is about, for messages.
        allowed: classes of account that can take the line.
        explained: what today's GL table says about the frozen account; it does not decide.
    """

    frozen: str
    source: str
    kind: str
    text: str
    allowed: frozenset[AccountClass]
    explained: Explained = NOT_EXPLAINED


def decide(case: InvoiceCase, index: int, line: GlLine, parts: Parts) -> tuple[LedgerAccount | None, int]:
    """The ledger account of a sales line (None when it cannot take the line, which stops) and the index of the decision."""
    asked = Asked(
        frozen=parts.account,
        source=parts.source,
        kind=kind_words(line.gl_type),
        text=line.description,
        allowed=_ALLOWED.get(line.gl_type, _SALES),
        explained=_explained(case, line, parts),
    )
    account, decision = find(case, asked)
    return (account if fits(case, index, asked, account) else None), decision


def find(case: Case, asked: Asked) -> tuple[LedgerAccount | None, int]:
    """The account by link, else as frozen; None when the ledger has neither. No finding is noted: see `fits`."""
    candidates: list[Candidate] = []
    code, explained = "", asked.explained
    for source, value, wanted in _in_order(case, asked):
        found = case.accounts.get(wanted)
        taken = found is not None and not code
        candidates.append(Candidate(source, value, taken, _reason(wanted, found, taken=taken)))
        if taken:
            code = wanted
    key = f"{asked.kind} '{asked.frozen}'"
    because = explained.because if code else ""
    decision = case.trace.add(Decision("account", key, code, (*candidates, *explained.candidates), because=because))
    return case.accounts.get(code), decision


def _in_order(case: Case, asked: Asked) -> list[tuple[str, str, str]]:
    """(source, value, account code wanted) in the order of authority."""
    links, frozen = case.settings.account_links, asked.frozen
    ways = []
    if frozen in links:
        ways.append(("account link", f"{frozen} > {links[frozen]}", links[frozen]))
    if frozen:
        ways.append((asked.source, frozen, frozen))
    return ways


def _reason(code: str, found: LedgerAccount | None, *, taken: bool) -> str:
    if found is None:
        return f"names {code}, which is not in the chart of accounts"
    if taken:
        return f"is {found.name} in the chart of accounts"
    return "comes after what was used"


def _explained(case: InvoiceCase, line: GlLine, parts: Parts) -> Explained:
    """What today's GL table says about the frozen account; a warning where it would give another one."""
    if account_positions(case.source.segments) != (0,):
        return NOT_EXPLAINED  # the table's rows show the first segment only
    said = explain(case.source, line, parts.account)
    if said.today:
        case.add("GL_ENTRIES_STALE", account=parts.account, kind=kind_words(line.gl_type), today=said.today)
    return said


def fits(case: Case, index: int, asked: Asked, found: LedgerAccount | None) -> bool:
    """Whether the line may go to the account; notes why not."""
    kind = asked.kind
    if not asked.frozen:
        empty = asked.explained.empty
        row = level_words(empty) if empty else "its mapping row is not told"
        case.add("GL_EMPTY_ACCOUNT", index, kind=kind, line_text=asked.text, row=row)
    elif found is None:
        wanted = case.settings.account_links.get(asked.frozen, asked.frozen)
        case.add("GL_ACCOUNT_UNKNOWN", index, account=wanted, kind=kind)
    elif not found.active:
        case.add("ACCOUNT_ARCHIVED", index, account=found.code, name=found.name)
    elif found.account_class not in asked.allowed or (found.system or "").upper() in _NEVER:
        is_what = f"the ledger's own account for {found.system}" if found.system else f"of class {found.account_class}"
        case.add("ACCOUNT_WRONG_TYPE", index, account=found.code, name=found.name, kind=kind, found=is_what)
    else:
        return True
    return False
