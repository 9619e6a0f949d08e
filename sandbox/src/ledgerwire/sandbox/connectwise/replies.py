"""Answers in the vendor's media type, and the steps that every list and record answer shares."""

import re
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from ledgerwire.sandbox.connectwise.errors import ApiError
from ledgerwire.sandbox.connectwise.listing import Query, order, paginate, project, select
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row
from ledgerwire.sandbox.connectwise.wire import decode, encode, without_nulls

_VERSION = re.compile(r"version=\s*\"?([\w.]+)", re.IGNORECASE)
_BODY_TYPES = frozenset({"application/json", "application/vnd.connectwise.com+json", ""})


def public(row: Row) -> Row:
    """A row as a client sees it: without nulls and without the sandbox's own parent link."""
    shown: Row = without_nulls({name: value for name, value in row.items() if name != "parentId"})
    return shown


class Replies:
    """Makes answers for one tenant."""

    def __init__(self, state: ConnectWiseState) -> None:
        self._state = state

    def json(self, request: Request, value: Any, status: int = 200, link: str | None = None) -> Response:
        """`value` in the versioned media type that the request asked for."""
        asked = _VERSION.search(request.headers.get("accept", ""))
        version = asked.group(1) if asked else self._state.site.api_version
        headers = {
            "content-type": f"application/vnd.connectwise.com+json; version={version}; charset=utf-8",
            "api-current-version": self._state.site.api_version,
        }
        if link is not None:
            headers["link"] = link
        return Response(encode(value), status, headers)

    def record(self, request: Request, row: Row, status: int = 200) -> Response:
        """One record, cut down to `fields` where asked."""
        wanted = {name.lower(): value for name, value in request.query_params.items()}.get("fields", "")
        return self.json(request, project(public(row), wanted), status)

    def listing(self, request: Request, entity: str, rows: list[Row]) -> Response:
        """One page of the rows that the request's filters let through."""
        query = Query.parse(request.query_params, request.headers.get("pagination-type"))
        switches = self._state.switches
        chosen = select(rows, query, entity, switches)
        if not query.forward_only:
            chosen = order(chosen, query.order_by, entity)
        base = f"{self._state.site.base_url}{request.scope.get('ledgerwire.full_path', request.url.path)}"
        page = paginate(chosen, query, base, request.query_params, switches)
        return self.json(request, [project(public(row), query.fields) for row in page.rows], link=page.link)

    def count(self, request: Request, entity: str, rows: list[Row]) -> Response:
        """How many rows the request's filters let through."""
        query = Query.parse(request.query_params, None)
        return self.json(request, {"count": len(select(rows, query, entity, self._state.switches))})


async def json_body(request: Request) -> Any:
    """The decoded request body. Raises ApiError 415 for another media type, 400 for broken JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _BODY_TYPES:
        raise ApiError(415, {"code": "UnsupportedMediaType", "message": f"{media_type} is not supported."})
    try:
        return decode(await request.body())
    except ValueError:
        raise ApiError(400, {"code": "InvalidArgument", "message": "The request body is not valid JSON."}) from None


Rows = Callable[[Request], list[Row]]
