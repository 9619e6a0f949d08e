"""Putting dead letters back to work, or away; twice is harmless, and who did it stays on record."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.contracts.envelope import SOURCE_PREFIX, Envelope
from ledgerwire.common.contracts.registry import model_for
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.deadletters import store
from ledgerwire.common.deadletters.model import WORK_QUEUE, DeadLetter, Replayed, ReplayResult
from ledgerwire.common.ids import message_id
from ledgerwire.common.mq.outbox import Outbox, data_schema
from ledgerwire.common.mq.topology import queues_for
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore


async def replay(
    database: Database, schema: ServiceSchema, letters: Sequence[DeadLetter], *, actor: str, dry_run: bool = False
) -> list[Replayed]:
    """Send each letter on its way again: a message through the schema's outbox, work as a due row. One transaction each.

    Each letter, as `listed` or `shown` gave it, is read again under a lock. `actor` is who asked for it, kept in the record's
    timeline. A dry run says what would happen and writes nothing.
    """
    return [await _replay_one(database, schema, letter, actor, dry_run=dry_run) for letter in letters]


async def discard(
    database: Database, schema: ServiceSchema, letters: Sequence[DeadLetter], *, actor: str
) -> list[UUID]:
    """Put letters away for good; the ids of those that were still open."""
    discarded: list[UUID] = []
    for letter in letters:
        async with _unit_of(database, letter) as unit:
            current = await store.shown(unit, schema, letter.dead_letter_id, lock=True)
            if current is not None and current.state == "dead":
                await store.settle(unit, schema, letter.dead_letter_id, "discarded")
                await _note(unit, schema, current, "dead_letter_discarded", actor)
                discarded.append(current.dead_letter_id)
    return discarded


async def _replay_one(
    database: Database, schema: ServiceSchema, letter: DeadLetter, actor: str, *, dry_run: bool
) -> Replayed:
    async with _unit_of(database, letter) as unit:
        current = await store.shown(unit, schema, letter.dead_letter_id, lock=True)
        if current is None or current.state != "dead":
            before = current.state if current is not None else ""
            return Replayed(letter.dead_letter_id, ReplayResult.ALREADY_SETTLED, before)
        try:
            action = _ring_again(current) if current.queue == WORK_QUEUE else _message_again(schema, current)
        except (KeyError, ValueError) as error:
            return Replayed(letter.dead_letter_id, ReplayResult.NOT_REPLAYABLE, f"it cannot be read: {error}")
        if not dry_run:
            await _perform(unit, schema, action)
            await store.settle(unit, schema, current.dead_letter_id, "replayed")
            await _note(unit, schema, current, "replayed", actor)
    return Replayed(letter.dead_letter_id, ReplayResult.REPLAYED)


@asynccontextmanager
async def _unit_of(database: Database, letter: DeadLetter) -> AsyncIterator[Unit]:
    scope = database.system() if letter.account_id is None else database.account(letter.account_id)
    async with scope as unit:
        yield unit


async def _perform(unit: Unit, schema: ServiceSchema, action: Doorbell | Envelope) -> None:
    if isinstance(action, Doorbell):
        await WorkStore(schema).ring(unit, [action])
    else:
        await Outbox(schema).append(unit, action)


def _message_again(schema: ServiceSchema, letter: DeadLetter) -> Envelope:
    """The message under a new id derived from the dead letter: the consumer has already taken the old one."""
    if letter.account_id is None or letter.type is None:
        raise ValueError("it carries no account or type")
    if not queues_for(letter.type):
        raise ValueError(f"no queue takes {letter.type}")
    model_for(letter.type).model_validate_json(letter.payload)  # else it would only die again
    return Envelope(
        id=message_id("replay", letter.dead_letter_id),
        source=f"{SOURCE_PREFIX}{schema.name}",
        type=letter.type,
        subject=letter.subject or "",
        time=letter.dead_at,  # type: ignore[arg-type]  # read from a row, where it is never null
        dataschema=data_schema(letter.type),
        accountid=letter.account_id,
        correlationid=letter.correlation_id or str(letter.dead_letter_id),
        causationid=str(letter.dead_letter_id),
        data=letter.payload,
    )


def _ring_again(letter: DeadLetter) -> Doorbell:
    row = json.loads(letter.payload)
    return Doorbell(
        account_id=UUID(row["account_id"]),
        connection_id=UUID(row["connection_id"]),
        work_key=row["work_key"],
        kind=row["kind"],
        priority=Priority(row["priority"]),
        correlation_id=row["correlation_id"],
        causation_id=str(letter.dead_letter_id),
        found_by="replay",
        payload=row["payload"],
    )


async def _note(unit: Unit, schema: ServiceSchema, letter: DeadLetter, step: str, actor: str) -> None:
    record = _record_of(letter)
    if unit.account_id is None or record is None:
        return
    await unit.execute(
        text(
            f"INSERT INTO {schema.timeline} (account_id, record_id, step, detail, correlation_id)"
            " VALUES (:account_id, :record_id, :step, CAST(:detail AS jsonb), :correlation_id)"
        ),
        {
            "account_id": unit.account_id,
            "record_id": record,
            "step": step,
            "detail": json.dumps({"cause": letter.cause, "by": actor, "dead_letter": str(letter.dead_letter_id)}),
            "correlation_id": letter.correlation_id,
        },
    )


def _record_of(letter: DeadLetter) -> UUID | None:
    try:
        return UUID(letter.subject or "")
    except ValueError:
        return None
