"""What the document must come to: the invoice total, which its GL entries have to make (M3, M11)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from ledgerwire.common.money import ZERO, is_cents, total
from ledgerwire.mapper.domain.model import GlExport, GlLine
from ledgerwire.mapper.domain.parts import RECEIVABLE_ROW, TAX_ROW, InvoiceCase, money_words
from ledgerwire.mapper.domain.trace import Candidate, Decision

CREDIT_MEMO = "CreditMemo"
_NO_SALES = frozenset({TAX_ROW, RECEIVABLE_ROW})


@dataclass(frozen=True, slots=True)
class Figures:
    """What the document must come to, in its own sign (`sign` is -1 for a credit note; total = net + tax)."""

    sign: int
    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def sales_lines(export: GlExport) -> tuple[GlLine, ...]:
    """The rows that become document lines: neither tax nor the receivable (M3)."""
    return tuple([line for line in export.lines if line.gl_type not in _NO_SALES])


def facing(case: InvoiceCase, export: GlExport) -> GlExport:
    """The export with the signs of the invoice total: a credit memo's rows may be exported as if they were a sale's.

    Tax rows are rows too, and quantities turn with the amounts, by which cost of sales goes. Nothing else may be turned:
    where another record's rows say the opposite of its total, they are not the record (M3).
    """
    invoice = case.source.invoice
    if invoice.invoice_type != CREDIT_MEMO or invoice.total >= 0:
        return export
    net = _gl_net(export)
    made = net + _gl_tax(export, net)
    if made <= 0:
        return export
    case.trace.add(
        Decision(
            "kind",
            f"signs of {invoice.number}",
            "turned",
            (Candidate("GL export", money_words(made), matched=False, reason="shows a credit memo as a sale"),),
        )
    )
    return replace(export, lines=tuple(map(_turned, export.lines)))


def _turned(line: GlLine) -> GlLine:
    return replace(line, total=-line.total, quantity=None if line.quantity is None else -line.quantity)


def figures(case: InvoiceCase, export: GlExport) -> Figures | None:
    """What the document must come to; None (with a stop) when the GL entries are not the invoice (M3)."""
    invoice = case.source.invoice
    printed_tax, sign = abs(invoice.tax), -1 if invoice.total < 0 else 1
    gl_net = _gl_net(export)
    gl_tax = _gl_tax(export, gl_net)
    gl_total = gl_net + gl_tax
    whole = is_cents(invoice.total) and is_cents(invoice.tax) and abs(export.header_total) == abs(invoice.total)
    if not whole or sign * gl_total < 0:
        _unbalanced(case, sign * gl_total)
        return None
    if abs(gl_tax) != printed_tax:
        found, expected = money_words(abs(gl_tax)), money_words(printed_tax)
        case.add("TAX_TOTAL_DIFFERS", found=found, expected=expected)
        return None
    if abs(gl_total) != abs(invoice.total):
        _unbalanced(case, sign * gl_total)
        return None
    tax_in_sign = sign * gl_tax
    _name_kind(case, sign)
    return Figures(sign, abs(invoice.total) - tax_in_sign, tax_in_sign)


def _gl_net(export: GlExport) -> Decimal:
    return -total([line.total for line in export.lines if line.gl_type not in _NO_SALES])


def _gl_tax(export: GlExport, gl_net: Decimal) -> Decimal:
    """Tax as the GL has it: the ST rows, or the header's where the package exports none."""
    rows = [line.total for line in export.lines if line.gl_type == TAX_ROW]
    if rows:
        return -total(rows)
    header = abs(export.tax or ZERO)
    return -header if gl_net < 0 else header


def _unbalanced(case: InvoiceCase, found: Decimal) -> None:
    expected = abs(case.source.invoice.total)
    case.add(
        "GL_OUT_OF_BALANCE",
        expected=money_words(expected),
        found=money_words(found),
        difference=money_words(expected - found),
    )


def _name_kind(case: InvoiceCase, sign: int) -> None:
    kind = "credit note" if sign < 0 else "invoice"
    reason = "decides the kind, not the invoice type"
    signed = Candidate("total", money_words(case.source.invoice.total), matched=True, reason=reason)
    case.trace.add(
        Decision("kind", f"{case.source.invoice.invoice_type} {case.source.invoice.number}", kind, (signed,))
    )
