"""Sales tax as the PSA works it out: on the whole document, one rate a tax code, half a cent up.

Xero rounds on every line instead, so some documents need the line's tax written over to print the same tax.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = dict[str, Any]
CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """Round half away from zero to whole cents."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A PSA tax code and, as a bookkeeper knows it, the ledger tax type that belongs to it.

    `identifier` (at most 8 characters) and `description` are what the PSA shows; `xref` what it exports.
    """

    id: int
    identifier: str
    description: str
    percent: Decimal
    xref: str
    ledger_type: str


TAX_CODES = {
    "GST": TaxCode(1, "GST", "GST on Income", Decimal(10), "GST on Income", "OUTPUT"),
    "EXPORT": TaxCode(2, "EXPORT", "GST Free Exports", Decimal(0), "GST Free Exports", "EXEMPTEXPORT"),
    # An old code that is still on one company; Xero has no rate of this name: TAX_CODE_UNKNOWN.
    "GST10": TaxCode(3, "GST10", "Goods and services tax", Decimal(10), "GST10", "OUTPUT"),
}
UNTAXED_TYPE = "EXEMPTOUTPUT"
NO_TAX_TYPE = "BASEXCLUDED"


def tax_of(taxable: Decimal, code: TaxCode | None) -> Decimal:
    """Tax on the taxable sum of a document; none without a tax code."""
    return cents(taxable * code.percent / 100) if code else Decimal("0.00")


def share(tax: Decimal, taxable: Sequence[Decimal]) -> list[Decimal]:
    """Share a document's tax over its lines in proportion, to the cent, the last cents to the largest remainders."""
    whole = sum(taxable, Decimal(0))
    if not whole:
        return [Decimal("0.00") for _ in taxable]
    exact = [tax * amount / whole for amount in taxable]
    shares = [amount.quantize(CENT, rounding="ROUND_FLOOR") for amount in exact]
    left = int((tax - sum(shares, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(exact)), key=lambda i: (shares[i] - exact[i], i))
    for index in by_remainder[:left]:
        shares[index] += CENT
    return shares


def tax_tables() -> dict[str, list[Row]]:
    """`finance/taxCodes` and the levels of all codes (`parentId` is the code)."""
    codes: list[Row] = []
    levels: list[Row] = []
    for code in TAX_CODES.values():
        codes.append(
            {
                "id": code.id,
                "identifier": code.identifier,
                "description": code.description,
                "invoiceCaption": "GST",
                "effectiveDate": "2000-07-01T00:00:00Z",
                "defaultFlag": code.identifier == "GST",
                "displayOnInvoiceFlag": True,
                "levelOneRate": code.percent,
                "levelOneRateType": "Percent",
                "levelOneCaption": "GST",
                "levelOneTaxCodeXref": code.xref,
                "levelOneAgencyXref": "ATO",
                "levelOneServicesFlag": True,
                "levelOneExpensesFlag": True,
                "levelOneProductsFlag": True,
            }
        )
        levels.append(
            {
                "id": code.id * 10 + 1,
                "parentId": code.id,
                "taxLevel": 1,
                "taxRate": code.percent,
                "rateType": "Percent",
                "caption": "GST",
                "taxCodeXref": code.xref,
                "agencyXref": "ATO",
                "taxServicesFlag": True,
                "taxExpensesFlag": True,
                "taxProductsFlag": True,
            },
        )
    return {"finance/taxCodes": codes, "finance/taxCodes/taxCodeLevels": levels}
