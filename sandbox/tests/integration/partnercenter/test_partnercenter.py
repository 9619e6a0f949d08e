"""Partner Center over HTTP: who may ask, how changes are guarded, and what people do through the control API."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgerwire.sandbox.server import Sandbox, SandboxOptions


class Partner:
    """A client of everything at one partner."""

    def __init__(self, sandbox: Sandbox, http: httpx.AsyncClient) -> None:
        self.http, self.world = http, sandbox.world
        self.line = sandbox.describe()["partnercenter"]
        self.control_url = sandbox.describe()["control"]["base_url"]
        self.headers = {"Authorization": f"Bearer {self.line['access_token']}"}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(f"{self.line['base_url']}{path}", headers={**self.headers, **headers})

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post(f"{self.line['graph_url']}{path}", json=body, headers=self.headers)

    async def control(self, path: str, **body: Any) -> Any:
        return await self.http.post(f"{self.control_url}{path}", json=body)

    async def bought(self, seats: int = 10) -> dict[str, Any]:
        await self.control("/clock", set="2026-03-05T10:00:00+00:00")
        self.headers = {
            "Authorization": f"Bearer {self.world.partnercenter.identity.consent(self.now())['access_token']}"
        }
        customer = next(iter(self.world.partnercenter.market.customers))
        sold = await self.control(
            "/partnercenter/buy",
            customer_id=customer,
            sku="CFQ7TTC0LH18:0001",
            name="Basic",
            quantity=seats,
            price="12.00",
        )
        return dict(sold.json())

    def now(self) -> Any:
        return self.world.clock.now()


@pytest.fixture
async def partner() -> AsyncIterator[Partner]:
    async with Sandbox.start(SandboxOptions()) as sandbox, httpx.AsyncClient(trust_env=False) as http:
        yield Partner(sandbox, http)


async def test_forty_customers_are_seeded_and_listed_by_whoever_is_signed_in(partner: Partner) -> None:
    page = (await partner.get("/v1/customers?size=500")).json()
    assert (page["totalCount"], "next" in page["links"]) == (len(page["items"]), False)
    assert {row["relationshipToPartner"] for row in page["items"]} == {"reseller", "advisor"}
    assert (await partner.get("/v1/customers")).json()["code"] == "3000"
    refused = await partner.http.get(f"{partner.line['base_url']}/v1/customers?size=1")
    assert (refused.status_code, refused.json()["code"]) == (401, "400")


async def test_every_answer_repeats_the_ids_of_its_call(partner: Partner) -> None:
    answer = await partner.get("/v1/customers?size=1", **{"MS-RequestId": "r-1", "MS-CorrelationId": "c-1"})
    assert (answer.headers["MS-RequestId"], answer.headers["MS-CorrelationId"]) == ("r-1", "c-1")
    assert answer.headers["MS-CV"]
    assert answer.headers["MS-ServerId"]


async def test_a_continuation_token_works_once(partner: Partner) -> None:
    first = (await partner.get("/v1/customers?size=2")).json()
    [header] = first["links"]["next"]["headers"]
    path, token = "/v1/customers?size=2&seekOperation=Next", {header["key"]: header["value"]}
    second = (await partner.get(path, **token)).json()
    assert not {row["id"] for row in first["items"]} & {row["id"] for row in second["items"]}
    assert (await partner.get(path, **token)).status_code == 400


async def test_a_change_needs_the_present_etag(partner: Partner) -> None:
    sold = await partner.bought()
    await partner.control("/switches", partnercenter={"subscription_etags": True})
    path = f"/v1/customers/{sold['customer_id']}/subscriptions/{sold['id']}"
    row = (await partner.get(path)).json()
    url, etag = f"{partner.line['base_url']}{path}", row["attributes"]["etag"]
    headers = {**partner.headers, "If-Match": etag}
    changed = await partner.http.patch(url, json={**row, "quantity": 12}, headers=headers)
    assert (changed.status_code, changed.json()["quantity"]) == (200, 12)
    stale = await partner.http.patch(url, json={**row, "quantity": 13}, headers=headers)
    assert (stale.status_code, stale.json()["code"]) == (400, "2055")


async def test_only_customers_that_are_resold_to_show_subscriptions(partner: Partner) -> None:
    advised = next(
        one for one in partner.world.partnercenter.market.customers.values() if one.relationship == "advisor"
    )
    assert (await partner.get(f"/v1/customers/{advised.id}/subscriptions")).json()["code"] == "20002"
    assert (await partner.get("/v1/customers/nobody/subscriptions")).status_code == 404


async def test_an_app_without_a_user_sees_the_list_of_invoices_and_none_of_them(partner: Partner) -> None:
    await partner.bought()
    await partner.control("/clock", set="2026-04-08T10:00:00+00:00")
    form = {
        "grant_type": "client_credentials",
        "client_id": partner.line["client_id"],
        "client_secret": partner.line["client_secret"],
    }
    granted = (await partner.http.post(partner.line["token_url"], data=form)).json()
    assert (granted["expires_in"], "refresh_token" in granted) == ("3600", False)
    partner.headers = {"Authorization": f"Bearer {granted['access_token']}"}
    [invoice] = (await partner.get("/v1/invoices")).json()["items"]
    assert (invoice["id"], Decimal(str(invoice["totalCharges"]))) == ("G000001", Decimal(120))
    refused = await partner.get("/v1/invoices/G000001")
    assert (refused.status_code, refused.json()["code"]) == (403, "900329")


async def test_a_refresh_token_works_once(partner: Partner) -> None:
    form = {name: partner.line[name] for name in ("client_id", "client_secret", "refresh_token")}
    first = await partner.http.post(partner.line["token_url"], data={**form, "grant_type": "refresh_token"})
    again = await partner.http.post(partner.line["token_url"], data={**form, "grant_type": "refresh_token"})
    assert (first.status_code, again.json()["error"]) == (200, "invalid_grant")


async def test_an_export_is_asked_for_polled_and_downloaded_while_its_address_lives(partner: Partner) -> None:
    await partner.bought()
    base = "/v1.0/reports/partners/billing/reconciliation/unbilled/export"
    begun = await partner.post(base, {"currencyCode": "aud", "billingPeriod": "current", "attributeSet": "full"})
    assert (begun.status_code, begun.content) == (202, b"")
    poll = begun.headers["Location"].removeprefix(partner.line["graph_url"])
    running, done = await partner.get(poll), (await partner.get(poll)).json()
    assert (running.json()["status"], running.headers["Retry-After"], done["status"]) == ("running", "1", "succeeded")
    manifest = done["resourceLocation"]
    address = f"{manifest['rootDirectory']}/{manifest['blobs'][0]['name']}?{manifest['sasToken']}"
    [line] = gzip.decompress((await partner.http.get(address)).content).splitlines()
    assert json.loads(line)["ChargeType"] == "new"
    await partner.control("/clock", advance_seconds=31 * 60)
    assert (await partner.http.get(address)).status_code == 403


async def test_an_export_without_data_fails_under_http_200(partner: Partner) -> None:
    begun = await partner.post(
        "/v1.0/reports/partners/billing/reconciliation/billed/export", {"invoiceId": "D01", "attributeSet": "full"}
    )
    poll = begun.headers["Location"].removeprefix(partner.line["graph_url"])
    await partner.get(poll)
    failed = await partner.get(poll)
    assert (failed.status_code, failed.json()["error"]["code"]) == (200, "5000")


async def test_too_many_calls_are_refused_and_counted(partner: Partner) -> None:
    await partner.control("/switches", partnercenter={"calls_per_minute": 1})
    answers = [await partner.get("/v1/customers?size=1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert 0 < int(answers[1].headers["Retry-After"]) <= 60


async def test_people_act_through_the_control_api(partner: Partner) -> None:
    sold = await partner.bought()
    resized = await partner.control("/partnercenter/resize", subscription_id=sold["id"], quantity=15)
    assert resized.json() == {"done": "resize"}
    shown = (await partner.http.get(f"{partner.control_url}/partnercenter")).json()
    assert [row["quantity"] for row in shown["subscriptions"]] == [15]
    assert len(shown["charges"]) == 3
    refused = await partner.control("/partnercenter/resize", subscription_id=sold["id"], quantity=0)
    assert (refused.status_code, refused.json()["error"][:4]) == (400, "2002")
    assert (await partner.control("/partnercenter/dance")).status_code == 404
    assert (await partner.control("/partnercenter/price", sku="X:0001", price="9.99")).json() == {"priced": "X:0001"}
    added = await partner.control("/partnercenter/customers", id="new", name="New One", domain="")
    assert added.json()["relationship"] == "reseller"


async def test_a_new_subscription_is_seen_once_it_is_provisioned(partner: Partner) -> None:
    await partner.control("/switches", partnercenter={"visible_after_minutes": 15})
    sold = await partner.bought()
    path = f"/v1/customers/{sold['customer_id']}/subscriptions"
    assert (await partner.get(path)).json()["items"] == []
    await partner.control("/clock", advance_seconds=15 * 60)
    assert [row["id"] for row in (await partner.get(path)).json()["items"]] == [sold["id"].upper()]
