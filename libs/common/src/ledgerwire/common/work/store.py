"""The SQL of work rows. Every statement uses an index whatever the backlog: 100,000 rows of one connection cost nothing extra."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from ledgerwire.common.catalogue import code_of
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Ambiguous
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work import statements
from ledgerwire.common.work.model import Doorbell, Priority, WorkItem

STARVED_AFTER = timedelta(minutes=1)
"""Bulk work due for longer than this counts as urgent when connections are chosen, so that urgent ones cannot starve it."""

_KEY = "account_id = :account_id AND connection_id = :connection_id AND work_key = :work_key"


SCHEDULED = "SCHEDULED"
"""What a recurring row says that rests until its next time."""


@dataclass(frozen=True, slots=True)
class FailingLook:
    """A recurring look that met a fault last time. `cause` is the fault's code, with what tells it apart in brackets."""

    account_id: UUID
    connection_id: UUID
    kind: str
    cause: str

    @property
    def code(self) -> str:
        return code_of(self.cause)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A connection that has due work and is free."""

    account_id: UUID
    connection_id: UUID


class WorkStore:
    """The work table of one service."""

    def __init__(self, schema: ServiceSchema) -> None:
        self._service = schema.name
        table = schema.work
        self._ring = text(statements.ring(table))
        self._plant = text(statements.plant(table))
        self._candidates = text(statements.candidates(table))
        self._claim = text(statements.claim(table))
        self._delete = text(statements.delete(table))
        self._keep = text(statements.keep(table))
        self._later = text(
            f"UPDATE {table} SET attempts = attempts + :counted, last_code = :code,"
            " priority = CASE WHEN work_key = kind THEN priority ELSE least(priority, CAST(:priority AS smallint)) END,"
            " due_at = CASE WHEN generation = :generation AND first_due_at = :first_due_at"
            " THEN coalesce(CAST(:until AS timestamptz), now() + CAST(:after AS interval), 'infinity')"
            f" ELSE least(due_at, now()) END WHERE {_KEY}"
        )
        self._wake = text(
            f"UPDATE {table} AS work SET due_at = now() FROM (SELECT account_id, connection_id, work_key FROM {table}"
            " WHERE connection_id = :connection_id AND priority = :priority AND due_at > now() AND due_at < 'infinity' AND kind = :kind"
            " AND attempts > 0 AND last_code = ANY (CAST(:codes AS text[])) ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " AS asleep WHERE (work.account_id, work.connection_id, work.work_key)"
            " = (asleep.account_id, asleep.connection_id, asleep.work_key)"
        )
        self._oldest = text(statements.oldest(table))
        self._recurring = text(
            f"SELECT connection_id, kind FROM {table} WHERE work_key = kind AND kind = ANY (CAST(:kinds AS text[]))"
        )
        self._failing = text(
            f"SELECT account_id, connection_id, kind, last_code FROM {table} WHERE work_key = kind"
            " AND last_code <> :scheduled ORDER BY account_id, connection_id, kind"
        )

    async def ring(self, unit: Unit, doorbells: Iterable[Doorbell]) -> None:
        """Make or wake one row per doorbell, in one statement; a row that waits becomes due, one in hand is seen again."""
        await self._insert(unit, self._ring, doorbells)

    async def plant(self, unit: Unit, doorbells: Iterable[Doorbell]) -> None:
        """Make the rows that are not there; one that another process made meanwhile stays as it is."""
        await self._insert(unit, self._plant, doorbells)

    async def _insert(self, unit: Unit, statement: TextClause, doorbells: Iterable[Doorbell]) -> None:
        bells = sorted(_coalesced(doorbells), key=lambda bell: (bell.account_id, bell.connection_id, bell.work_key))
        if not bells:
            return
        await unit.execute(
            statement,
            {
                "account_id": [bell.account_id for bell in bells],
                "connection_id": [bell.connection_id for bell in bells],
                "work_key": [bell.work_key for bell in bells],
                "kind": [bell.kind for bell in bells],
                "priority": [int(bell.priority) for bell in bells],
                "due_after": [bell.due_after for bell in bells],
                "correlation_id": [bell.correlation_id for bell in bells],
                "causation_id": [bell.causation_id for bell in bells],
                "found_by": [bell.found_by for bell in bells],
                "payload": [json.dumps(dict(bell.payload), default=str) for bell in bells],
                "traceparent": [bell.traceparent for bell in bells],
            },
        )

    async def candidates(
        self, unit: Unit, *, grace: timedelta, limit: int, besides: Sequence[UUID] = ()
    ) -> list[Candidate]:
        """Free connections with due work: urgent before bulk, then the longest unserved."""
        result = await unit.execute(
            self._candidates,
            {
                "service": self._service,
                "grace": grace,
                "limit": limit,
                "besides": list(besides),
                "starved": STARVED_AFTER,
            },
        )
        return [Candidate(row.account_id, row.connection_id) for row in result]

    async def claim(self, unit: Unit, connection_id: UUID, *, limit: int, max_bytes: int) -> tuple[WorkItem, ...]:
        """Due rows of a connection whose lease is held, the most urgent first; at least one if any is due."""
        result = await unit.execute(
            self._claim, {"connection_id": connection_id, "limit": limit, "max_bytes": max_bytes}
        )
        return tuple(_item(row) for row in result.mappings())

    async def done(self, unit: Unit, *items: WorkItem) -> frozenset[str]:
        """Delete the rows; the keys (of one connection) for which a doorbell rang since the claim: they are due again."""
        rows = {
            "account_id": items[0].account_id,
            "connection_id": items[0].connection_id,
            "work_key": [item.work_key for item in items],
            "generation": [item.generation for item in items],
            "first_due_at": [item.first_due_at for item in items],
        }
        deleted = {row.work_key for row in await unit.execute(self._delete, rows)}
        rung = frozenset(item.work_key for item in items if item.work_key not in deleted)
        if rung:
            del rows["generation"], rows["first_due_at"]
            await unit.execute(self._keep, rows | {"work_key": sorted(rung)})
        return rung

    async def later(
        self,
        unit: Unit,
        item: WorkItem,
        *,
        code: str,
        after: timedelta | None = None,
        until: datetime | None = None,
        counted: bool = False,
    ) -> None:
        """Set the row due at `until`, or `after` from now, or parked (both None); at once if a doorbell rang meanwhile.

        A row whose outcome is not known is in doubt from then on and goes before the others, unless it is a recurring one.
        """
        await unit.execute(
            self._later,
            {
                **_key(item),
                "generation": item.generation,
                "first_due_at": item.first_due_at,
                "code": code,
                "after": after,
                "until": until,
                "counted": int(counted),
                "priority": int(Priority.IN_DOUBT if code == Ambiguous.code else Priority.BULK),
            },
        )

    async def wake(self, unit: Unit, connection_id: UUID, kind: str, codes: Iterable[str], *, limit: int) -> int:
        """Make the next rows due that were put off for passing trouble of these codes, urgent first; how many there were."""
        woken = 0
        for priority in Priority:
            values = {"connection_id": connection_id, "kind": kind, "priority": int(priority), "codes": sorted(codes)}
            woken += (await unit.execute(self._wake, values | {"limit": limit - woken})).rowcount
        return woken

    async def oldest_due(self, unit: Unit) -> timedelta | None:
        """How long the longest-waiting due row has been due; None when nothing is due."""
        age: timedelta | None = (await unit.execute(self._oldest)).scalar_one()
        return age

    async def recurring(self, unit: Unit, kinds: Collection[str]) -> set[tuple[UUID, str]]:
        """(connection, kind) of every recurring row of these kinds: such a row is named after its kind (system unit)."""
        rows = await unit.execute(self._recurring, {"kinds": list(kinds)})
        return {(row.connection_id, row.kind) for row in rows}

    async def failing_looks(self, unit: Unit) -> list[FailingLook]:
        """Recurring rows whose last look ended with a fault (system unit)."""
        rows = await unit.execute(self._failing, {"scheduled": SCHEDULED})
        return [FailingLook(row.account_id, row.connection_id, row.kind, row.last_code) for row in rows]


def _coalesced(doorbells: Iterable[Doorbell]) -> list[Doorbell]:
    """One doorbell per row: the last one's facts, the most urgent priority, the earliest moment."""
    rows: dict[tuple[UUID, UUID, str], Doorbell] = {}
    for bell in doorbells:
        key = (bell.account_id, bell.connection_id, bell.work_key)
        earlier = rows.get(key)
        if earlier is None:
            rows[key] = bell
        else:
            rows[key] = replace(
                bell,
                priority=min(bell.priority, earlier.priority),
                due_after=min(bell.due_after, earlier.due_after),
                payload={**earlier.payload, **bell.payload},
            )
    return list(rows.values())


def _key(item: WorkItem) -> dict[str, Any]:
    return {"account_id": item.account_id, "connection_id": item.connection_id, "work_key": item.work_key}


def _item(row: Any) -> WorkItem:
    values = dict(row)
    values["priority"] = Priority(values["priority"])
    return WorkItem(**values)
