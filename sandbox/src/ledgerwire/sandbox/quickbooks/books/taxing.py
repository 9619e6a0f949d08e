"""Which tax code a line takes, and the tax of a whole document, in the United States and elsewhere."""

from decimal import Decimal

from ledgerwire.sandbox.quickbooks.books.desk import Desk
from ledgerwire.sandbox.quickbooks.refusals import business, refuse
from ledgerwire.sandbox.quickbooks.rules import tax
from ledgerwire.sandbox.quickbooks.rules.tax import Taxed
from ledgerwire.sandbox.quickbooks.wire import ZERO, Json, cents, value_of

SALES_SIDE = "SalesTaxRateList"
PURCHASE_SIDE = "PurchaseTaxRateList"
_US_CODES = ("TAX", "NON")


def applies(desk: Desk, sent: Json) -> bool:
    """Whether the document is taxed at all. Raises RefusedError 6170 for tax detail on one that is not."""
    if sent.get("GlobalTaxCalculation") != "NotApplicable":
        return bool(desk.state.preferences["TaxPrefs"].get("UsingSalesTax"))
    detail = sent.get("TxnTaxDetail", {})
    if detail.get("TaxLine") or detail.get("TotalTax"):
        raise refuse("6170", "TxnTaxDetail cannot be sent with GlobalTaxCalculation NotApplicable", "TxnTaxDetail")
    return False


def line_code(desk: Desk, detail: Json, *, taxed: bool, sales: bool) -> Json:
    """The TaxCodeRef that a line keeps: TAX or NON in the United States, the id of a tax code elsewhere."""
    code = value_of(detail.get("TaxCodeRef"))
    if desk.state.is_us:
        if code not in {None, *_US_CODES}:
            raise refuse("6100", f"Invalid tax code {code}: a line takes TAX or NON", "TaxCodeRef")
        return {"TaxCodeRef": {"value": code or "NON"}} if sales or code else {}
    if not taxed:
        return {}
    if code is None:
        raise business("Make sure all your transactions have a GST rate before you save.", "TaxCodeRef")
    if desk.state.get("TaxCode", code) is None:
        raise refuse("6100", f"Invalid tax code id {code} in the request", "TaxCodeRef")
    reference = desk.reference("TaxCode", {"value": code}, "TaxCodeRef")
    return {"TaxCodeRef": reference}


def included(desk: Desk, sent: Json, amount: Decimal, detail: Json, side: str) -> tuple[Decimal, Json]:
    """Net amount of a line and its TaxInclusiveAmt, where amounts include tax; the amount itself elsewhere."""
    code = value_of(detail.get("TaxCodeRef"))
    if sent.get("GlobalTaxCalculation") != "TaxInclusive" or desk.state.is_us or code is None:
        return amount, {}
    gross = detail.get("TaxInclusiveAmt")
    if gross is not None:
        return amount, {"TaxInclusiveAmt": cents(gross)}
    return amount - tax.contained(desk.state, amount, code, side), {"TaxInclusiveAmt": amount}


def document_tax(
    desk: Desk, sent: Json, lines: list[Taxed], side: str, default_code: str | None, factor: Decimal = Decimal(1)
) -> tuple[Json | None, Decimal]:
    """TxnTaxDetail and the tax total; `factor` is what a discount before tax leaves of each net amount."""
    given = sent.get("TxnTaxDetail", {})
    code: str | None = None
    if desk.state.is_us:
        if side == PURCHASE_SIDE:
            return None, ZERO
        code = _us_code(desk, given, default_code)
        lines = [Taxed(line.net, code) for line in lines if line.code == "TAX" and code]
    if factor != 1:
        lines = [Taxed(cents(line.net * factor), line.code) for line in lines]
    sums = tax.rate_sums(desk.state, lines, side)
    stated = given.get("TotalTax")
    if given.get("TaxLine"):
        tax.override(desk.state, sums, given["TaxLine"])
        _check_total(stated, sums)
    elif stated is not None and desk.state.is_us and desk.state.switches.explicit_total_tax:
        tax.spread(sums, stated)
    if desk.off_by is not None and sums:
        next(iter(sums.values())).tax += desk.off_by
    detail = tax.detail_of(sums, code)
    return detail, detail["TotalTax"]


def _us_code(desk: Desk, given: Json, default_code: str | None) -> str | None:
    """The tax code of the whole document: sent, the customer's, or what automated sales tax finds."""
    wanted = value_of(given.get("TxnTaxCodeRef"))
    if wanted is not None and desk.state.get("TaxCode", wanted) is None:
        raise refuse("6100", f"Invalid tax code id {wanted} in the request", "TxnTaxCodeRef")
    if wanted is None and desk.state.preferences["TaxPrefs"].get("PartnerTaxEnabled"):
        return desk.state.automated_tax_code
    return wanted or default_code


def _check_total(stated: Decimal | None, sums: dict[str, tax.RateSum]) -> None:
    total = sum((one.tax for one in sums.values()), ZERO)
    if stated is not None and cents(stated) != total:
        raise business(f"TotalTax {stated} is not the sum of the tax lines {total}", "TotalTax")
