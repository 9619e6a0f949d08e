import pytest

from .trading import VENDOR, batch, call, export, trading, unposted

ORDERS = "/procurement/purchaseorders"


async def ordered(psa, **changes):
    body = {
        "poNumber": "PO-9",
        "vendorCompany": {"id": VENDOR},
        "terms": {"id": 2},
        "taxCode": {"id": 1},
        "taxPoFlag": True,
        "freightCost": 12,
        **changes,
    }
    order = await call(psa, "POST", ORDERS, body)
    line = {"description": "Rack", "lineNumber": 1, "product": {"id": 502}, "quantity": 4, "unitCost": 10.125}
    return order, await call(psa, "POST", f"{ORDERS}/{order['id']}/lineitems", line)


async def receive(psa, line, *changes, status=None):
    operations = [{"op": "replace", "path": path, "value": value} for path, value in changes]
    path = f"{ORDERS}/{line['purchaseOrderId']}/lineitems/{line['id']}"
    return await call(psa, "PATCH", path, operations, status)


@pytest.mark.requirement("M16")
async def test_receiving_a_line_in_full_closes_the_order_and_puts_a_receipt_on_the_list() -> None:
    psa = trading()
    order, line = await ordered(psa)
    assert (order["closedFlag"], line["receivedStatus"], await unposted(psa)) == (False, "Waiting", [])
    await receive(psa, line, ("packingSlip", "PS1"), ("receivedQuantity", 4), ("receivedStatus", "FullyReceived"))
    [row] = await unposted(psa)
    assert (row["unpostedProductId"], row["freightCost"]) == (f"{order['id']}-PS1-purchase", 12)
    [purchase] = (await export(psa, exportProductsFlag=True))["purchaseTransactions"]
    assert [detail["total"] for detail in purchase["purchaseDetail"]] == [40.5, 12]
    assert [tax["total"] for tax in purchase["purchaseDetailTax"]] == [2.53, 0.81]
    closed = await call(psa, "GET", f"{ORDERS}/{order['id']}")
    assert (closed["closedFlag"], closed["status"]["name"]) == (True, "Closed")
    await receive(psa, line, ("receivedQuantity", 3), status=400)


@pytest.mark.requirement("M16")
async def test_two_part_deliveries_are_two_receipts_and_freight_goes_with_the_first() -> None:
    psa = trading()
    order, line = await ordered(psa)
    some = ("receivedStatus", "PartiallyReceiveCloneRest")
    await receive(psa, line, ("packingSlip", "PS1"), ("receivedQuantity", 3), some)
    rest = (await call(psa, "GET", f"{ORDERS}/{order['id']}/lineitems"))[1]
    assert (rest["quantity"], rest["receivedStatus"], "receivedQuantity" in rest) == (1, "Waiting", False)
    await receive(psa, rest, ("packingSlip", "PS2"), ("receivedQuantity", 1))
    rows = await unposted(psa)
    assert [(row["unpostedProductId"][-12:], row["freightCost"]) for row in rows] == [
        ("PS1-purchase", 12),
        ("PS2-purchase", 0),
    ]


async def test_the_rest_of_a_line_may_be_cancelled() -> None:
    psa = trading()
    order, line = await ordered(psa)
    kept = await receive(psa, line, ("receivedQuantity", 3), ("receivedStatus", "PartiallyReceiveCancelRest"))
    assert (kept["quantity"], kept["closedFlag"]) == (3, True)
    assert len(await call(psa, "GET", f"{ORDERS}/{order['id']}/lineitems")) == 1
    await call(psa, "DELETE", f"{ORDERS}/{order['id']}", status=400)
    await call(psa, "DELETE", f"{ORDERS}/{order['id']}/lineitems/{line['id']}", status=400)


async def test_lines_of_one_packing_slip_are_one_receipt_unless_it_was_batched() -> None:
    psa = trading()
    order, first = await ordered(psa)
    path = f"{ORDERS}/{order['id']}/lineitems"
    more = [
        await call(
            psa,
            "POST",
            path,
            {"description": "Rail", "lineNumber": n, "product": {"id": 502}, "quantity": 1, "unitCost": 5},
        )
        for n in (2, 3)
    ]
    for line in (first, more[0]):
        await receive(psa, line, ("packingSlip", "PS1"), ("receivedStatus", "FullyReceived"))
    [row] = await unposted(psa)
    [purchase] = (await export(psa, exportProductsFlag=True))["purchaseTransactions"]
    assert len(purchase["purchaseDetail"]) == 3
    await batch(
        psa, "PO-9-a", [one["id"] for name in ("purchaseDetail", "purchaseDetailTax") for one in purchase[name]]
    )
    await receive(psa, more[1], ("packingSlip", "PS1"), ("receivedStatus", "FullyReceived"))
    assert [one["unpostedProductId"] for one in await unposted(psa)] == [
        row["unpostedProductId"].replace("PS1", "PS1-2")
    ]


@pytest.mark.requirement("M16")
async def test_the_vendors_invoice_number_may_come_after_the_goods() -> None:
    psa = trading()
    order, line = await ordered(psa)
    await receive(psa, line, ("receivedStatus", "FullyReceived"))
    assert "vendorInvoiceNumber" not in (await unposted(psa))[0]
    changes = [
        {"op": "replace", "path": "vendorInvoiceNumber", "value": "VI-1"},
        {"op": "replace", "path": "vendorInvoiceDate", "value": "2026-03-09T00:00:00Z"},
    ]
    await call(psa, "PATCH", f"{ORDERS}/{order['id']}", changes)
    [row] = await unposted(psa)
    assert (row["vendorInvoiceNumber"], row["vendorInvoiceDate"]) == ("VI-1", "2026-03-09T00:00:00Z")


@pytest.mark.requirement("M16")
async def test_closing_an_adjustment_puts_it_on_the_list_and_it_cannot_be_changed_then() -> None:
    psa = trading()
    body = {
        "identifier": "COUNT-7",
        "type": {"id": 1},
        "adjustmentDetails": [{"catalogItem": {"id": 502}, "quantityAdjusted": -2, "warehouse": {"id": 8}}],
    }
    made = await call(psa, "POST", "/procurement/adjustments", body)
    assert await unposted(psa) == []
    path, closing = f"/procurement/adjustments/{made['id']}", [{"op": "replace", "path": "closedFlag", "value": True}]
    assert (await call(psa, "PATCH", path, closing))["closedBy"] == "phan"
    [row] = await unposted(psa)
    assert (row["unpostedProductId"], row["total"]) == (f"{made['id']}-adjustment", -200)
    await call(psa, "PATCH", path, closing, status=400)
    await call(psa, "DELETE", path, status=400)


async def test_set_up_tables_are_served() -> None:
    psa = trading()
    for path in ("procurement/warehouses", "procurement/types", "procurement/subcategories", "expense/types"):
        assert await call(psa, "GET", f"/{path}")
    assert len(await call(psa, "GET", "/procurement/categories/31/subcategories")) == 1
    xref = await call(
        psa, "POST", "/finance/taxCodes/1/taxCodeXRefs", {"description": "Labour", "levelTwo": "NonTaxable"}
    )
    path = f"/finance/taxCodes/1/taxCodeXRefs/{xref['id']}/taxableXRefLevels"
    await call(psa, "POST", path, {"taxCodeLevel": {"id": 1}})
    assert len(await call(psa, "GET", path)) == 1
