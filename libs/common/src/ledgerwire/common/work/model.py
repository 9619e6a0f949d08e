"""What a worker is given and what it may do with it. Rows are the work; messages only ring (design of the doorbell)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Protocol
from uuid import UUID

from ledgerwire.common.db.session import Unit


class Priority(IntEnum):
    """Urgent work (a person or a fresh close waits) goes before bulk work of the same connection.

    What was sent and not answered goes before both: more is sent only once that is looked up, so that doubt does not grow
    with the backlog.
    """

    IN_DOUBT = -1
    URGENT = 0
    BULK = 1


@dataclass(frozen=True, slots=True)
class Doorbell:
    """What a message (or a schedule) asks for: one work row, made or woken."""

    account_id: UUID
    connection_id: UUID
    work_key: str
    kind: str
    priority: Priority
    correlation_id: str
    found_by: str
    causation_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    due_after: timedelta = timedelta(0)
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One claimed work row. `attempts` counts earlier failures.

    `generation` is what was seen at the claim; with `first_due_at` it tells the row from one that was made anew under its key.
    """

    account_id: UUID
    connection_id: UUID
    work_key: str
    kind: str
    priority: Priority
    attempts: int
    generation: int
    correlation_id: str
    causation_id: str | None
    found_by: str
    first_due_at: datetime
    payload: Mapping[str, Any]
    traceparent: str | None = None


class Group(Protocol):
    """Items of one connection, held under its lease.

    An item's effects commit in one `unit`, which others may share: where that fails each is written alone, so that no item
    suffers from another's fault.
    """

    account_id: UUID
    connection_id: UUID
    items: tuple[WorkItem, ...]

    @property
    def fence(self) -> int:
        """The lease's fencing number; results are written only while it is the current one."""
        ...

    def unit(self) -> AbstractAsyncContextManager[Unit]:
        """A transaction on this account that raises LeaseLost, before anything is written, if the fence is not ours any more."""
        ...

    async def ensure_lease(self, outlasts: timedelta) -> None:
        """Renew if needed; raise LeaseLost unless the lease is ours for longer than `outlasts` (call before a send)."""
        ...

    async def done(self, unit: Unit, item: WorkItem) -> None:
        """The item is finished: its row goes, unless a doorbell rang meanwhile (then it is due again at once)."""
        ...

    async def again(
        self, unit: Unit, item: WorkItem, *, code: str, after: timedelta | None = None, until: datetime | None = None
    ) -> None:
        """Look at the item again later (None, None = parked until a doorbell); does not count as a failed attempt."""
        ...

    async def fail(self, unit: Unit, item: WorkItem, error: Exception) -> None:
        """Route an error by its class: Waiting, Transient, Ambiguous -> later; Poison or too many bugs -> dead letter.

        `Stopped` is not for here: the service writes the record's stopped state itself, then calls `done`.
        """
        ...


class Handler(Protocol):
    """Handles one group. Every item must be settled (done, again, fail); an exception fails what is left by its class."""

    async def __call__(self, group: Group) -> None: ...


Ring = Callable[[Unit, Doorbell], Awaitable[None]]
