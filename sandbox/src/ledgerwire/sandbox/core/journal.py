"""The append-only record of everything that crossed a sandbox server's wire."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.redaction import redact_body, redact_headers


@dataclass(frozen=True, slots=True)
class Entry:
    """One HTTP exchange (`kind` "http") or one thing that happened inside a server (any other kind).

    `status` is that of the answer that was to be sent; `decided` the one that the server came to itself before a fault put another
    answer in its place, 0 where a fault kept the request from it.
    """

    seq: int
    at: datetime
    system: str
    kind: str
    method: str = ""
    path: str = ""
    query: str = ""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: bytes = b""
    status: int = 0
    decided: int = 0
    response_body: bytes = b""
    fault: str | None = None
    seconds: float = 0.0
    data: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The entry in JSON-ready form, for the control API."""
        common = {"seq": self.seq, "at": self.at.isoformat(), "system": self.system, "kind": self.kind}
        if self.kind != "http":
            return {**common, "data": dict(self.data)}
        return {
            **common,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "request_headers": dict(self.request_headers),
            "request_body": self.request_body.decode("utf-8", "replace"),
            "status": self.status,
            "decided": self.decided,
            "response_body": self.response_body.decode("utf-8", "replace"),
            "fault": self.fault,
            "seconds": round(self.seconds, 6),
        }


class Journal:
    """Append-only, in memory. Authorization and secret fields are redacted before they are kept.

    With `bodies=False` only metadata is kept, for load tests that would otherwise hold every byte.
    """

    def __init__(self, clock: VirtualClock, *, bodies: bool = True) -> None:
        self._clock = clock
        self._bodies = bodies
        self._entries: list[Entry] = []
        self._in_flight = 0

    @property
    def in_flight(self) -> int:
        """Requests that arrived and are not recorded yet: what they do may still be to come."""
        return self._in_flight

    @contextmanager
    def arrived(self) -> Iterator[None]:
        """One request in flight for the length of a block, at the end of which it is recorded."""
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    def record(
        self,
        system: str,
        method: str,
        path: str,
        query: str,
        request_headers: Iterable[tuple[str, str]],
        request_body: bytes,
        status: int,
        response_body: bytes,
        fault: str | None,
        seconds: float,
        *,
        decided: int | None = None,
    ) -> Entry:
        """Append one HTTP exchange. `status` was sent or not (see `fault`); `decided` is the same unless it is given."""
        entry = Entry(
            seq=len(self._entries) + 1,
            at=self._clock.now(),
            system=system,
            kind="http",
            method=method,
            path=path,
            query=query,
            request_headers=redact_headers(request_headers),
            request_body=redact_body(request_body) if self._bodies else b"",
            status=status,
            decided=status if decided is None else decided,
            response_body=redact_body(response_body) if self._bodies else b"",
            fault=fault,
            seconds=seconds,
        )
        self._entries.append(entry)
        return entry

    def event(self, system: str, kind: str, data: Mapping[str, Any]) -> Entry:
        """Append something that is not an HTTP exchange, e.g. a callback delivered or a document created."""
        entry = Entry(seq=len(self._entries) + 1, at=self._clock.now(), system=system, kind=kind, data=dict(data))
        self._entries.append(entry)
        return entry

    def entries(
        self,
        system: str | None = None,
        method: str | None = None,
        path_prefix: str | None = None,
        since_seq: int = 0,
        kind: str | None = None,
    ) -> list[Entry]:
        """Entries after `since_seq` in order of happening; each filter narrows."""
        return [
            entry
            for entry in self._entries[max(since_seq, 0) :]
            if (system is None or entry.system == system)
            and (method is None or entry.method == method.upper())
            and (path_prefix is None or entry.path.startswith(path_prefix))
            and (kind is None or entry.kind == kind)
        ]

    def __len__(self) -> int:
        return len(self._entries)
