"""Amounts by authority: invoice total, GL line totals, then quantity x price; differences by the order of tools (M3, M11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.common.money import CENT, ZERO, floor_cents, is_cents, round_down, round_half_up, total
from ledgerwire.mapper.domain import tax
from ledgerwire.mapper.domain.model import GlExport, GlLine
from ledgerwire.mapper.domain.parts import RECEIVABLE_ROW, TAX_ROW, Case, InvoiceCase, LineTax, money_words
from ledgerwire.mapper.domain.settings import RoundingPolicy
from ledgerwire.mapper.domain.trace import Candidate, Decision

PLACES = 4
"""Decimals that the ledger keeps of quantities and unit prices."""

AUTOMATIC_CEILING = Decimal("0.10")
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the document must come to, in its own sign (`sign` is -1 for a credit note; total = net + tax)."""

    sign: int
    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class LineFigures:
    """One line in the document's sign. `rounding` is left for a rounding line; `shown` goes into the description.

    `decision` is None where quantity and price make the line: there is nothing to explain then.
    """

    quantity: Decimal
    unit_amount: Decimal
    net: Decimal
    rounding: Decimal
    shown: str
    decision: int | None


def sales_lines(export: GlExport) -> tuple[GlLine, ...]:
    """The rows that become document lines: neither tax nor the receivable (M3)."""
    return tuple(line for line in export.lines if line.gl_type not in {TAX_ROW, RECEIVABLE_ROW})


def figures(case: InvoiceCase, export: GlExport) -> Figures | None:
    """What the document must come to; None (with a stop) when the GL entries are not the invoice (M3)."""
    invoice, lines = case.source.invoice, sales_lines(export)
    printed_tax = abs(invoice.tax)
    gl_net = -total(line.total for line in lines)
    gl_tax = _gl_tax(export, gl_net)
    gl_total = gl_net + gl_tax
    sign = -1 if (gl_total or invoice.total) < 0 else 1
    same_sign = not invoice.total or not gl_total or (invoice.total < 0) == (gl_total < 0)
    whole = is_cents(invoice.total) and is_cents(invoice.tax) and abs(export.header_total) == abs(invoice.total)
    if not whole or not (same_sign or invoice.invoice_type == "CreditMemo"):
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


def line_figures(case: InvoiceCase, index: int, line: GlLine, sign: int) -> LineFigures:
    """Quantity and unit price of a line: the exact product, else 1 x its total (M11)."""
    net = round_half_up(-line.total * sign)
    quantity, price = abs(line.quantity or ZERO), abs(line.price or ZERO)
    exact = _exact(quantity, price, net)
    if exact is not None:
        return LineFigures(quantity, exact if net >= 0 else -exact, net, ZERO, "", None)
    if quantity and price:
        return _rounded(case, index, line, net, quantity, price)
    way = Candidate("GL entry", money_words(net), matched=True, reason="is used once, no price is shown")
    key = f"'{line.description}' {money_words(net)}"
    return LineFigures(ONE, net, net, ZERO, "", case.trace.add(Decision("amount", key, "1 x total", (way,))))


def _exact(quantity: Decimal, price: Decimal, net: Decimal) -> Decimal | None:
    """The unit price that makes the line total exactly, of at most four decimals; None if there is none."""
    if not quantity or round_down(quantity, PLACES) != quantity:
        return None
    if not price and net:
        price = round_half_up(abs(net) / quantity, PLACES)
        return price if quantity * price == abs(net) else None
    fits = round_down(price, PLACES) == price and round_half_up(quantity * price) == abs(net)
    return price if fits else None


def _rounded(
    case: InvoiceCase, index: int, line: GlLine, net: Decimal, quantity: Decimal, price: Decimal
) -> LineFigures:
    unit = round_half_up(price, PLACES) if net >= 0 else -round_half_up(price, PLACES)
    made = round_half_up(quantity * unit)
    by_line = case.settings.rounding.policy is RoundingPolicy.LINE
    keeps = by_line and round_down(quantity, PLACES) == quantity and abs(net - made) <= limit(case, 1)
    treatment = "a rounding line ties it" if keeps else f"posted as 1 x {money_words(net)}"
    shown = f"{quantity.normalize():f} x {price.normalize():f}"
    case.add(
        "ROUNDING_APPLIED",
        index,
        line_text=line.description,
        item=line.product or line.non_product_id or "",
        quantity=f"{quantity.normalize():,f}",
        price=f"{price.normalize():f}",
        found=money_words(made),
        expected=money_words(net),
        difference=money_words(net - made),
        treatment=treatment,
    )
    ways = (
        Candidate("quantity x price", shown, matched=keeps, reason=f"makes {money_words(made)} in the ledger"),
        Candidate("line total", money_words(net), matched=not keeps, reason="is what ConnectWise printed"),
    )
    decision = case.trace.add(Decision("amount", f"'{line.description}' {money_words(net)}", treatment, ways))
    if keeps:
        return LineFigures(quantity, unit, made, net - made, "", decision)
    return LineFigures(ONE, net, net, ZERO, shown, decision)


def limit(case: Case, lines: int) -> Decimal:
    """How many cents may be adjusted on a document of so many lines; 0 = none (M11)."""
    settings = case.settings.rounding
    if settings.policy is RoundingPolicy.STOP:
        return ZERO
    if settings.document_limit is not None:
        return settings.document_limit
    return min(CENT * (lines + 1), AUTOMATIC_CEILING)


def adjustment(case: InvoiceCase, wanted: Figures, made: Decimal, lines: Sequence[GlLine]) -> Decimal:
    """What one adjustment line must add to the net; 0 with a stop when it is more than may be adjusted."""
    difference = wanted.net - made
    if difference == 0:
        return ZERO
    allowed, cause, found = limit(case, len(lines)), _cause(lines), money_words(wanted.total - difference)
    if abs(difference) <= allowed:
        case.add(
            "ADJUSTMENT_APPLIED",
            amount=money_words(difference),
            account=case.accounts[case.settings.rounding.account].name,
            expected=money_words(wanted.total),
            found=found,
            cause=cause,
        )
        return difference
    case.add(
        "ADJUSTMENT_OVER_LIMIT",
        expected=money_words(wanted.total),
        found=found,
        difference=money_words(difference),
        limit=money_words(allowed),
        cause=cause,
    )
    return ZERO


def _cause(lines: Sequence[GlLine]) -> str:
    """Why whole cents miss a total that the GL lines make exactly, computed rather than guessed (D13)."""
    fractions = sum(1 for line in lines if not is_cents(line.total))
    return f"{fractions} GL lines with fractions of a cent"


def computed_taxes(nets: Sequence[Decimal], taxes: Sequence[LineTax]) -> list[Decimal]:
    """The tax that each line's rate makes; 0 for an untaxed one."""
    return [tax.of(net, item.rate.rate) if item.taxed else ZERO for net, item in zip(nets, taxes, strict=True)]


def allocate_tax(
    case: Case, wanted: Figures, nets: Sequence[Decimal], taxes: Sequence[LineTax], computed: list[Decimal]
) -> list[Decimal]:
    """The printed tax shared over the lines by largest remainder, so that the document's tax is the printed one (M11).

    A difference that neither rounding nor the PSA's own percentage explains is never spread: TAX_TOTAL_DIFFERS (stop).
    """
    made = total(computed)
    if made == wanted.tax:
        return computed
    room = tax.tolerance(sum(1 for item in taxes if item.taxed))
    if abs(made - wanted.tax) <= room:
        shared = _share(wanted.tax, nets, [item.rate.rate if item.taxed else ZERO for item in taxes])
        if shared is not None:
            return shared
    by_psa = [item.psa_percent if item.taxed and item.psa_percent and item.rate.rate else ZERO for item in taxes]
    if abs(total(net * percent / tax.HUNDRED for net, percent in zip(nets, by_psa, strict=True)) - wanted.tax) <= room:
        shared = _share(wanted.tax, nets, by_psa)
        if shared is not None:
            _rate_differs(case, wanted, taxes)
            return shared
    case.add("TAX_TOTAL_DIFFERS", found=money_words(made), expected=money_words(wanted.tax))
    return computed


def _rate_differs(case: Case, wanted: Figures, taxes: Sequence[LineTax]) -> None:
    item = next(item for item in taxes if item.taxed and item.psa_percent != item.rate.rate)
    case.add(
        "TAX_RATE_DIFFERS",
        expected=f"{item.psa_percent:f}",
        found=f"{item.rate.rate.normalize():f}",
        tax_code=item.tax_code,
        name=item.rate.name,
        tax=money_words(wanted.tax),
    )


def _share(amount: Decimal, nets: Sequence[Decimal], percents: Sequence[Decimal]) -> list[Decimal] | None:
    """Share `amount` by net x percent, cents left to the largest remainders; None if no line can carry it."""
    exact = [net * percent / tax.HUNDRED for net, percent in zip(nets, percents, strict=True)]
    takers = [index for index, value in enumerate(exact) if value]
    if not takers:
        return None
    shares = [floor_cents(value) for value in exact]
    cents = int((amount - total(shares)) / CENT)
    each, left = divmod(cents, len(takers))
    takers.sort(key=lambda index: (shares[index] - exact[index], index))
    for position, index in enumerate(takers):
        shares[index] += CENT * (each + (1 if position < left else 0))
    possible = all(abs(share) <= abs(net) for share, net in zip(shares, nets, strict=True))
    return shares if possible else None
