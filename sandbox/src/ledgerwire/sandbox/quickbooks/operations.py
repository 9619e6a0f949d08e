"""One operation on one entity: read, save, delete, void."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.quickbooks.books.desk import Desk
from ledgerwire.sandbox.quickbooks.books.writing import delete, save, void
from ledgerwire.sandbox.quickbooks.kinds import BY_PATH, Kind
from ledgerwire.sandbox.quickbooks.present import Presenter
from ledgerwire.sandbox.quickbooks.refusals import GONE, RefusedError, business, refuse
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.quickbooks.wire import Json


@dataclass(frozen=True, slots=True)
class Reply:
    """Status and members of an answer, but its time."""

    status: int
    body: Json


@dataclass(frozen=True, slots=True)
class Played:
    """The faults that play on one request.

    `hidden` answers 200 with a Fault and saves nothing; with `hidden_saved` the document is saved and the answer is a
    passing 6000. `midway` stops a batch half-way with a 500.
    """

    closed: bool = False
    off_by: Decimal | None = None
    hidden: bool = False
    hidden_saved: bool = False
    midway: bool = False


def refused_reply(refused: RefusedError) -> Reply:
    """A refusal as an answer."""
    return Reply(refused.status, {"Fault": refused.fault()})


def desk_for(state: QuickBooksState, now: datetime, include: str, played: Played) -> Desk:
    """What a write with these options sees."""
    options = frozenset(option.strip().casefold() for option in include.split(",") if option)
    return Desk(state, now, options, played.closed, played.off_by)


def write(desk: Desk, kind: Kind, operation: str, body: Any) -> Json:
    """Create, update, delete or void; the row as it is then. Raises RefusedError."""
    match operation:
        case "delete":
            return delete(desk, kind, body)
        case "void":
            row = void(desk, kind, body)
        case "create" | "update":
            if operation == "update" and isinstance(body, dict) and body.get("Id") is None:
                raise refuse("2020", "Required parameter Id is missing in the request", "Id")
            row = save(desk, kind, body)
        case other:
            raise refuse("500", f"Operation {other} is not supported on {kind.name}")
    return Presenter(desk.state).show(kind.name, row)


def perform(
    state: QuickBooksState,
    method: str,
    entity: str,
    rest: list[str],
    body: Any,
    query: dict[str, str],
    now: datetime,
    played: Played,
) -> Reply:
    """Answer a call on an entity's own path. Raises RefusedError."""
    kind = BY_PATH.get(entity.casefold())
    if kind is None or len(rest) > 1:
        raise refuse("500", f"Operation on {entity or 'nothing'} is not supported")
    if method == "GET":
        return _read(state, kind, rest)
    include = query.get("include", "")
    desk = desk_for(state, now, include, played)
    operation = query.get("operation", "")
    if operation == "update" and include == "void":
        operation = "void"
    if not operation:
        operation = "update" if isinstance(body, dict) and body.get("Id") is not None else "create"
    if played.hidden and not played.hidden_saved:
        return Reply(200, {"Fault": business("An unexpected error occurred. Please try again.").fault()})
    row = write(desk, kind, operation, body)
    if played.hidden_saved:
        raise business("Please wait a few minutes and try again. If that doesn't help, contact support.")
    return Reply(200, {kind.name: row})


def _read(state: QuickBooksState, kind: Kind, rest: list[str]) -> Reply:
    """One row. CompanyInfo is read by the company's own id, Preferences without any."""
    row_id = rest[0] if rest else ""
    if kind.family == "setup" and row_id in {"", "1", state.realm_id}:
        row_id = "1"
    if not row_id.isdecimal():
        raise refuse("2030", f"Id should be a valid number. Supplied value:{row_id}", "Id")
    row = state.get(kind.name, row_id)
    if row is None:
        raise refuse("610", GONE, "Id")
    return Reply(200, {kind.name: Presenter(state).show(kind.name, row)})
