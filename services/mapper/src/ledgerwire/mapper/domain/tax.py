"""The tax type of each line, by the line's own flag and the company's tax mode (M12)."""

from __future__ import annotations

from decimal import Decimal

from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount, TaxRate
from ledgerwire.common.money import round_half_up
from ledgerwire.mapper.domain import tax_names
from ledgerwire.mapper.domain.model import GlExport, GlLine
from ledgerwire.mapper.domain.parts import Case, InvoiceCase, LineTax, money_words
from ledgerwire.mapper.domain.settings import TaxMode
from ledgerwire.mapper.domain.tax_names import Named
from ledgerwire.mapper.domain.trace import Candidate, Decision

HUNDRED = Decimal(100)
_COMPARED = frozenset({TaxMode.BY_NAME, TaxMode.GL_AMOUNTS, TaxMode.PER_LEVEL})
"""Modes in which a rate of the ledger stands for one of the PSA, so that the two should be equal."""


def of(amount: Decimal, percent: Decimal) -> Decimal:
    """Tax on an amount, rounded as the ledger rounds a line."""
    return round_half_up(amount * percent / HUNDRED)


def tolerance(lines: int) -> Decimal:
    """How far tax per line may be from tax on the document by rounding alone."""
    return Decimal("0.01") * (lines + 1)


def is_taxed(case: InvoiceCase, line: GlLine, export: GlExport) -> bool:
    """Whether a line is taxed: never on an untaxed document; a released down payment only where it was taxed (M9)."""
    header = export.taxable if export.taxable is not None else case.source.invoice.taxable
    if not header and case.source.invoice.tax == 0:
        return False
    if line.gl_type == "RD" and line.total > 0 and case.source.invoice.total >= 0:
        return export.downpayment_taxed or case.source.invoice.downpayment_taxed
    return line.taxable and (line.tax_levels != () or case.settings.tax.mode != TaxMode.PER_LEVEL)


def decide(
    case: InvoiceCase, index: int, line: GlLine, export: GlExport, account: LedgerAccount | None
) -> LineTax | None:
    """The tax of a line, None when it cannot be told (a stop is on the case then)."""
    taxed = is_taxed(case, line, export)
    named = _named(case, line, export) if taxed else _untaxed(case)
    rate = case.rates.get(named.tax_type)
    words = f"{rate.name} ({named.tax_type})" if rate else ""
    decision = case.trace.add(Decision("tax", named.key, words, named.candidates))
    if rate is None:
        _unknown(case, named, line, export, taxed=taxed)
        return None
    if named.near:
        case.add("TAX_CODE_NEAR_MATCH", tax_code=named.name, name=rate.name)
    check_account(case, index, rate, account)
    percent = _percent(line, export) if taxed else None
    if percent is not None and percent != rate.rate and _comparable(case, line, export):
        _rate_differs(case, percent, rate, named.name)
    return LineTax(taxed, rate, percent, named.name, decision)


def check_account(case: Case, index: int, rate: TaxRate, account: LedgerAccount | None) -> None:
    """Stop where the ledger does not let the rate stand on an account of that class."""
    if account is not None and rate.applies_to and account.account_class not in rate.applies_to:
        case.add("TAX_NOT_ALLOWED_FOR_ACCOUNT", index, name=rate.name, account=account.code)


def _untaxed(case: Case) -> Named:
    tax_type = case.settings.tax.untaxed_type
    way = Candidate("settings", tax_type, matched=True, reason="is the type of untaxed lines")
    return Named(tax_type, "untaxed lines", (way,))


def _named(case: InvoiceCase, line: GlLine, export: GlExport) -> Named:
    settings, name = case.settings.tax, _psa_code(case, line, export)
    if settings.mode in {TaxMode.STATIC, TaxMode.EXTERNAL}:
        tax_type = settings.static_type or ""
        whose = "all taxable lines" if settings.mode == TaxMode.STATIC else "what the tax engine taxed"
        way = Candidate("settings", tax_type, matched=True, reason=f"is the type of {whose}")
        return Named(tax_type, "taxable lines", (way,), name)
    if settings.mode == TaxMode.PER_LEVEL:
        return tax_names.by_levels(case, line, export, name)
    fitting = _fitting(case, export) if settings.mode == TaxMode.GL_AMOUNTS else None
    return tax_names.by_name(case, line, export, name, fitting)


def _psa_code(case: InvoiceCase, line: GlLine, export: GlExport) -> str:
    return line.tax_code or export.tax_code or case.source.invoice.tax_code or ""


def _percent(line: GlLine, export: GlExport) -> Decimal | None:
    return line.tax_percent if line.tax_percent is not None else export.tax_percent


def _comparable(case: Case, line: GlLine, export: GlExport) -> bool:
    """Whether the PSA's percentage is that of the whole rate: not where the line is taxed at some of the levels only."""
    whole = line.tax_levels is None or len(line.tax_levels) == len(export.tax_levels)
    return whole and case.settings.tax.mode in _COMPARED


def _rate_differs(case: InvoiceCase, percent: Decimal, rate: TaxRate, name: str) -> None:
    case.add(
        "TAX_RATE_DIFFERS",
        expected=f"{percent.normalize():f}",
        found=f"{rate.rate.normalize():f}",
        tax_code=name,
        name=rate.name,
        tax=money_words(abs(case.source.invoice.tax)),
    )


def _fitting(case: InvoiceCase, export: GlExport) -> list[TaxRate]:
    """Ledger rates for revenue that turn the taxed lines into the printed tax, but for rounding."""
    nets = [-line.total for line in export.lines if line.gl_type not in {"ST", "AR"} and is_taxed(case, line, export)]
    room, printed = tolerance(len(nets)), case.source.invoice.tax
    return [
        rate
        for rate in case.rates.values()
        if for_revenue(rate) and abs(sum((of(net, rate.rate) for net in nets), Decimal(0)) - printed) <= room
    ]


def for_revenue(rate: TaxRate) -> bool:
    """Whether a rate can stand on sales."""
    return not rate.applies_to or AccountClass.REVENUE in rate.applies_to


def _unknown(case: InvoiceCase, named: Named, line: GlLine, export: GlExport, *, taxed: bool) -> None:
    if not taxed or named.tax_type or case.settings.tax.mode in {TaxMode.STATIC, TaxMode.EXTERNAL}:
        purpose = "taxable lines" if taxed else "untaxed lines"
        case.add("TAX_TYPE_MISSING", tax_type=named.tax_type, purpose=purpose)
    elif not named.name:
        case.add("TAX_CODE_BLANK", tax=money_words(abs(case.source.invoice.tax)))
    else:
        rates = [rate for rate in case.rates.values() if for_revenue(rate)]
        near = tax_names.nearest(rates, named.name, _percent(line, export))
        case.add("TAX_CODE_UNKNOWN", tax_code=named.name, nearest=near)
