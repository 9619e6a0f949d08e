"""What a process holds while it runs: memory, open files, tasks, temporary files; and whether that grows (R21)."""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.chaos.slot import Slot

EVERY_SECONDS = 2.0
ALLOWED = {"memory_mb": 8.0, "files": 12.0, "tasks": 20.0, "temporary": 0.0}
"""Growth from the second quarter of a run to its last one that is still noise: pools fill, caches warm up."""
NOISE_MB = 6.0
"""What the memory of a process that leaks nothing may still rise by in half a run. How slow a leak a run can tell follows from it."""
LEAST_MB_PER_HOUR = 1.0
FRESH_SECONDS = 10.0
"""A process writes its vitals every second; what is older says nothing about it as it is now."""
MOST_UNHEARD = 30.0
"""Seconds between two looks, and from the last one to the end, after which a process counts as unwatched."""
_POINTS = 200


@dataclass(frozen=True, slots=True)
class Vitals:
    """One look at one process."""

    at: float
    memory_mb: float
    files: int
    tasks: int
    temporary: int


@dataclass(frozen=True, slots=True)
class Growth:
    """What one process grew by: medians of the second and the last quarter, and its memory's slope in the second half.

    `allowed_mb_per_hour` is the slowest leak that a run of this length can tell from noise: 36 MB/h in 20 minutes, 1 in 12 hours.
    """

    second_quarter: Mapping[str, float]
    last_quarter: Mapping[str, float]
    memory_mb_per_hour: float
    allowed_mb_per_hour: float

    @property
    def leaks(self) -> list[str]:
        """What grew more than noise."""
        grown = [name for name, most in ALLOWED.items() if self.last_quarter[name] - self.second_quarter[name] > most]
        return grown + ["memory_mb_per_hour"] * (self.memory_mb_per_hour > self.allowed_mb_per_hour)


def growth(looks: Sequence[Vitals]) -> Growth | None:
    """Judge the looks at one process; None where there are too few. Pure."""
    if len(looks) < 16:
        return None
    quarter, warm = len(looks) // 4, looks[len(looks) // 2 :]
    return Growth(
        _median(looks[quarter : 2 * quarter]),
        _median(looks[-quarter:]),
        round(_slope(warm) * 3600, 2),
        round(max(NOISE_MB * 3600 / (warm[-1].at - warm[0].at), LEAST_MB_PER_HOUR), 2),
    )


def _slope(looks: Sequence[Vitals]) -> float:
    """Megabytes a second, as the median of the slopes between any two looks: one jump is no leak."""
    some = looks[:: max(len(looks) // _POINTS, 1)]
    return statistics.median(
        (later.memory_mb - one.memory_mb) / (later.at - one.at) for one, later in itertools.combinations(some, 2)
    )


def unheard(looks: Sequence[Vitals], ended: float) -> float:
    """The longest time without a look, up to the moment at which the watch ended."""
    moments = [*(one.at for one in looks), ended]
    return max((later - one for one, later in itertools.pairwise(moments)), default=0.0)


def leaks(names: Iterable[str], seen: Mapping[str, Sequence[Vitals]], ended: float) -> list[str]:
    """What is wrong with processes that were to be watched, in words: those that grew, and those nobody can speak for."""
    told = []
    for name in names:
        looks = seen.get(name, ())
        found = growth(looks)
        if found is None:
            told.append(f"{name} was not watched: {len(looks)} looks")
        elif (silent := unheard(looks, ended)) > MOST_UNHEARD:
            told.append(f"{name} was not watched: it said nothing for {silent:.0f} s")
        elif found.leaks:
            told.append(f"{name} leaks {', '.join(found.leaks)}: {asdict(found)}")
    return told


def _median(looks: Sequence[Vitals]) -> dict[str, float]:
    return {name: float(statistics.median(getattr(one, name) for one in looks)) for name in ALLOWED}


@dataclass
class Ear:
    """How old the word of a process is, by our own monotonic clock: the wall clocks around us are stepped."""

    stamp: tuple[int, int] = (0, 0)
    since: float = 0.0

    def age(self, file: Path) -> float:
        """Seconds since `file` was first seen as it is now. OSError where there is none."""
        found = file.stat()
        if (stamp := (found.st_ino, found.st_mtime_ns)) != self.stamp:
            self.stamp, self.since = stamp, monotonic()
        return monotonic() - self.since


async def watch(slots: Sequence[Slot], seen: dict[str, list[Vitals]]) -> None:
    """Look at every process now and then until cancelled; a process that was started anew begins anew."""
    starts: dict[str, int] = {}
    ears: defaultdict[str, Ear] = defaultdict(Ear)
    while True:
        for slot in slots:
            if starts.get(slot.name) != slot.starts:
                starts[slot.name], seen[slot.name] = slot.starts, []
            if slot.runs and (found := look_at(slot, ears[slot.name])) is not None:
                seen[slot.name].append(found)
        await asyncio.sleep(EVERY_SECONDS)


def look_at(slot: Slot, ear: Ear) -> Vitals | None:
    """What /proc and the process itself say; None while it has said nothing, or nothing for too long."""
    process = Path("/proc") / str(slot.pid)
    try:
        if ear.age(slot.vitals_file) > FRESH_SECONDS:
            return None
        said: dict[str, Any] = json.loads(slot.vitals_file.read_text())
        pages = int((process / "statm").read_text().split()[1])
        files = len(list((process / "fd").iterdir()))
    except (OSError, ValueError):
        return None
    temporary = len(list(slot.temporary.iterdir()))
    return Vitals(monotonic(), round(pages * 4096 / 1_048_576, 2), files, int(said["tasks"]), temporary)
