"""One run: arena, load and nemesis together, heal, drain, check; and what came of it in one value."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from time import monotonic
from typing import Any

from tests.chaos.arena import Arena, open_arena
from tests.chaos.drain import Drain, drained, leftovers, unsettled
from tests.chaos.facts import history, landed_unanswered
from tests.chaos.floor import thin
from tests.chaos.history import Verdict, check
from tests.chaos.load import Load
from tests.chaos.nemesis import Nemesis
from tests.chaos.plan import Plan
from tests.chaos.profiles import Profile
from tests.chaos.vitals import Vitals, growth, leaks, watch
from tests.e2e.expense_books import aside, differences

from ledgerwire.common.testing.run import TestRun
from ledgerwire.sandbox.audit import audit
from ledgerwire.sandbox.last_look import last_look


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a reader of the one JSON line needs."""

    seed: int
    profile: str
    verdict: Verdict
    faults: int
    faults_by_kind: dict[str, int]
    landed_unanswered: int
    books_clean: bool
    findings: list[str]
    leftovers: dict[str, int]
    seconds_load: float
    seconds_drain: float | None
    undrained: str = ""
    notes: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """Why the run is not clean; empty when it is."""
        verdict = self.verdict
        told = [
            (not verdict.sound, f"history: {dict(verdict.examples)}"),
            (verdict.recovered == 0, "nothing was recovered: the run exercised no ambiguity"),
            (self.seconds_drain is None, f"the drain did not end: {self.undrained}"),
            (any(self.leftovers.values()), f"left over: { {name: n for name, n in self.leftovers.items() if n} }"),
            (not self.books_clean, f"books: {self.findings[:5]}"),
        ]
        return [text for wrong, text in told if wrong] + self.notes

    def as_dict(self) -> dict[str, Any]:
        """The line that is printed."""
        verdict = {name: value for name, value in self.verdict.as_dict().items() if name != "examples"}
        own = asdict(self) | {"problems": self.problems, "clean": not self.problems}
        del own["verdict"], own["findings"], own["notes"], own["undrained"]
        return {"seed": own.pop("seed"), "profile": own.pop("profile"), "clean": own.pop("clean"), **verdict, **own}


async def run_chaos(plan: Plan, profile: Profile, run: TestRun, tell: Callable[[str], None]) -> Outcome:
    """Carry out a plan from beginning to end."""
    async with open_arena(profile, run) as arena:
        load, nemesis = Load(arena.world, profile.documents, profile.rate, plan.seed), Nemesis(arena, plan, tell)
        seen: dict[str, list[Vitals]] = {}
        began = monotonic()
        async with (
            _beside(_forget(arena)),
            _beside(watch(list(arena.slots.values()), seen)),
            asyncio.TaskGroup() as together,
        ):
            together.create_task(load.run())
            together.create_task(nemesis.run())
        ended = monotonic()
        async with _beside(_forget(arena)):
            await nemesis.heal()
            tell('{"drain": "begins"}')
            drain = await drained(arena, load.attempted)
            nemesis.spent()
        return await _judged(arena, plan, load, nemesis, (began, ended), drain, seen)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let something go on for the length of a block."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.result()  # what went on beside has ended by itself: a run that was not looked at is no proof


async def _forget(arena: Arena) -> None:
    """Forget each second what our own budget counted: of ConnectWise always, of the ledger where the profile lifts its limits."""
    kinds = "= 'connectwise'" if arena.profile.ledger_limits else "IS NOT NULL"
    while True:
        with contextlib.suppress(Exception):  # whatever a database that is being broken answers: once more in a second
            await arena.world.rows(
                f"DELETE FROM tenants.budget USING tenants.connection WHERE budget.connection_id = connection.connection_id AND kind {kinds}"
            )
        await asyncio.sleep(1.0)


async def _judged(
    arena: Arena,
    plan: Plan,
    load: Load,
    nemesis: Nemesis,
    under_load: tuple[float, float],
    drain: Drain,
    seen: Mapping[str, list[Vitals]],
) -> Outcome:
    told = await arena.world.rows("SELECT number FROM mapper.record WHERE settled_outcome = 'batched'")
    verdict = check(load.with_expenses(history(arena.world, load.expected, [str(row["number"]) for row in told])))
    inside = arena.world.sandbox.world
    entries = inside.journal.entries(since_seq=inside.seeded_at)
    invoices = list(arena.world.psa.state.tables["invoices"].values())
    books = audit(load.expected, [*entries, *last_look(inside)], invoices, aside(arena.world))
    landed = landed_unanswered(entries)
    notes = [f"expenses: {one}" for one in differences(arena.world, load.spent)][:5]
    waiting = [f"unsettled: {row}" for row in await unsettled(arena)]
    notes += waiting if drain.seconds is None else []
    faults, (began, ended) = sum(nemesis.done.values()), under_load
    notes += thin(arena.profile, plan.faults, nemesis.struck, faults=faults, landed=landed)
    grown = {name: found for name, looks in seen.items() if (found := growth(looks)) is not None}
    notes += leaks(arena.slots, seen, ended) if arena.profile.watch_vitals else []
    notes += [told for slot in arena.slots.values() for told in slot.unclean]
    return Outcome(
        seed=plan.seed,
        profile=plan.profile,
        verdict=verdict,
        faults=faults,
        faults_by_kind=dict(sorted(nemesis.done.items())),
        landed_unanswered=landed,
        books_clean=books.clean,
        findings=[f"{one.code} {one.number}: {one.message}" for one in books.findings],
        leftovers=await leftovers(arena),
        seconds_load=round(ended - began, 1),
        seconds_drain=drain.seconds,
        undrained=drain.why,
        notes=notes,
        figures=await _figures(arena, entries)
        | {
            "planned": plan.counts(),
            "struck": dict(sorted(Counter(one.category for one in nemesis.struck).items())),
            "idle": dict(sorted(nemesis.idle.items())),
            "vitals": {name: asdict(found) for name, found in grown.items()},
        },
    )


async def _figures(arena: Arena, entries: Any) -> dict[str, Any]:
    """What else happened: how often an outcome was unknown, and the look-ups that followed (R3)."""
    [row] = await arena.world.rows(
        "SELECT count(*) FILTER (WHERE step = 'outcome_unknown') AS unknown, count(*) FILTER (WHERE step = 'looked_up') AS looked"
        " FROM poster.timeline"
    )
    return {
        "outcomes_unknown": row["unknown"],
        "looked_up": row["looked"],
        "vendor_calls": sum(1 for one in entries if one.kind == "http"),
        "starts": {name: slot.starts for name, slot in arena.slots.items()},
    }
