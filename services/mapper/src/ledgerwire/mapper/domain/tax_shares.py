"""The printed tax shared over the lines, so that the document's tax is the printed one (M11)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from ledgerwire.common.money import CENT, ZERO, floor_cents, total
from ledgerwire.mapper.domain import tax
from ledgerwire.mapper.domain.amounts import Figures
from ledgerwire.mapper.domain.parts import Case, LineTax, money_words
from ledgerwire.mapper.domain.settings import TaxMode


def computed_taxes(nets: Sequence[Decimal], taxes: Sequence[LineTax]) -> list[Decimal]:
    """The tax that each line's rate makes; 0 for an untaxed one."""
    made: list[Decimal] = []
    last, percent = None, ZERO
    for net, item in zip(nets, taxes, strict=True):
        if item is not last:  # lines that agree share one
            last, percent = item, item.rate.rate
        made.append((net * percent / tax.HUNDRED).quantize(CENT, ROUND_HALF_UP) if item.taxed else ZERO)
    return made


def allocate_tax(
    case: Case, wanted: Figures, nets: Sequence[Decimal], taxes: Sequence[LineTax], computed: list[Decimal]
) -> list[Decimal]:
    """The printed tax shared over the lines by largest remainder.

    A difference that neither rounding nor the PSA's own percentage explains is never spread: TAX_TOTAL_DIFFERS (stop). What
    a tax engine computed is taken as printed: no rate of the ledger explains it.
    """
    if case.settings.tax.mode == TaxMode.EXTERNAL:
        return _by_engine(case, wanted, nets, taxes)
    made = total(computed)
    if made == wanted.tax:
        return computed
    room = tax.tolerance(sum(max(1, len(item.rate.components)) for item in taxes if item.taxed))
    by_rate = _owed(nets, [item.rate.rate if item.taxed else ZERO for item in taxes])
    by_psa = _owed(nets, [item.psa_percent or ZERO if item.taxed and item.rate.rate else ZERO for item in taxes])
    for exact, sum_of_it in ((by_rate, made), (by_psa, total(by_psa))):
        if abs(sum_of_it - wanted.tax) <= room and (shared := _share(wanted.tax, nets, exact)) is not None:
            return shared
    case.add("TAX_TOTAL_DIFFERS", found=money_words(made), expected=money_words(wanted.tax))
    return computed


def _owed(nets: Sequence[Decimal], percents: Sequence[Decimal]) -> list[Decimal]:
    return [net * percent / tax.HUNDRED for net, percent in zip(nets, percents, strict=True)]


def _by_engine(case: Case, wanted: Figures, nets: Sequence[Decimal], taxes: Sequence[LineTax]) -> list[Decimal]:
    taxed = [net if item.taxed else ZERO for net, item in zip(nets, taxes, strict=True)]
    base = total(taxed)
    if not wanted.tax:
        return [ZERO for _ in nets]
    shared = _share(wanted.tax, nets, [net * wanted.tax / base for net in taxed]) if base else None
    if shared is None:
        case.add("TAX_TOTAL_DIFFERS", found=money_words(ZERO), expected=money_words(wanted.tax))
        return [ZERO for _ in nets]
    return shared


def _share(amount: Decimal, nets: Sequence[Decimal], exact: Sequence[Decimal]) -> list[Decimal] | None:
    """Share `amount` by what each line exactly owes, cents left to the largest remainders; None if no line can carry it."""
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
