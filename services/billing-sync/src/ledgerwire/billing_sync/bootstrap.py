"""The only place that knows billing sync's use cases and what they run on."""

from __future__ import annotations

from ledgerwire.billing_sync.desk import CallCount, SeatsDesk
from ledgerwire.common.clock import Clock, SystemClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.tenants.clients import ConnectionClients

SCHEMA = ServiceSchema("billing")


def open_seats(settings: Settings, clock: Clock | None = None) -> SeatsDesk:
    """The use cases alone, for the command line; close the desk (`async with`) when done."""
    database = open_database(settings, SCHEMA.name)
    count = CallCount()
    clients = ConnectionClients(database, settings, on_call=count)

    async def close() -> None:
        await clients.close()
        await database.close()

    return SeatsDesk(database, clients, clock or SystemClock(), count, close)
