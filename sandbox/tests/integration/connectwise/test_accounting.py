import asyncio
import time

import httpx
import pytest

from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.server import Sandbox

from .conftest import close

BATCHES = "/finance/accounting/batches"


async def export(api: httpx.AsyncClient, invoice_id: int) -> dict:
    body = {
        "batchIdentifier": "0",
        "glInterfaceIdentifier": "01",
        "exportInvoicesFlag": True,
        "includedInvoiceIds": [invoice_id],
    }
    reply = await api.post("/finance/accounting/export", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def ids_of(api: httpx.AsyncClient, invoice_id: int) -> list[int]:
    [transaction] = (await export(api, invoice_id))["transactions"]
    header = [int(one) for one in transaction["glEntryIds"].split(",")]
    return header + [detail["id"] for detail in transaction["detail"]]


async def unposted(api: httpx.AsyncClient, invoice_id: int) -> list[dict]:
    params = {"conditions": f"billingLogId={invoice_id}"}
    return (await api.get("/finance/accounting/unpostedinvoices", params=params)).json()


@pytest.mark.requirement("M1", "M7")
async def test_the_loop_from_close_to_batch_and_back(api: httpx.AsyncClient, control: httpx.AsyncClient) -> None:
    assert await unposted(api, 39001) == []
    await close(control, 39001)
    [row] = await unposted(api, 39001)
    assert (await api.get(f"/finance/accounting/unpostedinvoices/{row['id']}")).json() == row
    levels = (await api.get(f"/finance/accounting/unpostedinvoices/{row['id']}/taxableLevels")).json()
    assert [level["taxAmount"] for level in levels] == [row["salesTaxAmount"]]
    assert (await api.get("/finance/accounting/unpostedinvoices/count")).json() == {"count": 1}
    body = {"id": 0, "batchIdentifier": "INV-1042-aaaaaa", "processedRecordIds": await ids_of(api, 39001)}
    made = await api.post(BATCHES, json=body)
    assert (made.status_code, len(made.json()["transactions"])) == (201, 1)
    invoice = (await api.get("/finance/invoices/39001")).json()
    assert invoice["glBatch"]["name"] == "INV-1042-aaaaaa"
    assert await unposted(api, 39001) == []
    [batch] = (await api.get(BATCHES, params={"conditions": 'batchIdentifier="INV-1042-aaaaaa"'})).json()
    entries = (await api.get(f"{BATCHES}/{batch['id']}/entries", params={"pageSize": 1000})).json()
    assert {entry["id"] for entry in entries} == set(body["processedRecordIds"])
    again = await api.post(f"{BATCHES}/{batch['id']}/export", json={})
    assert again.json() == made.json()
    assert (await api.post(BATCHES, json=body)).status_code == 400
    assert (await api.delete(f"{BATCHES}/{batch['id']}")).status_code == 204
    assert (await api.get(f"{BATCHES}/{batch['id']}")).status_code == 404
    freed = (await api.get("/finance/invoices/39001")).json()
    assert ("glBatch" in freed, freed["unbatchedBatch"]["name"]) == (False, "INV-1042-aaaaaa")
    assert len(await unposted(api, 39001)) == 1


@pytest.mark.requirement("M7")
async def test_leaving_out_the_header_or_a_tax_row_half_batches(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await close(control, 39001)
    ids = await ids_of(api, 39001)
    made = await api.post(BATCHES, json={"batchIdentifier": "PART", "processedRecordIds": ids[1:]})
    assert made.status_code == 201
    assert "glBatch" not in (await api.get("/finance/invoices/39001")).json()
    assert len(await unposted(api, 39001)) == 1
    entries = (await api.get("/finance/invoices/39001/glEntries/")).json()
    assert {entry["type"] for entry in entries if not entry["isBatched"]} == {"AR"}


async def test_a_closed_invoice_changes_only_through_closed_invoices(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    notes = [{"op": "replace", "path": "internalNotes", "value": "checked"}]
    assert (await api.patch("/finance/closedInvoices/39002", json=notes)).status_code == 400
    await close(control, 39002)
    before = (await api.get("/finance/invoices/39002/glEntries/")).json()
    late = [{"op": "replace", "path": "reference", "value": "late"}]
    assert (await api.patch("/finance/invoices/39002", json=late)).status_code == 400
    assert (await api.patch("/finance/closedInvoices/39002", json=late)).status_code == 400
    assert (await api.delete("/finance/invoices/39002")).status_code == 400
    assert (await api.patch("/finance/closedInvoices/39002", json=notes)).json()["internalNotes"] == "checked"
    assert (await api.get("/finance/invoices/39002/glEntries/")).json() == before
    [entry, *_] = before
    assert (await api.get(f"/finance/invoices/39002/glEntries/{entry['id']}")).json() == entry
    reload = [{"op": "replace", "path": "status", "value": {"id": 3}}]
    assert (await api.patch("/finance/closedInvoices/39002", json=reload)).json()["status"]["name"] == "GL Reload"
    assert (await api.get("/finance/invoices/39002/glEntries/")).json() == []


async def test_an_invoice_can_be_made_read_whole_and_deleted(api: httpx.AsyncClient) -> None:
    body = {"invoiceNumber": "M-1", "type": "Miscellaneous", "status": {"name": "New"}, "company": {"id": 269}}
    made = await api.post("/finance/invoices", json=body)
    assert (made.status_code, made.json()["company"]["identifier"]) == (201, "Currawong")
    assert (await api.post("/finance/invoices", json=body)).json()["errors"][0]["code"] == "ObjectExists"
    assert (await api.post("/finance/invoices", json={"type": "Standard"})).status_code == 400
    info = (await api.get("/finance/info/invoice/39001")).json()
    assert info["invoice"]["id"] == 39001
    assert len(info["products"]) + len(info["timeEntries"]) + len(info["agreementBillingInfo"]) > 0
    assert (await api.delete(f"/finance/invoices/{made.json()['id']}")).status_code == 204
    replaced = await api.put("/finance/invoices/39003", json={"invoiceNumber": "INV-1044", "reference": "only"})
    assert "dueDate" not in replaced.json()
    assert replaced.json()["status"]["name"] == "New"


@pytest.mark.requirement("M2")
async def test_the_mapping_fix_takes_effect_after_gl_reload_and_close(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    plan = (await control.get("/plan")).json()["plan"]
    number = next(one["invoice_id"] for one in plan if one["fix"] and one["fix"]["name"] == "gl_mapping")
    await close(control, number)
    assert (await export(api, number))["transactions"] == []
    assert len(await unposted(api, number)) == 1
    fixed = await control.post("/fixes/gl_mapping")
    assert (fixed.status_code, fixed.json()["after"]) == (200, "closes_again")
    assert len((await export(api, number))["transactions"]) == 1


async def test_an_export_can_be_made_wrong_by_a_cent(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await close(control, 39001)
    right = (await export(api, 39001))["transactions"][0]["detail"][0]["total"]
    sandbox.world.faults.add(Fault("wrong_total", "connectwise", params={"by": "0.01"}))
    wrong = (await export(api, 39001))["transactions"][0]["detail"][0]["total"]
    assert round(wrong - right, 2) == 0.01
    assert (await export(api, 39001))["transactions"][0]["detail"][0]["total"] == right


async def test_a_lost_answer_to_a_batch_leaves_the_batch(
    sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await close(control, 39001)
    ids = await ids_of(api, 39001)
    sandbox.world.faults.add(Fault("timeout_after_commit", "connectwise", "POST", "/batches$", params={"seconds": 30}))
    with pytest.raises(httpx.ReadTimeout):
        await api.post(BATCHES, json={"batchIdentifier": "LOST", "processedRecordIds": ids}, timeout=0.2)
    [batch] = (await api.get(BATCHES, params={"conditions": 'batchIdentifier="LOST"'})).json()
    assert (await api.get("/finance/invoices/39001")).json()["glBatch"]["id"] == batch["id"]


async def test_sixty_invoices_are_listed_exported_and_batched_within_seconds(
    api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    plan = (await control.get("/plan")).json()["plan"]
    numbers = [one["invoice_id"] for one in plan]
    await asyncio.gather(*(close(control, number) for number in numbers))
    started = time.perf_counter()
    for number in numbers:
        await unposted(api, number)
        transactions = (await export(api, number))["transactions"]
        if transactions:
            ids = await ids_of(api, number)
            await api.post(BATCHES, json={"batchIdentifier": f"B-{number}", "processedRecordIds": ids})
    assert time.perf_counter() - started < 10
    assert (await api.get("/finance/accounting/unpostedinvoices/count")).json() == {"count": 1}
