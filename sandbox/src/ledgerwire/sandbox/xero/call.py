"""One request to the Accounting API and the answers it can get."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.xero.books.desk import Desk
from ledgerwire.sandbox.xero.present import Presenter
from ledgerwire.sandbox.xero.state import XeroState
from ledgerwire.sandbox.xero.wire import Json, decode, encode

SYSTEM = "xero"
NOT_FOUND = b"The resource you're looking for cannot be found"
SERVER_ERROR = b"An error occurred in Xero. Check the API Status page for current service status."
_BOOL = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of the API."""

    status: int
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """Ends a call with an answer that is no success."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(slots=True)
class Call:
    """A request that has passed authentication and limits."""

    state: XeroState
    faults: Faults
    now: datetime
    method: str
    path: str
    segments: list[str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    app_name: str
    fired: list[str] = field(default_factory=list)

    def flag(self, name: str, *, default: bool) -> bool:
        """A true/false parameter in any letter case. Raises RefusedError for another value."""
        raw = self.query.get(name)
        if not raw:
            return default
        if raw.casefold() not in _BOOL:
            raise RefusedError(exception(17, "PostDataInvalidException", f"The {name} parameter must be true or false"))
        return _BOOL[raw.casefold()]

    @property
    def unit_places(self) -> int:
        """Decimals on unit prices: 2, or 4 with ``unitdp=4``. Raises RefusedError for another value."""
        raw = self.query.get("unitdp") or "2"
        if raw not in {"2", "4"}:
            raise RefusedError(exception(17, "PostDataInvalidException", "The unitdp parameter must be 2 or 4"))
        return int(raw)

    def desk(self, faults: frozenset[str] = frozenset()) -> Desk:
        """The call's place at the books."""
        return Desk(self.state, self.now, self.unit_places, faults)

    def presenter(self) -> Presenter:
        """Shows rows as this call wants them."""
        return Presenter(self.state, self.state.switches.rounding_rule(self.unit_places))

    def take_fault(self, name: str) -> Fault | None:
        """The armed fault of that name for this call, counted down."""
        fault = self.faults.take(SYSTEM, self.method, self.path, {name})
        if fault is not None:
            self.fired.append(name)
        return fault

    def json(self) -> Any:
        """The decoded body. Raises NotAJsonBodyError."""
        return decode(self.body)

    def envelope(self, plural: str, rows: list[Json], pagination: Json | None = None) -> Answer:
        """A success with the members every answer of Xero begins with."""
        body: Json = {
            "Id": str(uuid4()),
            "Status": "OK",
            "ProviderName": self.app_name,
            "DateTimeUTC": f"/Date({int(self.now.timestamp() * 1000)})/",
        }
        if pagination is not None:
            body["pagination"] = pagination
        return Answer(200, encode({**body, plural: rows}))


def exception(number: int, kind: str, message: str, elements: list[Json] | None = None) -> Answer:
    """A 400 in Xero's shape: ErrorNumber, Type, Message and, for validation, the elements at fault."""
    body: Json = {"ErrorNumber": number, "Type": kind, "Message": message}
    if elements is not None:
        body["Elements"] = elements
    return Answer(400, encode(body))


def not_found() -> Answer:
    """Xero's 404, which is never JSON."""
    return Answer(404, NOT_FOUND, "text/html; charset=utf-8")


def server_error() -> Answer:
    """Xero's 500, which is never JSON."""
    return Answer(500, SERVER_ERROR, "text/html; charset=utf-8")
