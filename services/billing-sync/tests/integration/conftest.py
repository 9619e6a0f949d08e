"""Billing sync on a real database before a simulated ConnectWise over TLS, signed in with the role of the document."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import stamina
from pydantic import SecretStr
from sqlalchemy import text

from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.ids import account_id
from ledgerwire.common.seats import (
    ChargeLine,
    Frequency,
    SourceCustomer,
    SourceProduct,
    SubscriptionSnapshot,
)
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.distributors.push import Push
from ledgerwire.sandbox.connectwise.app import ConnectWise as SandboxServer
from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import TlsFiles, make_tls
from ledgerwire.sandbox.seed import build
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import AccountFile

SOURCE, SKU, ANNUAL_SKU, AZURE_SKU = "distributor", "CFQ7TTC0LCHC:0002", "CFQ7TTC0LF8R:0001", "DZH318Z0BPS6:0001"
ACME, OTHER = 250, 260
PERSON = 152
TODAY = date(2026, 3, 20)
NEXT = "2026-04-01T00:00:00Z"
DEFAULTS = {"category": "Miscellaneous", "subcategory": "Miscellaneous", "type": "Miscellaneous", "unit": "Each"}


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_tls(Path(tmp_path_factory.mktemp("tls")))


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def day(at: str) -> date:
    """A day of 2026 as "17 Mar"."""
    return datetime.strptime(f"{at} 2026", "%d %b %Y").replace(tzinfo=UTC).date()


def subscription(key: str = "sub-1", quantity: str = "10", **changes: Any) -> SubscriptionSnapshot:
    """Ten seats of a monthly product since January, at 18.00 each."""
    values: dict[str, Any] = {
        "id": key,
        "customer_id": "acme",
        "sku": SKU,
        "name": "Business Premium",
        "quantity": Decimal(quantity),
        "frequency": Frequency.MONTHLY,
        "start": date(2026, 1, 1),
        "unit_cost": Decimal("18.00"),
        "currency": "AUD",
    }
    return SubscriptionSnapshot(**values | changes)


def annual(key: str = "year-1", quantity: str = "10", **changes: Any) -> SubscriptionSnapshot:
    """Ten seats paid for a year at once, from 1 March."""
    values: dict[str, Any] = {
        "sku": ANNUAL_SKU,
        "name": "Business Premium, one year",
        "frequency": Frequency.ANNUAL,
        "start": day("1 Mar"),
        "term": "P1Y",
        "term_start": day("1 Mar"),
        "term_end": date(2027, 2, 28),
        "unit_cost": Decimal("19.00"),
    }
    return subscription(key, quantity, **values | changes)


def sold(*subscriptions: SubscriptionSnapshot, charges: tuple[ChargeLine, ...] = ()) -> Push:
    """What a distributor posts."""
    ids = {each.customer_id for each in subscriptions}
    names = {each.sku: each.name for each in subscriptions}
    return Push(
        tuple(SourceCustomer(each, each.title()) for each in sorted(ids)),
        tuple(SourceProduct(sku, name) for sku, name in sorted(names.items())),
        subscriptions,
        charges,
    )


@dataclass
class World:
    """One account with its seats, and the ConnectWise it works on."""

    server: SandboxServer
    faults: Faults
    settings: Settings
    desk: SeatsDesk
    clock: FixedClock
    account_id: UUID
    content: dict[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> ConnectWiseState:
        return self.server.state

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The additions that ConnectWise holds."""
        return list(self.state.tables["additions"].values())

    @property
    def monthly(self) -> int:
        return self.number("Seats")

    @property
    def annual(self) -> int:
        return self.number("Annual seats")

    def number(self, name: str) -> int:
        """The agreement of a name."""
        return next(number for number, row in self.state.tables["agreements"].items() if row["name"] == name)

    def agreement(self, number: int) -> dict[str, Any]:
        return self.state.tables["agreements"][number]

    def fail(self, name: str, **where: Any) -> None:
        self.faults.add(Fault(name, "connectwise", **where))

    def take(self, function: str, action: str, level: str = "None") -> None:
        """Take a right away from the role of billing sync."""
        for row in self.state.tables["security_settings"].values():
            if row["moduleFunctionName"] == function:
                row[f"{action.lower()}Level"] = level

    def forbid(self, table: str) -> None:
        """Take one set-up table off the role's list."""
        rows = self.state.tables["customize_items"]
        for number in [number for number, row in rows.items() if row["name"] == table]:
            del rows[number]

    async def person(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What somebody does on a screen of ConnectWise."""
        answer = await self.server.as_person(PERSON, method, path, body)
        assert answer.status_code < 300, answer.text
        value = answer.json()
        return value if isinstance(value, dict) else {"id": value}

    async def edit(self, row: dict[str, Any], **values: Any) -> None:
        """A person changes an addition."""
        path = f"/finance/agreements/{row['agreementId']}/additions/{row['id']}"
        body = [{"op": "replace", "path": name, "value": value} for name, value in values.items()]
        await self.person("PATCH", path, body)

    async def product(self, sku: str, identifier: str, **values: Any) -> dict[str, Any]:
        """A catalog product with a Vendor SKU."""
        base = self.state.tables["catalog"][3]
        names = ("category", "subcategory", "type", "unitOfMeasure", "productClass")
        body = {name: base[name] for name in names if name in base}
        body |= {"identifier": identifier, "description": identifier, "customerDescription": identifier}
        return await self.person("POST", "/procurement/catalog", {**body, "vendorSku": sku, "price": 22, **values})

    async def invoice(self, number: int) -> None:
        """ConnectWise makes the next invoice of an agreement, and somebody closes it."""
        made = await self.person("POST", f"/finance/agreements/{number}/invoice")
        closed = next(row for row in self.state.tables["billing_statuses"].values() if row.get("closedFlag"))
        self.server.desk.set_status(made["id"], {"id": closed["id"]}, PERSON)

    def move(self, to: date) -> None:
        """Another day, for both sides."""
        moment = datetime.combine(to, time(9), UTC)
        self.clock.at = moment
        self.state.clock.set(moment)

    async def configure(self, **seats: Any) -> None:
        """Change the seats section of the account file."""
        self.content["seats"] |= seats
        database = open_database(self.settings, "tenants")
        box = SecretBox.from_settings(self.settings)
        file = AccountFile.model_validate(self.content)
        await accounts.apply(database, box, file, author="test", reason="test")
        await database.close()

    async def policies(self, **policies: Any) -> None:
        await self.configure(policies=self.content["seats"].get("policies", {}) | policies)

    async def post(self, push: Push) -> None:
        await self.desk.push(self.account_id, SOURCE, push)

    async def plan(self):
        return await self.desk.plan(self.account_id)

    async def sync(self, push: Push | None = None):
        """Post, plan and apply; what came of it."""
        if push is not None:
            await self.post(push)
        plan = await self.plan()
        return plan, await self.desk.apply(self.account_id)

    async def query(self, statement: str, **params: Any) -> list[Any]:
        """Rows of the schema of billing sync."""
        database = open_database(self.settings, "billing")
        async with database.account(self.account_id) as unit:
            rows = (await unit.execute(text(statement), params)).all() if "SELECT" in statement else []
            if "SELECT" not in statement:
                await unit.execute(text(statement), params)
        await database.close()
        return list(rows)

    def ready(self) -> None:
        """ConnectWise as the document asks for it: a miscellaneous product, and cost accounts on the mappings."""
        base = dict(self.state.tables["catalog"][3])
        self.state.insert("catalog", {**base, "identifier": "MISC", "description": "Miscellaneous"}, PERSON)
        for row in self.state.tables["gl_accounts"].values():
            if row["glType"] == "AP" and row["mappedType"]["name"] == "Corporate":
                row["cogs1"] = "310"

    async def set_up(self, **seats: Any) -> None:
        """ConnectWise as the document asks for it, every check passed; and the seats section changed."""
        self.ready()
        await self.desk.check(self.account_id, fix=True)
        await self.configure(**seats)


def codes(findings: Any) -> list[str]:
    """The causes named, each once."""
    return sorted({finding.code for finding in findings})


@asynccontextmanager
async def opened(settings: Settings, tls: TlsFiles, name: str = "acme") -> AsyncIterator[World]:
    """A world: two agreements for Acme, links for its motions, and a product for its monthly SKU."""
    key = f"k1:{base64.b64encode(bytes(32)).decode()}"
    settings = settings.model_copy(update={"encryption_keys": SecretStr(key)})
    moment = datetime.combine(TODAY, time(9), UTC)
    clock = VirtualClock(moment)
    state = ConnectWiseState(clock=clock, journal=Journal(clock), credentials=Credentials.derive(1))
    scenario = build(1)
    state.load(scenario.state_tables(), scenario.invoice_lines)
    state.switches.requests_per_minute = 0
    faults = Faults()
    server = create_connectwise(state, faults)
    async with serve(server.app, tls=tls) as served:
        state.site.base_url = served.base_url
        fixed = FixedClock(moment)
        async with open_seats(settings, fixed) as desk:
            world = World(server, faults, settings, desk, fixed, account_id(name))
            await _agreements(world)
            world.content = {"account": name, **_account(state, served.base_url, str(tls.ca_file), world)}
            await world.product(SKU, "M365-NCE")
            await world.product(ANNUAL_SKU, "M365-NCE-YR")
            await world.configure()
            try:
                yield world
            finally:
                await server.callbacks.aclose()


@pytest.fixture
async def world(settings: Settings, tls: TlsFiles) -> AsyncIterator[World]:
    async with opened(settings, tls) as made:
        yield made


async def _agreements(world: World) -> None:
    common = {"company": {"id": ACME}, "startDate": "2025-12-01T00:00:00Z", "noEndingDateFlag": True}
    common |= {"nextInvoiceDate": NEXT, "periodType": "Future", "invoicingCycle": "CalendarYear"}
    common |= {"invoiceProratedAdditionsFlag": True, "currency": world.state.tables["companies"][ACME]["currency"]}
    monthly = {"name": "Seats", "type": {"id": 2}, "billingCycle": {"id": 1}, "prorateFlag": True}
    yearly = {"name": "Annual seats", "type": {"id": 3}, "billingCycle": {"id": 8}}
    for body in (monthly, yearly):
        await world.person("POST", "/finance/agreements", {**common, **body})


def _account(state: ConnectWiseState, base_url: str, ca_file: str, world: World) -> dict[str, Any]:
    keys, seats = state.credentials, state.credentials.for_seats()
    motions = {"seat-monthly": world.monthly, "azure": world.monthly, "seat-annual": world.annual}
    return {
        "connectwise": {
            "site": base_url.removeprefix("https://"),
            "on_premise": True,
            "company_id": keys.company_id,
            "public_key": keys.public_key,
            "private_key": keys.private_key,
            "client_id": keys.client_id,
            "ca_file": ca_file,
            "seats": {"public_key": seats.public_key, "private_key": seats.private_key},
        },
        "companies": [
            {
                "name": "Acme IT",
                "package": "xero",
                "connection": {"tenant_id": "t", "client_id": "c", "client_secret": "s", "refresh_token": "r"},
            }
        ],
        "mapping": {
            "tax": {"untaxed_type": "EXEMPTOUTPUT"},
            "rounding": {"account": "860", "tax_type": "BASEXCLUDED"},
        },
        "seats": {
            "since": "2026-01-01",
            "sources": [{"name": SOURCE, "kind": "push"}],
            "products": {"taxable": True},
            "price": {"basis": "fixed", "value": "22.00"},
            "customers": [{"source": SOURCE, "customer": "acme", "company": ACME}],
            "agreements": [
                {"company": ACME, "motion": motion, "agreement": number} for motion, number in motions.items()
            ],
        },
    }
