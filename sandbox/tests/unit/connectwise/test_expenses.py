from decimal import Decimal

import pytest

from ledgerwire.sandbox.connectwise.errors import ApiError

from .conftest import PERSON
from .trading import batch, call, expense, export, trading, unposted

TAXED = {"tax_by_level": (Decimal("10.00"),), "tax_code_id": 1}


async def bills(psa):
    return (await export(psa, exportExpensesFlag=True))["expenseBills"]


@pytest.mark.requirement("A121", "M17")
async def test_an_approved_expense_is_listed_with_member_classification_and_payment_type() -> None:
    psa = trading(expense(**TAXED), expense(71, status="PendingApproval"))
    [row] = await unposted(psa, "expenses")
    assert (row["expenseDetailId"], row["classification"], row["glType"]) == (70, "Reimbursable", "EI")
    assert row["id"] != 70
    assert (row["member"]["identifier"], row["paymentMethod"]["name"]) == ("phan", "Cash")
    assert (row["expenseType"]["name"], row["dateExpense"]) == ("Meals", "2026-03-03T00:00:00Z")
    assert (row["total"], row["salesTaxAmount"], row["stateTaxAmount"], row["stateTaxXref"]) == (
        110,
        10,
        10,
        "TX-STATE",
    )
    assert (row["accountNumber"], row["creditAccount"]) == ("6100", "2100")
    levels = await call(psa, "GET", f"/finance/accounting/unpostedexpenses/{row['id']}/taxableLevels")
    assert [level["taxAmount"] for level in levels] == [10, 0]
    path = "/finance/accounting/unpostedexpenses?conditions=expenseDetailId=70"
    assert await call(psa, "GET", path) == [row]


@pytest.mark.requirement("M17")
async def test_expenses_as_bills_carry_arrays_of_ids_and_say_who_paid() -> None:
    reimbursable = expense(**TAXED)
    card = expense(71, "50.00", payment_method_id=2, classification="NonReimbursable", report_id=9)
    psa = trading(reimbursable, card)
    own, company = await bills(psa)
    assert [(d["glTypeId"], d["accountNumber"], d["total"]) for d in own["detail"]] == [
        ("EI", "6100", 100),
        ("ET", "2260", 10),
    ]
    assert (own["total"], own["apAccountNumber"], own["vendorNumber"]) == (110, "2100", "E-152")
    assert [len(detail["id"]) for detail in own["detail"]] == [2, 2]
    assert [(d["reimbursable"], d["companyAdvance"]) for d in own["detail"]] == [(True, False)] * 2
    [detail] = company["detail"]
    assert (detail["reimbursable"], detail["companyAdvance"], company["apAccountNumber"]) == (False, True, "2110")
    assert detail["expenseClass"] == {"id": 2, "name": "Non-Reimbursable"}


@pytest.mark.requirement("M17")
async def test_expenses_of_a_member_and_report_share_a_bill() -> None:
    psa = trading(expense(70), expense(71))
    [bill] = await bills(psa)
    assert (len(bill["detail"]), bill["total"]) == (2, 220)
    one = await export(psa, exportExpensesFlag=True, includedExpenseIds=[71])
    assert [len(each["detail"]) for each in one["expenseBills"]] == [1]


@pytest.mark.requirement("M17")
async def test_expenses_as_journals_have_an_offset_each() -> None:
    psa = trading(expense(**TAXED))
    psa.state.tables["accounting_package_setup"][1]["transferExpensesAsBillFlag"] = False
    answer = await export(psa, exportExpensesFlag=True)
    assert answer["expenseBills"] == []
    lines = [(one["glTypeId"], one["total"], one["offset"]["total"]) for one in answer["expenses"]]
    assert lines == [("EI", 100, -100), ("ET", 10, -10)]
    assert {one["offset"]["accountNumber"] for one in answer["expenses"]} == {"2100"}


@pytest.mark.requirement("M17")
async def test_the_tax_may_stay_inside_the_amount() -> None:
    psa = trading(expense(**TAXED), expense_tax="included")
    [bill] = await bills(psa)
    assert [(detail["glTypeId"], detail["total"]) for detail in bill["detail"]] == [("EI", 110)]
    assert (await unposted(psa, "expenses"))[0]["salesTaxAmount"] == 10


@pytest.mark.requirement("M17")
async def test_amounts_may_be_entered_and_listed_without_their_tax() -> None:
    psa = trading(expense(**TAXED), expense_amounts="without_tax")
    [row] = await unposted(psa, "expenses")
    assert (row["total"], row["salesTaxAmount"], (await bills(psa))[0]["total"]) == (100, 10, 110)
    body = {"type": {"id": 1}, "paymentMethod": {"id": 1}, "amount": 20, "date": "2026-03-04", "taxes": [{"amount": 2}]}
    entry = await call(psa, "POST", "/expense/entries", body)
    assert (entry["amount"], psa.state.expenses[entry["id"]].amount) == (20, 22)


@pytest.mark.requirement("M2")
async def test_an_expense_charged_to_a_customer_is_external_and_mapped_by_its_type() -> None:
    psa = trading(expense(expense_type_id=2, company_id=10, billable="Billable"))
    [detail] = (await bills(psa))[0]["detail"]
    assert (detail["glTypeId"], detail["accountNumber"], detail["billable"]) == ("EE", "6010", True)
    assert detail["company"]["identifier"] == "ACME"


@pytest.mark.requirement("M7", "M17")
async def test_an_expense_leaves_the_list_when_every_id_of_it_is_batched() -> None:
    psa = trading(expense(**TAXED))
    [bill] = await bills(psa)
    first, second = (detail["id"] for detail in bill["detail"])
    await batch(psa, "EXP-half", first)
    assert len(await unposted(psa, "expenses")) == 1
    assert [detail["id"] for detail in (await bills(psa))[0]["detail"]] == [second]
    await batch(psa, "EXP-rest", second)
    assert await unposted(psa, "expenses") == []
    with pytest.raises(ApiError):
        psa.expenses.set_status(70, "Open", PERSON)
    [made, _] = await call(psa, "GET", "/finance/accounting/batches")
    assert made["exportExpensesFlag"] is True
    await call(psa, "DELETE", "/finance/accounting/batches/1")
    assert len(await unposted(psa, "expenses")) == 1


@pytest.mark.requirement("M17")
async def test_a_report_goes_through_its_tiers_and_back() -> None:
    psa = trading(expenses_listed_from="ApprovedByTierTwo")
    body = {
        "type": {"id": 1},
        "paymentMethod": {"id": 1},
        "classification": {"name": "Reimbursable"},
        "amount": 33.10,
        "date": "2026-03-04T00:00:00Z",
        "taxes": [{"amount": 3.01}],
    }
    entry = await call(psa, "POST", "/expense/entries", body)
    assert (entry["status"], entry["member"]["id"], entry["amount"]) == ("Open", PERSON, 33.1)
    report = f"/expense/reports/{entry['expenseReport']['id']}"
    await call(psa, "POST", f"{report}/approve", {}, status=400)
    await call(psa, "POST", f"{report}/submit", {})
    change = [{"op": "replace", "path": "amount", "value": 40}]
    await call(psa, "PATCH", f"/expense/entries/{entry['id']}", change, status=400)
    await call(psa, "POST", f"{report}/approve", {})
    assert (await call(psa, "GET", report))["status"] == "ApprovedByTierOne"
    assert await unposted(psa, "expenses") == []
    await call(psa, "POST", f"{report}/approve", {})
    assert [row["total"] for row in await unposted(psa, "expenses")] == [33.1]
    await call(psa, "POST", f"{report}/reverse", {})
    assert await unposted(psa, "expenses") == []
    assert (await call(psa, "PATCH", f"/expense/entries/{entry['id']}", change))["amount"] == 40
    await call(psa, "POST", f"{report}/submit", {})
    await call(psa, "POST", f"{report}/reject", {})
    await call(psa, "DELETE", f"/expense/entries/{entry['id']}")
    assert await call(psa, "GET", "/expense/entries/count") == {"count": 0}


async def test_an_expense_without_a_mapping_gets_entries_when_it_is_taken_again() -> None:
    psa = trading(expense())
    mapped = psa.state.tables["gl_accounts"].pop(31)
    psa.expenses.reload(70)
    assert (await bills(psa), len(await unposted(psa, "expenses"))) == ([], 1)
    psa.state.tables["gl_accounts"][31] = mapped
    psa.expenses.reload(70)
    assert len(await bills(psa)) == 1
