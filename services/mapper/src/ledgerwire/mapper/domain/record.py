"""Where a record stands with the mapper. Pure; a transition that is not in the table cannot be made."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class RecordState(StrEnum):
    """The eleven states.

    received: known, to be looked at. open: not closed, or not listed; the next close rings. mapped: documents announced.
    held: by a person, or because the account is not live. waiting: a dependency decides when it goes on. stopped: a
    person must act. skipped: nothing is to be done with it. superseded: it is not in the PSA any more. no_effect: to be
    batched without a document. onboarded: was there before the account, only counted. dead: a fault of ours.
    """

    RECEIVED = "received"
    OPEN = "open"
    MAPPED = "mapped"
    HELD = "held"
    WAITING = "waiting"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    SUPERSEDED = "superseded"
    NO_EFFECT = "no_effect"
    ONBOARDED = "onboarded"
    DEAD = "dead"


class RecordEvent(StrEnum):
    """What happens to a record: what a look found, or what a person did."""

    FOUND_OPEN = "found_open"
    MAPPED = "mapped"
    NO_EFFECT = "no_effect"
    STOPPED = "stopped"
    HELD = "held"
    SKIPPED = "skipped"
    BATCHED_ELSEWHERE = "batched_elsewhere"
    WAITING = "waiting"
    VANISHED = "vanished"
    ONBOARDED = "onboarded"
    DIED = "died"
    WOKEN = "woken"


class IllegalTransitionError(ValueError):
    """The record cannot take this step from where it stands."""


_S, _E = RecordState, RecordEvent

_LOOKED: Mapping[RecordEvent, RecordState] = {
    _E.FOUND_OPEN: _S.OPEN,
    _E.MAPPED: _S.MAPPED,
    _E.NO_EFFECT: _S.NO_EFFECT,
    _E.STOPPED: _S.STOPPED,
    _E.HELD: _S.HELD,
    _E.SKIPPED: _S.SKIPPED,
    _E.BATCHED_ELSEWHERE: _S.SKIPPED,
    _E.WAITING: _S.WAITING,
    _E.VANISHED: _S.SUPERSEDED,
    _E.DIED: _S.DEAD,
    _E.WOKEN: _S.RECEIVED,
}
"""Every look decides anew, whatever an earlier one said."""

TRANSITIONS: Mapping[RecordState, Mapping[RecordEvent, RecordState]] = MappingProxyType(
    {
        _S.RECEIVED: {**_LOOKED, _E.ONBOARDED: _S.ONBOARDED},
        _S.OPEN: _LOOKED,
        _S.MAPPED: _LOOKED,
        _S.NO_EFFECT: _LOOKED,
        _S.STOPPED: _LOOKED,
        _S.WAITING: _LOOKED,
        _S.HELD: _LOOKED,
        _S.SKIPPED: _LOOKED,
        _S.SUPERSEDED: {event: state for event, state in _LOOKED.items() if event is not _E.HELD},
        _S.ONBOARDED: {_E.WOKEN: _S.RECEIVED, _E.VANISHED: _S.SUPERSEDED},
        _S.DEAD: _LOOKED,
    }
)


def advance(state: RecordState, event: RecordEvent) -> RecordState:
    """The state after an event; IllegalTransitionError where the table has none."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalTransitionError(f"a record that is {state} cannot be {event}") from None
