"""Waiting work of mapper by COPY, as a backlog of any size leaves it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.work.model import Priority
from ledgerwire.mapper.handlers import MAP, work_key

NOWHERE = 9_000_000
"""Numbers from here on are of invoices that ConnectWise does not have; they are due after the real ones."""
_COLUMNS = (
    "account_id",
    "connection_id",
    "work_key",
    "kind",
    "priority",
    "due_at",
    "correlation_id",
    "found_by",
    "payload",
)


async def load(
    connection: Any,
    account: AccountId,
    psa: ConnectionId,
    numbers: Iterable[int],
    *,
    after: timedelta = timedelta(0),
) -> None:
    """A bulk look at each of these invoices, due now or `after` a while. `connection` is an administrator's."""
    moment = await connection.fetchval("SELECT now()") + after
    rows = (_row(account, psa, number, moment) for number in numbers)
    await connection.copy_records_to_table("work", schema_name="mapper", columns=_COLUMNS, records=rows)


def _row(account: AccountId, psa: ConnectionId, number: int, now: datetime) -> tuple[Any, ...]:
    record = record_id(account, psa, "invoice", str(number))
    payload = {"record_id": str(record), "source_id": str(number), "record_type": "invoice"}
    due = now.replace(microsecond=0 if number < NOWHERE else 999_999)
    return (account, psa, work_key(record), MAP, int(Priority.BULK), due, str(uuid4()), "sweep", json.dumps(payload))
