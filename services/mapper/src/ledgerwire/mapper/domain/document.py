"""Assemble the record's ledger documents from what each rule decided. Entry: `map_record`."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, LineRole
from ledgerwire.common.money import ZERO, total
from ledgerwire.mapper.domain import (
    accounts,
    amounts,
    cogs,
    contacts,
    currency,
    eligibility,
    items,
    locks,
    rounding,
    tax,
    terms,
    tracking,
)
from ledgerwire.mapper.domain.amounts import Figures
from ledgerwire.mapper.domain.cogs import Cost
from ledgerwire.mapper.domain.currency import Currency
from ledgerwire.mapper.domain.line_amounts import LineFigures, Piece, line_figures
from ledgerwire.mapper.domain.model import (
    GlExport,
    GlLine,
    Mapped,
    MappingInput,
    NoEffect,
    Party,
    Result,
    StoppedResult,
)
from ledgerwire.mapper.domain.parts import Case, InvoiceCase, LineTax, Place, Treatment, day_words
from ledgerwire.mapper.domain.segments import Parts, with_parts
from ledgerwire.mapper.domain.settings import PostAs, ZeroEffect
from ledgerwire.mapper.domain.tax_shares import allocate_tax, computed_taxes
from ledgerwire.mapper.domain.zero import has_no_effect

REFERENCE_LIMIT = 255
_PLACE = 5
"""How much of a line's key decides where it goes; the rest decides its tax."""


class _Line(NamedTuple):
    """One sales line with everything decided about it."""

    source: GlLine
    treatment: Treatment
    figures: LineFigures
    cost: Cost | None


def map_record(source: MappingInput) -> Result:
    """What one record becomes in the ledger, or why it does not. Pure: the same input gives the same bytes."""
    case = InvoiceCase.of(source)
    verdict = eligibility.check(case)
    if verdict is not None:
        return verdict
    export = source.export
    if case.is_stopped() or export is None:
        return _stopped(case)
    export = amounts.facing(case, export)
    wanted = amounts.figures(case, export)
    if wanted is None:
        return _stopped(case)
    lines = with_parts(source, amounts.sales_lines(export))
    if source.settings.zero_effect == ZeroEffect.BATCH and _moves_nothing(case, wanted, lines):
        return NoEffect(tuple(case.findings), case.trace.build())
    return _map(case, export, wanted, lines)


def _stopped(case: InvoiceCase) -> StoppedResult:
    """Only what stops it: the warnings say "posted", which it is not."""
    return StoppedResult(tuple(item for item in case.findings if item.stops), case.trace.build())


def _moves_nothing(case: InvoiceCase, wanted: Figures, lines: list[tuple[GlLine, Parts]]) -> bool:
    if wanted.total or any(cogs.takes_stock(case, line) for line, _ in lines):
        return False
    return has_no_effect(wanted.total, wanted.tax, ((parts, line.total) for line, parts in lines))


def _map(
    case: InvoiceCase, export: GlExport, wanted: Figures, lines: list[tuple[GlLine, Parts]]
) -> Mapped | StoppedResult:
    contacts.check_company(case, case.source.company)
    money = currency.money(case, case.source.invoice.currency, case.source.kept_rate)
    contact = contacts.decide(case, _party(case), money.code)
    decided = _lines(case, export, lines, wanted.sign, money)
    due, dated = terms.decide(case), locks.decide(case, case.source.invoice.document_date)
    check_settings(case)
    cogs.check_number(case, case.number)
    if case.is_stopped():
        return _stopped(case)
    document_lines = _document_lines(case, wanted, decided)
    journal = cogs.journal(case, [item.cost for item in decided if item.cost is not None], dated)
    if case.is_stopped():
        return _stopped(case)
    document = LedgerDocument(
        kind=DocumentKind.CREDIT_NOTE if wanted.sign < 0 else DocumentKind.SALES_INVOICE,
        number=case.number,
        contact=contact,
        document_date=dated,
        due_date=max(due.date, dated),
        currency=money.code,
        lines=document_lines,
        net=wanted.net,
        tax=wanted.tax,
        total=wanted.total,
        reference=_reference(case),
        draft=case.settings.post_as == PostAs.DRAFT,
        terms=due.terms,
        currency_rate=money.rate,
        new_items=tuple(case.new_items.values()),
    )
    assert_ties(document)
    documents = (document,) if journal is None else (document, journal)
    return Mapped(documents, tuple(case.findings), case.trace.build())


def _party(case: InvoiceCase) -> Party:
    """The bill-to company (M13)."""
    source = case.source
    key = str(source.company.company_id)
    return Party(key, source.company, source.link, source.contacts, case.settings.contacts.links.get(key))


def _lines(
    case: InvoiceCase, export: GlExport, lines: list[tuple[GlLine, Parts]], sign: int, money: Currency
) -> list[_Line]:
    """Each line decided; lines that agree in all that decides share one treatment (a long invoice has few)."""
    decided, known = [], case.treatments
    for index, (line, parts) in enumerate(lines):
        figures = line_figures(case, index, line, sign)
        names = line.product or parts.non_product_id or line.description
        key = (line.gl_type, id(parts), names, line.product, line.category,
               line.taxable, line.total > ZERO, line.tax_code, line.tax_xref, line.tax_percent, line.tax_levels)  # fmt: skip
        treatment = known.get(key) or _treatment(case, export, index, line, parts, key)
        cost = None
        if line.gl_type == cogs.PRODUCT:
            cost = cogs.decide(case, index, line, treatment.item, treatment.tracking, money)
        decided.append(_Line(line, treatment, figures, cost))
    return decided


def _treatment(
    case: InvoiceCase, export: GlExport, index: int, line: GlLine, parts: Parts, key: tuple[object, ...]
) -> Treatment:
    """Account, item, tracking and tax of a line."""
    before = len(case.findings)
    place = case.places.get(key[:_PLACE]) or _place(case, index, line, parts, key[:_PLACE])
    taxed = tax.decide(case, index, line, export, place.account)
    decisions = place.decisions if taxed is None else (*place.decisions, taxed.decision)
    made = Treatment(place.account.code if place.account else "", place.item, place.tracking, taxed, decisions)
    if len(case.findings) == before:  # a line with a finding is judged by itself, so that each is named
        case.treatments[key] = made
    return made


def _place(case: InvoiceCase, index: int, line: GlLine, parts: Parts, key: tuple[object, ...]) -> Place:
    before = len(case.findings)
    account, by_account = accounts.decide(case, index, line, parts)
    item = items.decide(case, index, line, parts, account)
    options, by_tracking = tracking.decide(case, index, line.description, parts)
    made = Place(account, item.code, options, (by_account, item.decision, *by_tracking))
    if len(case.findings) == before:
        case.places[key] = made
    return made


def check_settings(case: Case) -> None:
    """What the settings name must exist in the ledger before a cent is lost looking for it, and drafts must be possible."""
    settings = case.settings.rounding
    account = case.accounts.get(settings.account)
    if account is None or not account.active:
        case.add("GL_ACCOUNT_UNKNOWN", account=settings.account, kind="Rounding")
    if settings.tax_type not in case.rates:
        case.add("TAX_TYPE_MISSING", tax_type=settings.tax_type, purpose="rounding lines")
    items.check_rounding_item(case)
    if case.settings.post_as == PostAs.DRAFT and not case.reference.rules.has_drafts:
        case.add("DRAFTS_NOT_KEPT")


def _document_lines(case: InvoiceCase, wanted: Figures, decided: list[_Line]) -> tuple[DocumentLine, ...]:
    pieces = [(item, piece) for item in decided for piece in item.figures.pieces]
    taxes = [item.treatment.tax for item, _ in pieces if item.treatment.tax is not None]
    nets = [piece.net for _, piece in pieces]
    computed = computed_taxes(nets, taxes)
    shares = allocate_tax(case, wanted, nets, taxes, computed)
    lines: list[DocumentLine] = []
    for (item, piece), line_tax, share, made in zip(pieces, taxes, shares, computed, strict=True):
        lines.append(_sale(item, piece, line_tax, share, made))
        if item.figures.rounding:
            lines.append(tie(case, LineRole.ROUNDING, item.figures.rounding, f"Rounding: {item.source.description}"))
    sources = [item.source for item in decided]
    left = rounding.adjustment(case, wanted, total([line.net for line in lines]), sources)
    if left:
        lines.append(tie(case, LineRole.ADJUSTMENT, left, "Rounding"))
    if case.settings.rounding.monthly_budget is not None:
        added = total(abs(line.net) for line in lines if line.role is not LineRole.SALE)
        rounding.check_budget(case, case.rounding_used, added, sources)
    return tuple(lines)


def _sale(item: _Line, piece: Piece, line_tax: LineTax, share: Decimal, computed: Decimal) -> DocumentLine:
    source, treatment, figures, _ = item
    shown, rate = figures.shown, line_tax.rate
    text = source.description or treatment.item or "Sale"
    by_ledger = computed if line_tax.taxed or not rate.rate else tax.of(piece.net, rate.rate)
    return DocumentLine(
        description=f"{text} ({shown})" if shown else text,
        quantity=piece.quantity,
        unit_amount=piece.unit_amount,
        net=piece.net,
        account_code=treatment.account,
        tax_type=rate.tax_type,
        tax_amount=share,
        item_code=treatment.item,
        tax_override=share is not by_ledger and share != by_ledger,
        tracking=treatment.tracking,
        source_ids=(source.entry_id,),
        decisions=treatment.decisions if figures.decision is None else (*treatment.decisions, figures.decision),
    )


def tie(case: Case, role: LineRole, amount: Decimal, description: str) -> DocumentLine:
    """A line that ties the totals: to the rounding account, without tax; as the rounding item where the item decides it."""
    settings = case.settings.rounding
    return DocumentLine(
        description=description,
        quantity=Decimal(1),
        unit_amount=amount,
        net=amount,
        account_code=settings.account,
        tax_type=settings.tax_type,
        tax_amount=ZERO,
        role=role,
        item_code=settings.item if case.reference.rules.item_decides_account else None,
    )


def _reference(case: InvoiceCase) -> str | None:
    """PO number or reference; the service company where another one pays (M13); the invoice's date where it moved (D14)."""
    invoice = case.source.invoice
    parts = [invoice.customer_po or invoice.reference or ""]
    if invoice.company_name and invoice.company_name != case.party:
        parts.append(invoice.company_name)
    if any(item.code == "DATE_MOVED" for item in case.findings):
        parts.append(f"dated {day_words(invoice.document_date)} {invoice.document_date.year}")
    return " / ".join(part for part in parts if part)[:REFERENCE_LIMIT] or None


def assert_ties(document: LedgerDocument) -> None:
    """What holds for every document this package makes; a failure here is a bug, not a finding."""
    net, taxes = total([line.net for line in document.lines]), total([line.tax_amount for line in document.lines])
    if (net, taxes, net + taxes) != (document.net, document.tax, document.total):
        raise AssertionError(f"{document.number}: {net} + {taxes} is not {document.total}")
