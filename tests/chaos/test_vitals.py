"""Growth of a process: noise is noise, a leak is a leak."""

from __future__ import annotations

from tests.chaos.vitals import Vitals, growth


def looks(*, memory: float = 0.0, files: float = 0.0, tasks: float = 0.0, temporary: float = 0.0) -> list[Vitals]:
    """A hundred looks over ten minutes at a process that grows so much a look."""
    return [
        Vitals(6.0 * n, 100.0 + memory * n, round(20 + files * n), round(15 + tasks * n), round(temporary * n))
        for n in range(100)
    ]


def test_a_process_that_stays_as_it_is_leaks_nothing() -> None:
    found = growth(looks())
    assert found is not None
    assert (found.leaks, found.memory_mb_per_hour) == ([], 0.0)


def test_each_thing_that_keeps_growing_is_told() -> None:
    for name, each in {"memory_mb": {"memory": 0.2}, "files": {"files": 0.3}, "tasks": {"tasks": 0.5}}.items():
        found = growth(looks(**each))
        assert found is not None
        assert found.leaks == [name]
    left = growth(looks(temporary=0.05))
    assert left is not None
    assert left.leaks == ["temporary"]


def test_the_slope_of_the_memory_is_in_megabytes_an_hour() -> None:
    found = growth(looks(memory=0.01))
    assert found is not None
    assert found.memory_mb_per_hour == 6.0


def test_too_few_looks_say_nothing() -> None:
    assert growth(looks()[:10]) is None
