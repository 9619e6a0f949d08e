"""The `conditions` language: parsed with a real grammar, compiled once, applied to REST-shaped rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, Tree, UnexpectedInput, v_args
from lark.exceptions import VisitError

from ledgerwire.sandbox.connectwise.errors import bad_request
from ledgerwire.sandbox.connectwise.fields import AUDIT_FIELDS, Kind, fields_of

Row = dict[str, Any]
Predicate = Callable[[Row], bool]
Lookup = Callable[[Row, str], Iterator[Any]]

_GRAMMAR = r"""
?start: disjunction
?disjunction: conjunction (_OR conjunction)*
?conjunction: unary (_AND unary)*
?unary: "(" disjunction ")"
      | _NOT unary              -> negation
      | comparison
comparison: FIELD OPERATOR value        -> compare
          | FIELD _CONTAINS value       -> contains
          | FIELD _NOT _CONTAINS value  -> not_contains
          | FIELD _LIKE value           -> like
          | FIELD _NOT _LIKE value      -> not_like
          | FIELD _IN members           -> member
          | FIELD _NOT _IN members      -> not_member
members: "(" value ("," value)* ")"
value: STRING -> text
     | NUMBER -> number
     | DATE   -> moment
     | _TRUE  -> true
     | _FALSE -> false
     | _NULL  -> null

_OR.3: /or\b/i
_AND.3: /and\b/i
_NOT.3: /not\b/i
_CONTAINS.3: /contains\b/i
_LIKE.3: /like\b/i
_IN.3: /in\b/i
_TRUE.3: /true\b/i
_FALSE.3: /false\b/i
_NULL.3: /null\b/i
OPERATOR: "!=" | "<>" | "<=" | ">=" | "=" | "<" | ">"
FIELD: /[A-Za-z_]\w*(\/[A-Za-z_]\w*)*/
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
NUMBER: /-?\d+(\.\d+)?/
DATE: /\[[^\]]*\]/
%import common.WS
%ignore WS
"""

_EXPLANATION = (
    "Expected a value of the field's type: strings in quotes, dates in square brackets, numbers bare, "
    "booleans as true or false, and null."
)


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression and its terms: field path and the value that it is compared with.

    `ids` holds the numbers that the whole expression asks one field to be among, by that field; nothing where it asks otherwise.
    """

    matches: Predicate
    terms: tuple[tuple[str, Any], ...]
    ids: Mapping[str, frozenset[int]]


def _segments(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
        return
    if isinstance(value, list):
        for element in value:
            yield from _segments(element, path)
        return
    if isinstance(value, dict):
        yield from _segments(value.get(path[0]), path[1:])
        return
    yield None


def values_at(row: Row, path: str) -> Iterator[Any]:
    """Every value that a slash path reaches; lists fan out, a missing step yields None."""
    first, *rest = path.split("/")
    if first in AUDIT_FIELDS and first not in row:
        yield row.get("_info", {}).get(first)
        return
    yield from _segments(row.get(first), rest)


def as_moment(text: str) -> datetime:
    """An ISO date or date-time as an aware UTC moment. Raises ValueError for anything else."""
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _comparable(actual: Any, wanted: Any) -> tuple[Any, Any]:
    """Both sides in one type. Raises ApiError 400 when the types cannot be compared."""
    if isinstance(wanted, bool) or isinstance(actual, bool):
        if isinstance(wanted, bool) and isinstance(actual, bool):
            return actual, wanted
        raise bad_request(_EXPLANATION)
    if isinstance(wanted, datetime):
        if isinstance(actual, str):
            try:
                return as_moment(actual), wanted
            except ValueError:
                raise bad_request(_EXPLANATION) from None
        raise bad_request(_EXPLANATION)
    if isinstance(wanted, Decimal) and isinstance(actual, (int, Decimal)):
        return Decimal(actual), wanted
    if isinstance(wanted, str) and isinstance(actual, str):
        return actual.casefold(), wanted.casefold()
    raise bad_request(_EXPLANATION)


def _equal(actual: Any, wanted: Any) -> bool:
    if actual is None or wanted is None:
        return actual is None and wanted is None
    left, right = _comparable(actual, wanted)
    return bool(left == right)


def _ordered(actual: Any, wanted: Any, operator: str) -> bool:
    if actual is None or wanted is None:
        return False
    left, right = _comparable(actual, wanted)
    return bool(
        {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator],
    )


def _pattern(wanted: str) -> re.Pattern[str]:
    parts = re.split(r"(\[\[\]|[*%])", wanted)
    body = "".join(".*" if part in {"*", "%"} else re.escape("[" if part == "[[]" else part) for part in parts)
    return re.compile(f"^{body}$", re.IGNORECASE | re.DOTALL)


def _text_test(value: Any, make: Callable[[str], Callable[[str], bool]]) -> Callable[[Any], bool]:
    if not isinstance(value, str):
        raise bad_request(_EXPLANATION)
    test = make(value)
    return lambda actual: isinstance(actual, str) and test(actual)


def _contains(wanted: str) -> Callable[[str], bool]:
    needle = wanted.casefold()
    return lambda actual: needle in actual.casefold()


def _like(wanted: str) -> Callable[[str], bool]:
    pattern = _pattern(wanted)
    return lambda actual: pattern.match(actual) is not None


def _membership(values: tuple[Any, ...]) -> Callable[[Any], bool]:
    """Long lists of ids are the common case, so numbers are looked up instead of compared one by one."""
    if all(isinstance(value, Decimal) for value in values):
        numbers = frozenset(values)
        return lambda actual: actual is not None and _comparable(actual, values[0])[0] in numbers
    return lambda actual: any(_equal(actual, value) for value in values)


@v_args(inline=True)
class _Compiler(Transformer[Token, Predicate]):
    """Turns the tree into one predicate over rows; remembers which fields were named."""

    def __init__(self, lookup: Lookup) -> None:
        super().__init__()
        self._lookup = lookup
        self.terms: list[tuple[str, Any]] = []

    def _any(self, name: Token, value: Any, test: Callable[[Any], bool]) -> Predicate:
        path = str(name)
        lookup = self._lookup
        self.terms.append((path, value))
        return lambda row: any(test(value) for value in lookup(row, path))

    def disjunction(self, *parts: Predicate) -> Predicate:
        return lambda row: any(part(row) for part in parts)

    def conjunction(self, *parts: Predicate) -> Predicate:
        return lambda row: all(part(row) for part in parts)

    def negation(self, part: Predicate) -> Predicate:
        return lambda row: not part(row)

    def compare(self, name: Token, operator: Token, value: Any) -> Predicate:
        sign = str(operator)
        if sign == "=":
            return self._any(name, value, lambda actual: _equal(actual, value))
        if sign in {"!=", "<>"}:
            return self._any(name, value, lambda actual: not _equal(actual, value))
        return self._any(name, value, lambda actual: _ordered(actual, value, sign))

    def contains(self, name: Token, value: Any) -> Predicate:
        return self._any(name, value, _text_test(value, _contains))

    def not_contains(self, name: Token, value: Any) -> Predicate:
        return self.negation(self.contains(name, value))

    def like(self, name: Token, value: Any) -> Predicate:
        return self._any(name, value, _text_test(value, _like))

    def not_like(self, name: Token, value: Any) -> Predicate:
        return self.negation(self.like(name, value))

    def member(self, name: Token, values: tuple[Any, ...]) -> Predicate:
        return self._any(name, values, _membership(values))

    def not_member(self, name: Token, values: tuple[Any, ...]) -> Predicate:
        return self.negation(self.member(name, values))

    def members(self, *values: Any) -> tuple[Any, ...]:
        return values

    def text(self, token: Token) -> str:
        return re.sub(r"\\(.)", r"\1", token[1:-1])

    def number(self, token: Token) -> Decimal:
        return Decimal(token)

    def moment(self, token: Token) -> datetime:
        try:
            return as_moment(token[1:-1].strip())
        except ValueError:
            raise bad_request(_EXPLANATION) from None

    def true(self) -> bool:
        return True

    def false(self) -> bool:
        return False

    def null(self) -> None:
        return None


_parser = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=False)


@lru_cache(maxsize=1024)
def compile_condition(text: str) -> Condition:
    """Compile an expression. Raises ApiError 400 when it does not parse."""
    compiler = _Compiler(values_at)
    try:
        tree = _parser.parse(text)
    except UnexpectedInput as error:
        raise bad_request(f"The conditions cannot be parsed near position {error.column}. {_EXPLANATION}") from None
    try:
        predicate = compiler.transform(tree)
    except VisitError as error:
        raise error.orig_exc from None
    return Condition(predicate, tuple(compiler.terms), _ids(tree, compiler.terms))


def _ids(tree: Tree[Token], terms: list[tuple[str, Any]]) -> dict[str, frozenset[int]]:
    """Of `field in (…)` and `field = n`, when that is all that is asked."""
    if tree.data != "member" and not (tree.data == "compare" and tree.children[1] == "="):
        return {}
    [(path, value)] = terms
    values = value if isinstance(value, tuple) else (value,)
    numbers = [int(one) for one in values if isinstance(one, Decimal) and one == int(one)]
    return {path: frozenset(numbers)} if len(numbers) == len(values) else {}


_ACCEPTED: dict[Kind, tuple[type, ...]] = {
    "i": (Decimal,),
    "n": (Decimal,),
    "b": (bool,),
    "s": (str, datetime),
    "t": (datetime,),
}


def _value_fits(kind: Kind, value: Any) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    accepted = _ACCEPTED.get(kind)
    return accepted is None or all(one is None or isinstance(one, accepted) for one in values)


def check_fields(condition: Condition, entity: str, *, refused: frozenset[str] = frozenset()) -> None:
    """Refuse fields that the entity does not have and values of another type. Raises ApiError 400."""
    known = fields_of(entity)
    for path, value in condition.terms:
        root, _, rest = path.partition("/")
        kind = known.get(root) or AUDIT_FIELDS.get(root)
        if kind is None or path in refused or (bool(rest) and kind not in {"r", "l"}):
            raise bad_request(f"'{path}' is not a field of {entity} that conditions can use.")
        if not rest and not _value_fits(kind, value):
            raise bad_request(f"'{path}': {_EXPLANATION}")


def child_matches(condition: Condition, row: Row) -> bool:
    """Whether one element of the child list that the paths share satisfies the whole expression."""
    root = condition.terms[0][0].split("/", 1)[0]
    elements = row.get(root)
    if not isinstance(elements, list):
        return False
    return any(condition.matches({**row, root: [element]}) for element in elements)
