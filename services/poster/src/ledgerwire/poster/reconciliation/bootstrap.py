"""The only place that knows what a reconciliation runs on."""

from __future__ import annotations

from ledgerwire.common.clock import SystemClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.settings import Settings
from ledgerwire.poster.reconciliation.desk import ReconciliationDesk
from ledgerwire.tenants.clients import ConnectionClients


def open_reconciliation(settings: Settings) -> ReconciliationDesk:
    """Reconcile accounts; close the desk when done."""
    database = open_database(settings, "poster")
    clients = ConnectionClients(database, settings)

    async def close() -> None:
        await clients.close()
        await database.close()

    return ReconciliationDesk(database, clients, SystemClock(), close)
