"""The SQL of work rows. Every statement uses an index whatever the backlog: 100,000 rows of one connection cost nothing extra."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.model import Doorbell, Priority, WorkItem

STARVED_AFTER = timedelta(minutes=1)
"""Bulk work due for longer than this counts as urgent when connections are chosen, so that urgent ones cannot starve it."""

_ITEM = (
    "account_id, connection_id, work_key, kind, priority, attempts, generation, correlation_id, causation_id, found_by,"
    " first_due_at, payload, traceparent"
)
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
        return self.cause.partition("[")[0]


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
        self._ring = text(_ring_sql(table))
        self._candidates = text(_candidates_sql(table))
        self._claim = text(_claim_sql(table))
        self._delete = text(f"DELETE FROM {table} WHERE {_KEY} AND generation = :generation")
        self._keep = text(
            f"UPDATE {table} SET due_at = least(due_at, now()), attempts = 0, last_code = NULL WHERE {_KEY}"
        )
        self._later = text(
            f"UPDATE {table} SET attempts = attempts + :counted, last_code = :code, due_at = CASE WHEN generation ="
            " :generation THEN coalesce(CAST(:until AS timestamptz), now() + CAST(:after AS interval), 'infinity')"
            f" ELSE least(due_at, now()) END WHERE {_KEY}"
        )
        self._wake = text(
            f"UPDATE {table} AS work SET due_at = now() FROM (SELECT account_id, connection_id, work_key FROM {table}"
            " WHERE connection_id = :connection_id AND priority = :priority AND due_at > now() AND due_at < 'infinity' AND kind = :kind"
            " AND attempts > 0 AND last_code = ANY (CAST(:codes AS text[])) ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " AS asleep WHERE (work.account_id, work.connection_id, work.work_key)"
            " = (asleep.account_id, asleep.connection_id, asleep.work_key)"
        )
        self._oldest = text(_oldest_sql(table))
        self._recurring = text(
            f"SELECT connection_id, work_key FROM {table} WHERE work_key = ANY (CAST(:kinds AS text[]))"
        )
        self._failing = text(
            f"SELECT account_id, connection_id, kind, last_code FROM {table} WHERE work_key = kind"
            " AND last_code <> :scheduled ORDER BY account_id, connection_id, kind"
        )

    async def ring(self, unit: Unit, doorbells: Iterable[Doorbell]) -> None:
        """Make or wake one row per doorbell, in one statement; a row that waits becomes due, one in hand is seen again."""
        bells = sorted(_coalesced(doorbells), key=lambda bell: (bell.account_id, bell.connection_id, bell.work_key))
        if not bells:
            return
        await unit.execute(
            self._ring,
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
        """Due rows of a connection whose lease is held, urgent first; at least one if any is due."""
        result = await unit.execute(
            self._claim, {"connection_id": connection_id, "limit": limit, "max_bytes": max_bytes}
        )
        return tuple(_item(row) for row in result.mappings())

    async def done(self, unit: Unit, item: WorkItem) -> bool:
        """Delete the row; False if a doorbell rang since the claim, then it is due again."""
        deleted = await unit.execute(self._delete, {**_key(item), "generation": item.generation})
        if deleted.rowcount:
            return True
        await unit.execute(self._keep, _key(item))
        return False

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
        """Set the row due at `until`, or `after` from now, or parked (both None); at once if a doorbell rang meanwhile."""
        await unit.execute(
            self._later,
            {
                **_key(item),
                "generation": item.generation,
                "code": code,
                "after": after,
                "until": until,
                "counted": int(counted),
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
        return {(row.connection_id, row.work_key) for row in rows}

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


def _ring_sql(table: str) -> str:
    return (
        f"INSERT INTO {table} AS work (account_id, connection_id, work_key, kind, priority, due_at, correlation_id,"
        " causation_id, found_by, payload, traceparent)"
        " SELECT account_id, connection_id, work_key, kind, priority, now() + due_after, correlation_id, causation_id,"
        " found_by, CAST(payload AS jsonb), traceparent FROM unnest(CAST(:account_id AS uuid[]),"
        " CAST(:connection_id AS uuid[]),"
        " CAST(:work_key AS text[]), CAST(:kind AS text[]), CAST(:priority AS smallint[]),"
        " CAST(:due_after AS interval[]), CAST(:correlation_id AS text[]), CAST(:causation_id AS text[]),"
        " CAST(:found_by AS text[]), CAST(:payload AS text[]), CAST(:traceparent AS text[]))"
        " AS bell (account_id, connection_id, work_key, kind,"
        " priority, due_after, correlation_id, causation_id, found_by, payload, traceparent)"
        " ON CONFLICT (account_id, connection_id, work_key) DO UPDATE SET kind = excluded.kind,"
        " priority = least(work.priority, excluded.priority), due_at = least(work.due_at, excluded.due_at),"
        " generation = work.generation + 1, correlation_id = excluded.correlation_id,"
        " causation_id = excluded.causation_id, found_by = excluded.found_by, traceparent = excluded.traceparent,"
        " payload = work.payload || excluded.payload"
    )


def _each_connection(table: str) -> str:
    """Steps from one connection to the next along the index instead of reading every row of each."""
    return (
        "WITH RECURSIVE connections AS ("
        f"(SELECT connection_id, account_id FROM {table} ORDER BY connection_id LIMIT 1)"
        " UNION ALL SELECT following.connection_id, following.account_id FROM connections CROSS JOIN LATERAL ("
        f"SELECT connection_id, account_id FROM {table} AS next WHERE next.connection_id > connections.connection_id"
        " ORDER BY next.connection_id LIMIT 1) AS following)"
    )


def _candidates_sql(table: str) -> str:
    urgent, bulk = int(Priority.URGENT), int(Priority.BULK)
    first_due = (
        f"SELECT due_at FROM {table} AS row WHERE row.connection_id = connections.connection_id"
        " AND row.priority = {priority} AND row.due_at <= now() ORDER BY row.due_at LIMIT 1"
    )
    return (
        f"{_each_connection(table)} SELECT connections.account_id, connections.connection_id FROM connections"
        f" LEFT JOIN LATERAL ({first_due.format(priority=urgent)}) AS urgent ON true"
        f" LEFT JOIN LATERAL ({first_due.format(priority=bulk)}) AS bulk ON true"
        " LEFT JOIN tenants.lease ON lease.service = :service AND lease.connection_id = connections.connection_id"
        " WHERE (urgent.due_at IS NOT NULL OR bulk.due_at IS NOT NULL)"
        " AND (lease.expires_at IS NULL OR lease.expires_at + CAST(:grace AS interval) <= now())"
        " AND connections.connection_id <> ALL (CAST(:besides AS uuid[]))"
        " ORDER BY (urgent.due_at IS NULL AND bulk.due_at > now() - CAST(:starved AS interval)),"
        " coalesce(lease.served_at, '-infinity'), least(urgent.due_at, bulk.due_at) LIMIT :limit"
    )


def _claim_sql(table: str) -> str:
    due = (
        f"(SELECT {_ITEM}, due_at FROM {table} WHERE connection_id = :connection_id AND priority = {{priority}}"
        " AND due_at <= now() ORDER BY due_at LIMIT :limit)"
    )
    both = " UNION ALL ".join(due.format(priority=int(priority)) for priority in Priority)
    return (
        f"SELECT {_ITEM} FROM (SELECT *, row_number() OVER turn AS place,"
        f" sum(octet_length(CAST(payload AS text))) OVER turn AS bytes FROM ({both}) AS due"
        " WINDOW turn AS (ORDER BY priority, due_at, work_key ROWS UNBOUNDED PRECEDING)) AS sized"
        " WHERE place <= :limit AND (bytes <= :max_bytes OR place = 1) ORDER BY place"
    )


def _oldest_sql(table: str) -> str:
    first_due = " UNION ALL ".join(
        f"(SELECT due_at FROM {table} AS row WHERE row.connection_id = connections.connection_id"
        f" AND row.priority = {int(priority)} AND row.due_at <= now() ORDER BY row.due_at LIMIT 1)"
        for priority in Priority
    )
    return (
        f"{_each_connection(table)} SELECT now() - min(first.due_at) FROM connections"
        f" CROSS JOIN LATERAL ({first_due}) AS first"
    )
