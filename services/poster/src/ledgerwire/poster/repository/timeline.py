"""SQL over the timeline: the steps that a transaction takes are written together before it commits."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text

from ledgerwire.common.db.session import Unit
from ledgerwire.poster.records import Decided

_ADD = text(
    """
    INSERT INTO poster.timeline (account_id, record_id, step, detail, correlation_id)
    SELECT CAST(:account_id AS uuid), record_id, step, CAST(detail AS jsonb), correlation_id
      FROM unnest(CAST(:record_id AS uuid[]), CAST(:step AS text[]), CAST(:detail AS text[]), CAST(:correlation_id AS text[]))
           WITH ORDINALITY AS taken (record_id, step, detail, correlation_id, place)
     ORDER BY place
    """
)


async def add_timeline(unit: Unit, decided: Decided, step: str, **detail: Any) -> None:
    """Write one step of a record's way, with the transaction's others."""
    unit.gather(_write, (decided, step, json.dumps(detail)))


async def _write(unit: Unit, steps: list[tuple[Decided, str, str]]) -> None:
    await unit.execute(
        _ADD,
        {
            "account_id": unit.account_id,
            "record_id": [decided.record_id for decided, _, _ in steps],
            "step": [step for _, step, _ in steps],
            "detail": [detail for _, _, detail in steps],
            "correlation_id": [decided.correlation_id for decided, _, _ in steps],
        },
    )
