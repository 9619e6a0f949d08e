"""What is posted is kept once, and read back through the port as it was."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.seats import Completeness, Frequency, SourceCustomer, SubscriptionSnapshot
from ledgerwire.common.settings import Settings
from ledgerwire.distributors.port import Period, read_source
from ledgerwire.distributors.push import Push, PushSource, receive

ACME = SourceCustomer("tenant-1", "Acme")
SEATS = SubscriptionSnapshot(
    "sub-1",
    "tenant-1",
    "SKU-1",
    "Premium",
    Decimal(10),
    Frequency.MONTHLY,
    date(2026, 3, 1),
    unit_cost=Decimal("18.005"),
)


@pytest.mark.requirement("B33")
async def test_posting_the_same_again_changes_nothing_and_is_read_back_exactly(settings: Settings):
    database, account = open_database(settings, "billing"), uuid4()
    push = Push.decoded(canonical_bytes(Push(customers=(ACME,), subscriptions=(SEATS,))))
    try:
        async with database.account(account) as unit:
            first = await receive(unit, "distributor", push)
            again = await receive(unit, "distributor", push)
        period = Period(date(2026, 1, 1), date(2026, 12, 31))
        source = PushSource(database, account, "distributor")
        reading = await read_source(source, period, datetime(2026, 3, 7, tzinfo=UTC))
        elsewhere = await PushSource(database, uuid4(), "distributor").customers()
    finally:
        await database.close()

    assert (first.rows, first.changed, again.changed) == (2, 2, 0)
    assert (reading.customers, reading.subscriptions) == ((ACME,), (SEATS,))
    assert reading.completeness is Completeness.COMPLETE
    assert elsewhere.rows == ()


def test_a_post_that_is_not_in_the_form_of_seats_is_refused_whole():
    with pytest.raises(ConfigurationError, match=r"customers\[0\]") as refused:
        Push.decoded(b'{"customers": [{"id": 7}]}')
    assert refused.value.code == "PUSH_REFUSED"
