"""The only place that knows ingest's use cases and what they run on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from ledgerwire.common.clock import SystemClock
from ledgerwire.common.db.direct import DirectPool
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.roles import account_role
from ledgerwire.common.figures import StandingFigures
from ledgerwire.common.health import database_ready, outbox_moves, transport_ready, work_moves
from ledgerwire.common.http.calls import record_calls
from ledgerwire.common.lifecycle import AssembledService, Runtime
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.mq.relay import Relay, relay_terms
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.common.work.model import Handler
from ledgerwire.ingest import rights, sweep, watch
from ledgerwire.ingest.api import CallbackAddress
from ledgerwire.ingest.receipt.group_commit import AT_ONCE, GroupCommit
from ledgerwire.ingest.receipt.repository import ReceiptRows
from ledgerwire.ingest.receive import Receiver
from ledgerwire.ingest.registration import Registrar
from ledgerwire.ingest.rights import ProbeRights
from ledgerwire.ingest.runs import Runs
from ledgerwire.ingest.sweep import SweepUnposted
from ledgerwire.ingest.tenancy import Tenancy
from ledgerwire.ingest.watch import WatchCallback
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.schedule import Scheduler
from ledgerwire.tenants.views import DirectoryEntry

SCHEMA = ServiceSchema("ingest")


def build(runtime: Runtime) -> AssembledService:
    """Assemble ingest: receives callbacks, sweeps the unposted lists, watches the registrations."""
    settings = runtime.settings
    database = open_database(settings, SCHEMA.name)
    clients = ConnectionClients(database, settings, on_call=record_calls("connectwise"))
    tenancy = Tenancy(database, clients, SecretBox.from_settings(settings))
    lease = timedelta(seconds=settings.lease_seconds)
    relay = Relay(database, runtime.transport, SCHEMA, terms=relay_terms(lease))
    outbox = Outbox(SCHEMA, relay.wake)
    recurring: dict[str, Handler] = {
        watch.WORK_KIND: WatchCallback(tenancy, settings.public_url, runtime.clock),
        sweep.WORK_KIND: SweepUnposted(tenancy, outbox, runtime.clock),
    }
    worker = Worker(
        database,
        SCHEMA,
        {**recurring, rights.WORK_KIND: ProbeRights(tenancy)},
        terms=LeaseTerms(
            ttl=lease, renew_every=lease / 6, grace=timedelta(seconds=settings.connectwise_timeout_seconds)
        ),
    )
    scheduler = Scheduler(database, worker.store, worker.wake, tuple(recurring), _is_psa)
    daily = Scheduler(database, worker.store, worker.wake, [rights.WORK_KIND], _is_psa, first_after=rights.FIRST_AFTER)
    keeper = GroupCommit(DirectPool(settings, account_role(SCHEMA.name), size=AT_ONCE), ReceiptRows(outbox))
    return AssembledService(
        name=SCHEMA.name,
        runtime=runtime,
        workers=[worker],
        relay=relay,
        app=CallbackAddress(Receiver(tenancy, keeper, runtime.clock)),
        checks=[
            database_ready(database),
            transport_ready(runtime.transport),
            work_moves(database, SCHEMA),
            outbox_moves(database, SCHEMA),
        ],
        background=[scheduler.run, daily.run, StandingFigures(database, SCHEMA).run],
        closers=[keeper.close, clients.close, database.close],
    )


def _is_psa(entry: DirectoryEntry) -> bool:
    return entry.kind == CONNECTWISE


@asynccontextmanager
async def open_registrar(settings: Settings) -> AsyncIterator[Registrar]:
    """The registration use case alone, for the command line: no service has to run in this process."""
    database = open_database(settings, SCHEMA.name)
    clients = ConnectionClients(database, settings, on_call=record_calls("connectwise"))
    try:
        tenancy = Tenancy(database, clients, SecretBox.from_settings(settings))
        yield Registrar(database, tenancy, settings.public_url, SystemClock())
    finally:
        await clients.close()
        await database.close()


@asynccontextmanager
async def open_runs(settings: Settings) -> AsyncIterator[Runs]:
    """Runs by hand, for the command line; the relay of a running ingest publishes what they announce."""
    database = open_database(settings, SCHEMA.name)
    clients = ConnectionClients(database, settings, on_call=record_calls("connectwise"))
    try:
        tenancy = Tenancy(database, clients, SecretBox.from_settings(settings))
        yield Runs(database, clients, tenancy, Outbox(SCHEMA), SystemClock())
    finally:
        await clients.close()
        await database.close()
