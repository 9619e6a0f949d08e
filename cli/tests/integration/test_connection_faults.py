"""A lost consent or right is named in `status`, with what to do, before a record meets it (D18)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ids import account_id, connection_id
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore

ACCOUNT = account_id("acme")
LEDGER, PSA = connection_id(ACCOUNT, "xero:Acme IT"), connection_id(ACCOUNT, "connectwise")


async def looked(settings: Settings, service: str, connection, kind: str, cause: str) -> None:
    """A recurring look of a service that ended so."""
    database = open_database(settings, service)
    async with database.system() as unit:
        bell = Doorbell(ACCOUNT, connection, kind, kind, Priority.BULK, "c", "schedule")
        await WorkStore(ServiceSchema(service)).ring(unit, [bell])
    await database.close()
    address = urlunsplit(urlsplit(settings.database_admin_url)._replace(path=urlsplit(settings.database_url).path))
    admin = await asyncpg.connect(address)
    await admin.execute(f"UPDATE {service}.work SET last_code = $1 WHERE work_key = $2", cause, kind)
    await admin.close()


@pytest.mark.requirement("D18")
def test_status_names_the_connection_the_right_that_was_taken_away_and_who_gives_it_back(
    command, settings: Settings, account_file: Path
) -> None:
    command("account", "apply", account_file)
    assert command("status", "--json").value["connections"] == []
    asyncio.run(looked(settings, "ingest", PSA, "rights", "PERMISSION_MISSING[area=Finance > Invoicing]"))
    asyncio.run(looked(settings, "poster", LEDGER, "connection", "TOKEN_REVOKED"))
    asyncio.run(looked(settings, "poster", LEDGER, "drift", "SCHEDULED"))
    right, consent = command("status", "--json").value["connections"]
    assert (right["connection"], right["code"], right["detail"]) == (
        "connectwise",
        "PERMISSION_MISSING",
        "Finance > Invoicing",
    )
    assert right["action"].startswith("Give the role Finance > Invoicing.")
    assert (consent["connection"], consent["code"], consent["who"]) == (
        "xero:Acme IT",
        "TOKEN_REVOKED",
        "account admin",
    )
    said = command("status").stdout
    assert "Sign-in to the ledger" in said
    assert "Finance > Invoicing" in said
