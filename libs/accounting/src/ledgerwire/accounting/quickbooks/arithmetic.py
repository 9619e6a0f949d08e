"""What QuickBooks will make of a document, known before it is asked.

A line's amount is sent as it is; quantity and price go with it only where their product, rounded half up, is that amount,
for QuickBooks refuses any other. Tax is sent by rate, so that neither way of rounding it (by line or by rate) matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.accounting.quickbooks.company import SALES_KINDS, UNTAXED, Company, Rate, TaxCode
from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.money import CENT, ZERO, floor_cents, round_half_up, total

UNIT_PLACES = 5
"""Decimals that QuickBooks keeps of a quantity or price."""

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class RateTax:
    """The tax of one rate on a document, and the net amount it is on."""

    rate: Rate
    net: Decimal
    tax: Decimal


def is_exact(line: DocumentLine) -> bool:
    """Whether quantity x price can be sent with the amount: kept in full, and rounding to it."""
    kept = all(round_half_up(value, UNIT_PLACES) == value for value in (line.quantity, line.unit_amount))
    return kept and round_half_up(line.quantity * line.unit_amount) == line.net


def is_text_only(line: DocumentLine) -> bool:
    """Whether a sales line moves no money and goes as text, without item, account or tax code."""
    return line.item_code is None and line.net == ZERO and line.tax_amount == ZERO


def rate_taxes(document: LedgerDocument, company: Company) -> tuple[RateTax, ...]:
    """The document's own tax by rate, to the cent: each code's tax is shared out among its rates by largest remainder."""
    sums: dict[str, RateTax] = {}
    for code, net, tax in _by_code(document, company):
        for rate, part in shared(tax, code.rates(document.kind)):
            before = sums.get(rate.rate_id, RateTax(rate, ZERO, ZERO))
            sums[rate.rate_id] = RateTax(rate, before.net + net, before.tax + part)
    return tuple(sums.values())


def shared(tax: Decimal, rates: tuple[Rate, ...]) -> tuple[tuple[Rate, Decimal], ...]:
    """A tax amount shared out in proportion to the rates, in whole cents that add up to it."""
    whole = total(rate.percent for rate in rates)
    if not whole:
        return tuple((rate, ZERO) for rate in rates)
    exact = [tax * rate.percent / whole for rate in rates]
    parts = [floor_cents(amount) for amount in exact]
    cents = int((tax - total(parts)) / CENT)
    by_remainder = sorted(range(len(rates)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[:cents]:
        parts[index] += CENT
    return tuple(zip(rates, parts, strict=True))


def differences(document: LedgerDocument, company: Company) -> tuple[Finding, ...]:
    """Why this document must not be sent: where QuickBooks would not come to its figures, to the cent (M11)."""
    if document.kind is DocumentKind.JOURNAL:
        return tuple(_journal_differences(document))
    common = {"number": document.number, "ledger": LEDGER}
    net, tax = total(line.net for line in document.lines), total(line.tax_amount for line in document.lines)
    if net + tax == ZERO != document.total:
        return (Finding("ZERO_DOCUMENT", common | {"expected": f"{document.total:,.2f}"}),)
    found = list(_line_differences(document, common))
    if net != document.net and not found:
        found.append(_differs("LINE_TOTAL_DIFFERS", common, net, document.net, what="the net total"))
    computed = _expected_tax(document, company)
    if computed != document.tax or tax != document.tax:
        found.append(_differs("TAX_TOTAL_DIFFERS", common, tax if computed == document.tax else computed, document.tax))
    if not found and net + tax != document.total:
        found.append(_differs("LINE_TOTAL_DIFFERS", common, net + tax, document.total, what="the total"))
    return tuple(found)


def _expected_tax(document: LedgerDocument, company: Company) -> Decimal:
    """The tax QuickBooks will show: the lines' own where it can be sent and their rates allow it, else what is computed.

    Without the override a document passes only if both ways of rounding (by line, and once by rate) give its tax.
    """
    if not is_taxed(document.kind, company):
        return ZERO
    sent = total(_line_tax(line, company, document.kind) for line in document.lines)
    if company.tax_override:
        return sent
    by_line = total(_fitting(line, company, document.kind)[0] for line in document.lines)
    by_rate = total(
        round_half_up(net * rate.percent / _HUNDRED)
        for code, net, _ in _by_code(document, company)
        for rate in code.rates(document.kind)
    )
    return next((computed for computed in (by_line, by_rate) if computed != document.tax), document.tax)


def is_taxed(kind: DocumentKind, company: Company) -> bool:
    """Whether this kind of document has tax: never a journal, never a purchase in the United States."""
    return company.taxed and kind is not DocumentKind.JOURNAL and (kind in SALES_KINDS or not company.united_states)


def _line_tax(line: DocumentLine, company: Company, kind: DocumentKind) -> Decimal:
    """The line's own tax where it is overridden or what its rates give; else what they give."""
    code = company.rate_of_code(line.tax_type)
    if code is None or line.tax_override:
        return line.tax_amount
    if company.united_states and not code.rates(kind) and code.key != UNTAXED:
        return line.tax_amount
    fitting = _fitting(line, company, kind)
    return line.tax_amount if line.tax_amount in fitting else fitting[0]


def _fitting(line: DocumentLine, company: Company, kind: DocumentKind) -> tuple[Decimal, Decimal]:
    """The tax of a line, rounded rate by rate and rounded once."""
    code = company.rate_of_code(line.tax_type)
    rates = code.rates(kind) if code else ()
    one_by_one = total(round_half_up(line.net * rate.percent / _HUNDRED) for rate in rates)
    return one_by_one, round_half_up(line.net * total(rate.percent for rate in rates) / _HUNDRED)


def _by_code(document: LedgerDocument, company: Company) -> Iterable[tuple[TaxCode, Decimal, Decimal]]:
    sums: dict[str, tuple[TaxCode, Decimal, Decimal]] = {}
    for line in document.lines:
        code = company.rate_of_code(line.tax_type)
        text_only = document.kind in SALES_KINDS and is_text_only(line)
        if code is not None and not text_only:
            _, net, tax = sums.get(code.key, (code, ZERO, ZERO))
            sums[code.key] = (code, net + line.net, tax + line.tax_amount)
    return sums.values()


def _line_differences(document: LedgerDocument, common: dict[str, str]) -> Iterable[Finding]:
    for index, line in enumerate(document.lines):
        product = round_half_up(line.quantity * line.unit_amount)
        if product != line.net:
            yield _differs("LINE_TOTAL_DIFFERS", common, product, line.net, what=f"line {index + 1}", line=index)


def _journal_differences(document: LedgerDocument) -> Iterable[Finding]:
    common = {"number": document.number, "ledger": LEDGER}
    debits = total(line.net for line in document.lines if line.net > 0)
    credited = -total(line.net for line in document.lines if line.net < 0)
    if debits != credited:
        shown = {"expected": f"{debits:,.2f}", "found": f"{credited:,.2f}", "difference": f"{debits - credited:,.2f}"}
        yield Finding("GL_OUT_OF_BALANCE", common | shown)
    elif debits != document.total:
        yield _differs("LINE_TOTAL_DIFFERS", common, debits, document.total, what="the total")
    tax = total(line.tax_amount for line in document.lines)
    if tax or document.tax:
        yield _differs("TAX_TOTAL_DIFFERS", common, ZERO, tax or document.tax)


def _differs(
    code: str, common: dict[str, str], found: Decimal, expected: Decimal, *, line: int | None = None, **more: str
) -> Finding:
    return Finding(code, common | {"found": f"{found:,.2f}", "expected": f"{expected:,.2f}"} | more, line)
