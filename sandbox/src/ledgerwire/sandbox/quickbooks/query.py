r"""QuickBooks' query language.

``select * from Invoice where DocNumber = 'INV-7' and TxnDate >= '2026-03-01' orderby Id desc startposition 1
maxresults 50``. Conditions are joined by AND only; text compares without letter case; a quote in text is ``\'``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from ledgerwire.sandbox.quickbooks.kinds import BY_PATH, KINDS
from ledgerwire.sandbox.quickbooks.present import Presenter
from ledgerwire.sandbox.quickbooks.refusals import RefusedError, refuse
from ledgerwire.sandbox.quickbooks.rules.shape import properties
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import Json

DEFAULT_ROWS = 100
MOST_ROWS = 1_000
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>'(?:[^'\\]|\\.)*')
      | (?P<number>-?\d+(?:\.\d+)?(?![\w-]))
      | (?P<op><=|>=|=|<|>|\(|\)|,|\*)
      | (?P<name>[A-Za-z_][\w.]*)
    )""",
    re.VERBOSE,
)
_OPERATORS = ("=", "<", ">", "<=", ">=", "like", "in")
_NESTED = {"MetaData": ("CreateTime", "LastUpdatedTime"), "PrimaryEmailAddr": ("Address",)}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(slots=True)
class Query:
    """A parsed query."""

    entity: str
    columns: tuple[str, ...] = ()
    count: bool = False
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    most: int = DEFAULT_ROWS


def run_query(state: QuickBooksState, text: str) -> Json:
    """The QueryResponse member of the answer. Raises RefusedError 4000 or 4001."""
    query = parse(text)
    if query.most > MOST_ROWS:
        if state.switches.maxresults_over == "refuse":
            raise _invalid(f"value {query.most} for maxresults is too large. Max allowed value is {MOST_ROWS}.")
        query.most = MOST_ROWS
    show = partial(Presenter(state).show, query.entity)
    rows = [row for row in map(show, state.all(query.entity)) if _matches(row, query)]
    if query.count:
        return {"totalCount": len(rows)}
    for name, descending in reversed(query.order):
        rows.sort(key=partial(_sort_key, name=name), reverse=descending)
    page = rows[query.start - 1 : query.start - 1 + query.most]
    if not page:
        return {}
    if query.columns:
        page = [_columns(row, query.columns) for row in page]
    return {query.entity: page, "startPosition": query.start, "maxResults": len(page)}


def parse(text: str) -> Query:
    """Read a query. Raises RefusedError 4000 (syntax) or 4001 (an unknown entity or property)."""
    return _Parser(text).query()


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def query(self) -> Query:
        self._word("select")
        columns, count = self._selection()
        self._word("from")
        kind = BY_PATH.get(self._take("name").casefold())
        if kind is None:
            raise _invalid(f"Entity {self._tokens[self._at - 1][1]} not found")
        query = Query(kind.name, columns, count)
        for column in columns:
            _check_field(kind.name, column)
        if self._is("where"):
            query.conditions.append(self._condition(kind.name))
            while self._is("and"):
                query.conditions.append(self._condition(kind.name))
        self._tail(query)
        if self._at != len(self._tokens):
            raise _syntax(self._tokens[self._at][1])
        return query

    def _selection(self) -> tuple[tuple[str, ...], bool]:
        if self._is("*"):
            return (), False
        first = self._take("name")
        if first.casefold() == "count" and self._is("("):
            for mark in ("*", ")"):
                self._word(mark)
            return (), True
        columns = [first]
        while self._is(","):
            columns.append(self._take("name"))
        return tuple(columns), False

    def _tail(self, query: Query) -> None:
        if self._is("orderby") or (self._is("order") and self._word("by")):
            query.order.append(self._ordering(query.entity))
            while self._is(","):
                query.order.append(self._ordering(query.entity))
        if self._is("startposition"):
            query.start = max(int(self._take("number")), 1)
        if self._is("maxresults"):
            query.most = int(self._take("number"))

    def _ordering(self, entity: str) -> tuple[str, bool]:
        name = self._take("name")
        _check_field(entity, name)
        descending = self._is("desc")
        if not descending:
            self._is("asc")
        return name, descending

    def _condition(self, entity: str) -> Condition:
        name = self._take("name")
        _check_field(entity, name)
        operator = self._next()[1].casefold()
        if operator not in _OPERATORS:
            raise _syntax(operator)
        if operator != "in":
            return Condition(name, operator, (self._value(),))
        self._word("(")
        values = [self._value()]
        while self._is(","):
            values.append(self._value())
        self._word(")")
        return Condition(name, operator, tuple(values))

    def _value(self) -> str:
        kind, text = self._next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", text[1:-1])
        if kind == "number" or (kind == "name" and text.casefold() in {"true", "false"}):
            return text
        raise _syntax(text)

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise _syntax("end of query")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, kind: str) -> str:
        found, text = self._next()
        if found != kind:
            raise _syntax(text)
        return text

    def _word(self, word: str) -> bool:
        if not self._is(word):
            raise _syntax(self._next()[1])
        return True

    def _is(self, word: str) -> bool:
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind in {"op", "name"} and text.casefold() == word:
                self._at += 1
                return True
        return False


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position, stripped = 0, text.rstrip().removesuffix(";")
    while position < len(stripped):
        matched = _TOKEN.match(stripped, position)
        if matched is None or matched.lastgroup is None:
            raise _syntax(stripped[position : position + 20].strip())
        tokens.append((matched.lastgroup, matched.group(matched.lastgroup)))
        position = matched.end()
    return tokens


def _syntax(near: str) -> RefusedError:
    return refuse("4000", f'QueryParserError: Encountered "{near}"')


def _invalid(text: str) -> RefusedError:
    return refuse("4001", f"QueryValidationError: {text}")


def _check_field(entity: str, name: str) -> None:
    head, _, tail = name.partition(".")
    if head not in properties()[entity] or (tail and tail not in _NESTED.get(head, ())):
        raise _invalid(f"Property {name} not found for Entity {entity}")


def _matches(row: Json, query: Query) -> bool:
    hides = KINDS[query.entity].family in {"list", "name"} and row.get("Active") is False
    if hides and not any(condition.field == "Active" for condition in query.conditions):
        return False
    return all(_holds(_field(row, condition.field), condition) for condition in query.conditions)


def _field(row: Json, name: str) -> Any:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value.get("value", value.get("Address")) if isinstance(value, dict) else value


def _holds(value: Any, condition: Condition) -> bool:
    if value is None:
        return False
    if condition.operator == "like":
        pattern = ".*".join(re.escape(part) for part in condition.values[0].split("%"))
        return re.fullmatch(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None
    if condition.operator == "in":
        return any(_compare(value, wanted, "=", condition.field) for wanted in condition.values)
    return _compare(value, condition.values[0], condition.operator, condition.field)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def _compare(value: Any, wanted: str, operator: str, name: str) -> bool:
    left: Any
    right: Any
    if isinstance(value, bool):
        left, right = str(value).casefold(), wanted.casefold()
    elif isinstance(value, Decimal | int) or name == "Id":
        left, right = Decimal(value), _number(wanted)
    elif name.startswith("MetaData."):
        left, right = _moment(str(value)), _moment(wanted)
    else:
        left, right = str(value).casefold(), wanted.casefold()
    return _COMPARE[operator](left, right)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise _invalid(f"value {text} is no number") from error


def _moment(text: str) -> float:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise _invalid(f"value {text} is no date") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _sort_key(row: Json, name: str) -> tuple[int, Any]:
    value = _field(row, name)
    if value is None:
        return 0, Decimal(0)
    if name == "Id" or (isinstance(value, Decimal | int) and not isinstance(value, bool)):
        return 1, Decimal(value)
    return 2, str(value).casefold()


def _columns(row: Json, columns: tuple[str, ...]) -> Json:
    heads = {column.partition(".")[0] for column in columns}
    picked = {key: value for key, value in row.items() if key in heads}
    return picked | {"domain": "QBO", "sparse": True}
