"""The vendor's worked figures: what each event charges, and when cycles begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.partnercenter.cycles import cycle_of
from ledgerwire.sandbox.partnercenter.market import Customer, Market
from ledgerwire.sandbox.partnercenter.switches import Switches
from ledgerwire.sandbox.partnercenter.wire import RefusedError

SKU = "CFQ7TTC0LH18:0001"


class Shop:
    """A market whose day is set."""

    def __init__(self) -> None:
        self.clock, self.switches = VirtualClock(), Switches()
        self.market = Market(self.clock.now, self.switches)
        self.market.load([Customer("c", "Harbour Dental", "harbour.example")], "USD")

    def on(self, day: str) -> Market:
        self.clock.set(datetime.fromisoformat(f"{day}T10:00:00+00:00").astimezone(UTC))
        return self.market

    def lines(self) -> list[tuple[str, str, str]]:
        return [(line.kind, str(line.quantity), str(line.subtotal)) for line in self.market.charges]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def buy(market: Market, seats: int = 10, price: str = "10.08", **others: object) -> str:
    return market.buy("c", SKU, "Business Basic", seats, Decimal(price), **others).id  # type: ignore[arg-type]


def test_a_month_of_changes_nets_275_23(shop: Shop) -> None:
    sold = buy(shop.on("2022-03-05"), 10, "12")
    for day, seats in (("07", 15), ("10", 25), ("12", 23), ("14", 20), ("25", 30)):
        shop.on(f"2022-03-{day}").resize(sold, seats)
    assert [subtotal for _, _, subtotal in shop.lines()] == [
        "120.00", "-112.25", "168.38", "-150.96", "251.61", "-232.25", "213.67", "-195.87", "170.32", "-85.16", "127.74",
    ]  # fmt: skip
    assert sum(line.subtotal for line in shop.market.charges) == Decimal("275.23")


def test_seats_added_to_an_annual_prepaid_term_are_charged_to_its_end(shop: Shop) -> None:
    sold = buy(shop.on("2021-06-18"), 10, "120.96", term="P1Y", plan="annual")
    shop.on("2021-12-18").resize(sold, 12)
    assert shop.lines() == [("new", "10", "1209.60"), ("addQuantity", "10", "-603.14"), ("addQuantity", "12", "723.77")]
    assert sum(line.subtotal for line in shop.market.charges[1:]) == Decimal("120.63")


def test_a_cancellation_within_seven_days_gives_the_rest_back(shop: Shop) -> None:
    sold = buy(shop.on("2021-07-15"))
    shop.on("2021-07-17").cancel(sold)
    assert shop.lines() == [("new", "10", "100.80"), ("cancelImmediate", "10", "-94.20")]
    other = buy(shop.on("2021-08-01"))
    with pytest.raises(RefusedError) as refused:
        shop.on("2021-08-09").cancel(other)
    assert refused.value.code == "900117"


def test_an_upgrade_is_a_pair_under_one_reference(shop: Shop) -> None:
    sold = buy(shop.on("2021-06-18"), 300)
    shop.on("2021-06-25").convert(sold, "CFQ7TTC0LCHC:0002", "Business Standard", Decimal("6.43"))
    pair = shop.market.charges[1:]
    assert [str(line.subtotal) for line in pair] == ["-2316.00", "1476.00"]
    assert len({line.reference for line in pair}) == 1


@pytest.mark.parametrize(
    ("rounding", "kept"), [("at_end", "-94.29"), ("unit_first", "-94.20"), ("as_printed", "-94.20")]
)
def test_where_the_documents_round_two_ways_a_switch_decides(shop: Shop, rounding: str, kept: str) -> None:
    shop.switches.change({"rounding": rounding})
    sold = buy(shop.on("2021-07-15"))
    shop.on("2021-07-17").cancel(sold)
    assert shop.lines()[1][2] == kept


def test_seats_come_off_only_inside_their_own_window(shop: Shop) -> None:
    sold = buy(shop.on("2022-03-05"), 10, "12")
    shop.on("2022-03-10").resize(sold, 15)
    with pytest.raises(RefusedError) as refused:
        shop.on("2022-03-14").resize(sold, 9)
    assert refused.value.code == "800090"
    shop.on("2022-03-14").resize(sold, 10)
    assert shop.market.subscriptions[sold].quantity == 10


def test_a_term_renews_by_itself_at_the_price_of_the_day_and_ends_where_it_was_told_to(shop: Shop) -> None:
    sold = buy(shop.on("2021-06-18"))
    shop.market.prices[SKU, "P1M", "monthly"] = Decimal("11.00")
    shop.on("2021-07-20").renewing(sold, auto_renew=False)
    shop.on("2021-10-01").settle()
    assert shop.lines() == [("new", "10", "100.80"), ("renew", "10", "110.00")]
    assert shop.market.subscriptions[sold].status == "expired"


def test_an_annual_term_billed_monthly_charges_a_cycle_a_month(shop: Shop) -> None:
    buy(shop.on("2021-06-18"), term="P1Y")
    shop.on("2022-06-18").settle()
    kinds = [kind for kind, _, _ in shop.lines()]
    assert kinds == ["new"] + ["cycleCharge"] * 11 + ["renew"]


def test_a_trial_costs_nothing_until_it_is_converted(shop: Shop) -> None:
    sold = buy(shop.on("2021-06-18"), 25, trial=True)
    shop.on("2021-06-28").convert(sold, SKU, "Business Basic", Decimal("10.08"))
    assert [subtotal for _, _, subtotal in shop.lines()][:2] in (["0.00", "0.00"], ["0.00", "-0.00"])
    assert shop.market.charges[-1].subtotal > 0


def test_a_first_term_that_ends_with_the_month_is_charged_by_its_days(shop: Shop) -> None:
    buy(shop.on("2022-07-15"), 10, "31.00", ends=date(2022, 7, 31))
    assert shop.lines() == [("new", "10", "170.00")]
    shop.switches.change({"short_cycle": "year_365"})
    buy(shop.on("2022-07-15"), 10, "31.00", ends=date(2022, 7, 31))
    assert shop.lines()[1] == ("new", "10", "173.26")


@pytest.mark.parametrize(
    ("bought", "term", "starts"),
    [
        ("2021-01-31", "P1M", ["2021-01-31", "2021-02-28", "2021-03-28"]),
        ("2021-05-31", "P1M", ["2021-05-31", "2021-06-30", "2021-07-30"]),
        ("2021-01-31", "P1Y", ["2021-01-31", "2021-02-28", "2021-03-31", "2021-04-30"]),
        ("2021-01-30", "P1Y", ["2021-01-30", "2021-02-27", "2021-03-30", "2021-04-29"]),
        ("2021-06-18", "P1Y", ["2021-06-18", "2021-07-18"]),
    ],
)
def test_cycles_begin_where_the_vendor_says_at_month_ends(bought: str, term: str, starts: list[str]) -> None:
    day = date.fromisoformat(bought)
    cycles = [cycle_of(day, term, "monthly", number) for number in range(len(starts))]
    assert [first.isoformat() for first, _ in cycles] == starts
    assert all(last + timedelta(days=1) == cycles[place + 1][0] for place, (_, last) in enumerate(cycles[:-1]))
