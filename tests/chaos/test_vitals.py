"""Growth of a process: noise is noise, a leak is a leak."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.chaos.vitals import Vitals, growth, leaks


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
    told = leaks(["ingest-1", "mapper-1", "poster-1", "poster-2"], seen)
    assert [one.split(":")[0] for one in told] == [
        "mapper-1 was not watched",
        "poster-1 was not watched",
        "poster-2 leaks tasks",
    ]


def test_too_few_looks_say_nothing() -> None:
    assert growth(looks()[:10]) is None
