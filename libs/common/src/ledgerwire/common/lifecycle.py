"""How a service lives in a process: what it is given, how it starts, how it stops."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from ledgerwire.common.clock import Clock
from ledgerwire.common.mq.transport import Transport
from ledgerwire.common.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every service of a process shares."""

    settings: Settings
    transport: Transport
    clock: Clock


class Service(Protocol):
    """A service built by its `bootstrap.build(runtime)`."""

    name: str

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then finish what is in hand (stop consuming, drain, close) and return."""
        ...
