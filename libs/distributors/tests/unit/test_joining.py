"""A file may call a subscription by another id than its list does: its seats are billed once, or a person is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledgerwire.common.seats import (
    ChargeKind,
    ChargeLine,
    Frequency,
    RowProblem,
    SeatReading,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
)
from ledgerwire.distributors.port import Part, Period, read_source

SKU, OTHER_SKU = "CFQ7TTC0LCHC:0002", "CFQ7TTC0LH18:0001"
TEN = SubscriptionSnapshot(
    "sub-1", "acme", SKU, "Business Premium", Decimal(10), Frequency.MONTHLY, date(2026, 3, 1), order_id="O1"
)
LINE = ChargeLine(
    key="L1",
    invoice="G1",
    customer_id="acme",
    subscription_id="other-id",
    sku=SKU,
    name="Business Premium",
    kind=ChargeKind.NEW,
    quantity=Decimal(10),
    subtotal=Decimal(120),
    currency="USD",
    charge_start=date(2026, 3, 1),
    charge_end=date(2026, 3, 31),
    frequency=Frequency.MONTHLY,
    unit_price=Decimal(12),
    order_id="O2",
)


@dataclass
class Shown:
    """A source that shows these subscriptions and lines of one customer."""

    listed: tuple[SubscriptionSnapshot, ...]
    lines: tuple[ChargeLine, ...]
    problems: tuple[RowProblem, ...] = ()
    name: str = "distributor"

    async def customers(self) -> Part[SourceCustomer]:
        return Part((SourceCustomer("acme", "Acme"),))

    async def products(self) -> Part[SourceProduct]:
        return Part(())

    async def subscriptions(self, customer: SourceCustomer) -> Part[SubscriptionSnapshot]:
        return Part(self.listed, self.problems)

    async def charges(self, period: Period) -> Part[ChargeLine]:
        return Part(self.lines)


async def read(*lines: ChargeLine, listed: tuple[SubscriptionSnapshot, ...] = (TEN,)) -> SeatReading:
    period = Period(date(2026, 1, 1), date(2026, 5, 1))
    return await read_source(Shown(listed, lines), period, datetime(2026, 3, 20, tzinfo=UTC))


def seats(reading: SeatReading) -> dict[str, Decimal]:
    return {each.id: each.quantity for each in reading.subscriptions}


async def test_ten_seats_under_another_id_and_another_order_are_ten_seats():
    reading = await read(LINE, replace(LINE, key="L2", kind=ChargeKind.CYCLE, charge_start=date(2026, 4, 1)))
    assert (seats(reading), reading.problems) == ({"sub-1": 10}, ())
    assert [line.subscription_id for line in reading.charges] == ["sub-1", "sub-1"]


async def test_a_name_that_one_order_tells_is_known_for_its_later_orders_too():
    second = replace(TEN, id="sub-2", quantity=Decimal(4), order_id="O9")
    reading = await read(replace(LINE, order_id="O1"), LINE, listed=(TEN, second))
    assert [line.subscription_id for line in reading.charges] == ["sub-1", "sub-1"]
    assert (seats(reading), reading.unsure) == ({"sub-1": 10, "sub-2": 4}, frozenset())


async def test_a_line_without_an_id_is_for_the_only_subscription_of_its_sku():
    reading = await read(replace(LINE, subscription_id=""), replace(LINE, key="L2", subscription_id="sub-1"))
    assert (seats(reading), {line.subscription_id for line in reading.charges}) == ({"sub-1": 10}, {"sub-1"})


@pytest.mark.requirement("F1: BS_SOURCE_ROW_REFUSED")
@pytest.mark.parametrize(
    ("listed", "further"),
    [
        ((TEN, replace(TEN, id="sub-2", order_id="O9")), ()),
        ((TEN,), (replace(LINE, key="L2", subscription_id="third-id"),)),
        ((TEN,), (replace(LINE, key="L2", subscription_id="sub-1"),)),
    ],
    ids=["two in the list", "two other names", "the list's own name besides"],
)
async def test_where_it_may_be_another_one_a_person_is_asked_and_no_seat_is_added(
    listed: tuple[SubscriptionSnapshot, ...], further: tuple[ChargeLine, ...]
):
    reading = await read(LINE, *further, listed=listed)
    assert seats(reading) == {each.id: each.quantity for each in listed}
    assert reading.unsure == {"acme"}
    assert {(each.code, each.customer_id) for each in reading.problems} == {("BS_SOURCE_ROW_REFUSED", "acme")}
    assert "other-id is not among the customer's" in dict(reading.problems[0].params)["reason"]


async def test_a_sku_that_the_list_does_not_show_stands_for_itself():
    reading = await read(replace(LINE, sku=OTHER_SKU))
    assert (seats(reading), reading.problems) == ({"sub-1": 10, "other-id": 10}, ())


async def test_the_only_one_shown_of_a_customer_that_was_not_read_whole_is_not_taken_for_the_only_one():
    refused = RowProblem("row 2", "BS_SOURCE_ROW_REFUSED", (), "acme")
    source = Shown((TEN,), (LINE,), (refused,))
    reading = await read_source(source, Period(date(2026, 1, 1), date(2026, 5, 1)), datetime(2026, 3, 20, tzinfo=UTC))
    assert (seats(reading), reading.problems) == ({"sub-1": 10}, (refused,))
    assert [line.subscription_id for line in reading.charges] == ["other-id"]
