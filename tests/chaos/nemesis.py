"""Carries out a plan against an arena, each fault at its moment, and puts everything right at the end."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
from sqlalchemy.exc import SQLAlchemyError
from tests.chaos.arena import Arena
from tests.chaos.pace import lasts
from tests.chaos.plan import WRITES, Plan, Planned
from tests.chaos.proxy import Toxic

from ledgerwire.common.embedded.process import until
from ledgerwire.sandbox.core.faults import Fault

SYSTEMS = {"ledger": "xero", "connectwise": "connectwise"}
CONSENT_AFTER = 3.0
"""Seconds until a person connects the ledger again after its consent was taken away."""
LONGER_THAN_TIMEOUT = 1.6
HELD_SECONDS = 120.0
BITES_WITHIN = 20.0
"""Seconds that a fault of a link waits for something to pass before its own time begins."""


@dataclass
class Nemesis:
    """`done` counts what was really done, by category and kind; `idle` the faults that met nothing; `struck` are the others."""

    arena: Arena
    plan: Plan
    tell: Callable[[str], None] = lambda _: None
    done: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    struck: list[Planned] = field(default_factory=list)
    locks: dict[str, asyncio.Lock] = field(default_factory=dict)
    waiting: dict[int, Planned] = field(default_factory=dict)

    async def run(self) -> None:
        """Every fault of the plan; returns when the last one is over. A fault that cannot be done is a fault of the harness."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as tasks:
            for fault in self.plan.faults:
                tasks.create_task(self._at_its_moment(began, fault))

    async def _at_its_moment(self, began: float, fault: Planned) -> None:
        loop = asyncio.get_running_loop()
        await lasts(began + fault.at - loop.time())
        # a service takes longer to start than was planned for on a slow machine: one thing at a time for each target
        lock = self.locks.setdefault(f"{fault.category}:{fault.target}", asyncio.Lock())
        if fault.category in _ARMED:
            await _ARMED[fault.category](self, fault)
            return
        async with lock:
            self.tell(json.dumps({"second": round(loop.time() - began, 1), "fault": fault.kind, "target": fault.target,
                                  "seconds": fault.seconds}))  # fmt: skip
            self._count(fault, await _ACTS[fault.category](self, fault))

    def _count(self, fault: Planned, times: int) -> None:
        (self.done if times else self.idle)[f"{fault.category}.{fault.kind}"] += times or 1
        if times:
            self.struck.append(fault)

    async def _process(self, fault: Planned) -> int:
        slot = self.arena.slots[fault.target]
        slot.check()
        match fault.kind:
            case "kill":
                slot.kill()
                await lasts(fault.seconds)
                slot.start()
            case "pause":
                slot.pause()
                await lasts(fault.seconds)
                slot.resume()
            case _:
                await slot.stop()
                slot.start()
        return 1

    async def _broker(self, fault: Planned) -> int:
        broker = self.arena.broker
        if fault.kind == "pause":
            broker.pause()
            await lasts(fault.seconds)
            broker.resume()
            return 1
        await (broker.stop() if fault.kind == "restart" else broker.kill())
        await lasts(fault.seconds)
        await broker.start()
        return 1

    async def _database(self, fault: Planned) -> int:
        postgres = self.arena.postgres
        await (postgres.stop() if fault.kind == "restart" else postgres.crash())
        await lasts(min(fault.seconds, 2.0))
        await postgres.start()
        return 1

    async def _link(self, fault: Planned) -> int:
        """Mistreat a link; 0 if nothing passed that it could have struck, however long the toxic was there."""
        proxy = self.arena.proxies[fault.target]
        direction: Any = fault.direction
        toxic = Toxic(fault.kind, direction, fault.amount)
        number = proxy.add(toxic)
        await until(_bites(toxic), seconds=BITES_WITHIN)
        await lasts(fault.seconds)
        proxy.remove(number)
        return int(toxic.hits > 0)

    async def _clock(self, fault: Planned) -> int:
        """Step and step back: a clock that stays wrong is for the people who own it."""
        if fault.kind == "expire":
            inside = self.arena.world.sandbox.world
            return int(inside.xero.identity.expire_access(inside.clock.now()) > 0)
        if fault.target == "vendors":
            clock = self.arena.world.sandbox.world.clock
            clock.advance(timedelta(seconds=fault.amount))
            await lasts(fault.seconds)
            clock.advance(timedelta(seconds=-fault.amount))
            return 1
        file = self.arena.clock_files[fault.target]
        file.write_text(str(fault.amount))
        await lasts(fault.seconds)
        file.write_text("0")
        return 1

    async def _landed(self, fault: Planned) -> None:
        """Armed until a write comes, however long that takes on a slow machine, the drain included.

        One waits for a target at a time: after an outage every write would be struck, one after another, by those that gathered.
        """
        if self._unfired(fault.target):
            return
        method, path = WRITES[fault.target]
        armed = Fault(fault.kind, SYSTEMS[fault.target], method, path, 1, params={"seconds": HELD_SECONDS})
        self.waiting[self.arena.world.sandbox.world.faults.add(armed)] = fault

    def _unfired(self, target: str) -> bool:
        left = {row["number"]: row["left"] for row in self.arena.world.sandbox.world.faults.list()}
        return any(one.target == target and left.get(number) for number, one in self.waiting.items())

    def spent(self) -> None:
        """Count what was armed and has fired; called once, when all is over."""
        for row in self.arena.world.sandbox.world.faults.list():
            if row["number"] in self.waiting:
                self._count(self.waiting[row["number"]], int(row["fired"]))

    async def _vendor(self, fault: Planned) -> None:
        longer = LONGER_THAN_TIMEOUT * self.arena.profile.timeout_seconds
        params = {"seconds": longer, "retry_after": 1}
        system = SYSTEMS[fault.target]
        path = r"/api\.xro/|/finance/|/system/|/company/"
        fired = await self._armed(fault, Fault(fault.kind, system, None, path, int(fault.amount), params=params))
        if fired and fault.kind == "revoked_token":
            await lasts(CONSENT_AFTER)
            await self.reconnected()

    async def _callback(self, fault: Planned) -> None:
        await self._armed(fault, Fault(fault.kind, "connectwise", None, r"^/invoice/", int(fault.amount)))

    async def _armed(self, fault: Planned, armed: Fault) -> int:
        """Arm a named fault until it has fired as often as it should or its window is over; how often it fired."""
        faults = self.arena.world.sandbox.world.faults
        number = faults.add(armed)
        loop = asyncio.get_running_loop()
        over = loop.time() + fault.seconds
        while loop.time() < over:
            row = next(one for one in faults.list() if one["number"] == number)
            if row["left"] == 0:
                break
            await lasts(0.25)
        fired = next(int(one["fired"]) for one in faults.list() if one["number"] == number)
        faults.clear(number=number)
        self._count(fault, fired)
        return fired

    async def reconnected(self) -> None:
        """A person connects ledger and ConnectWise again; tried until the database takes it."""
        for _ in range(60):
            try:
                await self.arena.world.consent_again()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, SQLAlchemyError):
                await lasts(1.0)
            else:
                return

    async def heal(self) -> None:
        """Everything that was broken is whole again: what the drain begins with. Answers that are still to be lost will be."""
        for proxy in self.arena.proxies.values():
            proxy.heal()
        for file in self.arena.clock_files.values():
            file.write_text("0")
        self.arena.broker.resume()
        await self.arena.broker.start()
        await self.arena.postgres.start()
        for slot in self.arena.slots.values():
            slot.check()
            slot.resume()
            if not slot.runs:
                slot.start()
        for slot in self.arena.slots.values():
            await slot.serving()
        await self.reconnected()


def _bites(toxic: Toxic) -> Callable[[], Awaitable[bool]]:
    async def has_hit() -> bool:
        return toxic.hits > 0

    return has_hit


_ARMED: dict[str, Callable[[Nemesis, Planned], Awaitable[None]]] = {
    "callback": Nemesis._callback,
    "landed": Nemesis._landed,
    "vendor": Nemesis._vendor,
}
"""Faults by name: the vendor says how many calls each struck."""
_ACTS: dict[str, Callable[[Nemesis, Planned], Awaitable[int]]] = {
    "broker": Nemesis._broker,
    "clock": Nemesis._clock,
    "database": Nemesis._database,
    "link": Nemesis._link,
    "process": Nemesis._process,
}
"""What the harness does itself, and whether it struck anything."""
