"""Receipts, movements and expenses made by people, over HTTP, with the callbacks that they cause."""

import json

import httpx
import pytest

from ledgerwire.sandbox.connectwise.gl_mapping import mapped_type
from ledgerwire.sandbox.server import Sandbox

from .conftest import PERSON, Receiver, register

UNPOSTED = "/finance/accounting/unposted{}"
RECEIPT = {
    "purchase_order_id": 9101,
    "po_number": "PO-9101",
    "vendor_company_id": 1,
    "received": "2026-02-11",
    "packing_slip": "PS-1",
    "lines": [
        {
            "item_identifier": "DOCK-USBC",
            "description": "USB-C dock",
            "quantity": "2",
            "cost": "301.25",
            "total": "602.50",
            "item_id": 10,
        }
    ],
}
LINE = {"item_identifier": "DOCK-USBC", "description": "USB-C dock", "quantity": 1, "cost": "301.25", "total": "301.25"}
EXPENSE = {
    "expense_id": 9301,
    "member_id": PERSON,
    "spent": "2026-02-12",
    "amount": "41.80",
    "expense_type_id": 1,
    "payment_method_id": 1,
}


@pytest.fixture
def mapped(sandbox: Sandbox) -> None:
    """Corporate GL rows for every type that buying, moving and spending need."""
    table = sandbox.world.connectwise.state.tables["gl_accounts"]
    for number, gl_type in enumerate(("RP", "P", "PF", "IA", "IT", "EE", "EI", "EO"), start=9001):
        table[number] = {
            "id": number,
            "glType": gl_type,
            "mappedType": mapped_type(gl_type, "Corporate"),
            "mappedRecord": {"id": 1, "name": "Owner"},
            "segment1": "690",
            "cogs1": "310",
            "inventory": "630",
        }


async def make(control: httpx.AsyncClient, path: str, expect: int = 200, **body: object) -> dict:
    reply = await control.post(f"/connectwise/{path}", json=body)
    assert reply.status_code == expect, reply.text
    return reply.json()


@pytest.mark.requirement("A120", "A121")
async def test_what_people_receive_move_and_spend_stands_on_the_lists(
    mapped: None, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    made = await make(control, "procurement", receipt=RECEIPT)
    moved = {"transfer_id": 9201, "moved": "2026-02-12", "line": LINE, "from_warehouse_id": 1, "to_warehouse_id": 2}
    counted = {"adjustment_id": 9202, "identifier": "COUNT", "closed": "2026-02-12", "lines": [LINE]}
    await make(control, "procurement", transfer=moved)
    await make(control, "procurement", adjustment=counted)
    wanted = "unpostedProductId in ('9101-PS-1-purchase','9201-transfer','9202-adjustment')"
    rows = (await api.get(UNPOSTED.format("procurement"), params={"conditions": wanted})).json()
    assert sorted(row["procurementType"] for row in rows) == ["Adjustment", "Purchase", "Transfer"]
    assert made["id"] in {row["id"] for row in rows}
    await make(control, "expenses", expense={**EXPENSE, "status": "PendingApproval"})
    condition = {"conditions": "expenseDetailId=9301"}
    assert (await api.get(UNPOSTED.format("expenses"), params=condition)).json() == []
    await make(control, "expenses/9301/status", status="ApprovedByTierTwo")
    [spent] = (await api.get(UNPOSTED.format("expenses"), params=condition)).json()
    assert spent["total"] == 41.8
    await make(control, "procurement", 400, receipt=RECEIPT)
    await make(control, "procurement", 400, receipt={"po_number": "x"})
    await make(control, "expenses", 400, expense={**EXPENSE, "colour": "red"})


@pytest.mark.requirement("M8")
async def test_people_batch_unbatch_amend_and_rebatch_any_record(
    mapped: None, sandbox: Sandbox, api: httpx.AsyncClient, control: httpx.AsyncClient
) -> None:
    await make(control, "procurement", receipt=RECEIPT)
    await make(control, "expenses", expense=EXPENSE)
    receipt, expense = {"kind": "procurement", "id": "9101-PS-1-purchase"}, {"kind": "expense", "id": 9301}
    batch = await make(control, "records/batch", records=[receipt, expense], name="BY-HAND")
    assert (batch["exportProductsFlag"], batch["exportExpensesFlag"], batch["exportInvoicesFlag"]) == (
        True,
        True,
        False,
    )
    await make(control, "procurement/amend", 400, id=receipt["id"], receipt=RECEIPT)
    assert (await make(control, "records/unbatch", **receipt))["name"] == "BY-HAND"
    dearer = {**RECEIPT, "lines": [{**RECEIPT["lines"][0], "cost": "310.00", "total": "620.00"}]}
    assert (await make(control, "procurement/amend", id=receipt["id"], receipt=dearer))["total"] == 620
    assert len((await make(control, "records/reload", **receipt))["entries"]) == 1
    await make(control, "records/rebatch", **receipt)
    entries = (await api.get(f"/finance/accounting/batches/{batch['id']}/entries")).json()
    assert sorted(entry["debit"] for entry in entries if entry["debit"]) == [41.8, 620]
    await make(control, "records/remove", 400, **receipt)
    await make(control, "records/unbatch", 400, kind="payment", id=1)
    kinds = [entry.kind for entry in sandbox.world.journal.entries() if entry.kind.endswith("batched")]
    assert kinds == ["unbatched", "rebatched"]


async def test_saving_an_expense_or_an_order_calls_back(
    mapped: None, api: httpx.AsyncClient, control: httpx.AsyncClient, receiver: Receiver
) -> None:
    await register(api, receiver, type="expense")
    await register(api, receiver, type="purchaseorder")
    await make(control, "expenses", expense=EXPENSE)
    await make(control, "procurement", receipt=RECEIPT)
    await receiver.until(lambda one: len(one.got) == 2)
    told = sorted((json.loads(body)["Type"], json.loads(body)["ID"]) for _, _, body in receiver.got)
    assert told == [("expense", 9301), ("purchaseorder", 9101)]
