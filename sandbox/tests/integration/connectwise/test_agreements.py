"""Agreements, additions, roles and the billing run over HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ledgerwire.sandbox.server import Sandbox

from .conftest import API, Receiver, register

AGREEMENTS = "/finance/agreements"


@pytest.fixture
async def seats(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    """The API member of seat billing."""
    line = sandbox.describe()["connectwise"]
    keys = line["seats"]
    async with httpx.AsyncClient(
        base_url=line["base_url"] + API,
        auth=(f"{line['company_id']}+{keys['public_key']}", keys["private_key"]),
        headers={"clientId": line["client_id"]},
    ) as client:
        yield client


async def post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await client.post(path, json=body)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


async def monthly(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    company = (await client.get("/company/companies", params={"pageSize": 1})).json()[0]
    body = {
        "name": "Seats",
        "type": {"name": "Cloud Monthly"},
        "company": {"id": company["id"]},
        "startDate": "2026-03-01T00:00:00Z",
        "billingCycle": {"name": "Monthly"},
        "invoicingCycle": "CalendarYear",
        "prorateFlag": True,
        **changes,
    }
    return await post(client, AGREEMENTS, body)


async def seat(client: httpx.AsyncClient, agreement: int, **changes: Any) -> dict[str, Any]:
    body = {
        "product": {"id": 3},
        "billCustomer": "Billable",
        "quantity": 10,
        "unitPrice": 22,
        "unitCost": "18.5",
        "effectiveDate": "2026-03-15T00:00:00Z",
        **changes,
    }
    return await post(client, f"{AGREEMENTS}/{agreement}/additions", body)


@pytest.mark.requirement("A175", "A178")
async def test_an_addition_is_made_read_listed_counted_and_changed(seats: httpx.AsyncClient) -> None:
    agreement = await monthly(seats)
    assert (agreement["agreementStatus"], agreement["nextInvoiceDate"]) == ("Active", "2026-03-01T00:00:00Z")
    made = await seat(seats, agreement["id"])
    path = f"{AGREEMENTS}/{agreement['id']}/additions"
    assert (made["agreementId"], made["product"]["identifier"], made["uom"]) == (agreement["id"], "M365-BP", "Each")
    assert (made["billedQuantity"], made["extPrice"], made["extendedProratePrice"]) == (10, 220, 120.65)
    change = [{"op": "replace", "path": "cancelledDate", "value": "2026-03-20T00:00:00Z"}]
    patched = (await seats.patch(f"{path}/{made['id']}", json=change)).json()
    assert (patched["cancelledDate"], patched["extendedProratePrice"]) == ("2026-03-20T00:00:00Z", 42.58)
    assert (await seats.get(f"{path}/{made['id']}")).json() == patched
    assert (await seats.get(f"{path}/count")).json() == {"count": 1}
    found = await seats.get(path, params={"conditions": "product/id=3 and effectiveDate=[2026-03-15]"})
    assert [row["id"] for row in found.json()] == [made["id"]]
    assert (await seats.get(path, params={"conditions": "product/id=4"})).json() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": {"id": 99999}}, "product"),
        ({"billCustomer": None}, "billCustomer"),
        ({"billCustomer": "Perhaps"}, "billCustomer"),
        ({"cancelledDate": "2026-03-14T00:00:00Z"}, "cancelledDate"),
    ],
)
async def test_an_addition_that_makes_no_sense_is_refused(
    seats: httpx.AsyncClient, changes: dict[str, Any], field: str
) -> None:
    agreement = await monthly(seats)
    body = {"product": {"id": 3}, "billCustomer": "Billable", "effectiveDate": "2026-03-15T00:00:00Z", **changes}
    reply = await seats.post(f"{AGREEMENTS}/{agreement['id']}/additions", json=body)
    assert (reply.status_code, reply.json()["errors"][0]["field"]) == (400, field)


async def test_an_unknown_agreement_has_no_additions(seats: httpx.AsyncClient) -> None:
    assert (await seats.get(f"{AGREEMENTS}/99999/additions")).status_code == 404
    body = {"product": {"id": 3}, "billCustomer": "Billable"}
    assert (await seats.post(f"{AGREEMENTS}/99999/additions", json=body)).status_code == 404


@pytest.mark.requirement("A199")
async def test_the_status_of_an_agreement_is_worked_out_and_can_be_asked_for(seats: httpx.AsyncClient) -> None:
    live = await monthly(seats)
    ended = await monthly(
        seats, name="Ended", startDate="2020-01-01T00:00:00Z", endDate="2020-12-31T00:00:00Z", noEndingDateFlag=False
    )
    cancelled = await monthly(seats, name="Cancelled", cancelledFlag=True, dateCancelled="2020-03-01T00:00:00Z")
    wanted = f"company/id={live['company']['id']} and agreementStatus="
    for status, row in (("Active", live), ("Expired", ended), ("Cancelled", cancelled)):
        found = (await seats.get(AGREEMENTS, params={"conditions": f'{wanted}"{status}"', "pageSize": 1000})).json()
        assert row["id"] in [one["id"] for one in found]


@pytest.mark.requirement("M22")
@pytest.mark.parametrize(("taken", "rows"), [(False, 0), (True, 1)])
async def test_the_copy_of_a_one_time_agreement_can_be_invoiced_once_more(
    sandbox: Sandbox, seats: httpx.AsyncClient, api: httpx.AsyncClient, taken: bool, rows: int
) -> None:
    sandbox.world.connectwise.state.switches.change({"copy_takes_additions": taken})
    source = await monthly(seats, name="Annual", billingCycle={"name": "One-Time"})
    assert source["billOneTimeFlag"] is True
    await seat(seats, source["id"], unitPrice="120.96", cancelledDate="2027-03-14T00:00:00Z")
    invoiced = await seats.post(f"{AGREEMENTS}/{source['id']}/invoice")
    assert invoiced.status_code == 201
    invoice = (await api.get(f"/finance/invoices/{invoiced.json()}")).json()
    assert (invoice["agreement"]["id"], invoice["subtotal"]) == (source["id"], 1209.6)
    assert "nextInvoiceDate" not in (await seats.get(f"{AGREEMENTS}/{source['id']}")).json()
    assert (await seats.post(f"{AGREEMENTS}/{source['id']}/invoice")).status_code == 400
    made = await post(seats, f"{AGREEMENTS}/{source['id']}/copy", {"name": "Annual 2"})
    assert made["id"] != source["id"]
    assert (made["name"], made["company"], "nextInvoiceDate" in made) == ("Annual 2", source["company"], True)
    assert (await seats.get(f"{AGREEMENTS}/{made['id']}/additions/count")).json() == {"count": rows}


@pytest.mark.requirement("A170", "A195")
async def test_a_product_is_made_with_its_set_up_records_and_found_by_vendor_sku(seats: httpx.AsyncClient) -> None:
    category = await post(seats, "/procurement/categories", {"name": "Miscellaneous"})
    subcategory = await post(
        seats, "/procurement/subcategories", {"name": "Miscellaneous", "category": {"id": category["id"]}}
    )
    kind = await post(seats, "/procurement/types", {"name": "Miscellaneous"})
    units = (await seats.get("/procurement/unitOfMeasures", params={"conditions": 'name="Each"'})).json()
    body = {
        "identifier": "CFQ7TTC0LDPB-0001",
        "description": "Business Premium",
        "customerDescription": "Business Premium",
        "category": {"id": category["id"]},
        "subcategory": {"id": subcategory["id"]},
        "type": {"id": kind["id"]},
        "unitOfMeasure": {"id": units[0]["id"]},
        "productClass": "NonInventory",
        "vendorSku": "CFQ7TTC0LDPB:0001",
    }
    made = await post(seats, "/procurement/catalog", body)
    assert (made["category"]["name"], made["type"]["name"]) == ("Miscellaneous", "Miscellaneous")
    again = await seats.post("/procurement/catalog", json=body)
    assert again.json()["errors"][0]["code"] == "ObjectExists"
    found = await seats.get("/procurement/catalog", params={"conditions": 'vendorSku="CFQ7TTC0LDPB:0001"'})
    assert [row["id"] for row in found.json()] == [made["id"]]
    change = [{"op": "replace", "path": "price", "value": 32.9}]
    assert (await seats.patch(f"/procurement/catalog/{made['id']}", json=change)).json()["price"] == 32.9


CALLS = [
    ("Company Maintenance", "inquireLevel", "GET", "/company/companies"),
    ("Company Maintenance", "inquireLevel", "GET", "/company/companies/count"),
    ("Agreements", "inquireLevel", "GET", AGREEMENTS),
    ("Agreements", "addLevel", "POST", f"{AGREEMENTS}/601/additions"),
    ("Agreements", "editLevel", "PATCH", f"{AGREEMENTS}/601/additions/1"),
    ("Products", "addLevel", "POST", f"{AGREEMENTS}/601/additions"),
    ("Products", "editLevel", "PATCH", f"{AGREEMENTS}/601/additions/1"),
    ("Products", "inquireLevel", "GET", f"{AGREEMENTS}/601/additions"),
    ("Product Catalog", "inquireLevel", "GET", "/procurement/catalog"),
    ("Product Catalog", "addLevel", "POST", "/procurement/catalog"),
    ("Product Catalog", "editLevel", "PATCH", "/procurement/catalog/3"),
    ("Table Setup", "inquireLevel", "GET", "/procurement/unitOfMeasures"),
    ("Table Setup", "addLevel", "POST", "/procurement/categories"),
    ("Table Setup", "editLevel", "PATCH", "/procurement/types/1"),
]


@pytest.mark.requirement("A168", "A169", "A170", "A173", "A175", "A177", "A178", "A179")
@pytest.mark.parametrize(("function", "level", "method", "path"), CALLS)
async def test_a_right_taken_away_is_a_403_in_the_vendors_shape(
    control: httpx.AsyncClient, seats: httpx.AsyncClient, function: str, level: str, method: str, path: str
) -> None:
    assert (await seats.request(method, path, json=[])).status_code != 403
    body = {"role": 2, "function": function, "levels": {level: "None"}}
    assert (await control.post("/connectwise/security", json=body)).status_code == 200
    refused = await seats.request(method, path, json=[])
    assert (refused.status_code, refused.json()["code"]) == (403, "Forbidden")
    mine = {row["moduleFunctionName"]: row for row in (await seats.get("/system/mySecurity")).json()}
    assert mine[function][level] == "None"


@pytest.mark.requirement("A180", "A181", "A182", "A183", "A184", "A185")
@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("Company / Company Status", "/company/companies/statuses"),
        ("Products / Category", "/procurement/categories"),
        ("Products / Subcategories", "/procurement/subcategories"),
        ("Product / Product Type", "/procurement/types"),
        ("Product / UOM", "/procurement/unitOfMeasures"),
    ],
)
async def test_each_set_up_table_is_allowed_by_itself(
    control: httpx.AsyncClient, seats: httpx.AsyncClient, table: str, path: str
) -> None:
    assert (await seats.get(path)).status_code == 200
    listed = (await seats.get("/system/mySecurity/customizeItems/")).json()
    others = [row["name"] for row in listed if row["name"] != table]
    assert len(others) == 4
    await control.post("/connectwise/security", json={"function": "Table Setup", "allow": others})
    assert (await seats.get(path)).status_code == 403


@pytest.mark.requirement("A186")
@pytest.mark.parametrize("path", ["/finance/invoices", "/finance/accounting/batches", "/finance/glAccounts"])
async def test_the_seat_role_reads_nothing_else(seats: httpx.AsyncClient, api: httpx.AsyncClient, path: str) -> None:
    assert (await seats.get(path)).status_code == 403
    assert (await api.get(path)).status_code == 200


@pytest.mark.requirement("A176")
async def test_agreements_of_types_that_are_not_allowed_are_not_there(
    control: httpx.AsyncClient, seats: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await control.post("/connectwise/security", json={"function": "Agreements", "allow": ["Cloud Monthly"]})
    shown = (await seats.get(AGREEMENTS, params={"pageSize": 1000})).json()
    assert {row["type"]["name"] for row in shown} == {"Cloud Monthly"}
    every = (await api.get(AGREEMENTS, params={"pageSize": 1000})).json()
    hidden = next(row for row in every if row["type"]["name"] != "Cloud Monthly")
    assert (await seats.get(f"{AGREEMENTS}/{hidden['id']}")).status_code == 404
    assert (await seats.get(f"{AGREEMENTS}/{hidden['id']}/additions")).status_code == 404
    assert (await seats.get(f"{AGREEMENTS}/count")).json() == {"count": len(shown)}


async def test_roles_are_read_by_who_may_and_mine_always_unless_switched(
    sandbox: Sandbox, seats: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    roles = (await api.get("/system/securityroles")).json()
    settings = (await api.get(f"/system/securityRoles/{roles[1]['id']}/settings")).json()
    assert settings == (await seats.get("/system/mySecurity")).json()
    assert (await seats.get("/system/securityroles")).status_code == 403
    sandbox.world.connectwise.state.switches.change({"my_security_open": False})
    assert (await seats.get("/system/mySecurity")).status_code == 403


async def test_the_accounting_role_applies_where_it_is_switched_on(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    body = {"name": "x", "type": {"id": 2}, "company": {"id": 1}}
    sandbox.world.connectwise.state.switches.change({"enforce_accounting_role": True})
    assert (await api.post(AGREEMENTS, json=body)).status_code == 403
    assert (await api.get(AGREEMENTS)).status_code == 200


@pytest.mark.requirement("B34")
async def test_our_own_writes_call_back_nobody_who_is_self_suppressed(
    sandbox: Sandbox, seats: httpx.AsyncClient, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    own = await register(seats, receiver, type="agreement", isSelfSuppressedFlag=True)
    url = f"{receiver.base_url}/callbacks/token-2?recordId="
    other = await register(api, receiver, type="agreement", isSelfSuppressedFlag=True, url=url)
    agreement = await monthly(seats)
    await seat(seats, agreement["id"])
    await sandbox.world.connectwise.callbacks.drain()
    events = [entry.data for entry in sandbox.world.journal.entries("connectwise", kind="callback")]
    assert {event["callback"] for event in events} == {other["id"]}
    assert own["memberId"] != other["memberId"]


@pytest.mark.requirement("M20")
async def test_month_after_month_is_invoiced_and_closed_through_the_control_api(
    control: httpx.AsyncClient, seats: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    agreement = await monthly(seats)
    await seat(seats, agreement["id"])
    run = {"agreement_ids": [agreement["id"]], "close": True}
    made = []
    for until in ("2026-03-31", "2026-05-01", "2026-05-01"):
        reply = await control.post("/connectwise/agreements/invoice", json={**run, "until": until})
        made.append([(row["date"], row["subtotal"]) for row in reply.json()["invoices"]])
    assert made == [[("2026-03-01", 120.65)], [("2026-04-01", 220.0), ("2026-05-01", 220.0)], []]
    rows = (await control.get("/connectwise/agreements/billed")).json()["rows"]
    assert [(row["first"], row["last"], row["amount"]) for row in rows] == [
        ("2026-03-15", "2026-03-31", 120.65),
        ("2026-04-01", "2026-04-30", 220.0),
        ("2026-05-01", "2026-05-31", 220.0),
    ]
    unposted = (await api.get("/finance/accounting/unpostedinvoices", params={"pageSize": 1000})).json()
    assert {row["invoice_id"] for row in rows} <= {row["billingLogId"] for row in unposted}
    for row in rows:
        entries = (await control.get(f"/state/connectwise/invoices/{row['invoice_id']}/gl")).json()["entries"]
        assert [entry["type"] for entry in entries][:2] == ["AR", "AP"]


async def test_a_billing_run_or_role_that_cannot_be_is_a_400(control: httpx.AsyncClient) -> None:
    for path, body in (
        ("/connectwise/agreements/invoice", {}),
        ("/connectwise/agreements/invoice", {"until": "soon"}),
        ("/connectwise/security", {"function": "Nothing", "levels": {}}),
        ("/connectwise/security", {"function": "Agreements", "levels": {"addLevel": "Some"}}),
    ):
        assert (await control.post(path, json=body)).status_code == 400
