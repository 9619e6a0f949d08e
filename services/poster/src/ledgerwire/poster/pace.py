"""How many ledger calls a document of a connection took lately, for forecasts."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from ledgerwire.common.db.session import Database
from ledgerwire.poster.repository import pace

ENOUGH = 20
"""With fewer documents than this the figure says nothing."""


async def calls_per_document(database: Database, account_id: UUID, connection_id: UUID) -> Decimal | None:
    """Writes to the ledger a document in the last day; None where too little was posted."""
    async with database.account(account_id) as unit:
        calls, documents = await pace.calls_and_documents(unit, connection_id)
    return Decimal(calls) / documents if documents >= ENOUGH else None
