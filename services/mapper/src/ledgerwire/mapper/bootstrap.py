"""The only place that knows the mapper's use cases and what they run on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.figures import StandingFigures
from ledgerwire.common.health import database_ready, outbox_moves, transport_ready, work_moves
from ledgerwire.common.lifecycle import AssembledService, Runtime
from ledgerwire.common.mq.consumer import Consumer
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.mq.relay import Relay, relay_terms
from ledgerwire.common.mq.topology import DOCUMENT_SETTLED, RECORD_CLOSED
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.engine import Worker
from ledgerwire.common.work.lease import LeaseTerms
from ledgerwire.common.work.model import Doorbell
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper.announcing import SOURCE
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.figures.standing import stopped_records
from ledgerwire.mapper.handlers import MAP, MapRecords, bury
from ledgerwire.mapper.impact import ImpactDesk
from ledgerwire.mapper.person import RecordDesk
from ledgerwire.mapper.ports import Account, Ledger, MappingVersion, Psa, Route
from ledgerwire.mapper.preview import PreviewDesk
from ledgerwire.mapper.settling import SETTLE, SettleRecords, closed_record, settled_document
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.read import MappingContext

SCHEMA = ServiceSchema(SOURCE)
AT_ONCE = 100
"""Records whose reads are shared. Poster's reports are claimed with them: a group must not be theirs alone."""
CONNECTIONS_AT_ONCE = 24
"""A record's reads at ConnectWise take a quarter of a second, spent waiting: other connections need not wait for them."""
_LEDGER_NAMES = {"xero": "Xero", "quickbooks": "QuickBooks"}


class TenantClients:
    """The mapper's `Clients` port over the tenants library; a mapping version is decoded once."""

    def __init__(self, clients: ConnectionClients) -> None:
        self._clients = clients
        self._mappings: dict[str, MappingSettings] = {}

    async def account(self, account_id: UUID) -> Account:
        context = await self._clients.account(account_id)
        return Account(
            account_id=account_id,
            live=context.live,
            go_live_from=context.go_live_from,
            mappings=tuple(map(self._mapping, context.mappings)),
            routes=tuple(
                Route(
                    company.ledger_connection_id,
                    _LEDGER_NAMES.get(context.connection(company.ledger_connection_id).kind, "the ledger"),
                    company.connectwise_connection_id,
                    frozenset(company.location_ids),
                    company.name,
                )
                for company in context.companies
            ),
        )

    def _mapping(self, stored: MappingContext) -> MappingVersion:
        settings = self._mappings.get(stored.body_hash)
        if settings is None:
            settings = self._mappings[stored.body_hash] = from_canonical(stored.body, MappingSettings)
        return MappingVersion(stored.version, settings, stored.effective_from)

    async def psa(self, account_id: UUID, connection_id: UUID) -> Psa:
        return await self._clients.connectwise(account_id, connection_id)

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        return await self._clients.ledger(account_id, connection_id)


def build(runtime: Runtime) -> AssembledService:
    """Assemble the mapper: takes closed records and poster's reports, decides documents."""
    settings = runtime.settings
    database = open_database(settings, SCHEMA.name)
    clients = ConnectionClients(database, settings)
    lease = timedelta(seconds=settings.lease_seconds)
    relay = Relay(database, runtime.transport, SCHEMA, terms=relay_terms(lease))
    outbox = Outbox(SCHEMA, relay.wake)
    store = WorkStore(SCHEMA)

    async def ring(unit: Unit, doorbell: Doorbell) -> None:
        await store.ring(unit, [doorbell])

    worker = Worker(
        database,
        SCHEMA,
        {MAP: MapRecords(TenantClients(clients), outbox, ring), SETTLE: SettleRecords(ring)},
        concurrency=CONNECTIONS_AT_ONCE,
        limit=AT_ONCE,
        terms=LeaseTerms(ttl=lease, renew_every=lease / 6, grace=timedelta(seconds=settings.ledger_timeout_seconds)),
        on_dead=bury,
    )
    return AssembledService(
        name=SCHEMA.name,
        runtime=runtime,
        consumers=[
            Consumer(database, SCHEMA, RECORD_CLOSED, closed_record, worker.wake),
            Consumer(database, SCHEMA, DOCUMENT_SETTLED, settled_document, worker.wake),
        ],
        workers=[worker],
        relay=relay,
        checks=[
            database_ready(database),
            transport_ready(runtime.transport),
            work_moves(database, SCHEMA),
            outbox_moves(database, SCHEMA),
        ],
        background=[StandingFigures(database, SCHEMA, [stopped_records(database, SCHEMA.name)]).run],
        closers=[clients.close, database.close],
    )


def open_desk(settings: Settings) -> RecordDesk:
    """The use cases of people over this service's records; close the desk when done."""
    database = open_database(settings, SCHEMA.name)
    return RecordDesk(database, WorkStore(SCHEMA), database.close)


def open_impact_desk(settings: Settings) -> ImpactDesk:
    """What another mapping would change; close the desk when done."""
    return ImpactDesk(*_reading(settings))


def open_preview_desk(settings: Settings) -> PreviewDesk:
    """What records would become now; close the desk when done."""
    return PreviewDesk(*_reading(settings))


def _reading(settings: Settings) -> tuple[Database, TenantClients, Callable[[], Awaitable[None]]]:
    """What a desk that only looks works with, and what closes that."""
    database = open_database(settings, SCHEMA.name)
    clients = ConnectionClients(database, settings)

    async def close() -> None:
        await clients.close()
        await database.close()

    return database, TenantClients(clients), close
