"""The message and work tables of one service's schema, by name: what engine, relay, consumer and dead letters work on."""

from __future__ import annotations

import re
from dataclasses import dataclass

_IDENTIFIER = re.compile(r"^[a-z][a-z_]{0,30}$")


@dataclass(frozen=True, slots=True)
class ServiceSchema:
    """The schema of one service. `name` is the service's name too: leases and metrics carry it."""

    name: str

    def __post_init__(self) -> None:
        if not _IDENTIFIER.match(self.name):
            raise ValueError(f"{self.name!r} is not a schema name")

    @property
    def outbox(self) -> str:
        return f"{self.name}.outbox"

    @property
    def inbox(self) -> str:
        return f"{self.name}.inbox"

    @property
    def work(self) -> str:
        return f"{self.name}.work"

    @property
    def dead_letter(self) -> str:
        return f"{self.name}.dead_letter"

    @property
    def timeline(self) -> str:
        return f"{self.name}.timeline"
