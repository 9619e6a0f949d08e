"""Cost of sales of stock lines: a journal beside the sales document, Dr cost of sales, Cr stock (M5, M6, A060, A061)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, Tracking
from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount
from ledgerwire.common.money import ZERO, round_half_up, total
from ledgerwire.mapper.domain import accounts
from ledgerwire.mapper.domain.accounts import Asked
from ledgerwire.mapper.domain.currency import Currency
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.parts import InvoiceCase
from ledgerwire.mapper.domain.settings import CogsBy, MappingSettings, PostAs
from ledgerwire.mapper.domain.trace import Candidate, Decision

PREFIX = "COGS-"
PRODUCT = "RP"
"""The only GL type whose lines can be stock: neither time, expense nor agreement (M6)."""

_STOCK_CLASS = "Inventory"
_COST = frozenset({AccountClass.EXPENSE})
_STOCK = frozenset({AccountClass.ASSET})


@dataclass(frozen=True, slots=True)
class Cost:
    """What one stock line takes out of stock: `amount` in base currency, negative where it comes back."""

    line: GlLine
    amount: Decimal
    cost: LedgerAccount
    stock: LedgerAccount
    tracking: tuple[Tracking, ...]
    decisions: tuple[int, ...]


def validates(settings: MappingSettings) -> bool:
    """Whether a stock line without its accounts stops; procurement forces it on (A060, A061)."""
    return settings.cogs.validate_accounts or settings.procurement.enabled


def is_stock(settings: MappingSettings, line: GlLine) -> bool:
    """Whether a line is a product taken from stock: never time, expense, agreement or non-stock lines (M6)."""
    if line.gl_type != PRODUCT:
        return False
    by_class = line.product_class == _STOCK_CLASS
    by_type = line.product_type in settings.cogs.product_types
    by = settings.cogs.by
    return by_class if by == CogsBy.PRODUCT_CLASS else by_type if by == CogsBy.PRODUCT_TYPE else by_class and by_type


def takes_stock(case: InvoiceCase, line: GlLine) -> bool:
    """Whether a line makes an entry in the journal, as far as the line alone tells."""
    return case.settings.cogs.enabled and bool(line.cost) and is_stock(case.settings, line) and not _dropped(case, line)


def _dropped(case: InvoiceCase, line: GlLine) -> bool:
    return line.drop_shipped and not (case.settings.cogs.drop_ship or case.source.drop_ship_cogs)


def decide(
    case: InvoiceCase, index: int, line: GlLine, item: str | None, tracking: tuple[Tracking, ...], money: Currency
) -> Cost | None:
    """The cost of a line, None where it makes no entry; stops are noted on the case."""
    if not is_stock(case.settings, line):
        return None
    why_not = _why_not(case, line, item)
    if why_not:
        told = Candidate("cost of sales", line.product or line.description, matched=False, reason=why_not)
        case.trace.add(Decision("cost", f"'{line.description}'", "no journal", (told,)))
        return None
    posts = case.settings.cogs.enabled
    if not posts and not validates(case.settings):
        return None
    cost, by_cost = _account(case, index, line, line.cost_account, "cost of sales", _COST)
    stock, by_stock = _account(case, index, line, line.stock_account, "stock", _STOCK)
    if not posts or cost is None or stock is None:
        return None
    amount = _in_base(case, line, money)
    return Cost(line, amount, cost, stock, tracking, (by_cost, by_stock)) if amount else None


def _why_not(case: InvoiceCase, line: GlLine, item: str | None) -> str:
    known = case.items.get(item or "")
    if _dropped(case, line):
        return "was drop-shipped: it never was in stock"
    if known is not None and known.tracked:
        return "is tracked in the ledger, which posts its cost itself"
    return "" if line.cost else "has no cost"


def _account(
    case: InvoiceCase, index: int, line: GlLine, code: str, what: str, allowed: frozenset[AccountClass]
) -> tuple[LedgerAccount | None, int]:
    asked = Asked(code, "GL export", what.capitalize(), line.description, allowed)
    found, decision = accounts.find(case, asked)
    problem = _problem(case, code, found, allowed)
    if not problem:
        return found, decision
    case.add(
        "GL_COGS_UNKNOWN",
        index,
        warned=not validates(case.settings),
        line_text=line.description,
        category=line.category or "unknown",
        what=what,
        account=code,
        problem=problem,
    )
    return None, decision


def _problem(case: InvoiceCase, code: str, found: LedgerAccount | None, allowed: frozenset[AccountClass]) -> str:
    if not code:
        return "is empty"
    if found is None:
        return f"is not in {case.ledger}"
    if not found.active:
        return f"is archived in {case.ledger}"
    return "" if found.account_class in allowed else f"is of class {found.account_class} in {case.ledger}"


def _in_base(case: InvoiceCase, line: GlLine, money: Currency) -> Decimal:
    """The cost in base currency, whole cents, with the sign of the sale; a foreign one needs a rate (M15)."""
    if money.foreign and money.rate is None:
        case.add("CURRENCY_RATE_MISSING", currency=money.code)
        return ZERO
    amount = abs(line.cost or ZERO) * (money.rate or Decimal(1))
    goes_out = line.total < 0 or (line.total == 0 and (line.quantity or ZERO) <= 0)
    return round_half_up(amount if goes_out else -amount)


def journal(case: InvoiceCase, costs: Sequence[Cost], dated: date) -> LedgerDocument | None:
    """The journal of a record's stock lines, None where there are none. A credit memo's reverses the sale's (M6)."""
    lines = [line for cost in costs for line in _both_sides(case, cost)]
    debits = total(line.net for line in lines if line.net > 0)
    if not lines:
        return None
    number = f"{PREFIX}{case.number}"
    check_number(case, number)
    return LedgerDocument(
        kind=DocumentKind.JOURNAL,
        number=number,
        contact=None,
        document_date=dated,
        due_date=dated,
        currency=case.reference.base_currency,
        lines=tuple(lines),
        net=debits,
        tax=ZERO,
        total=debits,
        reference=f"Cost of sales of {case.number}",
        draft=case.settings.post_as == PostAs.DRAFT,
    )


def _both_sides(case: InvoiceCase, cost: Cost) -> tuple[DocumentLine, DocumentLine]:
    def side(account: LedgerAccount, amount: Decimal, tracking: tuple[Tracking, ...], decision: int) -> DocumentLine:
        return DocumentLine(
            description=cost.line.description or "Cost of sales",
            quantity=Decimal(1),
            unit_amount=amount,
            net=amount,
            account_code=account.code,
            tax_type=case.settings.rounding.tax_type,
            tax_amount=ZERO,
            tracking=tracking,
            source_ids=(cost.line.entry_id,),
            decisions=(decision,),
        )

    by_cost, by_stock = cost.decisions
    return side(cost.cost, cost.amount, cost.tracking, by_cost), side(cost.stock, -cost.amount, (), by_stock)


def check_number(case: InvoiceCase, number: str) -> None:
    """Stop where a document's number is longer than the ledger takes."""
    limit = case.reference.rules.number_length
    if len(number) > limit:
        case.add("NUMBER_TOO_LONG", number=number, length=str(len(number)), limit=str(limit))
