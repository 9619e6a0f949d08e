from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.errors import ApiError
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.core.faults import Fault, Faults

from .trading import VENDOR, batch, call, export, receipt, received, taxed_receipt, trading, unposted


async def one_purchase(psa):
    [found] = (await export(psa, exportProductsFlag=True))["purchaseTransactions"]
    return found


def ids_of(purchase):
    return [row["id"] for name in ("purchaseDetail", "purchaseDetailTax") for row in purchase[name]]


@pytest.mark.requirement("A120", "M16")
async def test_a_receipt_is_one_row_of_the_unposted_list_with_its_vendors_invoice() -> None:
    psa = trading(taxed_receipt())
    [row] = await unposted(psa)
    assert (row["unpostedProductId"], row["procurementType"]) == ("3-PS1-purchase", "Purchase")
    assert row["purchaseOrder"] == {"id": 3, "name": "PO-3"}
    assert row["vendor"] == {"id": VENDOR, "identifier": "INGRAM", "name": "Ingram"}
    assert (row["vendorAccountNumber"], row["vendorInvoiceNumber"]) == ("V-30", "VI-77")
    assert row["vendorInvoiceDate"] == "2026-03-03T00:00:00Z"
    amounts = [row[name] for name in ("freightCost", "freightTaxTotal", "taxTotal", "total")]
    assert amounts == [15, 0.94, 17.44, 232.44]
    assert (row["stateTaxXref"], row["stateTaxAmount"], row["countyTaxAmount"]) == ("TX-STATE", 13.44, 4)
    levels = await call(psa, "GET", f"/finance/accounting/unpostedprocurement/{row['id']}/taxableLevels")
    assert [(level["taxLevel"], level["taxAmount"]) for level in levels] == [(1, 13.44), (2, 4)]
    params = "conditions=unpostedProductId%20in%20('3-PS1-purchase','x')%20and%20procurementType='Purchase'"
    assert await call(psa, "GET", f"/finance/accounting/unpostedprocurement?{params}") == [row]
    assert await call(psa, "GET", "/finance/accounting/unpostedprocurement/count") == {"count": 1}


@pytest.mark.requirement("M16")
async def test_a_receipt_is_exported_as_debits_of_goods_freight_and_tax_that_add_up_to_its_total() -> None:
    purchase = await one_purchase(trading(taxed_receipt()))
    details = [(row["glTypeId"], row["accountNumber"], row["total"]) for row in purchase["purchaseDetail"]]
    assert details == [("P", "1400", 200), ("PF", "5300", 15)]
    taxes = [(row["glTypeId"], row["accountNumber"], row["total"]) for row in purchase["purchaseDetailTax"]]
    assert taxes == [("PT", "2250", 12.5), ("PT", "2250", 4), ("FT", "2251", 0.94)]
    assert sum(row[2] for row in (*details, *taxes)) == pytest.approx(purchase["total"])
    assert (purchase["apAccountNumber"], purchase["purchaseClass"]) == ("2000", "Purchasing")
    assert (purchase["id"], purchase["packingSlip"], purchase["freightAmount"]) == ("3-PS1-purchase", "PS1", 15)
    assert (purchase["vendorNumber"], purchase["billingTermsXref"], purchase["dueDays"]) == ("V-30", "N14", 14)
    goods = purchase["purchaseDetail"][0]
    assert (goods["costAccountNumber"], goods["inventoryAccountNumber"]) == ("5200", "1400")
    assert goods["item"] == {"id": 502, "identifier": "RACK", "serializedFlag": False}
    assert (goods["itemTypeXref"], goods["subCategory"]["name"]) == ("InventoryPart", "Switches")
    assert (goods["quantity"], goods["itemCost"], goods["taxable"], goods["locationXref"]) == (2, 100, True, "MAIN")


@pytest.mark.requirement("M16")
async def test_what_is_no_stock_or_goes_straight_to_the_customer_is_a_cost() -> None:
    lines = (received(product_class="NonInventory"), received(drop_shipped=True), received())
    purchase = await one_purchase(trading(receipt(*lines)))
    assert [row["accountNumber"] for row in purchase["purchaseDetail"]] == ["5200", "5200", "1400"]
    assert [row["dropShippedFlag"] for row in purchase["purchaseDetail"]] == [False, True, False]
    assert purchase["dropshipFlag"] is True


@pytest.mark.requirement("M16")
async def test_a_return_is_negative_throughout() -> None:
    line = received(quantity="-1", taxable=True, tax_by_level=(Decimal("-6.25"),))
    psa = trading(receipt(line, tax_code_id=1))
    purchase = await one_purchase(psa)
    assert purchase["total"] == -106.25
    assert [row["total"] for row in (*purchase["purchaseDetail"], *purchase["purchaseDetailTax"])] == [-100, -6.25]
    assert purchase["purchaseDetail"][0]["quantity"] == -1
    psa.state.switches.purchase_quantity = "negated"
    assert (await one_purchase(psa))["purchaseDetail"][0]["quantity"] == 1


@pytest.mark.requirement("M7", "M16")
async def test_a_receipt_whose_tax_rows_were_left_out_of_the_batch_stays_half_posted() -> None:
    psa = trading(taxed_receipt())
    ids = ids_of(await one_purchase(psa))
    await batch(psa, "PO-half", ids[:2])
    [row] = await unposted(psa)
    rest = await one_purchase(psa)
    assert (rest["purchaseDetail"], ids_of(rest)) == ([], ids[2:])
    line = psa.state.tables["purchase_order_lines"][1]
    assert line["batchedFlag"] is False
    await batch(psa, "PO-rest", ids[2:])
    assert await unposted(psa) == []
    assert (line["batchedFlag"], row["unpostedProductId"]) == (True, "3-PS1-purchase")
    assert (await export(psa, exportProductsFlag=True))["purchaseTransactions"] == []


async def test_the_batch_says_what_it_holds_and_lists_its_entries() -> None:
    psa = trading(taxed_receipt())
    answer = await batch(psa, "PO-1", ids_of(await one_purchase(psa)))
    assert answer["exportSettings"] == {"exportInvoices": False, "exportExpenses": False, "exportInventory": True}
    [made] = await call(psa, "GET", "/finance/accounting/batches")
    flags = [made[f"export{what}Flag"] for what in ("Invoices", "Expenses", "Products")]
    assert flags == [False, False, True]
    entries = await call(psa, "GET", f"/finance/accounting/batches/{made['id']}/entries")
    assert {entry["purchaseOrder"]["name"] for entry in entries} == {"PO-3"}
    assert [(entry["accountType"], entry["debit"]) for entry in entries][:2] == [("P", 200), ("PF", 15)]
    again = await call(psa, "POST", f"/finance/accounting/batches/{made['id']}/export", {})
    assert again["purchaseTransactions"] == answer["purchaseTransactions"]


@pytest.mark.requirement("M8")
async def test_a_deleted_batch_gives_its_receipt_back_and_the_line_remembers_it() -> None:
    psa = trading(receipt())
    await batch(psa, "PO-1", ids_of(await one_purchase(psa)))
    await call(psa, "DELETE", "/finance/accounting/batches/1")
    assert [row["unpostedProductId"] for row in await unposted(psa)] == ["3-PS1-purchase"]
    line = await call(psa, "GET", "/procurement/purchaseorders/3/lineitems/1")
    assert (line["batchedFlag"], line["unbatchedRecId"]) == (False, 1)
    await call(psa, "POST", "/procurement/purchaseorders/3/rebatch", status=404)


@pytest.mark.requirement("M8")
async def test_unbatch_and_rebatch_of_a_purchase_order_keep_the_batch() -> None:
    psa = trading(receipt(), receipt(purchase_order_id=4, po_number="PO-4"))
    exported = (await export(psa, exportProductsFlag=True))["purchaseTransactions"]
    await batch(psa, "BOTH", [number for purchase in exported for number in ids_of(purchase)])
    done = await call(psa, "POST", "/procurement/purchaseorders/3/unbatch")
    assert done["success"] is True
    assert [row["unpostedProductId"] for row in await unposted(psa)] == ["3-PS1-purchase"]
    assert len(await call(psa, "GET", "/finance/accounting/batches/1/entries")) == 1
    psa.procurement.amend("3-PS1-purchase", receipt(received(quantity="3")))
    await call(psa, "POST", "/procurement/purchaseorders/3/rebatch")
    assert await unposted(psa) == []
    entries = await call(psa, "GET", "/finance/accounting/batches/1/entries")
    assert sorted(entry["debit"] for entry in entries) == [200, 300]
    await call(psa, "POST", "/procurement/purchaseorders/3/rebatch", status=400)
    with pytest.raises(ApiError):
        psa.procurement.amend("3-PS1-purchase", receipt())


@pytest.mark.requirement("M2")
async def test_a_receipt_without_a_mapping_is_listed_but_has_nothing_to_batch_until_it_is_taken_again() -> None:
    psa = trading(receipt())
    freight = psa.state.tables["gl_accounts"].pop(22)
    psa.procurement.amend("3-PS1-purchase", receipt(freight=Decimal("15.00")))
    [row] = await unposted(psa)
    assert (await export(psa, exportProductsFlag=True))["purchaseTransactions"] == []
    psa.state.tables["gl_accounts"][22] = freight
    assert (await export(psa, exportProductsFlag=True))["purchaseTransactions"] == []
    psa.procurement.reload("3-PS1-purchase")
    assert (await one_purchase(psa))["total"] == 215
    assert (await unposted(psa))[0]["id"] == row["id"]


async def test_a_vendor_without_a_number_may_be_left_out_of_the_export() -> None:
    psa = trading(receipt(), vendor_without_number="skip")
    await one_purchase(psa)
    del psa.state.tables["companies"][VENDOR]["vendorIdentifier"]
    answer = await export(psa, exportProductsFlag=True)
    assert (answer["purchaseTransactions"], answer["vendors"]) == ([], [])


async def test_the_export_takes_only_what_is_asked_for() -> None:
    psa = trading(receipt(), receipt(purchase_order_id=4, po_number="PO-4", location_id=7))

    async def numbers(**asked):
        answer = await export(psa, exportProductsFlag=True, **asked)
        return [purchase["documentNumber"] for purchase in answer["purchaseTransactions"]]

    assert await numbers() == ["PO-3", "PO-4"]
    assert await numbers(includedProductIds=["4-PS1-purchase"]) == ["PO-4"]
    assert await numbers(excludedProductIds=["4-PS1-purchase"]) == ["PO-3"]
    assert await numbers(locationId=7) == ["PO-4"]
    assert await numbers(thruDate="2026-03-02") == []
    await call(
        psa, "POST", "/finance/accounting/export", {"exportProductsFlag": True, "includedProductIds": [4]}, status=400
    )
    assert (await export(psa, exportInvoicesFlag=True))["purchaseTransactions"] == []


async def test_the_second_delivery_of_an_order_is_a_receipt_of_its_own() -> None:
    psa = trading(receipt(), replace(receipt(received(quantity="1")), packing_slip="PS2"))
    assert [row["unpostedProductId"] for row in await unposted(psa)] == ["3-PS1-purchase", "3-PS2-purchase"]
    assert len(await call(psa, "GET", "/procurement/purchaseorders/3/lineitems")) == 2
    assert RecordKey("procurement", "3-PS2-purchase") in psa.state.interface


async def test_the_wrong_total_fault_spoils_a_receipt_too() -> None:
    psa, faults = trading(receipt()), Faults()
    faults.add(Fault("wrong_total", system="connectwise", times=1))
    spoiled = create_connectwise(psa.state, faults)
    assert (await one_purchase(spoiled))["purchaseDetail"][0]["total"] == 200.01
    assert (await one_purchase(spoiled))["purchaseDetail"][0]["total"] == 200
