"""What a dead letter is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from ledgerwire.common.catalogue import code_of

WORK_QUEUE = "work"
"""The queue name of dead letters that were work rows, not messages."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message or a work row that is tried no more.

    Attributes:
        queue: the queue a message came from, or WORK_QUEUE.
        cause: stable code, for a fault of ours with its place in brackets; groups are made by it.
        detail: for operators: the reason, with a traceback where the cause was a fault of ours.
        payload: the message body, or the work row as canonical JSON.
        state: dead | replayed | discarded.
    """

    queue: str
    cause: str
    detail: str
    payload: bytes
    account_id: UUID | None = None
    message_id: str | None = None
    type: str | None = None
    subject: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0
    mapping_version: int | None = None
    correlation_id: str | None = None
    dead_letter_id: UUID = field(default_factory=uuid4)
    dead_at: datetime | None = None
    state: str = "dead"

    @property
    def code(self) -> str:
        """The cause without what stands in brackets."""
        return code_of(self.cause)


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Dead letters of one cause."""

    queue: str
    cause: str
    count: int
    oldest: datetime
    newest: datetime


class ReplayResult(StrEnum):
    """What a replay did (or, in a dry run, would do)."""

    REPLAYED = "replayed"
    ALREADY_SETTLED = "already settled"
    NOT_REPLAYABLE = "not replayable"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome for one dead letter. `reason`: why it cannot be replayed, or as what it was settled before."""

    dead_letter_id: UUID
    result: ReplayResult
    reason: str = ""
