"""Which ledger rate a PSA tax stands for: linked, of the same name, nearly so, or composed of its levels (M12, A020)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from ledgerwire.common.ledger.reference import TaxRate
from ledgerwire.mapper.domain.contacts import spoken
from ledgerwire.mapper.domain.model import GlExport, GlLine
from ledgerwire.mapper.domain.parts import Case, InvoiceCase, listed
from ledgerwire.mapper.domain.trace import Candidate

JOINED = " + "


@dataclass(frozen=True, slots=True)
class Named:
    """A ledger tax type, empty where none was found, and how it was found.

    Attributes:
        key: what was decided upon, for the trace.
        name: what the PSA calls the tax; empty where it names none.
        near: the names agree but for case or spaces.
    """

    tax_type: str
    key: str
    candidates: tuple[Candidate, ...]
    name: str = ""
    near: bool = False


def by_name(
    case: InvoiceCase, line: GlLine, export: GlExport, code: str, fitting: Sequence[TaxRate] | None = None
) -> Named:
    """The rate that is linked to, or called like, a tax code, its cross-reference or its description.

    `fitting` narrows the rates to those that make the printed tax; the only one of them wins where no name does.
    """
    key, names = f"tax code '{code}'", _names(case, line, export, code)
    linked = link(case, (text for _, text in names))
    if linked is not None:
        return Named(linked[0], key, (linked[1],), code)
    pool = list(case.rates.values()) if fitting is None else fitting
    tried: list[Candidate] = []
    for agrees, near in ((_same, False), (_nearly_same, True)):
        for source, text in names:
            found = next((rate for rate in pool if agrees(text, rate.name) or agrees(text, rate.tax_type)), None)
            if found is not None:
                won = Candidate(source, text, matched=True, reason=_is_the_name(found, near=near))
                return Named(found.tax_type, key, (*tried[: names.index((source, text))], won), text, near)
            if not near:
                tried.append(Candidate(source, text, matched=False, reason="is the name of no tax rate"))
    if fitting and len(fitting) == 1:
        reason = "is the only rate that fits the exported tax"
        return Named(
            fitting[0].tax_type,
            key,
            (*tried, Candidate("GL amounts", fitting[0].name, matched=True, reason=reason)),
            code,
        )
    return Named("", key, tuple(tried), code)


def by_levels(case: InvoiceCase, line: GlLine, export: GlExport, code: str) -> Named:
    """The one rate made of exactly the tax levels at which the line is taxed, told by their cross-references."""
    xrefs = _levels(line, export)
    joined = JOINED.join(xrefs)
    key = f"tax levels {joined}" if joined else f"tax code '{code}'"
    linked = link(case, (joined, code) if len(xrefs) == len(export.tax_levels) else (joined,))
    if linked is not None:
        return Named(linked[0], key, (linked[1],), joined or code)
    for agrees, near in ((_same, False), (_nearly_same, True)):
        found = [rate for rate in case.rates.values() if _composed(rate, xrefs, agrees)]
        if len(found) == 1:
            reason = f"together make tax rate {found[0].name}" if len(xrefs) > 1 else _is_the_name(found[0], near=near)
            won = Candidate("tax levels", joined, matched=True, reason=reason)
            return Named(found[0].tax_type, key, (won,), joined, near)
        if found:
            reason = f"are the parts of {len(found)} tax rates: {listed(rate.name for rate in found)}"
            return Named("", key, (Candidate("tax levels", joined, matched=False, reason=reason),), joined)
    lost = Candidate("tax levels", joined, matched=False, reason="are the parts of no tax rate")
    return Named("", key, (lost,), joined or code)


def link(case: Case, texts: Iterable[str], links: dict[str, str] | None = None) -> tuple[str, Candidate] | None:
    """The tax type that the settings link one of these texts to (those of sales unless others are given)."""
    own = case.settings.tax.links if links is None else links
    for text in texts:
        if text in own:
            return own[text], Candidate("tax link", text, matched=True, reason=f"is linked to {own[text]}")
    return None


def _levels(line: GlLine, export: GlExport) -> tuple[str, ...]:
    if export.tax_levels:
        taxed = [item for item in export.tax_levels if line.tax_levels is None or item.level in line.tax_levels]
        return tuple(item.xref for item in taxed if item.xref)
    return export.tax_xrefs


def _composed(rate: TaxRate, xrefs: Sequence[str], agrees: Callable[[str, str], bool]) -> bool:
    """Whether a rate stands for exactly these levels: each is one of its components and no component is left."""
    if not xrefs:
        return False
    if len(xrefs) == 1 and (agrees(xrefs[0], rate.name) or agrees(xrefs[0], rate.tax_type)):
        return True
    left = [component.name for component in rate.components]
    for xref in xrefs:
        part = next((name for name in left if agrees(xref, name)), None)
        if part is None:
            return False
        left.remove(part)
    return not left


def _same(one: str, other: str) -> bool:
    return one == other


def _nearly_same(one: str, other: str) -> bool:
    return spoken(one) == spoken(other)


def _is_the_name(rate: TaxRate, *, near: bool) -> str:
    return f"is the name of tax rate {rate.name}{' but for case or spaces' if near else ''}"


def _names(case: InvoiceCase, line: GlLine, export: GlExport, code: str) -> list[tuple[str, str]]:
    """(source, text) under which the PSA knows the tax, in order; a level's reference only where it is the only one."""
    known = next((item for item in case.source.tax_codes if code in {item.identifier, item.description}), None)
    own = {item for item in (known.xrefs if known else export.tax_xrefs) if item}
    names = [("tax code", code), ("tax code", known.identifier if known else "")]
    if len(own | ({line.tax_xref} if line.tax_xref else set())) == 1:
        names.append(("cross-reference", line.tax_xref or next(iter(own))))
    if known and known.description:
        names.append(("description", known.description))
    return [(source, text.strip()) for source, text in dict.fromkeys(names) if text.strip()]


def nearest(rates: Sequence[TaxRate], name: str, percent: Decimal | None) -> str:
    """The rate nearest to a PSA tax code: same percentage first, then the most alike name; with its type, which links name."""

    def closeness(rate: TaxRate) -> tuple[bool, int, str]:
        alike = round(1000 * SequenceMatcher(None, name.casefold(), rate.name.casefold()).ratio())
        return (percent is not None and rate.rate == percent, alike, rate.name)

    if not rates:
        return "none"
    found = max(rates, key=closeness)
    return f"'{found.name}'" if found.tax_type == found.name else f"'{found.name}' (tax type {found.tax_type})"
