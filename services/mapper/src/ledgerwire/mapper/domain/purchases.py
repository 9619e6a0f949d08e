"""Bills and supplier credits: what receipts and expenses share, from one exported line to a document that ties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.ledger.document import (
    ContactDecision,
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    LineRole,
    Tracking,
)
from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount
from ledgerwire.common.money import ZERO, total
from ledgerwire.mapper.domain import accounts, purchase_tax, tax, tracking
from ledgerwire.mapper.domain.accounts import Asked
from ledgerwire.mapper.domain.amounts import Figures
from ledgerwire.mapper.domain.currency import Currency
from ledgerwire.mapper.domain.document import assert_ties, check_settings
from ledgerwire.mapper.domain.line_amounts import LineFigures, line_figures
from ledgerwire.mapper.domain.parts import Case, LineTax, day_words
from ledgerwire.mapper.domain.purchase_model import Row
from ledgerwire.mapper.domain.purchase_tax import Taxation
from ledgerwire.mapper.domain.rounding import adjustment, check_budget
from ledgerwire.mapper.domain.segments import JOINER, Parts
from ledgerwire.mapper.domain.settings import PostAs
from ledgerwire.mapper.domain.tax_shares import allocate_tax, computed_taxes

REFERENCE_LIMIT = 255
COSTS = frozenset({AccountClass.EXPENSE, AccountClass.ASSET})
ANY = frozenset(AccountClass)
EXPORT = "GL export"


@dataclass(frozen=True, slots=True)
class Decided:
    """One line of a bill with everything decided about it."""

    row: Row
    figures: LineFigures
    account: str
    tracking: tuple[Tracking, ...]
    tax: LineTax | None
    decisions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What a bill or supplier credit says besides its lines."""

    kind: DocumentKind
    number: str
    contact: ContactDecision
    original_date: date
    dated: date
    due: date
    currency: Currency
    reference: str
    terms: str | None = None


def parts_of(account: str, gl_class: str) -> Parts:
    """The pieces of an exported line: its account, and its classes in segment order."""
    classes = tuple(part.strip() for part in gl_class.split(JOINER)) if gl_class else ()
    return Parts(account.strip(), classes, "", EXPORT)


def account_of(
    case: Case, index: int, asked: tuple[str, str, str], allowed: frozenset[AccountClass] = COSTS
) -> tuple[LedgerAccount | None, int]:
    """The ledger account of (frozen account, what a clerk calls such lines, text); None with a stop where it cannot take it."""
    frozen, kind, text = asked
    question = Asked(frozen=frozen, source=EXPORT, kind=kind, text=text, allowed=allowed)
    found, decision = accounts.find(case, question)
    return (found if accounts.fits(case, index, question, found) else None), decision


def decide_row(case: Case, index: int, row: Row, sign: int, asked: tuple[str, str], taxation: Taxation) -> Decided:
    """Amounts, account, tracking and tax of a line; `asked` is (frozen account, kind), `sign` -1 for a supplier credit."""
    line = row.line
    figures = line_figures(case, index, line, -sign)
    account, by_account = account_of(case, index, (*asked, line.description))
    options, by_tracking = tracking.decide(case, index, line.description, parts_of(asked[0], line.gl_class))
    taxed = purchase_tax.decide(case, index, line, taxation, account)
    by_rest = [item for item in (taxed.decision if taxed else None, figures.decision) if item is not None]
    code = account.code if account else ""
    return Decided(row, figures, code, options, taxed, (by_account, *by_tracking, *by_rest))


def document(case: Case, header: Header, wanted: Figures, decided: Sequence[Decided]) -> LedgerDocument | None:
    """The document, its lines tied to what it must come to; None with a stop where they cannot be."""
    check_settings(case)
    if case.is_stopped():
        return None
    lines = _lines(case, wanted, decided)
    if case.is_stopped():
        return None
    made = LedgerDocument(
        kind=header.kind,
        number=header.number,
        contact=header.contact,
        document_date=header.dated,
        due_date=max(header.due, header.dated),
        currency=header.currency.code,
        currency_rate=header.currency.rate,
        lines=lines,
        net=wanted.net,
        tax=wanted.tax,
        total=wanted.total,
        reference=_reference(header),
        draft=case.settings.post_as is PostAs.DRAFT,
        terms=header.terms,
    )
    assert_ties(made)
    return made


def _reference(header: Header) -> str | None:
    parts = [header.reference]
    if header.dated != header.original_date:
        parts.append(f"dated {day_words(header.original_date)} {header.original_date.year}")
    return " / ".join(part for part in parts if part)[:REFERENCE_LIMIT] or None


def _lines(case: Case, wanted: Figures, decided: Sequence[Decided]) -> tuple[DocumentLine, ...]:
    taxes = [item.tax for item in decided if item.tax is not None]
    nets = [total(piece.net for piece in item.figures.pieces) for item in decided]
    computed = computed_taxes(nets, taxes)
    shares = allocate_tax(case, wanted, nets, taxes, computed)
    lines: list[DocumentLine] = []
    for item, line_tax, share in zip(decided, taxes, shares, strict=True):
        lines += _bought(item, line_tax, share)
        if item.figures.rounding:
            lines.append(_tie(case, LineRole.ROUNDING, item.figures.rounding))
    sources = [item.row.line for item in decided]
    left = adjustment(case, wanted, total(line.net for line in lines), sources)
    if left:
        lines.append(_tie(case, LineRole.ADJUSTMENT, left))
    added = total(abs(line.net) for line in lines if line.role is not LineRole.SALE)
    check_budget(case, case.rounding_used, added, sources)
    return tuple(lines)


def _bought(item: Decided, line_tax: LineTax, share: Decimal) -> list[DocumentLine]:
    """The pieces of one line; the tax of all of them is on the first, unless each bears what the rate makes."""
    line, figures = item.row.line, item.figures
    text = line.description or "Purchase"
    by_rate = [tax.of(piece.net, line_tax.rate.rate) if line_tax.taxed else ZERO for piece in figures.pieces]
    shares = by_rate if total(by_rate) == share else [share, *(ZERO for _ in figures.pieces[1:])]
    return [
        DocumentLine(
            description=f"{text} ({figures.shown})" if figures.shown else text,
            quantity=piece.quantity,
            unit_amount=piece.unit_amount,
            net=piece.net,
            account_code=item.account,
            tax_type=line_tax.rate.tax_type,
            tax_amount=its,
            tax_override=its != tax.of(piece.net, line_tax.rate.rate),
            tracking=item.tracking,
            source_ids=item.row.ids,
            decisions=item.decisions,
        )
        for piece, its in zip(figures.pieces, shares, strict=True)
    ]


def _tie(case: Case, role: LineRole, amount: Decimal) -> DocumentLine:
    settings = case.settings.rounding
    return DocumentLine(
        description="Rounding",
        quantity=Decimal(1),
        unit_amount=amount,
        net=amount,
        account_code=settings.account,
        tax_type=settings.tax_type,
        tax_amount=ZERO,
        role=role,
    )
