"""Filters in ConnectWise's condition grammar, built from typed values so that no text can change their meaning."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote

V = TypeVar("V")
Value = str | int | bool | Decimal | dt.date | dt.datetime | None

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:/[A-Za-z_][A-Za-z0-9_]*)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
IN_LIST_CHARS = 1200
"""Room for one encoded `in (...)` list: servers refuse addresses much above 2,000 characters, the rest needs space too."""


def literal(value: Value) -> str:
    """A value in the grammar; ValueError for a text that cannot be quoted.

    How to escape a quote inside a text is not documented, so the other quote character is used; a text with both is refused.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("a moment in a condition must be aware")
        return f"[{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}]"
    if isinstance(value, dt.date):
        return f"[{value.isoformat()}]"
    return _quoted(value)


def _quoted(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("a text in a condition must not hold control characters")
    if '"' not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    raise ValueError("a text with both kinds of quotes cannot be written in a condition")


@dataclass(frozen=True, slots=True)
class Condition:
    """A finished filter; combine with `&` and `|`."""

    text: str
    joined: bool = False

    def _part(self) -> str:
        return f"({self.text})" if self.joined else self.text

    def __and__(self, other: Condition) -> Condition:
        return Condition(f"{self._part()} and {other._part()}", joined=True)

    def __or__(self, other: Condition) -> Condition:
        return Condition(f"{self._part()} or {other._part()}", joined=True)

    def __str__(self) -> str:
        return self.text


class Field:
    """A field of the entity, nested by slashes (`status/id`); ValueError for anything that is not such a path."""

    def __init__(self, path: str) -> None:
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} is not a field path")
        self._path = path

    def _compare(self, operator: str, value: Value) -> Condition:
        return Condition(f"{self._path} {operator} {literal(value)}")

    def eq(self, value: Value) -> Condition:
        return self._compare("=", value)

    def ne(self, value: Value) -> Condition:
        return self._compare("!=", value)

    def contains(self, text: str) -> Condition:
        return self._compare("contains", text)

    def like(self, pattern: str) -> Condition:
        """Match a pattern; `*` is the guide's wildcard, a literal `[` must be written `[[]`."""
        return self._compare("like", pattern)

    def in_(self, values: Iterable[Value]) -> Condition:
        """Any of `values`; ValueError for none, since the grammar has no empty list."""
        parts = [literal(value) for value in values]
        if not parts:
            raise ValueError("an empty list matches nothing and cannot be written")
        return Condition(f"{self._path} in ({','.join(parts)})")

    def __lt__(self, value: Value) -> Condition:
        return self._compare("<", value)

    def __le__(self, value: Value) -> Condition:
        return self._compare("<=", value)

    def __gt__(self, value: Value) -> Condition:
        return self._compare(">", value)

    def __ge__(self, value: Value) -> Condition:
        return self._compare(">=", value)


def encode(text: str) -> str:
    """Percent-encode a query value; characters that need no encoding stay as they are, which keeps addresses short."""
    return quote(text, safe=",()/:=")


def is_writable(text: str) -> bool:
    """Whether a text can be written in a condition at all."""
    return not _CONTROL.search(text) and not ('"' in text and "'" in text)


def text_chunks(values: Sequence[str], *, limit: int = IN_LIST_CHARS) -> Iterator[list[str]]:
    """`in_chunks` for texts: quotes and encoding count; ValueError for a text that cannot be written."""
    return _chunked(values, lambda value: len(encode(literal(value))) + 1, limit)


def in_chunks(values: Sequence[int], *, limit: int = IN_LIST_CHARS) -> Iterator[list[int]]:
    """Split ids so that each encoded list stays within `limit` characters; doubles are dropped, order is kept."""
    return _chunked(values, lambda value: len(str(value)) + 1, limit)


def _chunked(values: Sequence[V], size_of: Callable[[V], int], limit: int) -> Iterator[list[V]]:
    chunk: list[V] = []
    used = 0
    for value in dict.fromkeys(values):
        size = size_of(value)
        if chunk and used + size > limit:
            yield chunk
            chunk, used = [], 0
        chunk.append(value)
        used += size
    if chunk:
        yield chunk
