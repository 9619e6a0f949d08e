"""Xero's `where` language: comparisons joined by AND and OR over the fields of a row.

``Status=="AUTHORISED" AND Date>=DateTime(2026,03,01)``, ``Contact.ContactID==guid("…")``,
``Name!=null AND Name.StartsWith("Har")``. A quote inside a string is doubled; a backslash escapes nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.xero.rules.contacts import fold
from ledgerwire.sandbox.xero.wire import Json

Predicate = Callable[[Json], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"]|"")*")
      | (?P<number>-?\d+(?:\.\d+)?)
      | (?P<op>==|!=|<>|>=|<=|=|>|<|&&|\|\||!|\(|\)|,|\.)
      | (?P<name>[A-Za-z_]\w*)
    )""",
    re.VERBOSE,
)
_COMPARISONS = {"==", "=", "!=", "<>", ">", "<", ">=", "<="}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": str.startswith,
    "endswith": str.endswith,
    "contains": str.__contains__,
}


class QueryParseError(ValueError):
    """The where text cannot be read (Xero: QueryParseException)."""


@dataclass(frozen=True, slots=True)
class Guid:
    """A guid("…") literal."""

    value: str


def parse_where(text: str, fields: frozenset[str]) -> Predicate:
    """Compile a where text over rows whose top-level fields are these.

    Raises:
        QueryParseError: syntax, an unknown field, or kinds that cannot be compared.
    """
    parser = _Parser(_tokens(text), fields)
    predicate = parser.alternatives()
    parser.expect_end()
    return predicate


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    stripped = text.rstrip()
    while position < len(stripped):
        matched = _TOKEN.match(stripped, position)
        if matched is None or matched.lastgroup is None:
            raise QueryParseError(f"Syntax error at position {position}")
        tokens.append((matched.lastgroup, matched.group(matched.lastgroup)))
        position = matched.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens; OR binds weaker than AND."""

    def __init__(self, tokens: list[tuple[str, str]], fields: frozenset[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._fields = fields

    def alternatives(self) -> Predicate:
        parts = [self._conjunction()]
        while self._take_word("or") or self._take("||"):
            parts.append(self._conjunction())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def expect_end(self) -> None:
        if self._at != len(self._tokens):
            raise QueryParseError(f"Syntax error near '{self._tokens[self._at][1]}'")

    def _conjunction(self) -> Predicate:
        parts = [self._term()]
        while self._take_word("and") or self._take("&&"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _term(self) -> Predicate:
        if self._take("!"):
            negated = self._term()
            return lambda row: not negated(row)
        if self._take("("):
            inner = self.alternatives()
            self._expect(")")
            return inner
        path, text_test = self._field()
        if text_test:
            return self._text_test(path, text_test)
        kind, operator = self._peek()
        if kind != "op" or operator not in _COMPARISONS:
            if path[-1].startswith(("Is", "Has", "Enable", "Can")):
                return lambda row: _read(row, path) is True
            raise QueryParseError("Expression of type 'Boolean' expected")
        self._at += 1
        return _comparison(path, operator, self._literal())

    def _field(self) -> tuple[list[str], str | None]:
        """A dotted field, and the text test called on it, if any."""
        path = [self._expect_name()]
        if path[0] not in self._fields:
            raise QueryParseError(f"No property or field '{path[0]}' exists in this type")
        while self._take("."):
            name = self._expect_name()
            if self._peek()[1] == "(":
                if name.casefold() not in _TEXT_TESTS:
                    raise QueryParseError(f"No applicable method '{name}' exists in type 'String'")
                return path, name.casefold()
            path.append(name)
        return path, None

    def _text_test(self, path: list[str], name: str) -> Predicate:
        self._expect("(")
        kind, raw = self._next()
        if kind != "string":
            raise QueryParseError("A string was expected")
        self._expect(")")
        wanted, test = fold(_unquote(raw)), _TEXT_TESTS[name]
        return lambda row: (value := _read(row, path)) is not None and test(fold(value), wanted)

    def _literal(self) -> Any:
        kind, raw = self._next()
        if kind == "string":
            return _unquote(raw)
        if kind == "number":
            return Decimal(raw)
        word = raw.casefold()
        if kind == "name" and word == "new":
            kind, raw = self._next()
            word = raw.casefold()
        if kind == "name" and word in {"null", "true", "false"}:
            return {"null": None, "true": True, "false": False}[word]
        if kind == "name" and word == "guid":
            return Guid(self._arguments("string")[0].casefold())
        if kind == "name" and word == "datetime":
            return self._moment()
        raise QueryParseError(f"Syntax error near '{raw}'")

    def _moment(self) -> datetime:
        if self._take("."):
            if self._expect_name() != "Parse":
                raise QueryParseError("No such method exists in type 'DateTime'")
            text = self._arguments("string")[0]
            return _aware(text)
        parts = [int(part) for part in self._arguments("number")]
        if len(parts) not in {3, 6}:
            raise QueryParseError("No applicable constructor exists in type 'DateTime'")
        try:
            return datetime(*parts[:3], *parts[3:], tzinfo=UTC)  # type: ignore[misc,arg-type]
        except ValueError as error:
            raise QueryParseError(str(error)) from error

    def _arguments(self, wanted: str) -> list[str]:
        self._expect("(")
        values: list[str] = []
        while True:
            kind, raw = self._next()
            if kind != wanted:
                raise QueryParseError(f"Syntax error near '{raw}'")
            values.append(_unquote(raw) if kind == "string" else raw)
            if self._take(")"):
                return values
            self._expect(",")

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        if token[0] == "end":
            raise QueryParseError("Expression expected")
        self._at += 1
        return token

    def _take(self, symbol: str) -> bool:
        if self._peek() != ("op", symbol):
            return False
        self._at += 1
        return True

    def _take_word(self, word: str) -> bool:
        kind, raw = self._peek()
        if kind != "name" or raw.casefold() != word:
            return False
        self._at += 1
        return True

    def _expect(self, symbol: str) -> None:
        if not self._take(symbol):
            raise QueryParseError(f"'{symbol}' expected")

    def _expect_name(self) -> str:
        kind, raw = self._next()
        if kind != "name":
            raise QueryParseError(f"Syntax error near '{raw}'")
        return raw


def _comparison(path: list[str], operator: str, wanted: Any) -> Predicate:
    field = path[-1]
    if wanted is not None:
        _check_kinds(field, operator, wanted)
    if operator in {"==", "="}:
        return lambda row: _equal(_read(row, path), wanted)
    if operator in {"!=", "<>"}:
        return lambda row: not _equal(_read(row, path), wanted)
    return lambda row: _ordered(_read(row, path), operator, wanted)


def _check_kinds(field: str, operator: str, wanted: Any) -> None:
    """A Guid field takes only guid("…"), a date field only DateTime(…), as in Xero's typed expressions."""
    shown = {Guid: "Guid", str: "String", Decimal: "Decimal", bool: "Boolean", datetime: "DateTime"}[type(wanted)]
    is_guid, is_date = field.endswith("ID"), "Date" in field
    if is_guid != isinstance(wanted, Guid) or is_date != isinstance(wanted, datetime):
        kind = "Guid" if is_guid else "DateTime" if is_date else "String"
        raise QueryParseError(f"Operator '{operator}' incompatible with operand types '{kind}' and '{shown}'")


def _read(row: Any, path: list[str]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Guid):
        return str(value).casefold() == wanted.value
    if isinstance(wanted, datetime):
        return value is not None and _moment_of(value) == wanted
    if isinstance(wanted, str):
        return value is not None and fold(value) == fold(wanted)
    return bool(value == wanted)


def _ordered(value: Any, operator: str, wanted: Any) -> bool:
    if value is None or wanted is None:
        return False
    left = _moment_of(value) if isinstance(wanted, datetime) else value
    try:
        outcomes = {">": left > wanted, "<": left < wanted, ">=": left >= wanted, "<=": left <= wanted}
    except TypeError as error:
        raise QueryParseError(f"Operator '{operator}' incompatible with operand types") from error
    return bool(outcomes[operator])


def _moment_of(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    day: date = value
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _aware(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise QueryParseError(str(error)) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unquote(raw: str) -> str:
    return raw[1:-1].replace('""', '"')
