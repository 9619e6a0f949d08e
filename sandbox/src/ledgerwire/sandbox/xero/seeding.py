"""Rows of a seed made complete, so that a document written by hand or taken from an answer of the API can be kept."""

from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.xero.rules.lines import number
from ledgerwire.sandbox.xero.wire import Json, parse_date

DATE_FIELDS = frozenset({"Date", "DueDate", "FullyPaidOnDate", "PeriodLockDate", "EndOfYearLockDate"})
_ZERO = Decimal("0.00")
_LINE_AMOUNTS = ("Quantity", "UnitAmount", "LineAmount", "TaxAmount")
# What the API adds to a row when it shows it.
_SHOWN_ONLY = frozenset({
    "DateString", "DueDateString", "UpdatedDateUTCString", "UpdatedDateUTC", "HasAttachments", "HasErrors",
    "IsDiscounted", "StatusAttributeString", "Payments", "CreditNotes", "Prepayments", "Overpayments", "Allocations",
    "AppliedAmount", "Warnings", "ValidationErrors",
})  # fmt: skip


def with_dates(row: Json) -> Json:
    """A row with its calendar dates read."""
    return {key: parse_date(value) if key in DATE_FIELDS and value else value for key, value in row.items()}


def exact(value: Any) -> Any:
    """Take floats out of a seed: what was written 145.5 is meant to be exactly 145.5."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return value


def seeded_document(row: Json, number_field: str, left_field: str, currency: str) -> Json:
    """An invoice or credit note with every member that the books rely on.

    Raises:
        KeyError: Type, Date, Contact or Total is missing.
    """
    total = number(row["Total"]) or _ZERO
    kept = {key: value for key, value in row.items() if key not in _SHOWN_ONLY}
    defaults: Json = {
        number_field: None,
        "Reference": "",
        "Status": "AUTHORISED",
        "LineAmountTypes": "Exclusive",
        "DueDate": None,
        "CurrencyCode": currency,
        "CurrencyRate": Decimal(1),
        "SubTotal": total,
        "TotalTax": _ZERO,
        left_field: total,
        "AmountPaid": _ZERO,
        "AmountCredited": _ZERO,
    }
    lines = [_seeded_line(line, index) for index, line in enumerate(row.get("LineItems", []))]
    required = {"Type": row["Type"], "Date": row["Date"], "Total": total}
    return {**defaults, **kept, **required, "Contact": {"ContactID": row["Contact"]["ContactID"]}, "LineItems": lines}


def _seeded_line(line: Json, index: int) -> Json:
    amounts = {name: number(line.get(name)) or _ZERO for name in _LINE_AMOUNTS}
    return {"LineItemID": f"00000000-0000-4000-8000-{index:012d}", "Tracking": [], **line, **amounts}
