"""Connections whose recurring look met a fault last time: a lost consent, right, callback or seat source (D18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from rich import box
from rich.markup import escape
from rich.table import Table

from ledgerwire.cli.dead_letters import database_of
from ledgerwire.common.catalogue import entry, is_known
from ledgerwire.common.db.roles import SERVICES
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.store import FailingLook, WorkStore
from ledgerwire.tenants.read import all_connections

_NAMED = re.compile(r"(\w+)=(.*?)(?=,\w+=|$)")
_LOOKS = {
    ("ingest", "sweep"): "Sweep of the unposted lists",
    ("ingest", "watch"): "Callback",
    ("ingest", "rights"): "Rights of the API member",
    ("poster", "watch"): "Batches in ConnectWise",
    ("poster", "drift"): "Documents in the ledger",
    ("poster", "connection"): "Sign-in to the ledger",
    ("poster", "payments"): "Payments",
    ("billing", "seats"): "Seats",
}


@dataclass(frozen=True, slots=True)
class ConnectionFault:
    """One look that fails: of which connection, why, and what a person does. `detail` names the right, where one is lost."""

    connection: str
    look: str
    code: str
    title: str
    detail: str
    action: str
    who: str


async def connection_faults(settings: Settings, account_id: UUID) -> list[ConnectionFault]:
    """The failing looks of one account, over all services; who only has to slow down is none."""
    found: list[ConnectionFault] = []
    for service in SERVICES:
        async with database_of(settings, service) as database, database.system() as unit:
            names = {known.connection_id: known.connection_name or "" for known in await all_connections(unit)}
            looks = await WorkStore(ServiceSchema(service)).failing_looks(unit)
        found += [_fault(service, look, names) for look in looks if look.account_id == account_id]
    return [fault for fault in found if fault.who != "nobody"]


def _fault(service: str, look: FailingLook, names: dict[UUID | None, str]) -> ConnectionFault:
    known = entry(look.code) if is_known(look.code) else None
    named = dict(_NAMED.findall(look.cause.partition("[")[2].removesuffix("]")))
    return ConnectionFault(
        connection=names.get(look.connection_id, str(look.connection_id)),
        look=_LOOKS.get((service, look.kind), look.kind),
        code=look.code,
        title=known.title if known else look.code,
        detail=", ".join(named.values()),
        action=known.render_action(named)
        if known and (named or "{" not in known.action)
        else "ledgerwire account connect",
        who=known.who if known else "ops",
    )


def faults_table(faults: list[ConnectionFault]) -> Table:
    """The faults as people read them."""
    table = Table(
        title="Connections: what waits for them goes on by itself once they are mended",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        expand=True,
    )
    for name in ("Connection", "Look", "What is wrong", "What to do", "Who"):
        table.add_column(name, overflow="fold")
    for fault in faults:
        wrong = f"{fault.title}: {fault.detail}" if fault.detail else fault.title
        table.add_row(*map(escape, (fault.connection, fault.look, wrong, fault.action, fault.who)))
    return table
