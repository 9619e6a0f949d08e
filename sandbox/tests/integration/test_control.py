import asyncio
import json
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from ledgerwire.sandbox.server import Sandbox, SandboxOptions

PERSON = 152


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox.start() as running:
        yield running


@pytest.fixture
async def control(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=sandbox.describe()["control"]["base_url"]) as client:
        yield client


async def test_the_line_says_how_to_reach_both_vendors(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    line = (await control.get("/")).json()
    assert line == sandbox.describe()
    assert set(line) == {"connectwise", "xero", "quickbooks", "partnercenter", "control", "scenario", "companies"}
    assert set(line["connectwise"]) == {
        "base_url",
        "company_id",
        "public_key",
        "private_key",
        "client_id",
        "seats",
    }
    assert set(line["xero"]) == {
        "base_url",
        "token_url",
        "client_id",
        "client_secret",
        "tenant_id",
        "access_token",
        "refresh_token",
    }
    xero = line["xero"]
    headers = {"Authorization": f"Bearer {xero['access_token']}", "Xero-Tenant-Id": xero["tenant_id"]}
    async with httpx.AsyncClient(headers={**headers, "Accept": "application/json"}) as client:
        reply = await client.get(f"{xero['base_url']}/api.xro/2.0/Organisation")
        assert reply.json()["Organisations"][0]["Name"] == "Harbourline IT Pty Ltd"
        form = {"grant_type": "refresh_token", "refresh_token": xero["refresh_token"]}
        fresh = await client.post(xero["token_url"], data=form, auth=(xero["client_id"], xero["client_secret"]))
        assert fresh.json()["refresh_token"] != xero["refresh_token"]


async def test_the_clock_is_set_and_advanced_for_both_vendors(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    await control.post("/clock", json={"set": "2026-03-01T00:00:00Z"})
    await control.post("/clock", json={"advance_seconds": 3600})
    assert (await control.get("/clock")).json()["now"].startswith("2026-03-01T01:00:0")
    assert sandbox.world.clock.today().isoformat() == "2026-03-01"
    assert (await control.post("/clock", json={})).status_code == 400
    assert (await control.post("/clock", json={"set": "2026-03-01T00:00:00"})).status_code == 400


async def test_faults_are_armed_listed_and_disarmed_by_name_or_number(control: httpx.AsyncClient) -> None:
    armed = await control.post("/faults", json={"name": "slow", "system": "xero", "times": None})
    await control.post("/faults", json={"name": "429", "system": "xero"})
    [first, second] = (await control.get("/faults")).json()["faults"]
    assert (first["number"], first["left"], second["name"]) == (armed.json()["number"], None, "429")
    assert (await control.delete("/faults", params={"name": "429"})).json() == {"cleared": 1}
    assert (await control.delete("/faults", params={"number": first["number"]})).json() == {"cleared": 1}
    broken = {"name": "slow", "system": "xero", "path_regex": "("}
    for bad in ({"name": "earthquake", "system": "xero"}, {"name": "slow"}, [1], broken):
        assert (await control.post("/faults", json=bad)).status_code == 400


async def test_the_journal_is_read_in_pages_and_filtered(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    for number in range(5):
        sandbox.world.journal.record("xero", "GET", f"/x/{number}", "", [], b"", 200, b"{}", None, 0.0)
    sandbox.world.journal.event("connectwise", "callback", {"id": 1})
    first = (await control.get("/journal", params={"system": "xero", "limit": 3})).json()
    rest = (await control.get("/journal", params={"system": "xero", "since_seq": first["next_since_seq"]})).json()
    paths = [entry["path"] for entry in first["entries"] + rest["entries"]]
    assert (paths, first["more"], rest["more"]) == ([f"/x/{n}" for n in range(5)], True, False)
    [event] = (await control.get("/journal", params={"kind": "callback"})).json()["entries"]
    assert event["data"] == {"id": 1}


async def test_switches_are_changed_by_name_and_wrong_ones_refused(control: httpx.AsyncClient) -> None:
    changes = {"connectwise": {"export_joins_segments": True, "latency_seconds": 0}, "xero": {"minute_limit": 5}}
    changed = (await control.post("/switches", json=changes)).json()
    assert (changed["connectwise"]["export_joins_segments"], changed["xero"]["minute_limit"]) == (True, 5)
    assert (await control.get("/switches")).json() == changed
    for bad in (
        {"connectwise": {"colour": 1}},
        {"connectwise": {"requests_per_minute": "many"}},
        {"connectwise": {"split_receivable": 1}},
        {"connectwise": {"forward_only_end": "sideways"}},
        {"xero": {"colour": 1}},
        {"quickbooks": {"colour": 1}},
        {"partnercenter": {"colour": 1}},
        {"partnercenter": {"rounding": "sideways"}},
        {"sage": {}},
    ):
        assert (await control.post("/switches", json=bad)).status_code == 400


async def test_state_is_visible_to_outsiders_with_exact_money(control: httpx.AsyncClient) -> None:
    await control.post("/connectwise/invoices/39049/status", json={"status": "Closed", "member": PERSON})
    summary = (await control.get("/state/connectwise")).json()
    assert (summary["tables"]["invoices"], summary["unposted_invoices"]) == (60, [39049])
    text = (await control.get("/state/connectwise/invoices")).text
    row = next(one for one in json.loads(text, parse_float=Decimal)["rows"] if one["id"] == 39049)
    assert row["total"] == Decimal("733.34")
    entries = (await control.get("/state/connectwise/invoices/39049/gl")).json()["entries"]
    assert [entry["type"] for entry in entries] == ["AR", "RP", "RP", "ST"]
    assert (await control.get("/state/xero/accounts")).json()["rows"]
    assert (await control.get("/state/xero/organisation")).json()["BaseCurrency"] == "AUD"
    assert (await control.get("/state/connectwise/moons")).status_code == 404
    assert (await control.get("/state/xero/moons")).status_code == 404


async def test_seeding_again_starts_over_and_the_audit_forgets_what_was_before(control: httpx.AsyncClient) -> None:
    await control.post("/connectwise/invoices/39001/status", json={"status": "Closed"})
    report = (await control.get("/audit")).json()
    assert "MISSING" in {finding["code"] for finding in report["findings"]}
    before = (await control.get("/state/connectwise/invoices")).text
    await control.post("/seed", json={"seed": 7})
    after = (await control.get("/state/connectwise/invoices")).text
    assert before != after
    assert (await control.get("/audit")).json()["clean"] is True
    assert len((await control.get("/expected")).json()["expected"]) == 60
    assert (await control.get("/audit", params={"all": "true"})).json()["counts"]["missing"] > 50
    assert (await control.get("/account")).json()["name"] == "harbourline"
    assert (await control.post("/seed", json={"scenario": "moon"})).status_code == 400


async def test_fixes_are_made_where_they_belong(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    lock = sandbox.world.xero.organisation["PeriodLockDate"]
    assert (await control.post("/fixes/lock_date")).json()["side"] == "ledger"
    assert sandbox.world.xero.organisation["PeriodLockDate"] < lock
    assert (await control.post("/fixes/billing_contact")).json()["after"] == "retry"
    assert (await control.post("/fixes/tax_code")).json()["account_patch"]
    assert (await control.post("/fixes/nothing")).status_code == 404
    assert (await control.post("/fixes/gl_mapping")).status_code == 409  # its invoice is not closed yet
    assert sandbox.world.applied_fixes == ["lock_date", "billing_contact", "tax_code"]


async def test_a_person_acts_under_a_name_and_past_faults_and_limits(
    sandbox: Sandbox, control: httpx.AsyncClient
) -> None:
    await control.post("/faults", json={"name": "500_before", "system": "connectwise", "times": None})
    change = [{"op": "replace", "path": "reference", "value": "by hand"}]
    request = {"method": "PATCH", "path": "/finance/invoices/39001", "body": change, "member": PERSON}
    reply = (await control.post("/connectwise/requests", json=request)).json()
    assert reply["status"] == 200
    assert json.loads(reply["body"])["_info"]["updatedBy"] == "phan"
    [entry] = sandbox.world.journal.entries(kind="person")
    assert entry.data["member"] == "phan"


async def test_an_edit_replaces_lines_and_totals_as_the_screen_does(
    sandbox: Sandbox, control: httpx.AsyncClient
) -> None:
    lines = [{"kind": "R", "description": "Two hours", "quantity": 2, "price": "145.00", "total": 290.00}]
    body = {"changes": {"total": 290.00, "subtotal": 290.00, "salesTax": 0}, "lines": lines}
    edited = await control.post("/connectwise/invoices/39001/edit", json=body)
    assert edited.status_code == 200
    assert sandbox.world.connectwise.state.invoice_lines[39001][0].total == Decimal(290)
    wrong = {"lines": [{"kind": "moon", "description": "", "quantity": 1, "price": 1, "total": 1}]}
    assert (await control.post("/connectwise/invoices/39001/edit", json=wrong)).status_code == 400
    assert (await control.post("/connectwise/invoices/1/edit", json={})).status_code == 404
    unknown = {"status": "Lost"}
    assert (await control.post("/connectwise/invoices/39001/status", json=unknown)).status_code == 400


async def test_batches_by_hand_are_closed_and_deleted(control: httpx.AsyncClient) -> None:
    await control.post("/connectwise/invoices/39001/status", json={"status": "Closed"})
    batch = (await control.post("/connectwise/batches", json={"invoice_ids": [39001], "name": "HAND"})).json()
    path = f"/connectwise/batches/{batch['id']}"
    assert (await control.post(f"{path}/close")).json()["closedFlag"] is True
    assert (await control.delete(path)).status_code == 400
    await control.post("/switches", json={"connectwise": {"closed_batch_delete": "allow"}})
    assert (await control.delete(path)).json() == {"deleted": batch["id"]}
    assert (await control.post("/connectwise/callbacks/9/deactivate")).status_code == 404


async def test_copies_give_a_past_that_is_closed_and_batched(control: httpx.AsyncClient) -> None:
    body = {"count": 30, "batched": True}
    made = (await control.post("/connectwise/invoices/39001/copies", json=body)).json()["invoice_ids"]
    rows = {row["id"]: row for row in (await control.get("/state/connectwise/invoices")).json()["rows"]}
    assert len({rows[number]["glBatch"]["name"] for number in made}) == 30
    assert (await control.get("/state/connectwise")).json()["unposted_invoices"] == []
    fresh = (await control.post("/connectwise/invoices/39001/copies", json={"count": 2})).json()["invoice_ids"]
    assert not set(fresh) & set(made)


async def test_a_user_disconnects_xero_and_connects_it_again(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    line = sandbox.describe()["xero"]
    assert (await control.post("/xero/revoke")).json()["ended"] == 1
    headers = {"Xero-Tenant-Id": line["tenant_id"], "Accept": "application/json"}
    url = f"{line['base_url']}/api.xro/2.0/Organisation"
    async with httpx.AsyncClient(headers=headers) as client:
        dead = await client.get(url, headers={"Authorization": f"Bearer {line['access_token']}"})
        assert dead.status_code in {401, 403}
        token = (await control.post("/xero/consent")).json()["access_token"]
        assert (await client.get(url, headers={"Authorization": f"Bearer {token}"})).status_code == 200


async def test_a_person_changes_reference_data_in_xero(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    changes = {"accounts": [{"Code": "999", "Name": "New income", "Type": "REVENUE"}]}
    await control.post("/xero/changes", json=changes)
    account = sandbox.world.xero.account("999")
    assert account is not None
    await control.post("/xero/changes", json={"accounts": [{"Code": "999", "Status": "ARCHIVED"}]})
    assert (sandbox.world.xero.account("999") or {})["Status"] == "ARCHIVED"
    contact = next(iter(sandbox.world.xero.contacts))["ContactID"]
    assert (await control.post(f"/xero/contacts/{contact}/archive", json={})).status_code == 200
    assert (await control.post("/xero/contacts/none/archive", json={})).status_code == 404
    await control.post("/xero/organisation", json={"PeriodLockDate": "2026-01-15"})
    assert sandbox.world.xero.organisation["PeriodLockDate"].isoformat() == "2026-01-15"


async def test_the_same_seed_gives_the_same_keys_and_data() -> None:
    async with Sandbox.start(SandboxOptions(seed=5)) as one, Sandbox.start(SandboxOptions(seed=5)) as two:
        left, right = one.describe(), two.describe()
        assert left["connectwise"]["private_key"] == right["connectwise"]["private_key"]
        assert left["xero"]["client_secret"] == right["xero"]["client_secret"]
        tables = [each.world.connectwise.state.tables["invoices"].keys() for each in (one, two)]
        assert tables[0] == tables[1]


async def test_the_command_prints_one_line_serves_tls_and_ends_on_sigterm() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ledgerwire.sandbox", "--tls", "--seed", "3", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        line = json.loads(await process.stdout.readline())
        context = ssl.create_default_context(cafile=line["ca_file"])
        async with httpx.AsyncClient(verify=context) as client:
            info = await client.get(f"{line['connectwise']['base_url']}/login/companyinfo/harbourline")
            assert info.json()["Codebase"] == "v2025_1/"
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_taken_port_is_an_error_and_not_a_trace() -> None:
    async with Sandbox.start() as running:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "ledgerwire.sandbox",
            "--port-xero",
            str(running.xero.port),
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(20):
            _, errors = await process.communicate()
        assert process.returncode == 1
        assert errors.startswith(b"sandbox: ")
        assert b"Traceback" not in errors
