"""A QuickBooks company from its account file to a signed-in ledger, over TLS."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Waiting
from ledgerwire.common.ids import account_id
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import make_tls
from ledgerwire.sandbox.quickbooks.app import create_app
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.tenants import accounts
from ledgerwire.tenants.accounts import apply
from ledgerwire.tenants.clients import ConnectionClients

ACCOUNT = account_id("Harbour IT")
SEED: dict[str, Any] = {
    "apps": [{"client_id": "app", "client_secret": "canary-client"}],
    "Account": [{"Id": "2", "Name": "Sales", "AccountType": "Income", "AcctNum": "200"}],
}


class Company:
    """A QuickBooks company that the account names."""

    def __init__(self, state: QuickBooksState, clock: VirtualClock, address: str, ca_file: Path) -> None:
        self.state, self.clock = state, clock
        tokens = state.identity.consent("app", clock.now())
        self.connection = f"""    package: quickbooks
    locations: [2, 11]
    connection:
      on_premise: true
      base_url: {address}
      token_url: {address}/oauth2/v1/tokens/bearer
      ca_file: {ca_file}
      realm_id: {state.realm_id}
      client_id: app
      client_secret: canary-client
      refresh_token: {tokens["refresh_token"]}
"""


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    clock, state = VirtualClock(datetime.now(UTC)), QuickBooksState()
    state.load(SEED)
    tls = make_tls(tmp_path, ("127.0.0.1",))
    async with serve(create_app(state, clock, Journal(clock), Faults()), tls=tls) as served:
        yield Company(state, clock, served.base_url, tls.ca_file)


@pytest.fixture
async def clients(poster: Database, settings: Settings) -> AsyncIterator[ConnectionClients]:
    key = SecretStr("k1:" + b64encode(bytes(range(32))).decode())
    opened = ConnectionClients(poster, settings.model_copy(update={"encryption_keys": key}))
    yield opened
    await opened.close()


@pytest.mark.requirement("A130", "A138")
async def test_the_company_of_a_file_is_opened_and_its_consent_rotates(
    tenants: Database, box: SecretBox, account_file: Any, company: Company, clients: ConnectionClients
) -> None:
    file = account_file()
    text = _of_quickbooks(account_file, company)
    await apply(tenants, box, text, author="anna", reason="first set-up")
    assert text.companies[0].name == file.companies[0].name
    view = await accounts.show(tenants, "Harbour IT")
    ledger_connection = view.connections[1]
    assert (ledger_connection.kind, ledger_connection.name) == ("quickbooks", "quickbooks:Sydney")
    ledger = await clients.ledger(ACCOUNT, ledger_connection.connection_id)
    reference = await ledger.reference_data()
    assert (ledger.name, reference.organisation) == ("QuickBooks", "Harbour IT Services")
    assert [account.code for account in reference.accounts] == ["200"]
    consent = (await accounts.show(tenants, "Harbour IT")).connections[1].consent
    assert consent is not None
    assert (consent.state, consent.version) == ("ok", 2)

    # Twelve at once against a limit of ten a second: the budget lets none of them be refused.
    found = await asyncio.gather(*(ledger.find_documents(DocumentKind.BILL, [str(n)]) for n in range(12)))
    assert list(map(list, found)) == [[]] * 12

    company.state.identity.revoke_all()
    company.clock.advance(timedelta(hours=2))
    with pytest.raises(Waiting) as waiting:
        await ledger.reference_data(fresh=True)
    assert (waiting.value.code, str(waiting.value)) == ("TOKEN_REVOKED", "QuickBooks is disconnected")


def _of_quickbooks(account_file: Any, company: Company) -> Any:
    """The usual account with its company in QuickBooks."""
    xero = """    package: xero
    locations: [2, 11]
    connection:
      tenant_id: 00000000-0000-0000-0000-000000000002
      client_id: app
      client_secret: canary-client
      refresh_token: canary-refresh
"""
    return account_file((xero, company.connection))
