from decimal import Decimal

import pytest

from ledgerwire.sandbox.quickbooks.books.writing import _BUILDERS
from ledgerwire.sandbox.quickbooks.kinds import KINDS

US = {"CompanyInfo": {"Country": "US"}, "Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}}


def _tax(invoice):
    return invoice["TxnTaxDetail"]["TotalTax"]


async def test_an_invoice_gets_its_totals_terms_and_a_token(books):
    made = await books.saved("invoice", books.invoice(PrivateNote="July", DepartmentRef={"value": "1"}))
    assert (made["TotalAmt"], made["Balance"], _tax(made)) == (Decimal("110.00"), Decimal("110.00"), Decimal("10.00"))
    assert (made["DueDate"], made["SyncToken"], made["DocNumber"]) == ("2026-03-31", "0", "INV-1042")
    assert made["DepartmentRef"] == {"value": "1", "name": "Sydney"}
    assert [line["DetailType"] for line in made["Line"]] == ["SalesItemLineDetail", "SubTotalLineDetail"]
    assert made["Line"][0]["SalesItemLineDetail"]["ItemAccountRef"] == {"value": "2"}
    [tax_line] = made["TxnTaxDetail"]["TaxLine"]
    assert tax_line["TaxLineDetail"]["NetAmountTaxable"] == Decimal("100.00")
    assert await books.read(f"invoice/{made['Id']}") == made


async def test_a_line_is_quantity_times_price_half_up(books):
    line = books.line("1861.08", Qty=14.5, UnitPrice=128.35)
    assert (await books.saved("invoice", books.invoice("A", line)))["Line"][0]["Amount"] == Decimal("1861.08")
    error = await books.refused("invoice", books.invoice("B", books.line("1861.07", Qty=14.5, UnitPrice=128.35)))
    assert error["code"] == "6070"
    assert "Supplied value:1861.07" in error["Detail"]


async def test_document_numbers_are_short_and_used_once(books):
    first = await books.saved("invoice", books.invoice("INV-1"))
    error = await books.refused("invoice", books.invoice("inv-1"))
    assert error["code"] == "6140"
    assert error["Detail"].endswith(f"DocNumber=inv-1 is assigned to TxnType=Invoice with TxnId={first['Id']}")
    assert await books.code("invoice", books.invoice("X" * 22)) == "2050"
    again = await books.saved("invoice", books.invoice("INV-1"), include="allowduplicatedocnum")
    assert again["Id"] != first["Id"]
    assert (await books.saved("creditmemo", books.invoice("INV-1")))["DocNumber"] == "INV-1"
    books.state.switches.change({"number_space": "sales_forms"})
    assert await books.code("creditmemo", books.invoice("INV-1")) == "6140"
    assert "DocNumber" not in await books.saved("invoice", books.invoice(None))


async def test_without_custom_numbers_our_number_is_lost(make_books):
    books = make_books(Preferences={"SalesFormsPrefs": {"CustomTxnNumbers": False}})
    made = await books.saved("invoice", books.invoice("INV-1"))
    assert made["DocNumber"] == "1001"
    changed = await books.saved("invoice", {**books.invoice("INV-2"), "Id": made["Id"], "SyncToken": "0"})
    assert changed["DocNumber"] == "1001"


async def test_tax_is_rounded_by_line_or_by_rate(books):
    lines = [books.line("25.06", code="2"), books.line("25.61", code="2"), books.line("25.63", code="2")]
    assert _tax(await books.saved("invoice", books.invoice("A", *lines))) == Decimal("11.44")
    books.state.switches.change({"tax_rounding": "per_rate"})
    assert _tax(await books.saved("invoice", books.invoice("B", *lines))) == Decimal("11.45")


async def test_a_tax_line_overrides_what_was_computed(books):
    lines = [books.line("25.06", code="2"), books.line("25.61", code="2"), books.line("25.63", code="2")]

    def with_tax(amount, rate="2", **detail):
        tax_line = {"Amount": amount, "DetailType": "TaxLineDetail", "TaxLineDetail": {"TaxRateRef": {"value": rate}}}
        return books.invoice(f"{amount}-{rate}-{len(detail)}", *lines, TxnTaxDetail={"TaxLine": [tax_line], **detail})

    made = await books.saved("invoice", with_tax(11.45))
    assert (made["TotalAmt"], _tax(made)) == (Decimal("87.75"), Decimal("11.45"))
    assert await books.code("invoice", with_tax(11.45, rate="1")) == "6160"
    assert await books.code("invoice", with_tax(11.45, rate="99")) == "2500"
    assert await books.code("invoice", with_tax(11.45, TotalTax=11.44)) == "6000"
    refused = {**with_tax(11.46), "GlobalTaxCalculation": "NotApplicable"}
    assert await books.code("invoice", refused) == "6170"


async def test_amounts_can_include_tax(books):
    made = await books.saved("invoice", books.invoice("A", books.line("110.00"), GlobalTaxCalculation="TaxInclusive"))
    assert (made["TotalAmt"], _tax(made), made["Line"][0]["Amount"]) == (110, 10, 100)
    again = await books.saved("invoice", {**made, "PrivateNote": "seen"})
    assert (again["TotalAmt"], again["Line"][0]["SalesItemLineDetail"]["TaxInclusiveAmt"]) == (110, 110)


async def test_outside_the_united_states_each_line_names_a_tax_code(books):
    error = await books.refused("invoice", books.invoice("A", books.line(code=None)))
    assert (error["code"], "GST rate" in error["Detail"]) == ("6000", True)
    assert await books.code("invoice", books.invoice("A", books.line(code="77"))) == "6100"
    assert await books.code("invoice", books.invoice("A", books.line(code="5"))) == "610"
    free = await books.saved("invoice", books.invoice("A", books.line(code=None), GlobalTaxCalculation="NotApplicable"))
    assert free["TotalAmt"] == Decimal("100.00")


async def test_in_the_united_states_a_line_is_taxed_or_not(make_books):
    books = make_books(**US)
    lines = [books.line("100.00", code="TAX"), books.line("50.00", code="NON"), books.line("10.00", code=None)]
    made = await books.saved("invoice", books.invoice("A", *lines, TxnTaxDetail={"TxnTaxCodeRef": {"value": "4"}}))
    assert (made["TotalAmt"], _tax(made)) == (Decimal("168.25"), Decimal("8.25"))
    assert [one["Amount"] for one in made["TxnTaxDetail"]["TaxLine"]] == [Decimal("6.25"), Decimal("2.00")]
    assert await books.code("invoice", books.invoice("B", books.line(code="4"))) == "6100"
    explicit = {"TxnTaxCodeRef": {"value": "4"}, "TotalTax": 8.30}
    made = await books.saved("invoice", books.invoice("B", *lines, TxnTaxDetail=explicit))
    assert (_tax(made), made["TotalAmt"]) == (Decimal("8.30"), Decimal("168.30"))
    assert await books.code("invoice", books.invoice("C", *lines, TxnTaxDetail={"TotalTax": 1})) == "6000"


async def test_automated_sales_tax_finds_its_own_code(make_books):
    prefs = {**US["Preferences"], "TaxPrefs": {"PartnerTaxEnabled": True}}
    books = make_books(CompanyInfo={"Country": "US"}, Preferences=prefs, automated_tax_code="4")
    assert _tax(await books.saved("invoice", books.invoice("A", books.line(code="TAX")))) == Decimal("8.25")


async def test_a_discount_lowers_the_taxable_amount(books):
    discount = {"DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10}}
    made = await books.saved("invoice", books.invoice("A", books.line(), discount))
    assert (made["TotalAmt"], _tax(made), made["Line"][1]["Amount"]) == (99, 9, 10)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CustomerRef": {"value": "583"}}, "2500"),
        ({"CustomerRef": {"value": "3"}}, "610"),
        ({"CustomerRef": None}, "2020"),
        ({"Line": []}, "2020"),
        ({"TxnDate": "17/03/2026"}, "2070"),
        ({"GlobalTaxCalculation": "Exclusive"}, "2060"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"DocNo": "1"}, "2010"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000"),
    ],
)
async def test_a_wrong_head_is_refused_by_number(books, change, code):
    assert await books.code("invoice", books.invoice(**change)) == code
    assert await books.query("select count(*) from Invoice") == {"totalCount": 0}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({"item": "99"}, "2500"),
        ({"item": "3"}, "610"),
        ({"item": "4"}, "6000"),
        ({"ClassRef": {"value": "9"}}, "2500"),
        ({"Quantity": 1}, "2010"),
        ({"amount": "-1.00"}, "6000"),
    ],
)
async def test_a_wrong_line_is_refused_by_number(books, line, code):
    assert await books.code("invoice", books.invoice("A", books.line(**line))) == code


async def test_a_reference_that_is_unknown_is_named_in_the_vendors_words(books):
    error = await books.refused("invoice", books.invoice(CustomerRef={"value": "583"}))
    assert error["Detail"] == "Invalid Reference Id: Names element id 583 not found"


async def test_closed_books_refuse_every_write_that_touches_them(books):
    made = await books.saved("invoice", books.invoice("A", TxnDate="2026-01-31"))
    prefs = {"Id": "1", "SyncToken": "0", "sparse": True, "AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"}}
    changed = await books.saved("preferences", prefs)
    assert changed["AccountingInfoPrefs"]["TrackDepartments"] is True
    assert await books.code("invoice", books.invoice("B", TxnDate="2026-01-31")) == "6210"
    moved = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "TxnDate": "2026-02-01"}
    assert await books.code("invoice", moved) == "6210"
    assert await books.code("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="delete") == "6210"
    books.state.switches.change({"closed_period_code": "6200"})
    assert await books.code("invoice", books.invoice("B", TxnDate="2026-01-31")) == "6200"
    assert await books.saved("invoice", books.invoice("B", TxnDate="2026-02-01"))


async def test_an_update_needs_the_current_token(books):
    made = await books.saved("invoice", books.invoice("A", PrivateNote="one", PONumber="7"))
    sparse = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "two"}
    second = await books.saved("invoice", sparse)
    assert (second["SyncToken"], second["PONumber"], second["TotalAmt"]) == ("1", "7", 110)
    assert await books.code("invoice", sparse) == "5010"
    full = await books.saved("invoice", {**books.invoice("A"), "Id": made["Id"], "SyncToken": "1"})
    assert "PONumber" not in full
    assert "PrivateNote" not in full
    assert await books.code("invoice", {**books.invoice("A"), "Id": "999", "SyncToken": "0"}) == "610"
    assert await books.code("invoice", {**books.invoice("A"), "Id": made["Id"]}) == "2020"


async def test_a_sparse_update_of_lines_computes_tax_anew(books):
    made = await books.saved("invoice", books.invoice("A"))
    body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Line": [books.line("200.00")]}
    assert (await books.saved("invoice", body))["TotalAmt"] == 220


async def test_delete_and_void(books):
    one, two = [await books.saved("invoice", books.invoice(number)) for number in ("A", "B")]
    gone = await books.saved("invoice", {"Id": one["Id"], "SyncToken": "0"}, operation="delete")
    assert gone["status"] == "Deleted"
    answer = await books.get(f"invoice/{one['Id']}")
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, "610")
    voided = await books.saved("invoice", {"Id": two["Id"], "SyncToken": "0"}, operation="void")
    assert (voided["TotalAmt"], voided["Balance"], voided["PrivateNote"]) == (0, 0, "Voided")
    assert await books.code("invoice", books.invoice("B")) == "6140"
    assert await books.saved("invoice", books.invoice("A"))


async def test_bills_and_vendor_credits(books):
    made = await books.saved("bill", books.bill(DocNumber="S-1"))
    assert (made["TotalAmt"], made["Balance"], made["APAccountRef"]["value"]) == (55, 55, "6")
    assert await books.saved("bill", books.bill(DocNumber="S-1"))
    books.state.switches.change({"bill_number_check": True})
    assert await books.code("bill", books.bill(DocNumber="S-1")) == "6140"
    assert (await books.saved("vendorcredit", books.bill("20.00")))["TotalAmt"] == 22
    receivable = books.bill()
    receivable["Line"][0]["AccountBasedExpenseLineDetail"]["AccountRef"] = {"value": "5"}
    assert await books.code("bill", receivable) == "6000"
    detail = {"ItemRef": {"value": "1"}, "Qty": 2, "UnitPrice": 10, "TaxCodeRef": {"value": "3"}}
    line = {"Amount": 20, "DetailType": "ItemBasedExpenseLineDetail", "ItemBasedExpenseLineDetail": detail}
    by_item = await books.saved("bill", {**books.bill(), "Line": [line]})
    assert (by_item["TotalAmt"], by_item["Line"][0]["ItemBasedExpenseLineDetail"]["ItemAccountRef"]["value"]) == (
        20,
        "3",
    )


async def test_a_journal_entry_balances_and_names_whom_receivables_are_of(books):
    debit, credit = books.journal_line("Debit", "3", "40.00"), books.journal_line("Credit", "4", "40.00")
    made = await books.saved("journalentry", {"Line": [debit, credit], "TxnDate": "2026-03-17", "DocNumber": "J1"})
    assert (made["TotalAmt"], len(made["Line"])) == (0, 2)
    assert await books.code("journalentry", {"Line": [debit]}) == "6000"
    assert await books.code("journalentry", {"Line": [debit, books.journal_line("Credit", "4", "39.99")]}) == "6000"
    books.state.switches.change({"journal_unbalanced_code": "2300"})
    assert await books.code("journalentry", {"Line": [debit, books.journal_line("Credit", "4", "39.99")]}) == "2300"
    negative = [books.journal_line("Debit", "3", "-1.00"), books.journal_line("Credit", "4", "-1.00")]
    assert await books.code("journalentry", {"Line": negative}) == "2290"
    receivable = books.journal_line("Debit", "5", "40.00")
    assert await books.code("journalentry", {"Line": [receivable, credit]}) == "6000"
    vendor = {"Type": "Vendor", "EntityRef": {"value": "4"}}
    wrong = books.journal_line("Debit", "5", "40.00", Entity=vendor)
    assert await books.code("journalentry", {"Line": [wrong, credit]}) == "6000"
    customer = {"Type": "Customer", "EntityRef": {"value": "1"}}
    right = books.journal_line("Debit", "5", "40.00", Entity=customer)
    assert await books.saved("journalentry", {"Line": [right, credit]})
    taxed = books.journal_line("Debit", "3", "40.00", TaxCodeRef={"value": "1"})
    assert await books.code("journalentry", {"Line": [taxed, credit]}) == "2270"
    taxed["JournalEntryLineDetail"]["TaxApplicableOn"] = "Purchase"
    assert await books.code("journalentry", {"Line": [taxed, credit]}) == "2280"


@pytest.mark.requirement("M15")
async def test_a_customers_currency_is_fixed(make_books):
    books = make_books(
        Preferences={"CurrencyPrefs": {"MultiCurrencyEnabled": True}},
        CompanyCurrency=[{"Code": "EUR", "Name": "Euro"}],
        day_rates={"EUR": "1.6500"},
    )
    euro = await books.saved("customer", {"DisplayName": "Acme (EUR)", "CurrencyRef": {"value": "EUR"}})
    ref = {"value": euro["Id"]}
    made = await books.saved("invoice", books.invoice("A", CustomerRef=ref, CurrencyRef={"value": "EUR"}))
    assert (made["ExchangeRate"], made["HomeTotalAmt"]) == (Decimal("1.6500"), Decimal("181.50"))
    assert await books.code("invoice", books.invoice("B", CustomerRef=ref, CurrencyRef={"value": "AUD"})) == "6000"
    assert await books.code("invoice", books.invoice("B", CustomerRef=ref)) == "2020"
    change = {"Id": euro["Id"], "SyncToken": "0", "sparse": True, "CurrencyRef": {"value": "AUD"}}
    assert await books.code("customer", change) == "6000"
    assert await books.code("customer", {"DisplayName": "X", "CurrencyRef": {"value": "JPY"}}) == "2500"


def test_every_entity_that_can_be_written_has_rules():
    assert {name for name, kind in KINDS.items() if kind.operations} == set(_BUILDERS)


async def test_a_company_can_be_warned_of_journal_numbers_used_twice(books):
    sides = [books.journal_line("Debit", "3", "40.00"), books.journal_line("Credit", "4", "40.00")]
    entry = {"Line": sides, "DocNumber": "J1"}
    assert [(await books.saved("journalentry", entry))["DocNumber"] for _ in range(2)] == ["J1", "J1"]
    books.state.switches.change({"journal_number_check": True})
    assert await books.code("journalentry", entry) == "6140"


async def test_a_number_can_be_asked_of_the_company(books):
    assert (await books.saved("invoice", books.invoice("AUTO_GENERATE")))["DocNumber"] == "1001"


async def test_a_line_without_an_item_is_text_only(books):
    text = {"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}, "Description": "Thank you"}
    made = await books.saved("invoice", books.invoice("A", books.line(), text))
    assert (made["TotalAmt"], made["Line"][1]["DetailType"]) == (110, "DescriptionOnly")
    group = {"DetailType": "GroupLineDetail", "GroupLineDetail": {}}
    assert await books.code("invoice", books.invoice("B", group)) == "500"


async def test_an_inventory_item_names_all_its_accounts(books):
    accounts = {"IncomeAccountRef": "10", "ExpenseAccountRef": "3", "AssetAccountRef": "4"}
    refs = {name: {"value": value} for name, value in accounts.items()}
    item = {"Name": "Firewall", "Type": "Inventory", "InvStartDate": "2026-01-01", "QtyOnHand": 5, **refs}
    made = await books.saved("item", item)
    assert (made["TrackQtyOnHand"], made["AssetAccountRef"]["name"]) == (True, "Stock")
    detail = {"ItemRef": {"value": made["Id"]}, "TaxCodeRef": {"value": "1"}}
    line = {"Amount": 20, "DetailType": "ItemBasedExpenseLineDetail", "ItemBasedExpenseLineDetail": detail}
    bill = await books.saved("bill", {**books.bill(), "Line": [line]})
    assert bill["Line"][0]["ItemBasedExpenseLineDetail"]["ItemAccountRef"]["name"] == "Stock"
