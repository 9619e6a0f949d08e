"""What poster reports about a revision becomes part of the record's status; where it asks for a new look, one is rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import structlog

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.catalogue.revisions import AFTER_THE_BATCH
from ledgerwire.common.contracts.document_settled_v1 import DocumentSettledV1
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.record_closed_v1 import RecordClosedV1
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.errors import LeaseLost
from ledgerwire.common.work.model import Doorbell, Group, Priority, Ring, WorkItem
from ledgerwire.mapper import points, repository
from ledgerwire.mapper.expense_groups import desk as expense_groups
from ledgerwire.mapper.handlers import MAP, new_look, work_key
from ledgerwire.mapper.looking import REBATCHED
from ledgerwire.mapper.records import StoredRecord
from ledgerwire.mapper.repository import Step

_log = structlog.get_logger(__name__)

SETTLE = "settle"
REPORTS_AT_ONCE = 50
"""Reports that share a transaction."""
_NEW_LOOK = {"remap": "replay", "refresh": "refresh"}
_FREES = frozenset({"batched", "remap"})
"""Poster's reports of an expense after which others need not wait for it: it can carry a changed document, or starts anew."""


def closed_record(envelope: Envelope, data: RecordClosedV1) -> list[Doorbell]:
    """What record.closed.v1 asks for: one look. Ringing twice is one row."""
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=work_key(data.record_id),
            kind=MAP,
            priority=Priority.URGENT if data.urgent else Priority.BULK,
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            found_by=data.found_by,
            payload={
                "record_id": str(data.record_id),
                "source_id": data.source_id,
                "record_type": data.record_type,
            },
        )
    ]


def settled_document(envelope: Envelope, data: DocumentSettledV1) -> list[Doorbell]:
    """What document.settled.v1 asks for: one entry in the record. Each report is its own row, whatever order they come in."""
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.connection_id,
            work_key=f"{SETTLE}:{envelope.id}",
            kind=SETTLE,
            priority=Priority.URGENT,
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            found_by="poster",
            payload={**data.model_dump(mode="json"), "at": envelope.time.isoformat()},
        )
    ]


class SettleRecords:
    """Handles groups of poster's reports."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    async def __call__(self, group: Group) -> None:
        for first in range(0, len(group.items), REPORTS_AT_ONCE):
            items = group.items[first : first + REPORTS_AT_ONCE]
            try:
                await self._take(group, items)
            except LeaseLost:
                raise
            except Exception as error:
                if len(group.items) == 1:
                    raise
                _log.warning("reports.taken_one_by_one", count=len(items), error=repr(error)[:300])
                for item in items:
                    await self._alone(group, item)

    async def _alone(self, group: Group, item: WorkItem) -> None:
        """One report; a fault on it must not hold up the others."""
        try:
            await self._take(group, (item,))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - its class decides the destination of this item alone
            async with group.unit() as unit:
                await group.fail(unit, item, error)

    async def _take(self, group: Group, items: Sequence[WorkItem]) -> None:
        """What these reports change, in one transaction; of two about one record the later one sees the earlier."""
        async with group.unit() as unit:
            ids = sorted({_record_id(item) for item in items})
            known = {record.record_id: record for record in await repository.lock_all(unit, ids)}
            changed: dict[UUID, StoredRecord] = {}
            steps: list[Step] = []
            looks: list[Doorbell] = []
            for item in items:
                record = known.get(_record_id(item))
                if record is None or is_old_news(record, item):
                    continue
                settled = reported(record, item)
                known[record.record_id] = changed[record.record_id] = settled
                codes = sorted({finding.code for finding in settled.settled_findings})
                outcome = settled.settled_outcome or ""
                steps.append(Step(settled, outcome, {"revision": settled.settled_revision, "codes": codes}))
                found_by = _NEW_LOOK.get(outcome) or ("replay" if REBATCHED in codes else None)
                if found_by is not None:
                    looks.append(new_look(settled, item, found_by))
            await repository.put_records(unit, list(changed.values()))
            await repository.add_steps(unit, steps)
            freeing = [item for item in items if item.payload["outcome"] in _FREES and _record_id(item) in changed]
            waited = await expense_groups.released(unit, [changed[_record_id(item)] for item in freeing])
            looks += [new_look(each, freeing[0]) for each in waited]
            for look in looks:
                await self._ring(unit, look)
            for item in items:
                await group.done(unit, item)
        reach(points.REPORTED)


def reported(record: StoredRecord, item: WorkItem) -> StoredRecord:
    """The record with what poster says of it."""
    outcome = str(item.payload["outcome"])
    findings = tuple(Finding(row["code"], dict(row.get("params") or {})) for row in item.payload["findings"])
    if outcome == "waiting" and not findings:
        findings = (Finding("TRANSIENT", {"number": record.number or "", "host": "The ledger"}),)
    return replace(
        record,
        settled_outcome=outcome,
        settled_revision=int(item.payload["revision"]),
        settled_at=_at(item),
        settled_findings=findings,
    )


def is_old_news(record: StoredRecord, item: WorkItem) -> bool:
    """Whether the record has moved on: a later revision or report is known, or the revision was batched already.

    After the batch only what became of the batch or the record since is news. A report on a revision that the record does
    not have is of a time that a restore took back (R22): kept, it would outrank every report on the one there is.
    """
    revision = int(item.payload["revision"])
    if revision != record.revision or record.settled_revision != revision:
        return revision != record.revision
    late = record.settled_at is not None and record.settled_at > _at(item)
    since = any(row["code"] in AFTER_THE_BATCH for row in item.payload["findings"])
    return late or (record.settled_outcome == "batched" and not since)


def _record_id(item: WorkItem) -> UUID:
    return UUID(str(item.payload["record_id"]))


def _at(item: WorkItem) -> datetime:
    return datetime.fromisoformat(item.payload["at"])
