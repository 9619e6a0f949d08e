"""All SQL of the mapper over its records, revisions and timeline, and on poster's contact links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, case, func, literal, literal_column, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import String, Uuid

from ledgerwire.common.db.models.mapper import MapperTimeline, Record, Revision
from ledgerwire.common.db.session import Unit
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper.domain.eligibility import FOLLOWS
from ledgerwire.mapper.domain.model import ContactLink
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.revision import Decided
from ledgerwire.mapper.domain.trace import Trace
from ledgerwire.mapper.records import (
    KnownBill,
    StoredInput,
    StoredRecord,
    StoredRevision,
    TimelineEntry,
    decode_any,
    decode_documents,
    decode_trace,
    finding_from,
)
from ledgerwire.mapper.repository.writing import (
    PLAIN,
    Step,
    add_revisions,
    add_steps,
    add_timeline,
    put_record,
    put_records,
)
from ledgerwire.mapper.status import Caused, Standing

__all__ = ["Step", "add_revisions", "add_steps", "add_timeline", "put_record", "put_records"]

_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
# Built once, and the same text for any number of records: building and preparing cost more than running.
_RECORDS = select(Record.__table__).where(Record.record_id == _IDS)
_LOCKED = _RECORDS.order_by(Record.record_id).with_for_update()
_LATEST = (
    select(
        Revision.record_id,
        Revision.revision,
        Revision.outcome,
        Revision.fingerprint,
        Revision.mapping_version,
        Revision.ledger_connection_id,
        Revision.documents,
        Revision.findings,
    )
    .join(
        Record.__table__,
        (Record.account_id == Revision.account_id)
        & (Record.record_id == Revision.record_id)
        & (Record.revision == Revision.revision),
    )
    .where(Revision.record_id == _IDS)
)

_LINKS = text(
    "SELECT company_key, state, contact_id FROM poster.contact_links_for_mapper"
    " WHERE connection_id = :connection_id AND company_key = ANY(:keys)"
).bindparams(bindparam("keys", type_=ARRAY(String)))

_BILLS = text(
    "SELECT record_id, customer, particulars ->> 'vendor_invoice_number' AS invoice,"
    " particulars ->> 'document_number' AS number FROM mapper.record WHERE connection_id = :connection_id"
    " AND record_type = 'procurement' AND particulars ->> 'vendor_invoice_number' = ANY(:invoices)"
).bindparams(bindparam("invoices", type_=ARRAY(String)))

_ROUNDINGS = text(
    "SELECT r.record_id, date_trunc('month', r.record_date)::date AS month, sum(abs((line ->> 'net')::numeric)) AS used"
    " FROM mapper.record r JOIN mapper.revision v USING (account_id, record_id, revision)"
    " CROSS JOIN LATERAL jsonb_array_elements(convert_from(v.documents, 'UTF8')::jsonb) AS document"
    " CROSS JOIN LATERAL jsonb_array_elements(document -> 'lines') AS line"
    " WHERE r.ledger_connection_id = :connection_id AND r.record_date BETWEEN :first AND :last AND v.outcome = 'mapped'"
    """ AND v.findings @? '$[*] ? (@.code == "ROUNDING_APPLIED" || @.code == "ADJUSTMENT_APPLIED")'"""
    " AND line ->> 'role' <> 'sale' GROUP BY 1, 2"
)

_DECIDED = "state IN ('mapped', 'no_effect')"
STATUS = (
    f"(CASE WHEN NOT {_DECIDED} THEN state WHEN settled_outcome = 'stopped' THEN 'stopped'"
    " WHEN settled_outcome IN ('waiting', 'draft') THEN 'waiting'"
    " WHEN (settled_outcome = 'batched' AND settled_revision = revision) IS NOT TRUE THEN 'posting'"
    " WHEN state = 'no_effect' THEN 'no_effect'"
    """ WHEN (findings || settled_findings) @? '$[*] ? (@.severity == "warning")' THEN 'posted_with_warnings'"""
    " ELSE 'posted' END)"
)
"""`status.status_of` in SQL; a test holds them to the same answers."""
_TOLD = f"(CASE WHEN {_DECIDED} THEN findings || settled_findings ELSE findings END)"
_HAS_CAUSE = (
    f"EXISTS (SELECT 1 FROM jsonb_array_elements({_TOLD}) AS told WHERE :cause IN (told ->> 'code', told ->> 'cause')"
    " AND told ->> 'severity' IN ('stop', 'connection'))"
)
_STANDINGS = text(
    f"SELECT {STATUS} AS status, coalesce(currency, '') AS currency, count(*) AS records, coalesce(sum(total), 0) AS total"
    " FROM mapper.record GROUP BY 1, 2 ORDER BY 1, 2"
)
_CAUSES = text(
    f"WITH standing AS (SELECT record_id, record_date, {STATUS} AS status, coalesce(currency, '') AS currency,"
    " coalesce(total, 0) AS total, coalesce(number, record_type || ' ' || source_id) AS number,"
    f" {_TOLD} AS told, CASE WHEN {_DECIDED} THEN settled_findings ELSE findings END AS reported FROM mapper.record),"
    " each AS (SELECT DISTINCT ON (record_id, finding ->> 'cause') standing.*, finding FROM standing, jsonb_array_elements("
    "CASE WHEN status = 'waiting' THEN reported ELSE told END) WITH ORDINALITY AS said (finding, place)"
    " WHERE status = 'waiting' OR (status IN ('stopped', 'dead') AND finding ->> 'severity' IN ('stop', 'connection'))"
    " OR (status = 'posted_with_warnings' AND finding ->> 'severity' = 'warning')"
    " ORDER BY record_id, finding ->> 'cause', place)"
    " SELECT status, currency, count(*) AS records, sum(total) AS total,"
    " array_agg(number ORDER BY record_date, number, record_id) AS numbers,"
    " (array_agg(finding ORDER BY record_date, number, record_id))[1] AS finding"
    " FROM each GROUP BY status, finding ->> 'cause', currency ORDER BY min(record_date), min(number)"
)


async def records(unit: Unit, record_ids: Sequence[UUID]) -> dict[UUID, StoredRecord]:
    """The rows of these records; an unknown one is left out."""
    rows = await unit.execute(_RECORDS, {"ids": list(record_ids)})
    return {row.record_id: _record(row) for row in rows}


async def changed_since(unit: Unit, record_id: UUID, before: StoredRecord | None) -> bool:
    """Lock the record's row for this transaction and tell whether it is another than the one read `before`."""
    return await locked(unit, record_id) != before


async def locked(unit: Unit, record_id: UUID) -> StoredRecord | None:
    """The record's row, locked for this transaction; None for an unknown one."""
    return next(iter(await lock_all(unit, [record_id])), None)


async def lock_all(unit: Unit, record_ids: Sequence[UUID]) -> list[StoredRecord]:
    """The rows of these records, locked for this transaction in one order; an unknown one is left out."""
    return [_record(row) for row in await unit.execute(_LOCKED, {"ids": list(record_ids)})]


async def find(
    unit: Unit,
    *,
    number: str | None = None,
    statuses: Iterable[str] | None = None,
) -> list[StoredRecord]:
    """Records of the account by number or by where they stand (`status.status_of`), oldest first.

    A record of which no number is known goes by its id in ConnectWise, as people are shown it.
    """
    query = select(Record.__table__).order_by(Record.record_date, Record.number, Record.record_id)
    if number is not None:
        called = Record.record_type + " " + Record.source_id
        unnamed = Record.number.is_(None) & or_(Record.source_id == number.strip(), called == number.strip())
        query = query.where(or_(Record.number == number, unnamed))
    if statuses is not None:
        query = query.where(literal_column(STATUS).in_(list(statuses)))
    return [_record(row) for row in await unit.execute(query)]


async def to_wake(unit: Unit, statuses: Iterable[str], *, cause: str | None = None, held: bool = True) -> list[UUID]:
    """Ids of the records that stand somewhere, for a code or cause if one is given; `held=False` without a person's holds."""
    query = select(Record.record_id).where(literal_column(STATUS).in_(list(statuses))).order_by(Record.record_id)
    if cause is not None:
        query = query.where(text(_HAS_CAUSE).bindparams(cause=cause))
    if not held:
        query = query.where(Record.hold_reason.is_(None))
    return list((await unit.execute(query)).scalars())


async def put_woken(unit: Unit, records: Sequence[StoredRecord], step: str) -> None:
    """Write that these records are to be looked at again: their state, no hold and no word of one, one timeline entry each."""
    if not records:
        return
    by_state: dict[RecordState, list[UUID]] = {}
    for record in records:
        by_state.setdefault(record.state, []).append(record.record_id)
    for state, ids in by_state.items():
        moved = case((Record.state != state.value, func.now()), else_=Record.state_at)
        # of what a person put aside, the only finding is that it is; what stopped any other is still the last that is known
        told = case((Record.hold_reason.is_not(None), literal([], Record.findings.type)), else_=Record.findings)
        values = {
            "state": state.value,
            "hold_reason": None,
            "findings": told,
            "state_at": moved,
            "updated_at": func.now(),
        }
        await unit.execute(update(Record).where(Record.record_id.in_(ids)).values(values))
    await add_steps(unit, [Step(record, step, {"by": "person"}) for record in records])


def _record(row: Any) -> StoredRecord:
    return StoredRecord(
        **{name: getattr(row, name) for name in PLAIN},
        state=RecordState(row.state),
        choices=tuple(row.choices),
        findings=tuple(map(finding_from, row.findings)),
        settled_findings=tuple(map(finding_from, row.settled_findings)),
    )


async def latest_revisions(unit: Unit, record_ids: Sequence[UUID]) -> dict[UUID, StoredRevision]:
    """The latest revision of each record, as far as a new look is compared with it."""
    rows = await unit.execute(_LATEST, {"ids": list(record_ids)})
    return {row.record_id: StoredRevision(row.revision, _decided(row), _follows(row)) for row in rows}


def _follows(row: Any) -> bool:
    return any(item["code"] == FOLLOWS for item in row.findings)


def _decided(row: Any) -> Decided:
    causes = {item["cause"] for item in row.findings if finding_from(item).stops}
    return Decided(
        row.outcome,
        row.fingerprint,
        row.mapping_version,
        decode_documents(row.documents),
        tuple(sorted(causes)),
        row.ledger_connection_id,
    )


async def explained(unit: Unit, record: StoredRecord) -> tuple[bytes, Trace] | None:
    """Documents (canonical bytes) and trace of the latest revision, None where there is none."""
    row = (await unit.execute(_latest(record, Revision.documents, Revision.trace))).one_or_none()
    return (row.documents, decode_trace(row.trace)) if row else None


def _latest(record: StoredRecord, *columns: Any) -> Any:
    return select(*columns).where(
        Revision.account_id == record.account_id,
        Revision.record_id == record.record_id,
        Revision.revision == record.revision,
    )


async def timeline(unit: Unit, record: StoredRecord) -> list[TimelineEntry]:
    """The record's way through the mapper, oldest first."""
    table = MapperTimeline.__table__
    rows = await unit.execute(select(table).where(table.c.record_id == record.record_id).order_by(table.c.id))
    return [TimelineEntry(row.at, row.step, row.detail, row.correlation_id) for row in rows]


async def contact_links(unit: Unit, ledger_connection_id: UUID, keys: Sequence[str]) -> dict[str, ContactLink]:
    """Poster's links of these companies (by company key) in one ledger company."""
    rows = await unit.execute(_LINKS, {"connection_id": ledger_connection_id, "keys": list(keys)})
    return {row.company_key: ContactLink(row.state, row.contact_id) for row in rows}


async def stored_inputs(unit: Unit, first: date, last: date, after: UUID | None, limit: int) -> list[StoredInput]:
    """The newest decisions of records dated in a period, by record id, from the one behind `after` on."""
    record, revision = Record.__table__, Revision.__table__
    query = (
        select(record.c.record_id, record.c.record_type, revision.c.ledger_connection_id, revision.c.input)
        .join(
            revision,
            (record.c.account_id == revision.c.account_id)
            & (record.c.record_id == revision.c.record_id)
            & (record.c.revision == revision.c.revision),
        )
        .where(record.c.record_date.between(first, last))
        .order_by(record.c.record_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(record.c.record_id > after)
    return [
        StoredInput(row.record_id, row.ledger_connection_id, decode_any(row.input, RecordType(row.record_type)))
        for row in await unit.execute(query)
    ]


async def bills_of(unit: Unit, connection_id: UUID, invoices: Sequence[str]) -> list[KnownBill]:
    """What earlier receipts of these vendor invoices were called in the ledger; who is billed by `customer`."""
    rows = await unit.execute(_BILLS, {"connection_id": connection_id, "invoices": list(invoices)})
    return [KnownBill(row.record_id, row.customer or "", row.invoice, row.number or "") for row in rows]


async def rounding_used(
    unit: Unit, ledger_connection_id: UUID, first: date, last: date
) -> dict[tuple[date, UUID], Decimal]:
    """Absolute roundings and adjustments of the latest revisions, by month and record, of records dated from first to last."""
    rows = await unit.execute(_ROUNDINGS, {"connection_id": ledger_connection_id, "first": first, "last": last})
    return {(row.month, row.record_id): row.used for row in rows}


async def standings(unit: Unit) -> list[Standing]:
    """How many records of the account stand where, and their money."""
    rows = await unit.execute(_STANDINGS)
    return [Standing(row.status, row.currency, row.records, row.total) for row in rows]


async def causes(unit: Unit) -> list[Caused]:
    """What stops, warns or keeps waiting, each with its records; a record with two causes is under both."""
    rows = await unit.execute(_CAUSES)
    return [
        Caused(row.status, finding_from(row.finding), row.currency, row.records, row.total, tuple(row.numbers))
        for row in rows
    ]
