"""What is posted is kept once, and read back through the port as it was."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from ledgerwire.common.canonical import canonical_bytes
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.seats import (
    ChargeLine,
    Completeness,
    Frequency,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
)
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


@pytest.mark.requirement("B33")
@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"customer": []}', "unknown field `customer`"),
        (b'{"customers": [{"id": "c-1", "name": "Acme", "tenant": "t-1"}]}', r"`tenant` - at `\$.customers\[0\]`"),
        (b'{"products": [{"sku": "A:1", "name": "A", "price": "3"}]}', r"`price` - at `\$.products\[0\]`"),
    ],
)
def test_a_field_that_no_shape_has_is_refused_and_named(body: bytes, says: str):
    with pytest.raises(ConfigurationError, match=says) as refused:
        Push.decoded(body)
    assert refused.value.code == "PUSH_REFUSED"


@pytest.mark.requirement("B33")
def test_a_misspelled_last_day_is_refused_and_no_seats_without_an_end():
    body = canonical_bytes(Push(subscriptions=(SEATS, replace(SEATS, id="sub-2", ended_on=date(2026, 3, 31)))))
    assert Push.decoded(body).subscriptions[1].ended_on == date(2026, 3, 31)
    last = b'"ended_on":"2026-03-31"'
    assert last in body
    with pytest.raises(ConfigurationError, match=r"`ended_at` - at `\$.subscriptions\[1\]`"):
        Push.decoded(body.replace(last, last.replace(b"ended_on", b"ended_at")))


def test_the_name_of_an_unknown_field_is_told_no_longer_than_it_helps():
    with pytest.raises(ConfigurationError) as refused:
        Push.decoded(b'{"' + b"x" * 100_000 + b'": 1}')
    assert len(str(refused.value)) < 600


def test_the_guide_names_every_field_that_a_post_may_have():
    guide = (Path(__file__).parents[4] / "docs/guide/seats-push.md").read_text()
    for shape in (SourceCustomer, SourceProduct, SubscriptionSnapshot, ChargeLine):
        assert [each.name for each in fields(shape) if not re.search(rf"[`\"]{each.name}[`\"]", guide)] == []
