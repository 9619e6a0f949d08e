"""The only place that knows billing sync's use cases and what they run on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from ledgerwire.billing_sync.api import build_app
from ledgerwire.billing_sync.desk import CallCount, SeatsDesk
from ledgerwire.billing_sync.pushing import Pushing
from ledgerwire.billing_sync.requesting import SyncRequests
from ledgerwire.billing_sync.sources import SeatSources
from ledgerwire.billing_sync.syncing import LOOK_EVERY, SYNC, SyncSeats, sync_requested
from ledgerwire.common.clock import Clock, SystemClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.figures import StandingFigures
from ledgerwire.common.health import database_ready, outbox_moves, transport_ready, work_moves
from ledgerwire.common.lifecycle import AssembledService, Runtime
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.mq.relay import Relay, relay_terms
from ledgerwire.common.mq.topology import SEATS_SYNC_REQUESTED
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.schedule import Scheduler

SCHEMA = ServiceSchema("billing")


def build(runtime: Runtime) -> AssembledService:
    """Assemble billing sync: looks at seats every day and whenever it is asked to."""
    settings = runtime.settings
    database = open_database(settings, SCHEMA.name)
    desk = _desk(settings, runtime.clock)
    lease = timedelta(seconds=settings.lease_seconds)
    relay = Relay(database, runtime.transport, SCHEMA, terms=relay_terms(lease))
    worker = Worker(
        database,
        SCHEMA,
        {SYNC: SyncSeats(desk)},
        terms=LeaseTerms(
            ttl=lease, renew_every=lease / 6, grace=timedelta(seconds=settings.connectwise_timeout_seconds)
        ),
    )
    scheduler = Scheduler(
        database, worker.store, worker.wake, [SYNC], lambda entry: entry.kind == CONNECTWISE, look_every=LOOK_EVERY
    )
    return AssembledService(
        name=SCHEMA.name,
        runtime=runtime,
        consumers=[Consumer(database, SCHEMA, SEATS_SYNC_REQUESTED, sync_requested, worker.wake)],
        workers=[worker],
        relay=relay,
        app=build_app(Pushing(database, Outbox(SCHEMA, relay.wake))),
        checks=[
            database_ready(database),
            transport_ready(runtime.transport),
            work_moves(database, SCHEMA),
            outbox_moves(database, SCHEMA),
        ],
        background=[scheduler.run, StandingFigures(database, SCHEMA).run],
        closers=[desk.close, database.close],
    )


def open_seats(settings: Settings, clock: Clock | None = None) -> SeatsDesk:
    """The use cases alone, for the command line; close the desk (`async with`) when done."""
    return _desk(settings, clock or SystemClock())


@asynccontextmanager
async def open_requests(settings: Settings) -> AsyncIterator[SyncRequests]:
    """Looks asked for by hand; the relay of a running billing sync publishes what is asked."""
    database = open_database(settings, SCHEMA.name)
    try:
        yield SyncRequests(database, Outbox(SCHEMA))
    finally:
        await database.close()


@asynccontextmanager
async def open_pushing(settings: Settings) -> AsyncIterator[Pushing]:
    """The keys of push sources, for the command line."""
    database = open_database(settings, SCHEMA.name)
    try:
        yield Pushing(database, Outbox(SCHEMA))
    finally:
        await database.close()


def _desk(settings: Settings, clock: Clock) -> SeatsDesk:
    database = open_database(settings, SCHEMA.name)
    count = CallCount()
    clients = ConnectionClients(database, settings, on_call=count)

    sources = SeatSources(database, SecretBox.from_settings(settings), clock)

    async def close() -> None:
        await sources.close()
        await clients.close()
        await database.close()

    lease = timedelta(seconds=settings.lease_seconds)
    terms = LeaseTerms(ttl=lease, renew_every=lease / 6, grace=timedelta(seconds=settings.connectwise_timeout_seconds))
    return SeatsDesk(database, clients, sources, clock, count, close, terms)
