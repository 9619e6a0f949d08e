"""Xero's JSON on the wire: rows, exact amounts, Microsoft dates (developer documentation "Requests and responses")."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

from ledgerwire.accounting.wire import Json, UnreadableError, optional_amount, text

ZERO_GUID = "00000000-0000-0000-0000-000000000000"

_MS_DATE = re.compile(r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$")


def guid(row: Json, name: str) -> str | None:
    """An id in lower case; None when absent. An all-zero id means: nothing was saved."""
    value = text(row, name)
    return value.lower() if value else None


def amount(row: Json, name: str) -> Decimal:
    """An amount, exactly. Raises UnreadableError when it is absent or no finite number."""
    found = optional_amount(row, name)
    if found is None:
        raise UnreadableError(f"{name} is missing")
    return found


def calendar_date(row: Json, name: str) -> date | None:
    """A calendar date, from its `…String` companion where there is one, else from `/Date(ms+0000)/`; None when absent.

    Raises:
        UnreadableError: neither form can be read.
    """
    spelled = text(row, f"{name}String") or text(row, name)
    if spelled is None:
        return None
    matched = _MS_DATE.match(spelled)
    try:
        if matched:
            return datetime.fromtimestamp(int(matched.group(1)) // 1000, tz=UTC).date()
        return datetime.fromisoformat(spelled).date()
    except (ValueError, OverflowError, OSError) as error:
        raise UnreadableError(f"{name} is no date") from error


def moment(row: Json, name: str) -> datetime | None:
    """A moment (aware UTC) from `/Date(ms+0000)/`; None when absent or spelled otherwise."""
    matched = _MS_DATE.match(text(row, name) or "")
    if matched is None:
        return None
    try:
        return datetime.fromtimestamp(int(matched.group(1)) / 1000, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None
