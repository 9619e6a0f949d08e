"""Xero's `where` strings and the lengths of its addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ledgerwire.accounting.xero.refusals import LEDGER
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped

PAGE_SIZE = 1000

_QUERY_CHARACTERS = 1500
_REFUSED = {'"': "a quotation mark", "\\": "a backslash", ",": "a comma"}


def equals(field: str, value: str) -> str:
    """`field=="value"`. Raises Stopped(CHARACTER_NOT_SEARCHABLE) for a value that Xero's quoting cannot carry safely."""
    refuse_characters(field, value)
    return f'{field}=="{value}"'


def any_of(field: str, values: Iterable[str]) -> str:
    """One of several values."""
    return " OR ".join(equals(field, value) for value in values)


def begins_with_any_of(field: str, values: Iterable[str]) -> str:
    """A text that begins with one of several values. Raises Stopped(CHARACTER_NOT_SEARCHABLE) as `equals`."""
    wanted = tuple(values)
    for value in wanted:
        refuse_characters(field, value)
    return " OR ".join(f'{field}.StartsWith("{value}")' for value in wanted)


def refuse_characters(field: str, value: str) -> None:
    """Raise Stopped(CHARACTER_NOT_SEARCHABLE) for a value that could not be looked up again.

    A quotation mark or backslash breaks a where string, a comma a list of numbers, a control character either.
    """
    named = next((name for character, name in _REFUSED.items() if character in value), None)
    if named is None and not value.isprintable():
        named = "a control character"
    if named is not None:
        params = {"field": field, "value": value, "number": value, "character": named, "ledger": LEDGER}
        raise Stopped([Finding("CHARACTER_NOT_SEARCHABLE", params)])


def chunks(values: Iterable[str], overhead: int) -> Iterator[tuple[str, ...]]:
    """Values in groups whose query stays short; `overhead` characters come with each value (percent-encoded)."""
    group: list[str] = []
    length = 0
    for value in values:
        cost = overhead + 3 * len(value.encode())
        if group and length + cost > _QUERY_CHARACTERS:
            yield tuple(group)
            group, length = [], 0
        group.append(value)
        length += cost
    if group:
        yield tuple(group)
