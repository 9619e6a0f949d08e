"""The tax type of each line, by the line's own flag and the company's tax mode (M12)."""

from __future__ import annotations

from decimal import Decimal
from difflib import SequenceMatcher

from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount, TaxRate
from ledgerwire.common.money import ZERO, round_half_up
from ledgerwire.mapper.domain.model import GlExport, GlLine
from ledgerwire.mapper.domain.parts import Case, InvoiceCase, LineTax, listed, money_words
from ledgerwire.mapper.domain.settings import TaxMode
from ledgerwire.mapper.domain.trace import Candidate, Decision

HUNDRED = Decimal(100)


def of(amount: Decimal, percent: Decimal) -> Decimal:
    """Tax on an amount, rounded as the ledger rounds a line."""
    return round_half_up(amount * percent / HUNDRED)


def is_taxed(case: InvoiceCase, line: GlLine, export: GlExport) -> bool:
    """Whether a line is taxed: never on an untaxed document; a released down payment only where it was taxed (M9)."""
    header = export.taxable if export.taxable is not None else case.source.invoice.taxable
    if not header and case.source.invoice.tax == 0:
        return False
    if line.gl_type == "RD" and line.total > 0 and case.source.invoice.total >= 0:
        return export.downpayment_taxed or case.source.invoice.downpayment_taxed
    return line.taxable


def decide(
    case: InvoiceCase, index: int, line: GlLine, export: GlExport, account: LedgerAccount | None
) -> LineTax | None:
    """The tax of a line, None when it cannot be told (a stop is on the case then)."""
    settings = case.settings.tax
    taxed = is_taxed(case, line, export)
    name = _psa_code(case, line, export)
    if not taxed:
        tax_type = settings.untaxed_type
        way = [Candidate("settings", tax_type, matched=True, reason="is the type of untaxed lines")]
        key = "untaxed lines"
    elif settings.mode is TaxMode.STATIC:
        tax_type = settings.static_type or ""
        way = [Candidate("settings", tax_type, matched=True, reason="is the type of all taxable lines")]
        key = "taxable lines"
    else:
        tax_type, way = _named(case, line, export, name)
        key = f"tax code '{name}'"
    rate = case.rates.get(tax_type)
    decision = case.trace.add(Decision("tax", key, f"{rate.name} ({tax_type})" if rate else "", tuple(way)))
    if rate is None:
        _unknown(case, taxed=taxed, tax_type=tax_type, name=name, percent=_percent(line, export))
        return None
    if account is not None and rate.applies_to and account.account_class not in rate.applies_to:
        case.add("TAX_NOT_ALLOWED_FOR_ACCOUNT", index, name=rate.name, account=account.code)
    return LineTax(taxed, rate, _percent(line, export) if taxed else None, name, decision)


def _percent(line: GlLine, export: GlExport) -> Decimal | None:
    return line.tax_percent if line.tax_percent is not None else export.tax_percent


def _psa_code(case: InvoiceCase, line: GlLine, export: GlExport) -> str:
    return line.tax_code or export.tax_code or case.source.invoice.tax_code or ""


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


def _named(case: InvoiceCase, line: GlLine, export: GlExport, code: str) -> tuple[str, list[Candidate]]:
    links, names = case.settings.tax.links, _names(case, line, export, code)
    for _, text in names:
        if text in links:
            return links[text], [Candidate("tax link", text, matched=True, reason=f"is linked to {links[text]}")]
    fitting = _fitting(case, export) if case.settings.tax.mode is TaxMode.GL_AMOUNTS else None
    pool = fitting if fitting is not None else list(case.rates.values())
    tried: list[Candidate] = []
    for source, text in names:
        found = next(
            (rate for rate in pool if text.casefold() in {rate.name.casefold(), rate.tax_type.casefold()}), None
        )
        if found is not None:
            won = Candidate(source, text, matched=True, reason=f"is the name of tax rate {found.name}")
            return found.tax_type, [*tried, won]
        tried.append(Candidate(source, text, matched=False, reason="is the name of no tax rate"))
    if fitting and len(fitting) == 1:
        won = Candidate(
            "GL amounts", fitting[0].name, matched=True, reason="is the only rate that fits the exported tax"
        )
        return fitting[0].tax_type, [*tried, won]
    return "", tried


def _fitting(case: InvoiceCase, export: GlExport) -> list[TaxRate]:
    """Ledger rates for revenue that turn the taxed lines into the printed tax, but for rounding."""
    nets = [-line.total for line in export.lines if line.gl_type not in {"ST", "AR"} and is_taxed(case, line, export)]
    room = tolerance(len(nets))
    return [
        rate
        for rate in case.rates.values()
        if _for_revenue(rate) and abs(sum((of(net, rate.rate) for net in nets), ZERO) - case.source.invoice.tax) <= room
    ]


def tolerance(lines: int) -> Decimal:
    """How far tax per line may be from tax on the document by rounding alone."""
    return Decimal("0.01") * (lines + 1)


def _for_revenue(rate: TaxRate) -> bool:
    return not rate.applies_to or AccountClass.REVENUE in rate.applies_to


def nearest(case: Case, name: str, percent: Decimal | None) -> str:
    """The name of the active rate nearest to a PSA tax code: same percentage first, then the most alike name."""

    def closeness(rate: TaxRate) -> tuple[bool, int, str]:
        alike = round(1000 * SequenceMatcher(None, name.casefold(), rate.name.casefold()).ratio())
        return (percent is not None and rate.rate == percent, alike, rate.name)

    rates = [rate for rate in case.rates.values() if _for_revenue(rate)]
    return listed([max(rates, key=closeness).name] if rates else [])


def _unknown(case: InvoiceCase, *, taxed: bool, tax_type: str, name: str, percent: Decimal | None) -> None:
    if not taxed or tax_type or case.settings.tax.mode is TaxMode.STATIC:
        purpose = "taxable lines" if taxed else "untaxed lines"
        case.add("TAX_TYPE_MISSING", tax_type=tax_type, purpose=purpose)
    elif not name:
        case.add("TAX_CODE_BLANK", tax=money_words(abs(case.source.invoice.tax)))
    else:
        case.add("TAX_CODE_UNKNOWN", tax_code=name, nearest=nearest(case, name, percent))
