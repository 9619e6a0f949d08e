"""QuickBooks' JSON on the wire: rows, references, exact amounts, calendar dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ledgerwire.accounting.wire import Json, UnreadableError, optional_amount, text
from ledgerwire.common.money import ZERO


def group(holder: Json, name: str) -> Json:
    """An object field; empty where it is absent or no object."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


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
    found = optional_amount(row, name)
    return ZERO if found is None else found


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
