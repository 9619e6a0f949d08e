"""What a post must hold to besides its form: ids, amounts and days that can be stored, planned and shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any, Final

MOST_ROWS: Final = 50_000
_LONGEST: Final = 500
_LARGEST: Final = Decimal(10) ** 12
_FINEST: Final = -10
_FIRST, _LAST = date(2000, 1, 1), date(2200, 1, 1)
_CURRENCY: Final = re.compile(r"[A-Z]{3}|")
_NEEDED: Final = {
    "customers": ("id", "name"),
    "products": ("sku",),
    "subscriptions": ("id", "customer_id", "sku"),
    "charges": ("key", "customer_id", "sku", "currency"),
}
_KEYS: Final = {"customers": "id", "products": "sku", "subscriptions": "id", "charges": "key"}


def first_problem(kinds: dict[str, Sequence[Any]]) -> str:
    """The first thing that is wrong with a post, with its place in it; "" where nothing is."""
    if sum(map(len, kinds.values())) > MOST_ROWS:
        return f"more than {MOST_ROWS:,} rows"
    return next((problem for kind, rows in kinds.items() for problem in _problems(kind, rows)), "")


def _problems(kind: str, rows: Sequence[Any]) -> Iterator[str]:
    seen: dict[str, Any] = {}
    for place, row in enumerate(rows):
        at = f"$.{kind}[{place}]"
        for name in _NEEDED[kind]:
            if not getattr(row, name).strip():
                yield f"{at}.{name} is empty"
        for each in fields(row):
            wrong = _wrong(each.name, getattr(row, each.name))
            if wrong:
                yield f"{at}.{each.name} {wrong}"
        if kind == "charges" and row.charge_end < row.charge_start:
            yield f"{at}.charge_end is before charge_start"
        key = getattr(row, _KEYS[kind])
        if seen.setdefault(key, row) != row:
            yield f"{at}.{_KEYS[kind]} is there twice, and says two things"


def _wrong(name: str, value: object) -> str:
    if isinstance(value, Decimal):
        return _wrong_amount(value)
    if isinstance(value, date):
        return "" if _FIRST <= value < _LAST else "is no day of this century"
    if isinstance(value, str):
        if name == "currency" and not _CURRENCY.fullmatch(value):
            return "is no ISO 4217 code"
        if len(value) > _LONGEST:
            return f"has more than {_LONGEST} characters"
        return "holds a character that is no text" if "\x00" in value else ""
    return ""


def _wrong_amount(value: Decimal) -> str:
    if not value.is_finite():
        return "is not a number"
    exponent = value.as_tuple().exponent
    if abs(value) >= _LARGEST or (isinstance(exponent, int) and exponent < _FINEST):
        return "has more digits than an amount"
    return ""
