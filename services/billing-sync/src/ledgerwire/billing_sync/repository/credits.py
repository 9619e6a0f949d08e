"""The SQL of credits that people settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ledgerwire.billing_sync.domain.plan import CreditDue
from ledgerwire.billing_sync.domain.wanted import CreditGiven
from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.db.models.billing import SettledCredit
from ledgerwire.common.db.session import Unit


@dataclass(frozen=True, slots=True)
class Settled:
    """A credit that was settled: which, by whom, and how."""

    credit: CreditDue
    note: str
    settled_by: str
    settled_at: datetime


async def settled(unit: Unit, connection_id: UUID) -> list[Settled]:
    """Every credit that was settled, oldest first."""
    query = select(SettledCredit.__table__).where(SettledCredit.connection_id == connection_id)
    rows = await unit.execute(query.order_by(SettledCredit.settled_at, SettledCredit.credit_key))
    return [Settled(from_canonical(row.body, CreditDue), row.note, row.settled_by, row.settled_at) for row in rows]


def given(rows: list[Settled]) -> dict[str, tuple[CreditGiven, ...]]:
    """Settled credits by subscription, as the planner takes them."""
    found: dict[str, list[CreditGiven]] = defaultdict(list)
    for row in rows:
        due = row.credit
        found[due.line].append(CreditGiven(due.starts, due.ends, due.quantity, due.amount, due.charge, due.product_id))
    return {line: tuple(credits_) for line, credits_ in found.items()}


def owed(listed: Sequence[CreditDue], rows: Sequence[Settled]) -> dict[str, tuple[CreditDue, ...]]:
    """Credits that were listed and nobody settled, by subscription."""
    done = {row.credit.key for row in rows}
    found: dict[str, list[CreditDue]] = defaultdict(list)
    for due in listed:
        if due.key not in done:
            found[due.line].append(due)
    return {line: tuple(credits_) for line, credits_ in found.items()}


async def settle(unit: Unit, connection_id: UUID, credit: CreditDue, note: str, by: str) -> None:
    """Remember that a credit was given; a second time changes nothing."""
    await unit.execute(
        insert(SettledCredit)
        .values(
            account_id=unit.account_id,
            connection_id=connection_id,
            credit_key=credit.key,
            body=canonical_bytes(credit),
            note=note,
            settled_by=by,
        )
        .on_conflict_do_nothing()
    )


async def take_back(unit: Unit, connection_id: UUID, key: str) -> bool:
    """Forget that a credit was given, so that it is due again; whether there was one."""
    query = delete(SettledCredit).where(SettledCredit.connection_id == connection_id, SettledCredit.credit_key == key)
    return (await unit.execute(query.returning(SettledCredit.credit_key))).one_or_none() is not None
