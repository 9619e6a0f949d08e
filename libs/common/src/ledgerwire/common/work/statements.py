"""The statements over a service's work table, written once for each table."""

from __future__ import annotations

from ledgerwire.common.work.model import Priority

_ITEM = (
    "account_id, connection_id, work_key, kind, priority, attempts, generation, correlation_id, causation_id, found_by,"
    " first_due_at, payload, traceparent"
)


def _insert(table: str) -> str:
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
        " ON CONFLICT (account_id, connection_id, work_key)"
    )


def ring(table: str) -> str:
    return (
        f"{_insert(table)} DO UPDATE SET kind = excluded.kind,"
        " priority = least(work.priority, excluded.priority), due_at = least(work.due_at, excluded.due_at),"
        " generation = work.generation + 1, correlation_id = excluded.correlation_id,"
        " causation_id = excluded.causation_id, found_by = excluded.found_by, traceparent = excluded.traceparent,"
        " payload = work.payload || excluded.payload"
    )


def plant(table: str) -> str:
    """Rows that are missing: one that is there may be in hand, and is not rung for."""
    return f"{_insert(table)} DO NOTHING"


def delete(table: str) -> str:
    """Rows are locked in the order in which doorbells lock theirs, so that neither waits for the other in a circle."""
    return (
        f"WITH mine AS (SELECT work_key FROM {table} WHERE account_id = :account_id AND connection_id = :connection_id"
        ' AND work_key = ANY (CAST(:work_key AS text[])) ORDER BY work_key COLLATE "C" FOR UPDATE)'
        f" DELETE FROM {table} AS work USING mine,"
        " unnest(CAST(:work_key AS text[]), CAST(:generation AS bigint[]), CAST(:first_due_at AS timestamptz[]))"
        " AS item (work_key, generation, first_due_at)"
        " WHERE work.account_id = :account_id AND work.connection_id = :connection_id AND work.work_key = mine.work_key"
        " AND item.work_key = mine.work_key AND work.generation = item.generation"
        " AND work.first_due_at = item.first_due_at RETURNING work.work_key"
    )


def keep(table: str) -> str:
    return (
        f"UPDATE {table} SET due_at = least(due_at, now()), attempts = 0, last_code = NULL"
        " WHERE account_id = :account_id AND connection_id = :connection_id AND work_key = ANY (CAST(:work_key AS text[]))"
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


def candidates(table: str) -> str:
    first_due = "".join(
        f" LEFT JOIN LATERAL (SELECT due_at FROM {table} AS row WHERE row.connection_id = connections.connection_id"
        f" AND row.priority = {int(priority)} AND row.due_at <= now() ORDER BY row.due_at LIMIT 1)"
        f" AS {priority.name.lower()} ON true"
        for priority in Priority
    )
    pressing = "least(in_doubt.due_at, urgent.due_at)"
    return (
        f"{_each_connection(table)} SELECT connections.account_id, connections.connection_id FROM connections{first_due}"
        " LEFT JOIN tenants.lease ON lease.service = :service AND lease.connection_id = connections.connection_id"
        f" WHERE ({pressing} IS NOT NULL OR bulk.due_at IS NOT NULL)"
        " AND (lease.expires_at IS NULL OR lease.expires_at + CAST(:grace AS interval) <= now())"
        " AND connections.connection_id <> ALL (CAST(:besides AS uuid[]))"
        f" ORDER BY ({pressing} IS NULL AND bulk.due_at > now() - CAST(:starved AS interval)),"
        f" coalesce(lease.served_at, '-infinity'), least({pressing}, bulk.due_at) LIMIT :limit"
    )


def claim(table: str) -> str:
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


def oldest(table: str) -> str:
    first_due = " UNION ALL ".join(
        f"(SELECT due_at FROM {table} AS row WHERE row.connection_id = connections.connection_id"
        f" AND row.priority = {int(priority)} AND row.due_at <= now() ORDER BY row.due_at LIMIT 1)"
        for priority in Priority
    )
    return (
        f"{_each_connection(table)} SELECT now() - min(first.due_at) FROM connections"
        f" CROSS JOIN LATERAL ({first_due}) AS first"
    )
