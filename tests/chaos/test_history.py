"""The checker of histories: a sound run is sound, and every planted fault turns it red."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.chaos.history import History, check

SOUND = History(
    attempted=("A", "B", "C", "Z"),
    acknowledged=("A", "B", "Z"),
    documents=("A", "B", "C"),
    batched=("A", "B", "C", "Z"),
    no_document=("Z",),
    told=("A", "B", "C", "Z"),
)
"""Three invoices and one without effect; the callback about C was lost and C is there all the same."""


def test_a_sound_run_counts_its_seven_numbers() -> None:
    verdict = check(SOUND)
    assert verdict.sound
    assert (verdict.attempted, verdict.acknowledged, verdict.ok) == (4, 3, 4)
    assert (verdict.lost, verdict.unexpected, verdict.duplicated, verdict.recovered) == (0, 0, 0, 1)


def test_what_was_acknowledged_and_is_not_in_the_ledger_is_lost() -> None:
    verdict = check(replace(SOUND, documents=("B", "C")))
    assert (verdict.lost, verdict.missing, verdict.sound) == (1, 1, False)
    assert verdict.examples["lost"] == ("A",)


def test_what_has_a_document_and_no_batch_is_lost_too() -> None:
    verdict = check(replace(SOUND, batched=("B", "C", "Z")))
    assert (verdict.lost, verdict.sound) == (1, False)


def test_what_nobody_acknowledged_and_is_not_there_is_missing_but_not_lost() -> None:
    verdict = check(replace(SOUND, documents=("A", "B"), batched=("A", "B", "Z"), told=("A", "B", "Z")))
    assert (verdict.lost, verdict.missing, verdict.recovered, verdict.sound) == (0, 1, 0, False)


def test_a_second_document_is_a_duplicate() -> None:
    verdict = check(replace(SOUND, documents=("A", "A", "B", "C")))
    assert (verdict.duplicated, verdict.ok, verdict.lost, verdict.sound) == (1, 3, 0, False)


def test_a_second_batch_is_a_duplicate() -> None:
    verdict = check(replace(SOUND, batched=("A", "B", "B", "C", "Z")))
    assert (verdict.duplicated, verdict.sound) == (1, False)


@pytest.mark.parametrize(
    "planted",
    [
        {"documents": ("A", "B", "C", "X")},
        {"batched": ("A", "B", "C", "Z", "X")},
        {"documents": ("A", "B", "C", "Z")},
        {"acknowledged": ("A", "B", "Z", "X")},
    ],
    ids=["a document nobody asked for", "a batch nobody asked for", "a document without effect", "an unknown callback"],
)
def test_what_nobody_attempted_is_unexpected(planted: dict[str, tuple[str, ...]]) -> None:
    verdict = check(replace(SOUND, **planted))
    assert (verdict.unexpected, verdict.sound) == (1, False)


@pytest.mark.parametrize("told", [("A", "B", "C"), ("A", "B", "C", "Z", "X")])
def test_our_own_rows_must_say_the_same(told: tuple[str, ...]) -> None:
    verdict = check(replace(SOUND, told=told))
    assert (verdict.untold, verdict.sound) == (1, False)


_NUMBERS = st.frozensets(st.integers(1, 60).map(str), min_size=1)


@given(numbers=_NUMBERS, data=st.data())
def test_any_one_fault_planted_in_any_sound_run_is_found(numbers: frozenset[str], data: st.DataObject) -> None:
    acknowledged = data.draw(st.frozensets(st.sampled_from(sorted(numbers))))
    sound = History(numbers, acknowledged, numbers, numbers, (), numbers)
    assert check(sound).sound
    assert check(sound).recovered == len(numbers) - len(acknowledged)
    victim = data.draw(st.sampled_from(sorted(numbers)))
    planted = [
        replace(sound, documents=numbers - {victim}),
        replace(sound, batched=numbers - {victim}),
        replace(sound, documents=[*numbers, victim]),
        replace(sound, batched=[*numbers, victim]),
        replace(sound, documents=[*numbers, "nobody's"]),
        replace(sound, told=numbers - {victim}),
    ]
    assert not any(check(one).sound for one in planted)
