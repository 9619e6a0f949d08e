"""Tests an account's connections, keeps the results, and has ConnectWise call us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from ledgerwire.cli.workplace import tenants_database
from ledgerwire.common.errors import LedgerwireError
from ledgerwire.common.settings import Settings
from ledgerwire.connectwise.connectivity import probe
from ledgerwire.ingest.bootstrap import open_registrar
from ledgerwire.tenants import accounts
from ledgerwire.tenants.clients import ConnectionClients
from ledgerwire.tenants.plan import CONNECTWISE
from ledgerwire.tenants.views import AccountView, ConnectionView


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """How one connection answered. `result` is Success or the one thing that is wrong; `seconds` the sign-in call."""

    connection: str
    kind: str
    ok: bool
    result: str
    detail: str
    seconds: float | None = None
    version: str | None = None
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Connected:
    """All tests of an account, and what became of its callback."""

    account: str
    tests: tuple[ConnectionTest, ...]
    callback: str

    @property
    def ok(self) -> bool:
        return all(test.ok for test in self.tests)


async def connect(settings: Settings, name: str, remark: Callable[[str], None]) -> Connected:
    """Test, store, register. The callback is not looked at while a connection fails. Changes no record on either side."""
    async with tenants_database(settings) as database:
        clients = ConnectionClients(database, settings)
        try:
            view = await accounts.show(database, name)
            tests = []
            for connection in view.connections:
                remark(f"Testing {connection.name} ...")
                test = await _tested(clients, view, connection)
                await accounts.record_test(database, name, connection, ok=test.ok, detail=test.detail)
                tests.append(test)
        finally:
            await clients.close()
    if not all(test.ok for test in tests):
        return Connected(name, tuple(tests), "not looked at: a connection has to be put right first")
    return Connected(name, tuple(tests), await _registered(settings, view))


async def _registered(settings: Settings, view: AccountView) -> str:
    psa = next(item for item in view.connections if item.kind == CONNECTWISE)
    async with open_registrar(settings) as registrar:
        checked = await registrar.connect(view.account_id, psa.connection_id)
    if checked is None:
        return "left alone, as the account file asks"
    done = "registered" if checked.created else "in order" if checked.repair is None else "switched on again"
    return f"{done} (number {checked.callback_id} in ConnectWise)"


async def _tested(clients: ConnectionClients, view: AccountView, connection: ConnectionView) -> ConnectionTest:
    if connection.kind == CONNECTWISE:
        return await _psa(clients, view, connection)
    return await _ledger(clients, view, connection)


async def _psa(clients: ConnectionClients, view: AccountView, connection: ConnectionView) -> ConnectionTest:
    try:
        found = await probe(await clients.connectwise(view.account_id, connection.connection_id))
    except LedgerwireError as error:
        return _failed(connection, error)
    return ConnectionTest(
        connection.name,
        connection.kind,
        found.ok,
        found.result.value,
        found.detail,
        found.seconds,
        found.version,
        found.lacking,
    )


async def _ledger(clients: ConnectionClients, view: AccountView, connection: ConnectionView) -> ConnectionTest:
    started = monotonic()
    try:
        ledger = await clients.ledger(view.account_id, connection.connection_id)
        reference = await ledger.reference_data(fresh=True)
    except LedgerwireError as error:
        return _failed(connection, error)
    detail = f"Signed in; {len(reference.accounts)} accounts, {len(reference.tax_rates)} tax rates"
    return ConnectionTest(connection.name, connection.kind, True, "Success", detail, monotonic() - started)


def _failed(connection: ConnectionView, error: LedgerwireError) -> ConnectionTest:
    return ConnectionTest(connection.name, connection.kind, False, error.code, str(error))
