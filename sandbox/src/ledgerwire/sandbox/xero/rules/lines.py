"""Lines of invoices, bills and credit notes: completed from items and accounts, computed, checked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from ledgerwire.sandbox.xero.rules.reference import account_problem, find, resolve_tracking, tax_problem
from ledgerwire.sandbox.xero.rules.rounding import Basis, Rounding, line_amount, line_tax
from ledgerwire.sandbox.xero.wire import Json

MAX_AMOUNT = Decimal("9999999999.99")
_LARGEST = Decimal(10) ** 12
_AMOUNT_FIELDS = ("Quantity", "UnitAmount", "LineAmount", "TaxAmount", "DiscountRate", "DiscountAmount")


class NotANumberError(ValueError):
    """An amount field holds something that is no number (Xero: PostDataInvalidException)."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The reference data that lines are read against."""

    account: Callable[[str], Json | None]
    tax_rate: Callable[[str], Json | None]
    items: Iterable[Json]
    tracking_categories: Iterable[Json]


@dataclass(frozen=True, slots=True)
class LineRules:
    """What holds for all lines of one document."""

    lookup: Lookup
    rounding: Rounding
    basis: Basis
    purchase: bool
    approving: bool
    discounts: bool
    new_id: Callable[[str], str]


@dataclass(slots=True)
class Lines:
    """Completed lines and everything found wrong with them."""

    rows: list[Json] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def number(value: Any) -> Decimal | None:
    """An amount from a request: a number or a numeric string; None when absent or null.

    Raises:
        NotANumberError: anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise NotANumberError(str(value))
    try:
        read = Decimal(value)
    except InvalidOperation as error:
        raise NotANumberError(str(value)) from error
    if not read.is_finite() or abs(read) > _LARGEST:
        raise NotANumberError(str(value))
    return read


def merge_lines(sent: list[Json], existing: list[Json]) -> tuple[list[Json], list[str]]:
    """Lines of an update: one that names a LineItemID keeps it, the others are new; unnamed old ones go."""
    known = {str(line["LineItemID"]).lower(): line for line in existing}
    merged: list[Json] = []
    unknown: list[str] = []
    for line in sent:
        line_id = str(line.get("LineItemID") or "").lower()
        if not line_id:
            merged.append(line)
        elif line_id in known:
            merged.append(_over(known[line_id], line))
        else:
            unknown.append(line_id)
    if unknown:
        return merged, [f"Could not find line item(s) with the following id(s): {', '.join(unknown)}"]
    return merged, []


def complete_lines(sent: list[Json], rules: LineRules) -> Lines:
    """Fill, compute and check the lines of one document, in order.

    Raises:
        NotANumberError: an amount field holds no number.
    """
    lines = Lines()
    for line in sent:
        lines.rows.append(_complete(line, rules, lines.problems))
    return lines


def _over(old: Json, sent: Json) -> Json:
    """An existing line with the sent fields over it; amounts that depend on a sent one are computed anew."""
    kept = dict(old)
    if {"Quantity", "UnitAmount", "DiscountRate", "DiscountAmount", "LineAmount"} & set(sent):
        kept.pop("LineAmount", None)
        kept.pop("TaxAmount", None)
    if {"TaxType", "AccountCode", "ItemCode"} & set(sent):
        kept.pop("TaxAmount", None)
    if "AccountCode" in sent or "AccountID" in sent:
        kept.pop("AccountID", None)
        kept.pop("AccountCode", None)
    return {**kept, **sent}


def _complete(sent: Json, rules: LineRules, problems: list[str]) -> Json:
    amounts = {name: number(sent.get(name)) for name in _AMOUNT_FIELDS}
    item = _item(sent, rules, problems)
    defaults: Json = (item or {}).get("PurchaseDetails" if rules.purchase else "SalesDetails") or {}
    row: Json = {"LineItemID": sent.get("LineItemID") or rules.new_id("line")}
    row["Description"] = sent.get("Description") or _item_text(item, rules)
    priced = any(amounts[name] is not None for name in ("Quantity", "UnitAmount", "LineAmount")) or item is not None
    row |= _amounts(amounts, defaults, rules, problems)
    row |= _account(sent, defaults, rules, problems, priced=priced)
    row |= _tax(sent, amounts["TaxAmount"], row, defaults, rules, problems)
    row["Tracking"], wrong = resolve_tracking(sent.get("Tracking"), rules.lookup.tracking_categories)
    problems.extend(wrong)
    if item is not None:
        row["ItemCode"] = item["Code"]
        row["Item"] = {"ItemID": item["ItemID"], "Name": item.get("Name", item["Code"]), "Code": item["Code"]}
    if rules.approving and not row["Description"]:
        problems.append("Description cannot be empty.")
    if len(str(row["Description"] or "")) > 4000:
        problems.append("The description field must be no longer than 4000 characters.")
    return row


def _item(sent: Json, rules: LineRules, problems: list[str]) -> Json | None:
    code = sent.get("ItemCode")
    if not code:
        return None
    item = find(rules.lookup.items, "Code", code)
    if item is None:
        problems.append(f"Item code '{code}' is not valid.")
    return item


def _item_text(item: Json | None, rules: LineRules) -> str | None:
    if item is None:
        return None
    text = item.get("PurchaseDescription") if rules.purchase else item.get("Description")
    return text or item.get("Name")


def _amounts(
    amounts: dict[str, Decimal | None], defaults: Json, rules: LineRules, problems: list[str]
) -> dict[str, Decimal]:
    rounding = rules.rounding
    sent_amount = amounts["LineAmount"]
    # Without a quantity a price counts once; a line of text alone has neither.
    quantity = amounts["Quantity"]
    unit = amounts["UnitAmount"]
    if unit is None and sent_amount is None:
        unit = number(defaults.get("UnitPrice"))
    if quantity is None:
        quantity = Decimal(1) if unit is not None or sent_amount is not None else Decimal(0)
    if unit is None:
        unit = sent_amount / quantity if sent_amount is not None and quantity else Decimal(0)
    quantity, unit = rounding.quantity(quantity), rounding.unit(unit)
    computed = line_amount(
        quantity,
        unit,
        rounding,
        discount_rate=amounts["DiscountRate"],
        discount_amount=amounts["DiscountAmount"],
    )
    if sent_amount is not None and amounts["UnitAmount"] is None:
        computed = rounding.money(sent_amount)
    elif sent_amount is not None and rounding.money(sent_amount) != computed:
        problems.append(f"The line total {sent_amount:f} does not match the expected line total {computed:f}")
    row = {"Quantity": quantity, "UnitAmount": unit, "LineAmount": computed}
    row |= _discount(amounts, rules, problems)
    if abs(computed) > MAX_AMOUNT:
        problems.append("The line amount must be no greater than 9999999999.99.")
    return row


def _discount(amounts: dict[str, Decimal | None], rules: LineRules, problems: list[str]) -> dict[str, Decimal]:
    given = {name: amount for name in ("DiscountRate", "DiscountAmount") if (amount := amounts[name])}
    if given and not rules.discounts:
        problems.append("Discounts are only supported on sales invoices.")
    return {name: rules.rounding.quantity(amount) for name, amount in given.items()}


def _account(sent: Json, defaults: Json, rules: LineRules, problems: list[str], *, priced: bool) -> Json:
    named = sent.get("AccountCode") or sent.get("AccountID") or defaults.get("AccountCode")
    if not named:
        if rules.approving and priced:
            problems.append("Account code must be specified.")
        return {}
    account = rules.lookup.account(str(named))
    if account is not None and sent.get("AccountCode") and str(account.get("Code")).casefold() != str(named).casefold():
        account = None  # an account id in AccountCode is no valid code
    problem = account_problem(str(named), account)
    if problem:
        problems.append(problem)
    return (
        {"AccountCode": account.get("Code"), "AccountID": account["AccountID"]} if account else {"AccountCode": named}
    )


def _tax(
    sent: Json, override: Decimal | None, row: Json, defaults: Json, rules: LineRules, problems: list[str]
) -> Json:
    amount: Decimal = row["LineAmount"]
    account = rules.lookup.account(str(row.get("AccountCode") or ""))
    if rules.basis == "NoTax":
        return {"TaxType": "NONE", "TaxAmount": Decimal("0.00")}
    tax_type = sent.get("TaxType") or defaults.get("TaxType") or (account or {}).get("TaxType")
    if not tax_type:
        return {"TaxAmount": Decimal("0.00")}
    rate = rules.lookup.tax_rate(str(tax_type))
    problem = tax_problem(str(tax_type), rate, account)
    if problem:
        problems.append(problem)
    percent = number((rate or {}).get("EffectiveRate")) or Decimal(0)
    tax = line_tax(amount, percent, rules.basis, rules.rounding)
    if override is not None:
        tax = rules.rounding.money(override)
        if abs(tax) > abs(amount):
            problems.append("Tax amount cannot be greater than the line amount.")
    return {"TaxType": rate["TaxType"] if rate else tax_type, "TaxAmount": tax}
