"""Turns at documents: who decides whose a document is, and who sends it, see what the other one committed before."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PGUUID

from ledgerwire.common.db.session import Unit

# One key after the other in the order given, so that two transactions never wait for each other.
_TAKE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('ledgerwire.posting:' || owner, 0)) FROM unnest(:ids) AS owner"
).bindparams(bindparam("ids", type_=ARRAY(PGUUID(as_uuid=True))))


async def take_turns(unit: Unit, owners: Iterable[UUID]) -> None:
    """Wait until nobody else has these owners (records, or groups of expenses) in hand; kept until the transaction ends.

    Poster commits a call only in turn, and only while what mapper decided is as it was read; mapper writes a decision that
    rests on what was sent only in turn, and only while nothing else was sent. Read after this what the turn is about.
    """
    await unit.execute(_TAKE, {"ids": sorted(set(owners))})
