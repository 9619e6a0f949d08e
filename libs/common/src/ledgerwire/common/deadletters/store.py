"""Rows of the dead letter table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit
from ledgerwire.common.deadletters.model import CauseGroup, DeadLetter
from ledgerwire.common.redaction import redact
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.telemetry import DEAD_LETTERS

_COLUMNS = (
    "dead_letter_id, account_id, queue, message_id, type, subject, cause, detail, payload, headers, attempts,"
    " mapping_version, correlation_id, dead_at, state"
)
_INSERT_COLUMNS = (
    "dead_letter_id, account_id, queue, message_id, type, subject, cause, detail, payload, headers, attempts,"
    " mapping_version, correlation_id"
)


async def write(unit: Unit, schema: ServiceSchema, letters: Sequence[DeadLetter]) -> None:
    """Add dead letters to the transaction that decided them."""
    statement = text(
        f"INSERT INTO {schema.dead_letter} ({_INSERT_COLUMNS}) VALUES (:dead_letter_id, :account_id, :queue, :message_id,"
        " :type, :subject, :cause, :detail, :payload, CAST(:headers AS jsonb), :attempts, :mapping_version,"
        " :correlation_id)"
    )
    for letter in letters:
        await unit.execute(statement, _parameters(letter))
        DEAD_LETTERS.labels(schema.name, letter.code).inc()


async def listed(
    unit: Unit,
    schema: ServiceSchema,
    *,
    cause: str | None = None,
    state: str = "dead",
    limit: int = 1000,
    after: DeadLetter | None = None,
) -> list[DeadLetter]:
    """Dead letters the unit may see, oldest first; `after` is the last one of the page before.

    `cause` is a whole cause, or a code: then it means each cause of that code.
    """
    result = await unit.execute(
        text(
            f"SELECT {_COLUMNS} FROM {schema.dead_letter} WHERE state = :state"
            " AND (CAST(:cause AS text) IS NULL OR :cause IN (cause, split_part(cause, '[', 1)))"
            " AND (CAST(:at AS timestamptz) IS NULL OR (dead_at, dead_letter_id) > (:at, CAST(:id AS uuid)))"
            " ORDER BY dead_at, dead_letter_id LIMIT :limit"
        ),
        {
            "state": state,
            "cause": cause,
            "limit": limit,
            "at": after.dead_at if after else None,
            "id": after.dead_letter_id if after else None,
        },
    )
    return [_letter(row) for row in result.mappings()]


async def by_cause(unit: Unit, schema: ServiceSchema) -> list[CauseGroup]:
    """What lies dead, counted by queue and cause, the largest group first."""
    result = await unit.execute(
        text(
            "SELECT queue, cause, count(*) AS count, min(dead_at) AS oldest, max(dead_at) AS newest"
            f" FROM {schema.dead_letter} WHERE state = 'dead' GROUP BY queue, cause ORDER BY count(*) DESC, cause"
        )
    )
    return [CauseGroup(**row) for row in result.mappings()]


async def shown(unit: Unit, schema: ServiceSchema, dead_letter_id: UUID, *, lock: bool = False) -> DeadLetter | None:
    """One dead letter in full; `lock` keeps others from settling it until the unit ends."""
    result = await unit.execute(
        text(f"SELECT {_COLUMNS} FROM {schema.dead_letter} WHERE dead_letter_id = :id {'FOR UPDATE' if lock else ''}"),
        {"id": dead_letter_id},
    )
    row = result.mappings().one_or_none()
    return None if row is None else _letter(row)


async def settle(unit: Unit, schema: ServiceSchema, dead_letter_id: UUID, state: str) -> None:
    """Mark a dead letter replayed or discarded; its row stays as the record of it."""
    await unit.execute(
        text(f"UPDATE {schema.dead_letter} SET state = :state, settled_at = now() WHERE dead_letter_id = :id"),
        {"id": dead_letter_id, "state": state},
    )


def _storable(value: str | None, limit: int = 20_000) -> str | None:
    # PostgreSQL's text has no NUL; a hostile header must not keep the rest of a batch from being stored
    return None if value is None else value.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:limit]


def _parameters(letter: DeadLetter) -> dict[str, Any]:
    headers = json.dumps(redact(dict(letter.headers))).replace("\\u0000", "\\ufffd")
    return {
        "dead_letter_id": letter.dead_letter_id,
        "account_id": letter.account_id,
        "queue": letter.queue,
        "message_id": _storable(letter.message_id, 200),
        "type": _storable(letter.type, 200),
        "subject": _storable(letter.subject, 500),
        "cause": letter.cause,
        "detail": _storable(letter.detail),
        "payload": letter.payload,
        "headers": headers,
        "attempts": letter.attempts,
        "mapping_version": letter.mapping_version,
        "correlation_id": _storable(letter.correlation_id, 200),
    }


def _letter(row: Mapping[Any, Any]) -> DeadLetter:
    return DeadLetter(**row)
