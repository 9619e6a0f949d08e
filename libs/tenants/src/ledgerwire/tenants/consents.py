"""How long each ledger's consent still lives if nothing signs in meanwhile: people are warned days ahead (D18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.figures import Counted, Figures
from ledgerwire.common.telemetry import CONSENT_DAYS_LEFT
from ledgerwire.tenants.across import added_up
from ledgerwire.tenants.read import account_for_service
from ledgerwire.tenants.repository import services

UNUSED = {"xero": timedelta(days=60), "quickbooks": timedelta(days=100)}
"""How long a refresh token lives that nobody uses, by package: Xero 60 days, Intuit 100; each use begins anew."""
REVOKED = "revoked"


async def days_left(unit: Unit) -> dict[str, float]:
    """`account/connection` -> days, for every ledger of the unit's account that has signed in; 0 for a dead consent."""
    account = await account_for_service(unit)
    found: dict[str, float] = {}
    for connection in account.connections.values():
        if connection.kind not in UNUSED:
            continue
        consent = await services.consent(unit, connection.consent_id)
        if consent is None or (consent.expires_at is None and consent.state != REVOKED):
            continue
        ends = datetime.now(UTC) if consent.state == REVOKED else consent.expires_at + UNUSED[connection.kind]
        left = max(ends - datetime.now(UTC), timedelta(0))
        found[f"{account.name}/{connection.name}"] = round(left / timedelta(days=1), 1)
    return found


def consents(database: Database) -> Counted:
    """The gauge of days left, over all accounts."""

    async def count() -> Figures:
        return {(name,): days for name, days in (await added_up(database, days_left)).items()}

    return Counted(CONSENT_DAYS_LEFT, count)
