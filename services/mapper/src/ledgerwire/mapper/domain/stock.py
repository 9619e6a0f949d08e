"""Stock adjustments and transfers: journals between accounts (M16)."""

from __future__ import annotations

from decimal import Decimal

from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.common.ledger.reference import AccountClass
from ledgerwire.common.money import ZERO, round_half_up, total
from ledgerwire.mapper.domain import journals
from ledgerwire.mapper.domain.journals import Entry, Journal, Side
from ledgerwire.mapper.domain.parts import Case, money_words
from ledgerwire.mapper.domain.purchase_model import ADJUSTMENT, ProcurementInput, StockLine
from ledgerwire.mapper.domain.trace import Candidate, Decision

_STOCK = frozenset({AccountClass.ASSET})
_FORBIDDEN = "'"


def document(case: Case, source: ProcurementInput) -> LedgerDocument | None:
    """The journal; None with a stop, or where nothing moves between accounts (a transfer within one has no effect)."""
    product = source.product
    entries = _adjusted(case, source) if product.kind == ADJUSTMENT else _transferred(case, source)
    journal = Journal(product.number, product.dated, product.currency, product.description)
    return journals.document(case, journal, entries, source.kept_rate)


def check_characters(case: Case, text: str) -> None:
    """The PSA cannot batch a `'` in an inventory adjustment (A150)."""
    if _FORBIDDEN in text:
        case.add("INVALID_CHARACTER", field="adjustment", character=_FORBIDDEN, text=text)


def _adjusted(case: Case, source: ProcurementInput) -> list[Entry]:
    lines = source.adjustment or ()
    for text in dict.fromkeys((source.product.description, *(line.description for line in lines))):
        check_characters(case, text)
    moved = total(raised_by(line) for line in lines)
    if abs(moved) != abs(source.product.total):
        _unbalanced(case, abs(source.product.total), abs(moved))
    return [_adjustment(case, line, source) for line in lines]


def raises_stock(line: StockLine) -> bool:
    """Whether an exported adjustment raises stock: its quantity is below 0; without a quantity its amount says it (M16)."""
    return (line.quantity or line.total) < 0


def raised_by(line: StockLine) -> Decimal:
    """By how much an adjusted item raises stock, below 0 where it lowers it."""
    return abs(line.total) if raises_stock(line) else -abs(line.total)


def _adjustment(case: Case, line: StockLine, source: ProcurementInput) -> Entry:
    """One item's entry: what it was found or lost by, between stock and the adjustment account."""
    raised = raised_by(line)
    way = Candidate("exported quantity", f"{line.quantity:f}", matched=True, reason="below 0 raises stock")
    result = f"{'lowers' if raised < 0 else 'raises'} stock by {money_words(abs(raised))}"
    case.trace.add(Decision("kind", f"adjustment of '{line.description}'", result, (way,)))
    stock = Side("Stock", line.stock_account, line.gl_class, _STOCK)
    other = Side("Inventory adjustment", line.account, line.gl_class)
    debit, credit = (stock, other) if raised >= 0 else (other, stock)
    ids = (source.product.row_id,) if source.product.row_id is not None else ()
    return Entry(line.description, round_half_up(abs(raised)), debit, credit, ids)


def _transferred(case: Case, source: ProcurementInput) -> list[Entry]:
    kinds = ("Stock transfer", "Stock transfer")
    found = [journals.of_pair(case, pair, kinds, _STOCK) for pair in source.transfers]
    return [entry for entry in found if entry is not None]


def _unbalanced(case: Case, expected: Decimal, found: Decimal) -> None:
    case.add(
        "GL_OUT_OF_BALANCE",
        expected=money_words(expected),
        found=money_words(found),
        difference=money_words(expected - found or ZERO),
    )
