"""The journal as an auditor reads it: HTTP exchanges in order, bodies decoded with exact numbers."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

_LISTS = frozenset({"invoices", "creditnotes", "manualjournals"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange; a body that is no JSON is None. `tenant` is the Xero organisation that the call named.

    `status` goes with the response; `decided` is what the server did, whatever a fault let the caller see of it.
    """

    seq: int
    system: str
    method: str
    path: str
    status: int
    request: Any
    response: Any
    decided: int
    tenant: str = ""
    query: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def leaves_out_lines(self) -> bool:
        """Whether it is a list of Xero documents without their lines: no page is asked for, or only a summary."""
        asked = {name.casefold(): value.casefold() for name, value in parse_qsl(self.query)}
        is_list = self.method == "GET" and self.path.rstrip("/").rpartition("/")[2].casefold() in _LISTS
        return is_list and (not asked.keys() & {"page", "pagesize"} or asked.get("summaryonly") == "true")

    def path_ends(self, tail: str) -> bool:
        return self.path.rstrip("/").casefold().endswith(tail.casefold())


def _decode(body: Any) -> Any:
    if not body:
        return None
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _values(entry: Any) -> Mapping[str, Any]:
    if isinstance(entry, Mapping):
        return entry
    shown: Mapping[str, Any] = entry.as_dict()
    return shown


def events(entries: Iterable[Any], kind: str) -> list[tuple[int, Mapping[str, Any]]]:
    """What happened inside a server, in order: sequence number and data of every event of a kind."""
    found = (_values(entry) for entry in entries)
    return [(int(values["seq"]), values["data"]) for values in found if values.get("kind") == kind]


def read(entries: Iterable[Any]) -> list[Exchange]:
    """HTTP exchanges in order of happening, from journal entries or from their JSON form."""
    exchanges = []
    for position, entry in enumerate(entries):
        values = _values(entry)
        if values.get("kind", "http") != "http":
            continue
        exchanges.append(
            Exchange(
                seq=int(values.get("seq", position)),
                system=str(values["system"]),
                method=str(values["method"]).upper(),
                path=str(values["path"]),
                status=int(values["status"]),
                request=_decode(values.get("request_body")),
                response=_decode(values.get("response_body")),
                decided=int(values.get("decided", values["status"])),
                tenant=str((values.get("request_headers") or {}).get("xero-tenant-id", "")),
                query=str(values.get("query", "")),
            )
        )
    return sorted(exchanges, key=lambda exchange: exchange.seq)


def money(value: Any) -> Decimal:
    """A JSON number as an exact decimal; absent is 0."""
    return Decimal(str(value)) if value is not None else Decimal(0)


def calendar_date(row: Mapping[str, Any], name: str) -> date | None:
    """A Xero date: the readable form where there is one, else ``/Date(ms+0000)/`` or ISO."""
    text = str(row.get(f"{name}String") or row.get(name) or "")
    if text.startswith("/Date("):
        milliseconds = text.removeprefix("/Date(").split(")")[0].split("+")[0]
        return datetime.fromtimestamp(int(milliseconds) // 1000, tz=UTC).date()
    return date.fromisoformat(text[:10]) if text else None
