"""Filtering, ordering, projecting and paging a table, with the Link header."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from ledgerwire.sandbox.connectwise.conditions import check_fields, child_matches, compile_condition, values_at
from ledgerwire.sandbox.connectwise.errors import bad_request
from ledgerwire.sandbox.connectwise.fields import AUDIT_FIELDS, fields_of
from ledgerwire.sandbox.connectwise.switches import Switches

Row = dict[str, Any]
_DEFAULT_PAGE_SIZE = 25
_MAX_PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """The list parameters of one request; names are case-insensitive on the wire."""

    conditions: str = ""
    child_conditions: str = ""
    order_by: str = ""
    fields: str = ""
    page: int = 1
    page_size: int = _DEFAULT_PAGE_SIZE
    page_id: int = 0
    forward_only: bool = False

    @classmethod
    def parse(cls, parameters: Mapping[str, str], pagination_type: str | None) -> "Query":
        """Read the parameters. Raises ApiError 400 for a page or size that is not a positive number."""
        given = {name.lower(): value for name, value in parameters.items()}
        return cls(
            conditions=given.get("conditions", "").strip(),
            child_conditions=given.get("childconditions", "").strip(),
            order_by=given.get("orderby", "").strip(),
            fields=given.get("fields", "").strip(),
            page=_number(given, "page", 1, least=1),
            page_size=min(_number(given, "pagesize", _DEFAULT_PAGE_SIZE, least=1), _MAX_PAGE_SIZE),
            page_id=_number(given, "pageid", 0, least=0),
            forward_only=(pagination_type or "").lower() == "forward-only",
        )


def _number(given: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = given.get(name, "")
    if not text:
        return default
    if not text.isdigit() or int(text) < least:
        raise bad_request(f"{name} must be a whole number of at least {least}.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page and its Link header; None where the header is not sent at all."""

    rows: list[Row]
    link: str | None


def candidates(table: Mapping[int, Row], parameters: Mapping[str, str]) -> list[Row]:
    """The rows of a table that the filters can let through: those of the ids that are asked for, else all."""
    text = Query.parse(parameters, None).conditions
    ids = compile_condition(text).ids.get("id") if text else None
    return list(table.values()) if ids is None else [table[one] for one in sorted(ids) if one in table]


def select(rows: list[Row], query: Query, entity: str, switches: Switches) -> list[Row]:
    """The rows that the filters let through, in the order given. Raises ApiError 400 for a bad filter."""
    refused = frozenset() if switches.status_is_closed_filter else frozenset({"status/isClosed"})
    if query.conditions:
        condition = compile_condition(query.conditions)
        check_fields(condition, entity, refused=refused)
        rows = [row for row in rows if condition.matches(row)]
    if query.child_conditions:
        child = compile_condition(query.child_conditions)
        check_fields(child, entity)
        rows = [row for row in rows if child_matches(child, row)]
    return rows


def _sort_key(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, int(value))
    if isinstance(value, (int, Decimal)):
        return (1, value)
    return (2, str(value).casefold())


def order(rows: list[Row], order_by: str, entity: str) -> list[Row]:
    """Rows by `field asc|desc, …`; by id where nothing is asked. Raises ApiError 400 for an unknown field."""
    ordered = sorted(rows, key=lambda row: int(row["id"]))
    for clause in reversed([part.strip() for part in order_by.split(",") if part.strip()]):
        path, _, direction = clause.partition(" ")
        root = path.split("/")[0]
        if root not in fields_of(entity) and root not in AUDIT_FIELDS:
            raise bad_request(f"'{path}' is not a field of {entity} that can be ordered by.")
        if direction.strip().lower() not in {"", "asc", "desc"}:
            raise bad_request("orderBy takes a field followed by asc or desc.")
        descending = direction.strip().lower() == "desc"
        ordered.sort(key=lambda row, path=path: _sort_key(next(values_at(row, path), None)), reverse=descending)  # type: ignore[misc]
    return ordered


def project(row: Row, wanted: str) -> Row:
    """Only the wanted fields: a comma list, `company/id` for nested ones; absent ones stay absent."""
    if not wanted:
        return row
    result: Row = {}
    for path in (part.strip() for part in wanted.split(",")):
        if path:
            _copy_path(row, result, path.split("/"))
    return result


def _copy_path(source: Row, target: Row, path: list[str]) -> None:
    name, rest = path[0], path[1:]
    if name not in source:
        return
    value = source[name]
    if not rest:
        target[name] = value
    elif isinstance(value, dict):
        _copy_path(value, target.setdefault(name, {}), rest)
    elif isinstance(value, list):
        elements = target.setdefault(name, [{} for _ in value])
        for element, copy in zip(value, elements, strict=True):
            if isinstance(element, dict):
                _copy_path(element, copy, rest)


def paginate(rows: list[Row], query: Query, base: str, parameters: Mapping[str, str], switches: Switches) -> Page:
    """Cut one page and make its Link header for `base` (the URL without its query)."""
    kept = {name: value for name, value in parameters.items() if name.lower() not in {"page", "pageid", "pagesize"}}
    if query.forward_only:
        return _forward(rows, query, base, kept, switches)
    last = max(1, -(-len(rows) // query.page_size))
    start = (query.page - 1) * query.page_size

    def link(page: int, rel: str) -> str:
        text = urlencode({**kept, "pageSize": query.page_size, "page": page}, quote_via=quote)
        return f'<{base}?{text}>; rel="{rel}"'

    links = [link(1, "first")]
    if query.page > 1:
        links.append(link(query.page - 1, "prev"))
    if query.page < last:
        links.append(link(query.page + 1, "next"))
    links.append(link(last, "last"))
    return Page(rows[start : start + query.page_size], ", ".join(links))


def _forward(rows: list[Row], query: Query, base: str, kept: Mapping[str, str], switches: Switches) -> Page:
    after = [row for row in sorted(rows, key=lambda row: int(row["id"])) if int(row["id"]) > query.page_id]
    page = after[: query.page_size]
    if len(after) > len(page):
        parameters = {**kept, "pageSize": query.page_size, "pageId": page[-1]["id"]}
        return Page(page, f'<{base}?{urlencode(parameters, quote_via=quote)}>; rel="next"')
    return Page(page, "" if switches.forward_only_end == "empty" else None)
