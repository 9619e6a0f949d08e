"""The SQL of pushed rows. A key that is pushed again replaces what it said; the same bytes again change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from ledgerwire.common.db.models.billing import Pushed
from ledgerwire.common.db.session import Unit

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class PushedRow:
    """One pushed shape. `kind` is customer, product, subscription or charge; `body` its canonical bytes."""

    kind: str
    key: str
    customer_id: str
    body: bytes
    first_day: date | None = None
    last_day: date | None = None


async def keep(unit: Unit, source: str, rows: Sequence[PushedRow]) -> int:
    """Store rows; how many of them are new or say something else than before."""
    changed = 0
    for start in range(0, len(rows), _BATCH):
        changed += await _keep(unit, source, rows[start : start + _BATCH])
    return changed


async def _keep(unit: Unit, source: str, rows: Sequence[PushedRow]) -> int:
    values = {
        (row.kind, row.key): {
            "account_id": unit.account_id,
            "source": source,
            "kind": row.kind,
            "key": row.key,
            "customer_id": row.customer_id,
            "first_day": row.first_day,
            "last_day": row.last_day,
            "body": row.body,
        }
        for row in rows
    }
    statement = insert(Pushed).values(list(values.values()))
    new = statement.excluded
    result = await unit.execute(
        statement.on_conflict_do_update(
            index_elements=[Pushed.account_id, Pushed.source, Pushed.kind, Pushed.key],
            set_={
                "customer_id": new.customer_id,
                "first_day": new.first_day,
                "last_day": new.last_day,
                "body": new.body,
                "pushed_at": func.now(),
            },
            where=Pushed.body != new.body,
        ).returning(Pushed.key)
    )
    return len(result.all())


async def kept(
    unit: Unit, source: str, kind: str, *, customer_id: str | None = None, days: tuple[date, date] | None = None
) -> list[bytes]:
    """The bodies of one kind, by key; of one customer or touching a stretch of days where asked."""
    query = select(Pushed.body).where(Pushed.source == source, Pushed.kind == kind).order_by(Pushed.key)
    if customer_id is not None:
        query = query.where(Pushed.customer_id == customer_id)
    if days is not None:
        query = query.where(Pushed.first_day <= days[1], Pushed.last_day >= days[0])
    return list((await unit.execute(query)).scalars())


async def unnamed(unit: Unit, source: str) -> list[str]:
    """Customers of pushed subscriptions and charges that were never pushed themselves."""
    named = select(Pushed.key).where(Pushed.source == source, Pushed.kind == "customer")
    query = (
        select(Pushed.customer_id)
        .distinct()
        .where(Pushed.source == source, Pushed.kind.in_(("subscription", "charge")), Pushed.customer_id.not_in(named))
    )
    return list((await unit.execute(query.order_by(Pushed.customer_id))).scalars())
