"""Filters, order and pages of list calls."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ledgerwire.sandbox.xero.query.where import QueryParseError, parse_where
from ledgerwire.sandbox.xero.rules.contacts import fold
from ledgerwire.sandbox.xero.wire import Json

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class ListRules:
    """What one list offers: its fields for `where` and `order`, and the fields behind its parameters."""

    id_field: str
    fields: frozenset[str]
    number_parameter: str = ""
    number_field: str = ""
    status_field: str = "Status"
    pages: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of one answer; `pagination` only when pages were asked for."""

    rows: list[Json]
    pagination: Json | None


def list_rows(
    rows: Iterable[Json],
    rules: ListRules,
    query: Mapping[str, str],
    modified_since: str | None,
    view: Callable[[Json], Json] = lambda row: row,
) -> Listed:
    """Rows that a call's parameters (lower-case names) let through, in order, cut to the page.

    `view` gives a row the related fields that `where` may name, such as Contact.Name.

    Raises:
        QueryParseError: where, order, page or date cannot be read.
    """
    tests = [*_parameter_tests(rules, query), *_time_test(modified_since)]
    if query.get("where"):
        predicate = parse_where(query["where"], rules.fields)
        tests.append(lambda row: predicate(view(row)))
    kept = [row for row in rows if all(test(row) for test in tests)]
    kept = _ordered(kept, rules, query.get("order"), view)
    if not rules.pages or not {"page", "pagesize"} & set(query):
        return Listed(kept, None)
    return _page(kept, query)


def _parameter_tests(rules: ListRules, query: Mapping[str, str]) -> list[Callable[[Json], bool]]:
    tests: list[Callable[[Json], bool]] = []
    if ids := _values(query.get("ids")):
        tests.append(lambda row: str(row[rules.id_field]).casefold() in ids)
    if rules.number_parameter and (numbers := _values(query.get(rules.number_parameter))):
        tests.append(lambda row: str(row.get(rules.number_field) or "").casefold() in numbers)
    if contacts := _values(query.get("contactids")):
        tests.append(lambda row: str((row.get("Contact") or {}).get("ContactID")).casefold() in contacts)
    if statuses := _values(query.get("statuses")):
        tests.append(lambda row: str(row[rules.status_field]).casefold() in statuses)
    return tests


def _time_test(modified_since: str | None) -> list[Callable[[Json], bool]]:
    if not modified_since:
        return []
    since = _moment(modified_since)
    return [lambda row: row["UpdatedDateUTC"].replace(microsecond=0) >= since]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError as error:
            raise QueryParseError("If-Modified-Since cannot be read") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def _values(text: str | None) -> set[str]:
    return {value.strip().casefold() for value in (text or "").split(",") if value.strip()}


def _ordered(rows: list[Json], rules: ListRules, order: str | None, view: Callable[[Json], Json]) -> list[Json]:
    """Sort by the named fields, the last one first so that the first one decides."""
    for clause in reversed([part.split() for part in (order or "").split(",") if part.strip()]):
        path = clause[0].split(".")
        if path[0] not in rules.fields or (len(clause) > 1 and clause[1].upper() not in {"ASC", "DESC"}):
            raise QueryParseError(f"No property or field '{clause[0]}' exists in this type")
        descending = len(clause) > 1 and clause[1].upper() == "DESC"
        rows = sorted(rows, key=lambda row, at=tuple(path): _sort_key(view(row), at), reverse=descending)  # type: ignore[misc]
    return rows


def _sort_key(row: Any, path: tuple[str, ...]) -> tuple[bool, Any]:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return (row is not None, fold(row) if isinstance(row, str) else row)


def _page(rows: list[Json], query: Mapping[str, str]) -> Listed:
    try:
        page, size = int(query.get("page") or 1), int(query.get("pagesize") or DEFAULT_PAGE_SIZE)
    except ValueError as error:
        raise QueryParseError("The page and pageSize parameters must be whole numbers") from error
    if page < 1 or not 1 <= size <= MAX_PAGE_SIZE:
        raise QueryParseError(f"The page must be 1 or more and the pageSize 1 to {MAX_PAGE_SIZE}")
    pagination = {"page": page, "pageSize": size, "pageCount": math.ceil(len(rows) / size), "itemCount": len(rows)}
    return Listed(rows[(page - 1) * size : page * size], pagination)
