"""What both ledgers' JSON has in common: objects, lists, texts and exact amounts, whatever the vendor calls them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from ledgerwire.common.canonical import from_vendor

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


def text(row: Json, name: str) -> str | None:
    """A text field; None when absent, empty or of another type."""
    value = row.get(name)
    return value if isinstance(value, str) and value else None


def optional_amount(row: Json, name: str) -> Decimal | None:
    """An amount, exactly; None when absent. Raises UnreadableError when it is no finite number."""
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise UnreadableError(f"{name} is no number")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise UnreadableError(f"{name} is no number") from error
    if not number.is_finite():
        raise UnreadableError(f"{name} is no number")
    return number
