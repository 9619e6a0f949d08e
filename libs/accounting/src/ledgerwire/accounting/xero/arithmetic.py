"""What Xero will compute, known before it is asked (developer documentation "Rounding in Xero").

A line's amount is quantity x unit amount, each kept to 4 decimals (`unitdp=4`), rounded half up to the cent. Tax is
rounded on each line and then summed; a sent tax amount replaces the computed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import DocumentLine, LedgerDocument
from ledgerwire.common.money import ZERO, round_half_up, total

UNIT_PLACES = 4

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Foretold:
    """What one document will come to in Xero, in its own currency."""

    line_nets: tuple[Decimal, ...]
    line_taxes: tuple[Decimal, ...]

    @property
    def net(self) -> Decimal:
        return total(self.line_nets)

    @property
    def tax(self) -> Decimal:
        return total(self.line_taxes)

    @property
    def total(self) -> Decimal:
        return self.net + self.tax


def kept(value: Decimal) -> Decimal:
    """A quantity or unit amount as Xero keeps it."""
    return round_half_up(value, UNIT_PLACES)


def line_net(quantity: Decimal, unit_amount: Decimal) -> Decimal:
    """The amount Xero gives a line."""
    return round_half_up(kept(quantity) * kept(unit_amount))


def line_tax(net: Decimal, rate: Decimal) -> Decimal:
    """The tax Xero adds to a line of a tax-exclusive document; the rate in percent."""
    return round_half_up(net * rate / _HUNDRED)


def foretell(document: LedgerDocument, rates: Mapping[str, Decimal]) -> Foretold:
    """What Xero will make of a document under these rates (percent, by tax type).

    A tax type that is not among the rates is left to Xero to refuse: its line counts with the document's own tax.
    """
    nets = tuple(line_net(line.quantity, line.unit_amount) for line in document.lines)
    taxes = tuple(_tax(line, net, rates) for line, net in zip(document.lines, nets, strict=True))
    return Foretold(nets, taxes)


def differences(document: LedgerDocument, foretold: Foretold) -> tuple[Finding, ...]:
    """Why this document must not be sent: where Xero would not come to its figures, to the cent (M11)."""
    common = {"number": document.number, "ledger": "Xero"}
    if foretold.total == ZERO != document.total:
        return (Finding("ZERO_DOCUMENT", common | {"expected": f"{document.total:,.2f}"}),)
    if (foretold.net, foretold.tax, foretold.total) == (document.net, document.tax, document.total):
        return tuple(_line_differences(document, foretold, common))
    found: list[Finding] = list(_line_differences(document, foretold, common))
    if foretold.net != document.net and not found:
        found.append(_differs("LINE_TOTAL_DIFFERS", common, foretold.net, document.net, what="the net total"))
    if foretold.tax != document.tax:
        found.append(_differs("TAX_TOTAL_DIFFERS", common, foretold.tax, document.tax))
    if not found:
        found.append(_differs("LINE_TOTAL_DIFFERS", common, foretold.total, document.total, what="the total"))
    return tuple(found)


def _tax(line: DocumentLine, net: Decimal, rates: Mapping[str, Decimal]) -> Decimal:
    rate = rates.get(line.tax_type)
    return line.tax_amount if line.tax_override or rate is None else line_tax(net, rate)


def _line_differences(document: LedgerDocument, foretold: Foretold, common: dict[str, str]) -> list[Finding]:
    return [
        _differs("LINE_TOTAL_DIFFERS", common, net, line.net, what=f"line {index}", line=index - 1)
        for index, (line, net) in enumerate(zip(document.lines, foretold.line_nets, strict=True), start=1)
        if net != line.net
    ]


def _differs(
    code: str, common: dict[str, str], found: Decimal, expected: Decimal, *, line: int | None = None, **more: str
) -> Finding:
    return Finding(code, common | {"found": f"{found:,.2f}", "expected": f"{expected:,.2f}"} | more, line)
