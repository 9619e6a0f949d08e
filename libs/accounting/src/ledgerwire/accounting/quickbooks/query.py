"""QuickBooks' query conditions and the lengths of its addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped

EVERY_ONE = "Active in (true, false)"
"""Inactive rows too, which a query hides unless it names them."""

_CONDITION_CHARACTERS = 1200


def quoted(field: str, value: str) -> str:
    r"""A value in a condition, its `'` as `\'`. Raises Stopped(CHARACTER_NOT_SEARCHABLE) for one that cannot be asked for."""
    refuse_characters(field, value)
    escaped = value.replace("'", "\\'")
    return f"'{escaped}'"


def any_of(field: str, values: Iterable[str]) -> Iterator[str]:
    """Conditions `field in (…)` that together name all values, each short enough for an address."""
    group: list[str] = []
    length = 0
    for value in dict.fromkeys(values):
        written = quoted(field, value)
        cost = 3 * len(written.encode())
        if group and length + cost > _CONDITION_CHARACTERS:
            yield f"{field} in ({', '.join(group)})"
            group, length = [], 0
        group.append(written)
        length += cost
    if group:
        yield f"{field} in ({', '.join(group)})"


def refuse_characters(field: str, value: str) -> None:
    """Raise Stopped(CHARACTER_NOT_SEARCHABLE) for a value that could not be looked up again."""
    named = "a backslash" if "\\" in value else "" if value.isprintable() else "a control character"
    if named:
        params = {"field": field, "value": value, "number": value, "character": named, "ledger": LEDGER}
        raise Stopped([Finding("CHARACTER_NOT_SEARCHABLE", params)])
