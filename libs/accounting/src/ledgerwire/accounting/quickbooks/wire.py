"""QuickBooks' JSON on the wire: rows, references, exact amounts, calendar dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from ledgerwire.common.canonical import from_vendor
from ledgerwire.common.money import ZERO

Json = dict[str, Any]


class UnreadableError(ValueError):
    """An answer lacks, or garbles, something it always has."""


def decode(body: bytes) -> Json | None:
    """The JSON object in a body; None for XML, HTML, text, half a body, or JSON of another kind."""
    try:
        decoded = from_vendor(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def rows(holder: Json, name: str) -> list[Json]:
    """The objects in a list field; empty where the field is absent or no list."""
    found = holder.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def group(holder: Json, name: str) -> Json:
    """An object field; empty where it is absent or no object."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def text(row: Json, name: str) -> str | None:
    """A text field; None when absent, empty or of another type."""
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def needed(row: Json, name: str) -> str:
    """A text field that is always there. Raises UnreadableError when it is not."""
    value = text(row, name)
    if value is None:
        raise UnreadableError(f"{name} is missing")
    return value


def ref(row: Json, name: str) -> str | None:
    """The id in a reference field; None when absent."""
    return text(group(row, name), "value")


def amount(row: Json, name: str) -> Decimal:
    """An amount, exactly; 0 when absent. Raises UnreadableError when it is no finite number."""
    value = row.get(name)
    if value is None:
        return ZERO
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise UnreadableError(f"{name} is no number")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise UnreadableError(f"{name} is no number") from error
    if not number.is_finite():
        raise UnreadableError(f"{name} is no number")
    return number


def total_of(row: Json) -> Decimal:
    """TotalAmt of a transaction. Raises UnreadableError when it is absent or no number."""
    if row.get("TotalAmt") is None:
        raise UnreadableError("TotalAmt is missing")
    return amount(row, "TotalAmt")


def calendar_date(row: Json, name: str) -> date | None:
    """A calendar date, with or without an offset behind it; None when absent. Raises UnreadableError when it is none."""
    spelled = text(row, name)
    if spelled is None:
        return None
    try:
        return date.fromisoformat(spelled[:10])
    except ValueError as error:
        raise UnreadableError(f"{name} is no date") from error
