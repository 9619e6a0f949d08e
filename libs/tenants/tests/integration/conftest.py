from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.tenants.account_file import AccountFile, parse_account_file

ACCOUNT = """
account: Harbour IT
connectwise:
  region: au
  company_id: harbour
  public_key: pubkey
  private_key: canary-private
  client_id: 00000000-0000-0000-0000-000000000001
companies:
  - name: Sydney
    package: xero
    locations: [2, 11]
    connection:
      tenant_id: 00000000-0000-0000-0000-000000000002
      client_id: app
      client_secret: canary-client
      refresh_token: canary-refresh
mapping:
  tax: {untaxed_type: EXEMPTOUTPUT}
  rounding: {account: 0860, tax_type: BASEXCLUDED}
"""


def file(*changes: tuple[str, str]) -> AccountFile:
    text = ACCOUNT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return parse_account_file(text)


@pytest.fixture
def account_file():
    """The account file of the tests, with texts replaced."""
    return file


@pytest.fixture
def box() -> SecretBox:
    return SecretBox({"k1": bytes(range(32))})


@pytest.fixture
async def tenants(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings, "tenants")
    yield database
    await database.close()


@pytest.fixture
async def poster(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings, "poster")
    yield database
    await database.close()


@pytest.fixture
async def ingest(settings: Settings) -> AsyncIterator[Database]:
    database = open_database(settings, "ingest")
    yield database
    await database.close()
