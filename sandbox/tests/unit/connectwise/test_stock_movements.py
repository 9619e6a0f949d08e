import pytest

from .trading import adjustment, batch, export, receipt, trading, transfer, unposted


async def stock(psa, name):
    [found] = (await export(psa, exportProductsFlag=True))[name]
    return found


@pytest.mark.requirement("A120", "M16")
async def test_stock_that_was_found_is_exported_with_a_quantity_below_zero() -> None:
    psa = trading(adjustment(3, "300.00"))
    [row] = await unposted(psa)
    assert (row["unpostedProductId"], row["procurementType"], row["total"]) == ("1-adjustment", "Adjustment", 300)
    found = await stock(psa, "adjustmentTransactions")
    assert (found["id"], found["glTypeID"], found["accountNumber"]) == ("1-adjustment", "IA", "5900")
    [detail] = found["adjustmentDetail"]
    assert (detail["quantity"], detail["total"], detail["cost"]) == (-3, -300, 100)
    assert (detail["accountNumber"], detail["inventoryAccountNumber"]) == ("5900", "1400")
    assert detail["costAccountNumber"] == "5200"
    lost = await stock(trading(adjustment(-1, "-100.00")), "adjustmentTransactions")
    assert [(one["quantity"], one["total"]) for one in lost["adjustmentDetail"]] == [(1, 100)]


@pytest.mark.requirement("M7", "M16")
async def test_a_batch_names_an_adjustment_by_its_unposted_rows_id() -> None:
    psa = trading(adjustment())
    [row] = await unposted(psa)
    answer = await batch(psa, "ADJ-1", [row["id"]])
    assert [one["id"] for one in answer["adjustmentTransactions"]] == ["1-adjustment"]
    assert await unposted(psa) == []


@pytest.mark.requirement("M16")
async def test_a_transfer_debits_its_destination_and_its_offset_credits_where_it_came_from() -> None:
    psa = trading(transfer())
    moved = await stock(psa, "inventoryTransfers")
    assert (moved["glTypeId"], moved["accountNumber"], moved["total"], moved["quantity"]) == ("IT", "1410", 100, 1)
    assert (moved["offset"]["accountNumber"], moved["offset"]["total"]) == ("1400", -100)
    assert (moved["transferFromLocationXref"], moved["transferToLocationXref"]) == ("MAIN", "VAN")
    await batch(psa, "ADJ-5-half", [int(moved["id"])])
    rest = await stock(psa, "inventoryTransfers")
    assert (rest["id"], rest["total"], "offset" in rest) == (str(moved["offset"]["id"]), -100, False)
    await batch(psa, "ADJ-5", [moved["offset"]["id"]])
    assert await unposted(psa) == []


@pytest.mark.requirement("M16")
async def test_a_transfer_between_places_of_one_account_has_it_on_both_sides() -> None:
    moved = await stock(trading(transfer(to_warehouse=8)), "inventoryTransfers")
    assert moved["accountNumber"] == moved["offset"]["accountNumber"] == "1400"


async def test_one_batch_may_hold_records_of_every_kind() -> None:
    psa = trading(receipt(), adjustment(), transfer())
    answer = await export(psa, exportProductsFlag=True)
    ids = [answer["purchaseTransactions"][0]["purchaseDetail"][0]["id"]]
    ids += [row["id"] for row in await unposted(psa) if row["procurementType"] == "Adjustment"]
    moved = answer["inventoryTransfers"][0]
    await batch(psa, "ALL", [*ids, int(moved["id"]), moved["offset"]["id"]], exportProductsFlag=True)
    assert await unposted(psa) == []
    event = psa.state.journal.entries(kind="batch_created")[-1]
    assert "1-adjustment" in str(event.as_dict())
