"""Tax of a document: by line or by rate, overridden by tax lines, or an explicit total."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from ledgerwire.sandbox.quickbooks.refusals import business, refuse, required
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, cents, value_of

_HUNDRED = Decimal(100)
Side = str
"""`SalesTaxRateList` or `PurchaseTaxRateList`."""


@dataclass(frozen=True, slots=True)
class Taxed:
    """A line's net amount under a tax code; `fixed` is its tax where the amount came with tax included."""

    net: Decimal
    code: str
    fixed: Decimal | None = None


@dataclass(slots=True)
class RateSum:
    """Net and tax of one rate."""

    percent: Decimal
    net: Decimal = ZERO
    tax: Decimal = ZERO
    fixed: Decimal = ZERO
    loose: Decimal = field(default=ZERO)


def rates_of(state: QuickBooksState, code: str, side: Side) -> list[tuple[str, Decimal]]:
    """Ids and percentages of the rates of a tax code. Raises RefusedError 6100 for an unknown code."""
    row = state.get("TaxCode", code)
    if row is None:
        raise refuse("6100", f"Invalid tax code id {code} in the request", "TaxCodeRef")
    details = row.get(side, {}).get("TaxRateDetail", [])
    ids = [str(value_of(detail["TaxRateRef"])) for detail in details]
    return [(rate_id, Decimal(state.rows["TaxRate"][rate_id]["RateValue"])) for rate_id in ids]


def contained(state: QuickBooksState, gross: Decimal, code: str, side: Side) -> Decimal:
    """The tax within an amount that includes it, to the cent."""
    percent = sum((rate for _, rate in rates_of(state, code, side)), Decimal(0))
    return cents(gross * percent / (_HUNDRED + percent))


def rate_sums(state: QuickBooksState, lines: Iterable[Taxed], side: Side) -> dict[str, RateSum]:
    """Net and tax by rate, rounded as the company rounds."""
    sums: dict[str, RateSum] = {}
    by_line = state.switches.tax_rounding == "per_line"
    for line in lines:
        rates = rates_of(state, line.code, side)
        whole = sum((percent for _, percent in rates), Decimal(0))
        left = line.fixed
        for position, (rate_id, percent) in enumerate(rates, start=1):
            one = sums.setdefault(rate_id, RateSum(percent))
            one.net += line.net
            if left is not None and line.fixed is not None:
                share = left if position == len(rates) or not whole else cents(line.fixed * percent / whole)
                left -= share
                one.fixed += share
            elif by_line:
                one.tax += cents(line.net * percent / _HUNDRED)
            else:
                one.loose += line.net
    for one in sums.values():
        one.tax += one.fixed + cents(one.loose * one.percent / _HUNDRED)
    return sums


def override(state: QuickBooksState, sums: dict[str, RateSum], tax_lines: Iterable[Json]) -> None:
    """Take the amounts of sent tax lines. Raises RefusedError 2500 or 6160 for a rate that is none of the document's."""
    for line in tax_lines:
        detail = line.get("TaxLineDetail", {})
        rate_id = value_of(detail.get("TaxRateRef"))
        if rate_id is None or line.get("Amount") is None:
            raise required("TaxLine.Amount" if rate_id else "TaxRateRef")
        if state.get("TaxRate", rate_id) is None:
            raise refuse("2500", f"TaxRates element id {rate_id} not found", "TaxRateRef")
        if rate_id not in sums:
            raise refuse("6160", f"Tax rate {rate_id} belongs to no tax code of the transaction's lines", "TaxRateRef")
        sums[rate_id].tax = cents(line["Amount"])


def spread(sums: dict[str, RateSum], total: Decimal) -> None:
    """Hand an explicit total out over the rates in proportion; the last takes what is left."""
    if not sums:
        if total:
            raise business("A tax total needs a tax code on the transaction", "TotalTax")
        return
    whole = sum((one.percent for one in sums.values()), Decimal(0))
    left = cents(total)
    *others, last = sums.values()
    for one in others:
        one.tax = cents(total * one.percent / whole) if whole else ZERO
        left -= one.tax
    last.tax = left


def detail_of(sums: dict[str, RateSum], code: str | None) -> Json:
    """TxnTaxDetail as the document shows it."""
    detail: Json = {"TxnTaxCodeRef": {"value": code}} if code else {}
    detail["TotalTax"] = sum((one.tax for one in sums.values()), ZERO)
    detail["TaxLine"] = [
        {
            "Amount": one.tax,
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": rate_id},
                "PercentBased": True,
                "TaxPercent": one.percent,
                "NetAmountTaxable": one.net,
            },
        }
        for rate_id, one in sums.items()
    ]
    return detail
