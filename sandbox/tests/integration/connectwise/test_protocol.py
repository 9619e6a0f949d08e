import json
import time
from decimal import Decimal

import httpx
import pytest

from ledgerwire.sandbox.connectwise.copies import copy_invoice
from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.server import Sandbox

from .conftest import API, client_of


async def test_company_info_needs_no_credentials_and_names_the_codebase(sandbox: Sandbox) -> None:
    base = sandbox.describe()["connectwise"]["base_url"]
    async with httpx.AsyncClient(base_url=base) as stranger:
        info = (await stranger.get("/login/companyinfo/harbourline")).json()
        assert (info["Codebase"], info["IsCloud"], info["CompanyID"]) == ("v2025_1/", "True", "harbourline")
        unknown = await stranger.get("/login/companyinfo/nobody")
        assert (unknown.status_code, unknown.json()) == (200, None)


async def test_answers_carry_the_vendors_media_type_and_version(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    reply = await api.get("/system/info")
    assert reply.headers["content-type"].startswith("application/vnd.connectwise.com+json; version=2025.1")
    assert reply.headers["api-current-version"] == "2025.1"
    async with client_of(sandbox, Accept="application/json") as plain:
        assert (await plain.get("/system/info")).json()["isCloud"] is True


async def test_wrong_keys_company_client_id_and_role_are_refused_each_in_its_own_way(sandbox: Sandbox) -> None:
    line = sandbox.describe()["connectwise"]
    good = {"clientId": line["client_id"]}
    user, key = f"harbourline+{line['public_key']}", line["private_key"]
    url = f"{line['base_url']}{API}/system/info"
    async with httpx.AsyncClient() as client:
        wrong_key = await client.get(url, auth=(user, "nope"), headers=good)
        assert (wrong_key.status_code, wrong_key.json()["code"]) == (401, "Unauthorized")
        assert (await client.get(url, headers=good)).status_code == 401
        assert (await client.get(url, auth=(user, key))).status_code == 401
        foreign = await client.get(url, auth=(f"other+{line['public_key']}", key), headers=good)
        assert (foreign.status_code, foreign.text) == (404, "Cannot route. Codebase/company is invalid")
        sandbox.world.connectwise.state.switches.change({"denied": ["/system"]})
        assert (await client.get(url, auth=(user, key), headers=good)).status_code == 403
        sandbox.world.connectwise.state.switches.change({"denied": [], "bad_auth_as_404": True})
        assert (await client.get(url, auth=(user, "nope"), headers=good)).status_code == 404


async def test_an_upgrade_moves_the_codebase_and_the_old_one_stops_routing(
    api: httpx.AsyncClient, control: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    await control.post("/connectwise/upgrade", json={"codebase": "v2025_2"})
    reply = await api.get("/system/info")
    assert (reply.status_code, reply.headers["content-type"]) == (404, "text/plain")
    base = sandbox.describe()["connectwise"]["base_url"]
    info = (await api.get(f"{base}/login/companyinfo/harbourline")).json()
    assert info["Codebase"] == "v2025_2/"
    assert (await api.get(f"{base}/{info['Codebase']}apis/3.0/system/info")).json()["version"].startswith("v2025.2")
    assert (await api.get(f"{base}/v4_6_release/apis/3.0/system/info")).status_code == 200


async def test_a_missing_record_differs_from_a_missing_endpoint(api: httpx.AsyncClient) -> None:
    record = await api.get("/finance/invoices/1")
    assert (record.status_code, record.json()) == (404, {"code": "NotFound", "message": "Invoice 1 not found"})
    route = await api.get("/finance/invoiceStatuses")
    assert (route.status_code, route.json()["message"]) == (404, "The endpoint does not exist.")
    assert (await api.delete("/finance/glCaptions/1")).status_code == 405


async def test_lists_page_with_links_and_25_rows_by_default(api: httpx.AsyncClient) -> None:
    reply = await api.get("/finance/invoices")
    assert len(reply.json()) == 25
    assert set(reply.links) == {"first", "next", "last"}
    seen = [row["id"] for row in reply.json()]
    while "next" in reply.links:
        reply = await api.get(reply.links["next"]["url"])
        seen += [row["id"] for row in reply.json()]
    assert set(reply.links) == {"first", "prev", "last"}
    assert len(seen) == len(set(seen)) == 60
    assert (await api.get("/finance/invoices/count")).json() == {"count": 60}
    assert len((await api.get("/finance/invoices", params={"pagesize": 5000})).json()) == 60


@pytest.mark.parametrize("end", ["empty", "missing"])
async def test_forward_only_paging_goes_by_id_until_the_link_ends(
    sandbox: Sandbox, api: httpx.AsyncClient, end: str
) -> None:
    sandbox.world.connectwise.state.switches.change({"forward_only_end": end})
    api.headers["pagination-type"] = "forward-only"
    params = {"pageSize": 40, "conditions": "id > 39010", "fields": "id"}
    first = await api.get("/finance/invoices", params=params)
    second = await api.get(first.links["next"]["url"])
    ids = [row["id"] for row in first.json() + second.json()]
    assert ids == list(range(39011, 39061))
    assert second.headers.get("link") == ("" if end == "empty" else None)


async def test_conditions_order_and_fields_narrow_a_list(api: httpx.AsyncClient) -> None:
    params = {
        "conditions": "type in ('CreditMemo') and total < 0 and company/id > 0",
        "orderBy": "total desc",
        "fields": "id,company/identifier,total",
    }
    rows = (await api.get("/finance/invoices", params=params)).json()
    assert len(rows) == 4
    assert set(rows[0]) == {"id", "company", "total"}
    assert set(rows[0]["company"]) == {"identifier"}
    assert [row["total"] for row in rows] == sorted((row["total"] for row in rows), reverse=True)
    child = {"childConditions": "types/id=1", "pageSize": "1000"}
    assert 0 < len((await api.get("/company/companies", params=child)).json()) < 40
    for bad in ({"conditions": "colour=1"}, {"orderBy": "colour"}, {"page": "0"}, {"conditions": "total > 'x'"}):
        assert (await api.get("/finance/invoices", params=bad)).status_code == 400


async def test_money_is_a_json_number_with_its_own_digits_and_nothing_is_null(api: httpx.AsyncClient) -> None:
    text = (await api.get("/finance/invoices", params={"conditions": "invoiceNumber='INV-1090'"})).text
    [row] = json.loads(text, parse_float=Decimal)
    assert row["total"] == Decimal("733.34")
    assert '"total":733.34' in text
    assert "null" not in text


async def test_a_long_url_is_refused(api: httpx.AsyncClient) -> None:
    ids = ",".join(str(number) for number in range(39001, 39400))
    assert (await api.get("/finance/invoices", params={"conditions": f"id in ({ids})"})).status_code == 414


async def test_patch_takes_a_bare_array_and_ignores_paths_inside_references(api: httpx.AsyncClient) -> None:
    path = "/finance/invoices/39001"
    before = (await api.get(path)).json()
    inside = await api.patch(path, json=[{"op": "replace", "path": "company/identifier", "value": "X"}])
    assert (inside.status_code, inside.json()["company"]) == (200, before["company"])
    good = [{"op": "replace", "path": "/reference", "value": "PO 7"}, {"op": "remove", "path": "attention"}]
    after = (await api.patch(path, json=good)).json()
    assert (after["reference"], "attention" in after) == ("PO 7", False)
    assert (await api.patch(path, json={"reference": "x"})).status_code == 400
    assert (await api.patch(path, json=[{"op": "replace", "path": "Reference", "value": "x"}])).status_code == 400
    assert (await api.patch(path, content=b"[", headers={"content-type": "application/json"})).status_code == 400
    assert (await api.patch(path, content=b"x", headers={"content-type": "text/plain"})).status_code == 415


async def test_put_resets_what_it_leaves_out_and_computed_totals_are_not_writable(api: httpx.AsyncClient) -> None:
    path = "/finance/billingTerms/3"
    await api.put(path, json={"name": "Net 30", "dueDays": 30})
    assert "termsXref" not in (await api.get(path)).json()
    total = (await api.get("/finance/invoices/39001")).json()["total"]
    changed = await api.patch("/finance/invoices/39001", json=[{"op": "replace", "path": "total", "value": 1}])
    assert changed.json()["total"] == total


async def test_records_are_created_validated_and_deleted(api: httpx.AsyncClient) -> None:
    missing = await api.post("/finance/billingTerms", json={"dueDays": 7})
    assert missing.status_code == 400
    assert missing.json()["errors"][0]["code"] == "MissingRequiredField"
    made = await api.post("/finance/billingTerms", json={"name": "Net 7", "dueDays": "7"})
    assert (made.status_code, made.json()["dueDays"]) == (201, 7)
    assert (await api.delete(f"/finance/billingTerms/{made.json()['id']}")).status_code == 204
    site = await api.post("/company/companies/269/sites", json={"name": "Annex"})
    assert (site.status_code, "parentId" in site.json()) == (201, False)
    listed = await api.get("/company/companies/269/sites", params={"conditions": "name='Annex'"})
    assert [row["id"] for row in listed.json()] == [site.json()["id"]]
    taken = await api.post("/company/companies", json={"identifier": "Currawong", "name": "Again"})
    assert taken.json()["errors"][0]["code"] == "ObjectExists"
    contact = {"id": 1269, "firstName": "ignored"}
    patched = await api.patch(
        "/company/companies/269", json=[{"op": "replace", "path": "billingContact", "value": contact}]
    )
    assert patched.json()["billingContact"] == {"id": 1269, "name": "Piers Holt"}
    await api.delete("/company/companies/269")
    assert (await api.get("/company/companies/269")).json()["deletedFlag"] is True


async def test_elements_of_a_contacts_items_can_be_patched(api: httpx.AsyncClient) -> None:
    made = await api.post(
        "/company/contacts",
        json={"firstName": "Ann", "communicationItems": [{"id": 1, "value": "a@x.example"}]},
    )
    path = f"/company/contacts/{made.json()['id']}"
    operations = [
        {"op": "replace", "path": "/communicationItems/0/value", "value": "b@x.example"},
        {"op": "add", "path": "/communicationItems/1", "value": {"id": 2, "value": "555"}},
    ]
    items = (await api.patch(path, json=operations)).json()["communicationItems"]
    assert [item["value"] for item in items] == ["b@x.example", "555"]
    removed = await api.patch(path, json=[{"op": "remove", "path": "/communicationItems/0"}])
    assert [item["id"] for item in removed.json()["communicationItems"]] == [2]


async def test_above_the_limit_429_names_its_seconds_in_another_shape(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    sandbox.world.connectwise.state.switches.change({"requests_per_minute": 3, "rate_limit_retry_after": 12})
    statuses = [(await api.get("/system/info")).status_code for _ in range(3)]
    refused = await api.get("/system/info")
    assert (statuses, refused.status_code, refused.headers["retry-after"]) == ([200] * 3, 429, "12")
    assert refused.json() == {
        "error": "ConnectWiseAPI",
        "message": "Too many requests. Please try again in 12 seconds.",
    }


async def test_faults_by_name_reach_the_client_in_the_vendors_words(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    faults = sandbox.world.faults
    faults.add(Fault("429", "connectwise", params={"retry_after": 1}))
    assert (await api.get("/system/info")).json()["error"] == "ConnectWiseAPI"
    faults.add(Fault("500_before", "connectwise"))
    assert "timeout" in (await api.get("/system/info")).json()["message"]
    faults.add(Fault("revoked_token", "connectwise"))
    assert (await api.get("/system/info")).status_code == 401
    assert [entry.fault for entry in sandbox.world.journal.entries("connectwise")] == [
        "429",
        "500_before",
        "revoked_token",
    ]


async def test_set_up_tables_that_an_onboarding_reads_are_there(api: httpx.AsyncClient) -> None:
    for path in (
        "/finance/billingStatuses",
        "/finance/billingTerms",
        "/finance/taxCodes",
        "/finance/taxCodes/1/taxCodeLevels",
        "/finance/glAccounts",
        "/finance/glAccounts/mappedTypes",
        "/finance/glCaptions",
        "/finance/currencies",
        "/finance/accountingPackageSetup",
        "/finance/agreements",
        "/finance/agreements/types",
        "/procurement/catalog",
        "/procurement/categories",
        "/system/members",
        "/system/apiMembers",
        "/system/mySecurity",
        "/system/locations",
        "/system/departments",
        "/company/companies/types",
        "/company/companies/statuses",
    ):
        reply = await api.get(path, params={"pageSize": "1"})
        assert (path, reply.status_code, len(reply.json())) == (path, 200, 1)
    for path in ("unpostedexpenses", "unpostedprocurement", "unpostedpayments"):
        assert (await api.get(f"/finance/accounting/{path}")).json() == []


async def test_what_tenants_differ_in_is_switched(sandbox: Sandbox, api: httpx.AsyncClient) -> None:
    switches = sandbox.world.connectwise.state.switches
    base = sandbox.describe()["connectwise"]["base_url"]
    switches.change({"codebase_alias": False, "unknown_company_404": True, "status_is_closed_filter": False})
    assert (await api.get(f"{base}/v4_6_release/apis/3.0/system/info")).status_code == 404
    assert (await api.get(f"{base}/login/companyinfo/nobody")).status_code == 404
    filtered = await api.get("/finance/invoices", params={"conditions": "status/isClosed=true"})
    assert filtered.status_code == 400
    switches.change({"client_id_required": False, "max_url_length": 60, "latency_seconds": 0.05})
    del api.headers["clientId"]
    started = time.perf_counter()
    assert (await api.get("/system/info")).status_code == 200
    assert time.perf_counter() - started >= 0.05
    assert (await api.get("/system/info", params={"fields": "x" * 40})).status_code == 414


async def test_a_list_of_three_thousand_is_searched_by_id_without_delay(
    sandbox: Sandbox, api: httpx.AsyncClient
) -> None:
    world = sandbox.world.connectwise
    made = copy_invoice(world.state, world.desk, 39001, 3000, batched=False, member_id=152)
    for number in made:
        world.desk.set_status(number, {"id": 2}, 152)
    started = time.perf_counter()
    for start in range(0, 1000, 50):
        ids = ",".join(str(number) for number in made[start : start + 50])
        found = await api.get(
            "/finance/accounting/unpostedinvoices",
            params={"conditions": f"billingLogId in ({ids})", "pageSize": 1000},
        )
        assert len(found.json()) == 50
    assert time.perf_counter() - started < 5
