"""The only place that knows poster's use cases and what they run on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.contracts.document_ready_v1 import DocumentReadyV1
from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.figures import StandingFigures
from ledgerwire.common.health import database_ready, outbox_moves, transport_ready, work_moves
from ledgerwire.common.lifecycle import AssembledService, Runtime
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.mq.relay import Relay, relay_terms
from ledgerwire.common.mq.topology import DOCUMENT_READY
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.common.work.model import Doorbell, Handler, Priority
from ledgerwire.poster import connection, watch
from ledgerwire.poster.burial import telling_of_the_dead
from ledgerwire.poster.connection import WatchConnection
from ledgerwire.poster.connectwise_psa import ConnectWisePsa
from ledgerwire.poster.drift import watch as drift
from ledgerwire.poster.drift.watch import WatchLedger, drifted_documents
from ledgerwire.poster.handlers import PostRecords
from ledgerwire.poster.payments import sync as payments
from ledgerwire.poster.payments.connections import AccountConnections
from ledgerwire.poster.payments.sync import SyncPayments
from ledgerwire.poster.ports import Psa
from ledgerwire.poster.watch import WatchBatches
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.consents import consents
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.schedule import Scheduler

SCHEMA = ServiceSchema("poster")
WORK_KIND = "post"
AT_ONCE = 24
"""Connections served at once: a record's six calls take half a second, nearly all of it spent waiting for the vendors."""
FIRST_AFTER = timedelta(minutes=5)
"""There is nothing to look at on a connection that was not known a moment ago."""


def ready_document(envelope: Envelope, data: DocumentReadyV1) -> list[Doorbell]:
    """Pure: a decided revision rings for its record; many revisions of one record are one row."""
    return [
        Doorbell(
            account_id=envelope.accountid,
            connection_id=data.ledger_connection_id,
            work_key=str(data.record_id),
            kind=WORK_KIND,
            priority=Priority.URGENT if data.urgent else Priority.BULK,
            correlation_id=envelope.correlationid,
            causation_id=str(envelope.id),
            found_by="mapper",
            payload={"record_id": str(data.record_id)},
        )
    ]


class _Clients:
    """Poster's `Clients` port over the tenants library."""

    def __init__(self, clients: ConnectionClients) -> None:
        self._clients = clients

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        return await self._clients.ledger(account_id, connection_id)

    async def psa(self, account_id: UUID, connection_id: UUID) -> Psa:
        return ConnectWisePsa(await self._clients.connectwise(account_id, connection_id))


def build(runtime: Runtime) -> AssembledService:
    """Assemble poster: takes decided revisions, posts, batches, settles, and watches what it has batched."""
    settings = runtime.settings
    database = open_database(settings, SCHEMA.name)
    clients = ConnectionClients(database, settings)
    lease = timedelta(seconds=settings.lease_seconds)
    relay = Relay(database, runtime.transport, SCHEMA, terms=relay_terms(lease))
    outbox = Outbox(SCHEMA, relay.wake)
    ports = _Clients(clients)
    recurring: dict[str, Handler] = {
        watch.WORK_KIND: WatchBatches(ports, outbox),
        drift.WORK_KIND: WatchLedger(ports, outbox),
        connection.WORK_KIND: WatchConnection(ports),
        payments.WORK_KIND: SyncPayments(AccountConnections(clients), runtime.clock),
    }
    worker = Worker(
        database,
        SCHEMA,
        {WORK_KIND: PostRecords(ports, outbox), **recurring},
        concurrency=AT_ONCE,
        on_dead=telling_of_the_dead(outbox),
        terms=LeaseTerms(ttl=lease, renew_every=lease / 6, grace=timedelta(seconds=settings.ledger_timeout_seconds)),
    )
    scheduler = Scheduler(
        database,
        worker.store,
        worker.wake,
        tuple(recurring),
        lambda entry: entry.kind != CONNECTWISE,
        first_after=FIRST_AFTER,
    )
    return AssembledService(
        name=SCHEMA.name,
        runtime=runtime,
        consumers=[Consumer(database, SCHEMA, DOCUMENT_READY, ready_document, worker.wake)],
        workers=[worker],
        relay=relay,
        checks=[
            database_ready(database),
            transport_ready(runtime.transport),
            work_moves(database, SCHEMA),
            outbox_moves(database, SCHEMA),
        ],
        background=[
            scheduler.run,
            StandingFigures(database, SCHEMA, [drifted_documents(database), consents(database)]).run,
        ],
        closers=[clients.close, database.close],
    )
