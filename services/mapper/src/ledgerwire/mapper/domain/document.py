"""Assemble the record's ledger document from what each rule decided. Entry: `map_record`."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.common.ledger.document import (
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    LineRole,
)
from ledgerwire.common.money import ZERO, total
from ledgerwire.mapper.domain import (
    accounts,
    amounts,
    contacts,
    currency,
    eligibility,
    items,
    locks,
    tax,
    terms,
    tracking,
)
from ledgerwire.mapper.domain.amounts import Figures, LineFigures
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
from ledgerwire.mapper.domain.parts import InvoiceCase, LineTax, Treatment, day_words
from ledgerwire.mapper.domain.segments import Parts, entries_by_id, parts_of
from ledgerwire.mapper.domain.settings import PostAs, ZeroEffect
from ledgerwire.mapper.domain.zero import has_no_effect

REFERENCE_LIMIT = 255


@dataclass(frozen=True, slots=True)
class _Line:
    """One sales line with everything decided about it."""

    source: GlLine
    treatment: Treatment
    figures: LineFigures
    decisions: tuple[int, ...]


def map_record(source: MappingInput) -> Result:
    """What one record becomes in the ledger, or why it does not. Pure: the same input gives the same bytes."""
    case = InvoiceCase.of(source)
    verdict = eligibility.check(case)
    if verdict is not None:
        return verdict
    export = source.export
    if case.is_stopped() or export is None:
        return _stopped(case)
    wanted = amounts.figures(case, export)
    if wanted is None:
        return _stopped(case)
    entries = entries_by_id(source)
    lines = [(line, parts_of(line, source, entries)) for line in amounts.sales_lines(export)]
    if source.settings.zero_effect is ZeroEffect.BATCH and _moves_nothing(wanted, lines):
        return NoEffect(tuple(case.findings), case.trace.build())
    return _map(case, export, wanted, lines)


def _stopped(case: InvoiceCase) -> StoppedResult:
    """Only what stops it: the warnings say "posted", which it is not."""
    return StoppedResult(tuple(item for item in case.findings if item.stops), case.trace.build())


def _moves_nothing(wanted: Figures, lines: list[tuple[GlLine, Parts]]) -> bool:
    return has_no_effect(wanted.total, wanted.tax, ((parts, line.total) for line, parts in lines))


def _map(
    case: InvoiceCase, export: GlExport, wanted: Figures, lines: list[tuple[GlLine, Parts]]
) -> Mapped | StoppedResult:
    contacts.check_company(case, case.source.company)
    code = currency.decide(case, case.source.invoice.currency)
    contact = contacts.decide(case, _party(case), code)
    decided = [_line(case, export, index, line, parts, wanted.sign) for index, (line, parts) in enumerate(lines)]
    due, dated = terms.decide(case), locks.decide(case, case.source.invoice.document_date)
    _check_settings(case)
    if case.is_stopped():
        return _stopped(case)
    document_lines = _document_lines(case, wanted, decided)
    if case.is_stopped():
        return _stopped(case)
    document = LedgerDocument(
        kind=DocumentKind.CREDIT_NOTE if wanted.sign < 0 else DocumentKind.SALES_INVOICE,
        number=case.source.invoice.number,
        contact=contact,
        document_date=dated,
        due_date=max(due, dated),
        currency=code,
        lines=document_lines,
        net=wanted.net,
        tax=wanted.tax,
        total=wanted.total,
        reference=_reference(case),
        draft=case.settings.post_as is PostAs.DRAFT,
    )
    _assert_ties(document)
    return Mapped((document,), tuple(case.findings), case.trace.build())


def _party(case: InvoiceCase) -> Party:
    """The bill-to company (M13)."""
    source = case.source
    key = str(source.company.company_id)
    return Party(key, source.company, source.link, source.contacts, case.settings.contacts.links.get(key))


def _line(case: InvoiceCase, export: GlExport, index: int, line: GlLine, parts: Parts, sign: int) -> _Line:
    figures = amounts.line_figures(case, index, line, sign)
    treatment = _treatment(case, export, index, line, parts)
    by_amount = () if figures.decision is None else (figures.decision,)
    return _Line(line, treatment, figures, (*treatment.decisions, *by_amount))


def _treatment(case: InvoiceCase, export: GlExport, index: int, line: GlLine, parts: Parts) -> Treatment:
    """Account, item, tracking and tax of a line; lines that agree in all that decides share one (a long invoice has few)."""
    names = line.product or parts.non_product_id or line.description
    key = (line.gl_type, parts, names, line.product, line.taxable, line.total > 0,
           line.tax_code, line.tax_xref, line.tax_percent)  # fmt: skip
    known = case.treatments.get(key)
    if known is not None:
        return known
    before = len(case.findings)
    account, by_account = accounts.decide(case, index, line, parts)
    item, by_item = items.decide(case, index, line, parts)
    options, by_tracking = tracking.decide(case, index, line.description, parts)
    taxed = tax.decide(case, index, line, export, account)
    by_tax = (taxed.decision,) if taxed else ()
    made = Treatment(
        account.code if account else "", item, options, taxed, (by_account, by_item, *by_tracking, *by_tax)
    )
    if len(case.findings) == before:  # a line with a finding is judged by itself, so that each is named
        case.treatments[key] = made
    return made


def _check_settings(case: InvoiceCase) -> None:
    """The rounding account and its no-tax type must exist in the ledger before a cent is lost looking for them."""
    rounding = case.settings.rounding
    account = case.accounts.get(rounding.account)
    if account is None or not account.active:
        case.add("GL_ACCOUNT_UNKNOWN", account=rounding.account, kind="Rounding")
    if rounding.tax_type not in case.rates:
        case.add("TAX_TYPE_MISSING", tax_type=rounding.tax_type, purpose="rounding lines")


def _document_lines(case: InvoiceCase, wanted: Figures, decided: list[_Line]) -> tuple[DocumentLine, ...]:
    taxes = [item.treatment.tax for item in decided if item.treatment.tax is not None]
    nets = [item.figures.net for item in decided]
    computed = amounts.computed_taxes(nets, taxes)
    shares = amounts.allocate_tax(case, wanted, nets, taxes, computed)
    lines: list[DocumentLine] = []
    for item, line_tax, share, made in zip(decided, taxes, shares, computed, strict=True):
        lines.append(_sale(item, line_tax, share, made))
        if item.figures.rounding:
            lines.append(_tie(case, LineRole.ROUNDING, item.figures.rounding, f"Rounding: {item.source.description}"))
    left = amounts.adjustment(case, wanted, total(line.net for line in lines), [item.source for item in decided])
    if left:
        lines.append(_tie(case, LineRole.ADJUSTMENT, left, "Rounding"))
    return tuple(lines)


def _sale(item: _Line, line_tax: LineTax, share: Decimal, computed: Decimal) -> DocumentLine:
    figures, treatment = item.figures, item.treatment
    text = item.source.description or treatment.item or "Sale"
    by_ledger = computed if line_tax.taxed else tax.of(figures.net, line_tax.rate.rate)
    return DocumentLine(
        description=f"{text} ({figures.shown})" if figures.shown else text,
        quantity=figures.quantity,
        unit_amount=figures.unit_amount,
        net=figures.net,
        account_code=treatment.account,
        tax_type=line_tax.rate.tax_type,
        tax_amount=share,
        item_code=treatment.item,
        tax_override=share != by_ledger,
        tracking=treatment.tracking,
        source_ids=(item.source.entry_id,),
        decisions=item.decisions,
    )


def _tie(case: InvoiceCase, role: LineRole, amount: Decimal, description: str) -> DocumentLine:
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


def _assert_ties(document: LedgerDocument) -> None:
    """What holds for every document this module makes; a failure here is a bug, not a finding."""
    net, taxes = total(line.net for line in document.lines), total(line.tax_amount for line in document.lines)
    if (net, taxes, net + taxes) != (document.net, document.tax, document.total):
        raise AssertionError(f"{document.number}: {net} + {taxes} is not {document.total}")
