"""The whole report from what was read: every closed record in one bucket, every document in one place. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from ledgerwire.poster.reconciliation.domain.model import (
    ClosedRecord,
    OwnRecord,
    Report,
    Row,
    SeenDocument,
    Stray,
    StrayRow,
)
from ledgerwire.poster.reconciliation.domain.placing import Placed
from ledgerwire.poster.reconciliation.domain.verdict import judge


def report(
    period: tuple[date, date],
    records: Sequence[ClosedRecord],
    own: Mapping[UUID, OwnRecord],
    placed: Placed,
    others: Mapping[UUID, Stray],
    unknown: Iterable[tuple[Stray, SeenDocument]],
) -> Report:
    """Put it together.

    Args:
        period: first and last day.
        records: the closed ones, each once.
        own: our rows by record.
        placed: the ledger's documents in their places.
        others: what became of records of ours that are not closed in this period; one that only belongs to another period
            is left out.
        unknown: documents with numbers like ours that none of our rows knows.
    """
    rows = [_row(record, own, placed) for record in records]
    strays = [StrayRow(Stray.BY_CHOICE, item) for item in placed.by_choice]
    strays += [StrayRow(others[record], item) for record, item in placed.of_others if record in others]
    strays += [StrayRow(reason, item) for reason, item in unknown]
    return Report(
        *period,
        rows=tuple(sorted(rows, key=lambda row: _order(row.record))),
        strays=tuple(sorted(strays, key=lambda row: (row.reason, *row.document.key))),
    )


def _row(record: ClosedRecord, own: Mapping[UUID, OwnRecord], placed: Placed) -> Row:
    documents = placed.of.get(record.record_id, ())
    named = [item.key in placed.by_id for item in documents]
    row = judge(record, own.get(record.record_id), documents, ours=any(named))
    return replace(row, linked=all(named))


def _order(record: ClosedRecord) -> tuple[str, str, date, str, str]:
    return record.company, record.record_type, record.dated, record.number, record.source_id
