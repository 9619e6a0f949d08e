"""People are warned days before a ledger's consent ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from ledgerwire.accounting.tokens import TokenSet
from ledgerwire.common.ids import account_id
from ledgerwire.tenants.apply import apply
from ledgerwire.tenants.consents import consents, days_left
from ledgerwire.tenants.read import account_for_service
from ledgerwire.tenants.tokens import ConsentTokenStore

ACCOUNT = account_id("Harbour IT")
NAME = "Harbour IT/xero:Sydney"


@pytest.fixture
async def store(tenants, box, account_file, poster):
    await apply(tenants, box, account_file(), author="test", reason="test")
    async with poster.account(ACCOUNT) as unit:
        context = await account_for_service(unit)
    ledger = context.connection(context.companies[0].ledger_connection_id)
    return ConsentTokenStore(poster, box, ACCOUNT, ledger.consent_id, TokenSet)


async def used(store, days_ago: int) -> None:
    """The consent was refreshed so long ago."""
    stored = await store.load()
    ends = datetime.now(UTC) - timedelta(days=days_ago)
    assert await store.rotate(stored.version, replace(stored, access_token="a", refresh_token="r", expires_at=ends))


@pytest.mark.requirement("D18")
async def test_days_left_are_counted_from_the_last_use_and_are_none_for_a_dead_consent(poster, store) -> None:
    async def left() -> dict[str, float]:
        async with poster.account(ACCOUNT) as unit:
            return dict(await days_left(unit))

    assert await left() == {}, "nothing is known before the first sign-in"
    await used(store, 55)
    assert await left() == {NAME: 5.0}
    gauge = consents(poster)
    await gauge.refresh()
    assert REGISTRY.get_sample_value("ledgerwire_consent_days_left", {"connection": NAME}) == 5.0
    await store.load()
    await store.mark_revoked("invalid_grant")
    assert await left() == {NAME: 0.0}
