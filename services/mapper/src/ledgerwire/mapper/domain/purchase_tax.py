"""The tax type of a purchase line: by the links of purchases, else by name among the rates that purchases may have (M12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledgerwire.common.ledger.reference import AccountClass, LedgerAccount, TaxRate
from ledgerwire.mapper.domain import tax_names
from ledgerwire.mapper.domain.model import GlLine, TaxCode
from ledgerwire.mapper.domain.parts import Case, LineTax, money_words
from ledgerwire.mapper.domain.trace import Candidate, Decision

_BOUGHT = frozenset({AccountClass.EXPENSE, AccountClass.ASSET})


@dataclass(frozen=True, slots=True)
class Taxation:
    """How the purchases of one record type are taxed.

    Attributes:
        untaxed_type: ledger tax type of untaxed lines.
        links: PSA tax code or cross-reference -> ledger tax type.
        code: the record's own tax code, used where a line names none.
        codes: the PSA's tax codes that the record names.
    """

    untaxed_type: str
    links: Mapping[str, str]
    code: str
    codes: Sequence[TaxCode]


def decide(case: Case, index: int, line: GlLine, taxation: Taxation, account: LedgerAccount | None) -> LineTax | None:
    """The tax of a line, None when it cannot be told (a stop is on the case then)."""
    name = line.tax_code or taxation.code
    if line.taxable:
        tax_type, way = _named(case, line, taxation, name)
        key = f"purchase tax code '{name}'"
    else:
        tax_type = taxation.untaxed_type
        way = [Candidate("settings", tax_type, matched=True, reason="is the type of untaxed purchases")]
        key = "untaxed purchase lines"
    rate = case.rates.get(tax_type)
    decision = case.trace.add(Decision("tax", key, f"{rate.name} ({tax_type})" if rate else "", tuple(way)))
    if rate is None:
        _unknown(case, line, tax_type, name)
        return None
    if account is not None and rate.applies_to and account.account_class not in rate.applies_to:
        case.add("TAX_NOT_ALLOWED_FOR_ACCOUNT", index, name=rate.name, account=account.code)
    return LineTax(line.taxable, rate, line.tax_percent if line.taxable else None, name, decision)


def _names(line: GlLine, taxation: Taxation, name: str) -> list[tuple[str, str]]:
    """(source, text) under which the PSA knows the tax, in order."""
    known = next((item for item in taxation.codes if name in {item.identifier, item.description}), None)
    xrefs = {item for item in (line.tax_xref, *(known.xrefs if known else ())) if item}
    names = [("tax code", name)]
    if len(xrefs) == 1:
        names.append(("cross-reference", next(iter(xrefs))))
    if known:
        names += [("tax code", known.identifier), ("description", known.description or "")]
    return [(source, text.strip()) for source, text in dict.fromkeys(names) if text.strip()]


def _named(case: Case, line: GlLine, taxation: Taxation, name: str) -> tuple[str, list[Candidate]]:
    names = _names(line, taxation, name)
    for _, text in names:
        linked = taxation.links.get(text)
        if linked is not None:
            return linked, [Candidate("purchase tax link", text, matched=True, reason=f"is linked to {linked}")]
    tried: list[Candidate] = []
    for source, text in names:
        found = next((rate for rate in _for_purchases(case) if _is_called(rate, text)), None)
        if found is not None:
            won = Candidate(source, text, matched=True, reason=f"is the name of tax rate {found.name}")
            return found.tax_type, [*tried, won]
        tried.append(Candidate(source, text, matched=False, reason="is the name of no tax rate of purchases"))
    return "", tried


def _is_called(rate: TaxRate, text: str) -> bool:
    return text.casefold() in {rate.name.casefold(), rate.tax_type.casefold()}


def _for_purchases(case: Case) -> list[TaxRate]:
    return [rate for rate in case.rates.values() if not rate.applies_to or rate.applies_to & _BOUGHT]


def _unknown(case: Case, line: GlLine, tax_type: str, name: str) -> None:
    if not line.taxable or tax_type:
        purpose = "taxable purchases" if line.taxable else "untaxed purchases"
        case.add("TAX_TYPE_MISSING", tax_type=tax_type, purpose=purpose)
    elif not name:
        case.add("TAX_CODE_BLANK", tax=money_words(abs(line.total)))
    else:
        case.add("TAX_CODE_UNKNOWN", tax_code=name, nearest=tax_names.nearest(_for_purchases(case), name, None))
