"""The single-record batch: its state machine and its name (M7, A112)."""

from __future__ import annotations

import re
from enum import StrEnum

from ledgerwire.common.ids import RecordId, short_hex
from ledgerwire.common.record_type import RecordType

MAX_IDENTIFIER = 50
_KEPT = re.compile(r"[^A-Za-z0-9-]+")
_REVISION = re.compile(r"-R(\d+)$")


class BatchState(StrEnum):
    """due: all documents are in the ledger. batching: the call may have been sent. batched: proved by re-reading.

    incomplete: ConnectWise has the batch but the record is still unposted (BATCH_INCOMPLETE). deleted: it was batched, and
    the batch was taken apart in ConnectWise since; or the record itself was deleted there.
    """

    DUE = "due"
    BATCHING = "batching"
    BATCHED = "batched"
    INCOMPLETE = "incomplete"
    DELETED = "deleted"


class BatchEvent(StrEnum):
    """What can happen to a batch."""

    SENT = "sent"
    PROVED = "proved"
    HALF = "half"
    ABSENT = "absent"
    DELETED = "deleted"
    WANTED_AGAIN = "wanted_again"


_TRANSITIONS: dict[tuple[BatchState, BatchEvent], BatchState] = {
    (BatchState.DUE, BatchEvent.SENT): BatchState.BATCHING,
    (BatchState.BATCHING, BatchEvent.SENT): BatchState.BATCHING,
    (BatchState.BATCHING, BatchEvent.PROVED): BatchState.BATCHED,
    (BatchState.BATCHING, BatchEvent.HALF): BatchState.INCOMPLETE,
    (BatchState.BATCHING, BatchEvent.ABSENT): BatchState.DUE,
    (BatchState.INCOMPLETE, BatchEvent.PROVED): BatchState.BATCHED,
    **{(state, BatchEvent.DELETED): BatchState.DELETED for state in BatchState},
    (BatchState.BATCHED, BatchEvent.WANTED_AGAIN): BatchState.DUE,
    (BatchState.DELETED, BatchEvent.WANTED_AGAIN): BatchState.DUE,
    (BatchState.DELETED, BatchEvent.SENT): BatchState.BATCHING,
}


class IllegalBatchTransitionError(AssertionError):
    """A transition that the protocol does not have was asked for: a bug."""


def advance(state: BatchState, event: BatchEvent) -> BatchState:
    """The state after `event`; raises IllegalBatchTransitionError where the protocol has no such step."""
    try:
        return _TRANSITIONS[state, event]
    except KeyError:
        raise IllegalBatchTransitionError(f"a batch that is {state} cannot take {event}") from None


def batch_identifier(kind: str, number: str, record: RecordId, revision: int) -> str:
    """Name a record's batch: `<kind>-<number>-<6 hex of the record id>[-R<n>]`, only [A-Za-z0-9-], at most 50 (M7).

    The hex keeps two records with one number apart; a number too long for the limit is cut, never the hex.
    """
    suffix = f"-{short_hex(record)}" + (f"-R{revision}" if revision > 1 else "")
    plain = _KEPT.sub("-", number).strip("-")
    room = MAX_IDENTIFIER - len(kind) - 1 - len(suffix)
    return f"{kind}-{plain[:room]}{suffix}"


def revision_named(identifier: str) -> int:
    """The revision that a name made by `batch_identifier` ends in; 1 for one that ends in none."""
    found = _REVISION.search(identifier)
    return int(found[1]) if found else 1


def batch_kind(record_type: RecordType, source_id: str, *, credit: bool) -> str:
    """The kind prefix of a batch name: INV, CM, PO, EXP or ADJ (M7).

    `source_id` of a procurement record ends in what it is: `12-4711-purchase`, `7-adjustment`, `3-transfer`.
    """
    if record_type is RecordType.INVOICE:
        return "CM" if credit else "INV"
    if record_type is RecordType.EXPENSE:
        return "EXP"
    return "PO" if source_id.casefold().endswith("purchase") else "ADJ"
