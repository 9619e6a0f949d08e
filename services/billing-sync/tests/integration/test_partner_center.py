"""Partner Center as a source of the account file: sealed sign-in, replaced consent, throttling, exports, and what it may reach."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.errors import ConfigurationError, Waiting
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import TlsFiles
from ledgerwire.sandbox.partnercenter.app import TOKEN_PATH, create_app
from ledgerwire.sandbox.partnercenter.market import Customer
from ledgerwire.sandbox.partnercenter.state import PartnerCenterState

from .conftest import ACME, SKU, SOURCE, TODAY, World, codes, day, sold, subscription

TENANT = "11111111-aaaa-4aaa-8aaa-111111111111"
ADVISED = "44444444-dddd-4ddd-8ddd-444444444444"
NAME = "microsoft"


@dataclass
class Office:
    """An account whose seats Microsoft sells, and Partner Center beside its ConnectWise."""

    world: World
    center: PartnerCenterState
    base_url: str
    ca_file: str
    section: dict[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.base_url.removeprefix("https://")

    async def declare(self, *others: dict[str, Any], **changes: Any) -> None:
        """Name the source in the account file, with the consent that a person has just given."""
        tokens = self.center.identity.consent(self.center.clock.now())
        self.section = {
            "name": NAME,
            "kind": "partner-center",
            "currency": "AUD",
            "client_id": "client",
            "client_secret": "canary-secret",
            "refresh_token": tokens["refresh_token"],
            "on_premise": True,
            "base_url": self.base_url,
            "graph_url": self.base_url,
            "token_url": f"{self.base_url}{TOKEN_PATH}",
            "blob_hosts": [self.host],
            "ca_file": self.ca_file,
            **changes,
        }
        links = [{"source": name, "customer": key, "company": ACME} for name, key in ((NAME, TENANT), (SOURCE, "acme"))]
        await self.world.configure(sources=[self.section, *others], customers=links)

    async def consent(self) -> Any:
        """The stored consent, as the owner of the accounts sees it."""
        database = open_database(self.world.settings, "tenants")
        async with database.account(self.world.account_id) as unit:
            found = await unit.execute(text("SELECT * FROM tenants.consent WHERE provider = 'partner-center'"))
            row = found.one()
        await database.close()
        return row

    def fail(self, name: str, path: str, times: int | None = None) -> None:
        self.world.faults.add(Fault(name, "partnercenter", path_regex=path, times=times))

    def buy(self, seats: int) -> str:
        return self.center.market.buy(TENANT, SKU, "Business Premium", seats, Decimal("18.00")).id


@pytest.fixture
async def office(world: World, tls: TlsFiles) -> AsyncIterator[Office]:
    center = PartnerCenterState(world.state.clock)
    center.load([Customer(TENANT, "Acme", "acme.example"), Customer(ADVISED, "Advised", "", "advisor")], "AUD",
                "client", "canary-secret")  # fmt: skip
    center.switches.change({"export_retry_after": 0})
    app = create_app(center, world.state.journal, world.faults)
    async with serve(app, tls=tls) as served:
        made = Office(world, center, served.base_url, str(tls.ca_file))
        world.move(day("1 Mar"))
        made.buy(10)
        world.move(TODAY)
        yield made


@pytest.mark.requirement("B33", "A053")
async def test_what_microsoft_sold_is_on_the_agreement_and_the_consent_is_kept_as_it_is_replaced(office: Office):
    await office.declare()
    first = office.section["refresh_token"]
    plan = await office.world.plan()
    assert [stored.step.kind.value for stored in plan.steps] == ["create"]
    done = await office.world.desk.apply(office.world.account_id)
    assert (done.written, done.refused) == (1, 0)
    [row] = office.world.rows
    assert (Decimal(row["quantity"]), Decimal(row["unitCost"]), str(row["effectiveDate"])[:10]) == (
        Decimal(10),
        Decimal("18.00"),
        "2026-03-01",
    )
    stored = await office.consent()
    assert (stored.state, stored.version) == ("ok", 3)  # one token for each of the two hosts
    assert all(secret.encode() not in stored.refresh_token + stored.client_secret for secret in (first, "canary"))

    # another process knows nothing but what is stored, and the first token is spent
    async with open_seats(office.world.settings, office.world.clock) as other:
        assert (await other.plan(office.world.account_id)).steps == ()
        report = await other.reconcile(office.world.account_id, date(2026, 3, 1), date(2026, 3, 31))
    assert (await office.consent()).version == 5
    assert {(row.bought.quantity, row.on_agreement.quantity) for row in report.rows} == {(Decimal(10), Decimal(10))}


@pytest.mark.requirement("B33")
async def test_a_throttled_call_and_an_export_that_takes_its_time_are_waited_out(office: Office):
    await office.declare()
    office.center.switches.change({"export_polls": 3, "manifest_by_link": True, "blob_lines": 1})
    office.fail("429", "/customers$", times=1)
    [reading] = await office.world.desk.read(await office.world.desk.account(office.world.account_id))
    assert [customer.name for customer in reading.customers] == ["Acme"]
    assert [line.subtotal for line in reading.charges] == [Decimal("180.00")]
    assert reading.problems == ()


async def test_an_export_is_loaded_from_hosts_of_the_account_file_only(office: Office):
    await office.declare(blob_hosts=["127.0.0.1:1"])
    plan = await office.world.plan()
    [said] = [finding for finding in plan.all_findings if finding.code == "BS_SOURCE_INCOMPLETE"]
    assert "EGRESS_REFUSED" in said.message
    assert plan.steps == ()
    assert not [entry for entry in office.world.state.journal.entries() if entry.path.startswith("/blobs/")]


@pytest.mark.requirement("F1")
async def test_a_sign_in_that_ended_waits_for_a_person_and_the_next_consent_is_taken(office: Office):
    await office.declare()
    office.center.identity.revoke_all()
    for _ in range(2):
        with pytest.raises(Waiting) as ended:
            await office.world.plan()
        assert ended.value.code == "TOKEN_REVOKED"
    assert (await office.consent()).state == "revoked"
    await office.declare()
    assert len((await office.world.plan()).steps) == 1


@pytest.mark.requirement("F1")
async def test_charges_that_stop_halfway_hold_their_customers_and_the_other_sources_go_on(office: Office):
    await office.declare({"name": SOURCE, "kind": "push"})
    await office.world.product("OTHER:0001", "OTHER")
    await office.world.sync(sold(subscription("other", "4", sku="OTHER:0001", name="Other product")))
    assert len(office.world.rows) == 2
    held = next(iter(office.center.market.subscriptions))
    office.world.move(day("21 Mar"))
    office.center.market.resize(held, 14)
    office.fail("500_before", "unbilled/export")
    before = [dict(row) for row in office.world.rows]
    await office.world.post(sold(subscription("other", "6", sku="OTHER:0001", name="Other product")))
    plan, _ = await office.world.sync()
    assert "BS_SOURCE_INCOMPLETE" in codes(plan.all_findings)
    assert {stored.step.line for stored in plan.steps} == {"other"}
    mine = [row for row in before if Decimal(row["quantity"]) == 10]
    assert [row for row in office.world.rows if row["id"] == mine[0]["id"]] == mine

    office.world.faults.clear()
    again, _ = await office.world.sync()
    assert {stored.step.line for stored in again.steps} == {held}


@pytest.mark.requirement("F1")
async def test_a_source_that_does_not_answer_is_said_and_ends_nothing(office: Office):
    await office.declare({"name": SOURCE, "kind": "push"})
    await office.world.product("OTHER:0001", "OTHER")
    await office.world.sync(sold(subscription("other", "4", sku="OTHER:0001", name="Other product")))
    office.fail("500_before", "/customers$")
    plan, _ = await office.world.sync()
    [said] = [finding for finding in plan.all_findings if finding.code == "BS_SOURCE_INCOMPLETE"]
    assert "microsoft stopped at the beginning" in said.message
    assert plan.steps == ()
    assert len([row for row in office.world.rows if Decimal(row["quantity"])]) == 2


async def test_nothing_can_be_pushed_to_a_source_that_is_read(office: Office):
    await office.declare()
    with pytest.raises(ConfigurationError) as refused:
        await office.world.desk.push(office.world.account_id, NAME, sold())
    assert refused.value.code == "SOURCE_UNKNOWN"
