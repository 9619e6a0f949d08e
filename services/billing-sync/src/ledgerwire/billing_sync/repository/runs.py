"""The SQL of runs: what the schedule or a person did, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from ledgerwire.common.db.models.billing import SeatRun
from ledgerwire.common.db.session import Unit

CUT_OFF = "CUT_OFF"
"""What a run failed with that its process did not end."""


async def begin(unit: Unit, connection_id: UUID, run_id: UUID, found_by: str) -> None:
    """Note that a run began. One of the connection that never ended was cut off: there is one at a time."""
    left = update(SeatRun).where(SeatRun.connection_id == connection_id, SeatRun.finished_at.is_(None))
    await unit.execute(left.values(failed_with=CUT_OFF, finished_at=func.now()))
    await unit.execute(
        insert(SeatRun).values(
            account_id=unit.account_id, connection_id=connection_id, run_id=run_id, found_by=found_by, progress={}
        )
    )


async def progress(unit: Unit, run_id: UUID, said: Mapping[str, Any], plan_id: UUID | None = None) -> None:
    """Note how far a run is."""
    values: dict[str, Any] = {"progress": dict(said)}
    if plan_id is not None:
        values["plan_id"] = plan_id
    await unit.execute(update(SeatRun).where(SeatRun.run_id == run_id).values(**values))


async def end(unit: Unit, run_id: UUID, failed_with: str | None) -> None:
    """Note that a run ended, and the code it failed with."""
    await unit.execute(
        update(SeatRun).where(SeatRun.run_id == run_id).values(failed_with=failed_with, finished_at=func.now())
    )


async def last(unit: Unit, connection_id: UUID) -> Row[Any] | None:
    """The newest run of a connection."""
    query = select(SeatRun.__table__).where(SeatRun.connection_id == connection_id)
    return (await unit.execute(query.order_by(SeatRun.started_at.desc()).limit(1))).one_or_none()


async def since(unit: Unit, connection_id: UUID, asked_at: datetime) -> Row[Any] | None:
    """The first run of a connection that began at a moment or after it and ended by itself, else the last that goes on."""
    query = select(SeatRun.__table__).where(SeatRun.connection_id == connection_id, SeatRun.started_at >= asked_at)
    whole = query.where(SeatRun.failed_with.is_distinct_from(CUT_OFF))
    ordered = whole.order_by(SeatRun.finished_at.is_(None), SeatRun.started_at)
    return (await unit.execute(ordered.limit(1))).one_or_none()


async def newest(unit: Unit, connection_id: UUID, count: int) -> list[Row[Any]]:
    """The newest runs of a connection, the last one first."""
    query = select(SeatRun.__table__).where(SeatRun.connection_id == connection_id)
    return list(await unit.execute(query.order_by(SeatRun.started_at.desc()).limit(count)))


async def now(unit: Unit) -> datetime:
    """The database's moment, by which runs are dated."""
    moment: datetime = (await unit.execute(select(func.now()))).scalar_one()
    return moment
