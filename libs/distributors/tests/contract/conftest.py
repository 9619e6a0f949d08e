"""The worlds in which the contract of seat sources is checked: one per source, each telling the same month.

A new source adds its world here (a `World` and a fixture `<name>_world`) and must pass every test of this folder
unchanged. The month: Harbour Dental buys 10 seats at 12.00 on 5 March 2022 and changes them five times before 4 April;
Quiet Legal buys nothing.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.seats import (
    ChargeKind,
    ChargeLine,
    Frequency,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
)
from ledgerwire.common.settings import Settings
from ledgerwire.distributors.exports import LAYOUTS, ExportSource
from ledgerwire.distributors.port import SeatSource
from ledgerwire.distributors.push import Push, PushSource, receive

HARBOUR, QUIET = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
SUBSCRIPTION = "33333333-cccc-4ccc-8ccc-333333333333"
SKU, CURRENCY = "CFQ7TTC0LH18:0001", "USD"
FIRST, LAST = date(2022, 3, 5), date(2022, 4, 4)
MONTH = (
    ("2022-03-05", "new", 10, "120.00"),
    ("2022-03-07", "addQuantity", 10, "-112.25"),
    ("2022-03-07", "addQuantity", 15, "168.38"),
    ("2022-03-10", "addQuantity", 15, "-150.96"),
    ("2022-03-10", "addQuantity", 25, "251.61"),
    ("2022-03-12", "removeQuantity", 25, "-232.25"),
    ("2022-03-12", "removeQuantity", 23, "213.67"),
    ("2022-03-14", "removeQuantity", 23, "-195.87"),
    ("2022-03-14", "removeQuantity", 20, "170.32"),
    ("2022-03-25", "addQuantity", 20, "-85.16"),
    ("2022-03-25", "addQuantity", 30, "127.74"),
)
"""Day of the order, why, seats, subtotal as the vendor prints it."""


@dataclass
class World:
    """A source that has the month in it; ids may be the source's own."""

    source: SeatSource
    harbour: str = HARBOUR
    subscription: str = SUBSCRIPTION


def export_row(day: str, kind: str, seats: int | str, subtotal: str, **changes: str) -> dict[str, str]:
    """A line of a reconciliation file."""
    return {
        "CustomerId": HARBOUR.upper(),
        "CustomerName": "Harbour Dental",
        "CustomerDomainName": "harbour.example",
        "InvoiceNumber": "G000001",
        "OrderId": "0a1b2c3d4e5f",
        "OrderDate": f"{day}T10:00:00.0000000Z",
        "ProductId": "CFQ7TTC0LH18",
        "SkuId": "1",
        "SkuName": "Business Basic",
        "ChargeType": kind,
        "UnitPrice": "12",
        "Quantity": str(seats),
        "Subtotal": subtotal,
        "TaxTotal": "0",
        "Currency": CURRENCY,
        "SubscriptionId": SUBSCRIPTION.upper(),
        "ChargeStartDate": f"{day}T00:00:00Z",
        "ChargeEndDate": "04/04/2022",
        "BillingFrequency": "Monthly",
        "SubscriptionStartDate": "2022-03-05",
        "SubscriptionEndDate": "2022-04-04",
        **changes,
    }


def write_export(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8-sig") -> None:
    """A file as the portal writes it, with a byte order mark."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def csv_world(tmp_path: Path) -> World:
    # Files name a customer only where it is charged: Quiet Legal had seats a year ago.
    quiet = {"CustomerId": QUIET, "CustomerName": "Quiet Legal", "SubscriptionId": "", "OrderDate": "2021-03-05"}
    days = {"ChargeStartDate": "2021-03-05", "ChargeEndDate": "2021-03-05"}
    rows = [export_row(*line) for line in reversed(MONTH)]
    rows.append(export_row("2021-03-05", "customerCredit", 1, "0.00", **quiet, **days))
    write_export(tmp_path / "march.csv", rows)
    return World(ExportSource("exports", tmp_path, LAYOUTS["microsoft-reconciliation"]))


def _posted() -> Push:
    charges = [
        ChargeLine(
            key=f"line-{place}",
            invoice="G000001",
            customer_id=HARBOUR,
            subscription_id=SUBSCRIPTION,
            sku=SKU,
            name="Business Basic",
            kind=ChargeKind(kind),
            quantity=Decimal(seats),
            subtotal=Decimal(subtotal),
            currency=CURRENCY,
            charge_start=date.fromisoformat(day),
            charge_end=LAST,
            frequency=Frequency.MONTHLY,
            event_date=date.fromisoformat(day),
        )
        for place, (day, kind, seats, subtotal) in enumerate(MONTH)
    ]
    held = SubscriptionSnapshot(
        id=SUBSCRIPTION,
        customer_id=HARBOUR,
        sku=SKU,
        name="Business Basic",
        quantity=Decimal(30),
        frequency=Frequency.MONTHLY,
        start=FIRST,
    )
    customers = (SourceCustomer(HARBOUR, "Harbour Dental"), SourceCustomer(QUIET, "Quiet Legal"))
    return Push(customers, (SourceProduct(SKU, "Business Basic"),), (held,), tuple(charges))


@pytest.fixture
async def push_world(settings: Settings) -> AsyncIterator[World]:
    database, account = open_database(settings, "billing"), uuid4()
    try:
        async with database.account(account) as unit:
            await receive(unit, "pushed", _posted())
        yield World(PushSource(database, account, "pushed"))
    finally:
        await database.close()


@pytest.fixture
async def partner_center_world(partner_center: Any) -> World:
    sold = partner_center.month()
    # The month is invoiced on the 8th; its subscription was told not to renew.
    partner_center.on("2022-04-03").market.renewing(sold, auto_renew=False)
    partner_center.on("2022-04-08")
    return World(partner_center.source, subscription=sold)


@pytest.fixture(params=["csv", "push", "partner_center"])
def world(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{request.param}_world")
