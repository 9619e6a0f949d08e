"""Growth of a process: noise is noise, a leak is a leak."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest
from tests.chaos import stepped, vitals
from tests.chaos.slot import Slot
from tests.chaos.vitals import Ear, Vitals, growth, leaks, look_at, unheard, watch

ENDED = 600.0


def looks(
    *, memory: float = 0.0, files: float = 0.0, tasks: float = 0.0, temporary: float = 0.0, count: int = 100
) -> list[Vitals]:
    """A look every six seconds (a hundred: ten minutes) at a process that grows so much a look."""
    return [
        Vitals(6.0 * n, 100.0 + memory * n, round(20 + files * n), round(15 + tasks * n), round(temporary * n))
        for n in range(count)
    ]


def test_a_process_that_stays_as_it_is_leaks_nothing() -> None:
    found = growth(looks())
    assert found is not None
    assert (found.leaks, found.memory_mb_per_hour) == ([], 0.0)


def test_each_thing_that_keeps_growing_is_told() -> None:
    for name, seen in {"memory_mb": looks(memory=0.2), "files": looks(files=0.3), "tasks": looks(tasks=0.5)}.items():
        found = growth(seen)
        assert found is not None
        assert found.leaks[:1] == [name]
    left = growth(looks(temporary=0.05))
    assert left is not None
    assert left.leaks == ["temporary"]


def test_the_slope_of_the_memory_is_in_megabytes_an_hour() -> None:
    found = growth(looks(memory=0.01))
    assert found is not None
    assert found.memory_mb_per_hour == 6.0


def test_a_longer_run_tells_a_slower_leak_and_one_of_twelve_hours_that_of_a_megabyte_an_hour() -> None:
    for minutes, bar in {20: 36.0, 60: 12.0, 720: 1.0}.items():
        found = growth(looks(count=minutes * 10))
        assert found is not None
        assert abs(found.allowed_mb_per_hour - bar) < 0.02 * bar + 0.01


def test_a_leak_of_forty_megabytes_an_hour_is_told_by_a_run_of_twenty_minutes() -> None:
    found = growth(looks(memory=40.0 * 6.0 / 3600.0, count=200))
    assert found is not None
    assert found.leaks == ["memory_mb_per_hour"]


def test_noise_and_a_jump_of_three_megabytes_are_no_leak() -> None:
    draw = random.Random(1)  # noqa: S311 - noise
    noisy = [replace(one, memory_mb=one.memory_mb + draw.uniform(-2, 2)) for one in looks(count=200)]
    jumped = [replace(one, memory_mb=one.memory_mb + 3.0 * (number >= 140)) for number, one in enumerate(noisy)]
    for seen in (noisy, jumped):
        found = growth(seen)
        assert found is not None
        assert found.leaks == []


def test_a_process_nobody_can_speak_for_is_told_as_one_that_leaks() -> None:
    seen = {"ingest-1": looks(), "mapper-1": looks()[:10], "poster-2": looks(tasks=0.5)}
    told = leaks(["ingest-1", "mapper-1", "poster-1", "poster-2"], seen, ENDED)
    assert [one.split(":")[0] for one in told] == [
        "mapper-1 was not watched",
        "poster-1 was not watched",
        "poster-2 leaks tasks",
    ]


def test_too_few_looks_say_nothing() -> None:
    assert growth(looks()[:10]) is None


def test_a_process_that_fell_silent_is_told_as_one_nobody_watched() -> None:
    whole = looks()
    seen = {"stopped": whole[:60], "paused": [*whole[:40], *whole[60:]], "heard": whole}
    assert unheard(whole, ENDED) == 6.0
    assert leaks(seen, seen, ENDED) == [
        "stopped was not watched: it said nothing for 246 s",
        "paused was not watched: it said nothing for 126 s",
    ]


@dataclass
class Us:
    """A slot in which this very process runs."""

    vitals_file: Path
    temporary: Path
    name: str = "poster-1"
    starts: int = 1
    runs: bool = True
    pid: int = os.getpid()

    def says(self, tasks: int) -> None:
        fresh = self.vitals_file.with_suffix(".new")
        fresh.write_text(json.dumps({"tasks": tasks}))
        fresh.replace(self.vitals_file)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Our own monotonic clock, to be moved."""
    moment = [1000.0]
    monkeypatch.setattr(vitals, "monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def us(tmp_path: Path) -> Us:
    (tmp_path / "tmp").mkdir()
    return Us(tmp_path / "poster-1.vitals", tmp_path / "tmp")


def test_what_a_process_said_long_ago_is_not_taken_for_how_it_is(us: Us, clock: list[float]) -> None:
    ear, slot = Ear(), cast("Slot", us)
    assert look_at(slot, ear) is None
    us.says(17)
    for seconds, heard in [(0.0, True), (vitals.FRESH_SECONDS, True), (1.0, False), (3600.0, False)]:
        clock[0] += seconds
        found = look_at(slot, ear)
        assert (found is not None) is heard
    us.says(18)
    found = look_at(slot, ear)
    assert found is not None
    assert found.tasks == 18


@pytest.mark.parametrize("wrong", [-70 * 86_400.0, 0.0, 70 * 86_400.0])
def test_the_age_of_a_word_does_not_follow_a_wall_clock(us: Us, clock: list[float], wrong: float) -> None:
    ear = Ear()
    us.says(17)
    written = us.vitals_file.stat().st_mtime + wrong
    os.utime(us.vitals_file, (written, written))
    assert ear.age(us.vitals_file) == 0.0
    clock[0] += 4.0
    assert ear.age(us.vitals_file) == 4.0


async def test_the_task_that_tells_the_vitals_dies_and_the_process_counts_as_unwatched(
    us: Us, clock: list[float], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    turns = iter_of(us, clock, dies_after=40)
    monkeypatch.setattr(vitals, "asyncio", Turns(turns))
    seen: dict[str, list[Vitals]] = {}
    with suppress(StopAsyncIteration):
        await watch([cast("Slot", us)], seen)
    assert [one.partition(":")[2] for one in leaks(seen, seen, clock[0])] == [" it said nothing for 110 s"]

    async def dies() -> None:
        raise OSError("no space left on device")

    task = asyncio.create_task(dies())
    task.add_done_callback(stepped._say_why)
    await asyncio.wait({task})
    assert "no space left on device" in capsys.readouterr().err


def iter_of(us: Us, clock: list[float], dies_after: int) -> Iterator[None]:
    """A hundred turns of the watch, two seconds apart; the process writes in the first of them only."""
    for turn in range(100):
        clock[0] += vitals.EVERY_SECONDS
        if turn < dies_after:
            us.says(17)
        yield None


@dataclass
class Turns:
    """What `watch` sleeps on: the next turn."""

    turns: Iterator[None]

    async def sleep(self, _: float) -> None:
        if next(self.turns, ...) is ...:
            raise StopAsyncIteration
