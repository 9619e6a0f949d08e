"""The seeded business in QuickBooks, served with the other systems."""

from collections.abc import AsyncIterator

import httpx
import pytest

from ledgerwire.sandbox.server import Sandbox, SandboxOptions


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    switches = {"quickbooks": {"limits_enabled": False}}
    async with Sandbox.start(SandboxOptions(switches=switches)) as running:
        yield running


@pytest.fixture
async def control(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.describe()["control"]["base_url"]) as client:
        yield client


async def test_the_line_is_enough_to_post_an_invoice_of_the_seeded_business(sandbox, control):
    line = (await control.get("/")).json()["quickbooks"]
    assert set(line) == {
        "base_url",
        "token_url",
        "client_id",
        "client_secret",
        "realm_id",
        "access_token",
        "refresh_token",
    }
    headers = {"Authorization": f"Bearer {line['access_token']}", "Accept": "application/json"}
    base = f"{line['base_url']}/v3/company/{line['realm_id']}"
    async with httpx.AsyncClient(headers=headers) as client:

        async def ask(text):
            answer = await client.get(f"{base}/query", params={"query": text})
            assert answer.status_code == 200, answer.text
            return next(value for key, value in answer.json()["QueryResponse"].items() if key[0].isupper())

        [customer] = await ask("select * from Customer where DisplayName = 'Harbour Dental Group Pty Ltd'")
        [item] = await ask("select * from Item where Sku = 'MANAGED'")
        [code] = await ask("select * from TaxCode where Name = 'GST on Income'")
        assert item["IncomeAccountRef"]["name"] == "Managed services"
        detail = {"ItemRef": {"value": item["Id"]}, "TaxCodeRef": {"value": code["Id"]}}
        body = {
            "CustomerRef": {"value": customer["Id"]},
            "DocNumber": "INV-1",
            "TxnDate": "2026-02-01",
            "Line": [{"Amount": 1000.01, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}],
        }
        made = (await client.post(f"{base}/invoice", json=body)).json()["Invoice"]
        assert (made["TotalAmt"], made["TxnTaxDetail"]["TotalTax"]) == (1100.01, 100.0)
        closed = (await client.post(f"{base}/invoice", json={**body, "TxnDate": "2026-01-31"})).json()
        assert closed["Fault"]["Error"][0]["code"] == "6210"
        form = {"grant_type": "refresh_token", "refresh_token": line["refresh_token"]}
        fresh = await client.post(line["token_url"], data=form, auth=(line["client_id"], line["client_secret"]))
        assert fresh.json()["token_type"] == "bearer"
    rows = (await control.get("/state/quickbooks/Invoice")).json()["rows"]
    assert [(row["DocNumber"], row["Balance"]) for row in rows] == [("INV-1", 1100.01)]
    assert (await control.get("/state/quickbooks/Moons")).status_code == 404
    paths = [entry.path for entry in sandbox.world.journal.entries("quickbooks", "POST")]
    assert [path.rsplit("/", maxsplit=1)[-1] for path in paths] == ["invoice", "invoice", "bearer"]


async def test_a_person_changes_the_company_past_the_api(sandbox, control):
    closed = {"AccountingInfoPrefs": {"BookCloseDate": "2026-02-28"}}
    changed = (await control.post("/quickbooks/preferences", json=closed)).json()
    assert (changed["AccountingInfoPrefs"]["TrackDepartments"], changed["SyncToken"]) == (True, "1")
    made = (await control.post("/quickbooks/rows/Term", json={"Name": "Net 60", "DueDays": 60})).json()
    gone = await control.post(f"/quickbooks/rows/Term/{made['Id']}", json={"Active": False})
    assert (gone.json()["Active"], gone.json()["Name"]) == (False, "Net 60")
    assert (await control.post("/quickbooks/rows/Moon", json={})).status_code == 404
    assert (await control.post("/quickbooks/rows/Term/99", json={})).status_code == 404
    assert (await control.post("/quickbooks/revoke")).json() == {"ended": 1}
    fresh = (await control.post("/quickbooks/consent")).json()
    assert sandbox.world.quickbooks.identity.access(fresh["access_token"]) is not None
    switched = await control.post("/switches", json={"quickbooks": {"tax_rounding": "per_rate"}})
    assert switched.json()["quickbooks"]["tax_rounding"] == "per_rate"
    again = (await control.post("/seed", json={"seed": 2})).json()["quickbooks"]
    assert again["client_id"] != sandbox.describe()["xero"]["client_id"]
    assert sandbox.world.quickbooks.book_close_date.isoformat() == "2026-01-31"


async def test_its_port_can_be_chosen(sandbox):
    with pytest.raises(OSError, match="in use"):
        async with Sandbox.start(SandboxOptions(port_quickbooks=sandbox.quickbooks.port)):
            pass
