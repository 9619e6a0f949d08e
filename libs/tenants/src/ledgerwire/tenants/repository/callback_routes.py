"""Which accounts callback addresses belong to, many at once: a flood of guessed addresses must not cost a statement each."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from ledgerwire.common.db.session import Unit

_ACCOUNTS = text(
    "SELECT asked.place, found.account_id, found.connection_id"
    " FROM unnest(CAST(:hashes AS bytea[])) WITH ORDINALITY AS asked (token_hash, place)"
    " CROSS JOIN LATERAL tenants.callback_account(asked.token_hash) AS found"
)


async def accounts(unit: Unit, token_hashes: Sequence[bytes]) -> list[tuple[UUID, UUID] | None]:
    """Account and connection by token, in the order asked, None for an unknown one; for ingest's system unit."""
    found: list[tuple[UUID, UUID] | None] = [None] * len(token_hashes)
    for row in await unit.execute(_ACCOUNTS, {"hashes": list(token_hashes)}):
        found[row.place - 1] = (row.account_id, row.connection_id)
    return found
