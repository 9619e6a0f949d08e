"""Names and lists, payments, request ids and batches."""

from datetime import timedelta

import pytest

from ledgerwire.sandbox.quickbooks.ledger import chart_of, imbalance, ledger_lines


async def test_one_name_space_for_customers_vendors_and_employees(books):
    made = await books.saved("customer", {"DisplayName": "Acme Pty Ltd"})
    assert (made["CurrencyRef"], made["Active"], made["Balance"]) == ({"value": "AUD"}, True, 0)
    for entity, name in (
        ("customer", "acme pty ltd"),
        ("vendor", "Acme Pty Ltd"),
        ("customer", "Northwind Supply"),
        ("vendor", "Sam Field"),
        ("customer", "Gone & Co"),
    ):
        error = await books.refused(entity, {"DisplayName": name})
        assert (error["code"], "Id=" in error["Detail"]) == ("6240", True)
    books.state.switches.change({"duplicate_name_id": False})
    assert "Id=" not in (await books.refused("vendor", {"DisplayName": "Sam Field"}))["Detail"]
    renamed = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DisplayName": "Acme Two"}
    assert (await books.saved("customer", renamed))["FullyQualifiedName"] == "Acme Two"
    assert await books.saved("vendor", {"DisplayName": "Acme Pty Ltd"})


async def test_names_are_checked(books):
    assert await books.code("customer", {"DisplayName": "A:B"}) == "2040"
    assert await books.code("customer", {"DisplayName": "x" * 501}) == "2050"
    assert await books.code("customer", {"Notes": "no name"}) == "2020"
    assert (await books.saved("customer", {"GivenName": "Ann", "FamilyName": "Lee"}))["DisplayName"] == "Ann Lee"
    job = {"DisplayName": "Branch", "ParentRef": {"value": "1"}}
    assert (await books.saved("customer", job))["FullyQualifiedName"] == "Harbour Dental:Branch"
    assert await books.code("customer", {"Id": "1", "SyncToken": "0"}, operation="delete") == "500"


async def test_lists_are_written_by_their_rules(books):
    item = {"Name": "Labour", "Type": "Service", "IncomeAccountRef": {"value": "2"}}
    made = await books.saved("item", item)
    assert made["IncomeAccountRef"] == {"value": "2", "name": "Sales"}
    assert await books.code("item", item) == "6240"
    assert await books.code("item", {**item, "Name": "B", "IncomeAccountRef": {"value": "1"}}) == "6430"
    assert await books.code("item", {**item, "Name": "B", "IncomeAccountRef": {"value": "9"}}) == "610"
    assert await books.code("item", {"Name": "B", "Type": "Service"}) == "2020"
    assert await books.code("item", {**item, "Name": "B", "Type": "Inventory"}) == "2020"
    assert await books.code("item", {**item, "Name": "B", "Type": "Thing"}) == "2060"
    account = await books.saved("account", {"Name": "Rounding", "AccountType": "Other Expense", "AcctNum": "860"})
    assert account["Classification"] == "Expense"
    assert await books.code("account", {"Name": "R", "AccountType": "Expense", "AcctNum": "860"}) == "6000"
    assert await books.code("account", {"Name": "R", "AccountType": "Costs"}) == "2060"
    sub = await books.saved("class", {"Name": "Big", "ParentRef": {"value": "1"}})
    assert (sub["FullyQualifiedName"], sub["SubClass"]) == ("Projects:Big", True)
    assert await books.code("department", {"Name": "Sydney"}) == "6240"
    assert await books.code("term", {"Name": "x" * 32}) == "2050"
    assert await books.code("term", {"Name": "Long", "DueDays": 1000}) == "2090"
    month = await books.saved("term", {"Name": "20th", "DayOfMonthDue": 20, "DueNextMonthDays": 5})
    made = await books.saved("invoice", books.invoice("A", SalesTermRef={"value": month["Id"]}))
    assert (month["Type"], made["DueDate"]) == ("DATE_DRIVEN", "2026-04-20")
    assert await books.code("taxcode", {"Name": "GST 2"}) == "500"
    assert await books.code("companycurrency", {"Code": "EUR"}) == "6000"
    gone = {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False}
    assert (await books.saved("item", gone))["Active"] is False
    assert await books.code("invoice", books.invoice("B")) == "610"


async def test_further_currencies_are_added_once(make_books):
    books = make_books(Preferences={"CurrencyPrefs": {"MultiCurrencyEnabled": True}})
    made = await books.saved("companycurrency", {"Code": "eur"})
    assert made["Code"] == "EUR"
    assert await books.code("companycurrency", {"Code": "EUR"}) == "6240"
    assert await books.code("companycurrency", {**made, "Code": "USD"}) == "6000"


async def test_the_company_is_read_by_its_own_id(books):
    assert (await books.read(f"companyinfo/{books.state.realm_id}"))["Country"] == "AU"
    assert (await books.read("preferences"))["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert (await books.get("moons/1")).json()["Fault"]["Error"][0]["code"] == "500"
    assert (await books.get("invoice/x")).json()["Fault"]["Error"][0]["code"] == "2030"


async def test_a_payment_lowers_the_balance_and_never_overpays(books):
    invoice = await books.saved("invoice", books.invoice("A"))
    link = ("Invoice", invoice["Id"])
    paid = await books.saved("payment", books.payment("60.00", (*link, "50.00")))
    assert (paid["UnappliedAmt"], paid["DepositToAccountRef"]["value"]) == (10, "7")
    read = await books.read(f"invoice/{invoice['Id']}")
    assert (read["Balance"], read["LinkedTxn"]) == (60, [{"TxnId": paid["Id"], "TxnType": "Payment"}])
    assert (await books.read("customer/1"))["Balance"] == 50
    assert await books.code("payment", books.payment("80.00", (*link, "60.01"))) == "6000"
    assert await books.code("payment", books.payment("10.00", (*link, "20.00"))) == "6000"
    assert await books.code("payment", books.payment("10.00", ("Invoice", "99", "5.00"))) == "620"
    other = books.payment("10.00", (*link, "5.00"), CustomerRef={"value": "2"})
    assert await books.code("payment", other) == "620"
    smaller = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "Line": [books.line("10.00")]}
    assert await books.code("invoice", smaller) == "6000"
    moved = {"Id": invoice["Id"], "SyncToken": "0", "sparse": True, "CustomerRef": {"value": "2"}}
    assert await books.code("invoice", moved) == "6000"
    raised = {**books.payment("60.00", (*link, "60.00")), "Id": paid["Id"], "SyncToken": "0"}
    assert (await books.saved("payment", raised))["UnappliedAmt"] == 0
    assert (await books.read(f"invoice/{invoice['Id']}"))["Balance"] == 50


async def test_a_zero_payment_applies_a_credit_memo(books):
    invoice = await books.saved("invoice", books.invoice("A"))
    memo = await books.saved("creditmemo", books.invoice("C", books.line("20.00")))
    links = (("Invoice", invoice["Id"], "22.00"), ("CreditMemo", memo["Id"], "22.00"))
    applied = await books.saved("payment", books.payment("0", *links))
    assert (applied["TotalAmt"], applied["UnappliedAmt"]) == (0, 0)
    assert (await books.read(f"invoice/{invoice['Id']}"))["Balance"] == 88
    assert (await books.read(f"creditmemo/{memo['Id']}"))["RemainingCredit"] == 0
    await books.saved("payment", {"Id": applied["Id"], "SyncToken": "0"}, operation="delete")
    assert (await books.read(f"creditmemo/{memo['Id']}"))["RemainingCredit"] == 22


async def test_voiding_an_invoice_frees_its_payment_and_the_other_way_round(books):
    one, two = [await books.saved("invoice", books.invoice(number)) for number in ("A", "B")]
    paid = await books.saved("payment", books.payment("110.00", ("Invoice", one["Id"], "110.00")))
    await books.saved("invoice", {"Id": one["Id"], "SyncToken": "0"}, operation="void")
    freed = await books.read(f"payment/{paid['Id']}")
    assert (freed["UnappliedAmt"], freed["Line"], freed["SyncToken"]) == (110, [], "1")
    second = await books.saved("payment", books.payment("110.00", ("Invoice", two["Id"], "110.00")))
    body = {"Id": second["Id"], "SyncToken": "0", "sparse": True}
    voided = await books.saved("payment", body, operation="update", include="void")
    assert voided["TotalAmt"] == 0
    assert (await books.read(f"invoice/{two['Id']}"))["Balance"] == 110


async def test_a_credit_memo_that_goes_takes_back_what_it_paid(books):
    invoice = await books.saved("invoice", books.invoice("A"))
    memo = await books.saved("creditmemo", books.invoice("C", books.line("20.00")))
    links = (("Invoice", invoice["Id"], "22.00"), ("CreditMemo", memo["Id"], "22.00"))
    applied = await books.saved("payment", books.payment("0", *links))
    await books.saved("creditmemo", {"Id": memo["Id"], "SyncToken": "0"}, operation="delete")
    assert (await books.read(f"invoice/{invoice['Id']}"))["Balance"] == 110
    freed = await books.read(f"payment/{applied['Id']}")
    assert (freed["Line"], freed["UnappliedAmt"]) == ([], 0)
    assert (await books.read("customer/1"))["Balance"] == 110


async def test_bills_are_paid_less_vendor_credits(books):
    bill = await books.saved("bill", books.bill())
    credit = await books.saved("vendorcredit", books.bill("10.00"))
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]}
        for row, kind, amount in ((bill, "Bill", 55), (credit, "VendorCredit", 11))
    ]
    check = {"PayType": "Check", "CheckPayment": {"BankAccountRef": {"value": "1"}}}
    body = {"VendorRef": {"value": "4"}, "TotalAmt": 44, "Line": lines, **check}
    made = await books.saved("billpayment", body)
    assert made["CheckPayment"]["BankAccountRef"]["name"] == "Bank"
    read = await books.read(f"bill/{bill['Id']}")
    assert (read["Balance"], read["LinkedTxn"][0]["TxnType"]) == (0, "BillPaymentCheck")
    assert (await books.read("vendor/4"))["Balance"] == 0
    assert await books.code("billpayment", {**body, "TotalAmt": 45}) == "6000"
    assert await books.code("billpayment", {**body, "PayType": "Cash"}) == "2060"
    wrong = {"CheckPayment": {"BankAccountRef": {"value": "2"}}}
    assert await books.code("billpayment", {**body, **wrong}) == "6430"
    assert await books.code("billpayment", {**body, "Line": []}) == "2020"
    await books.saved("bill", {"Id": bill["Id"], "SyncToken": "0"}, operation="delete")
    assert (await books.read(f"billpayment/{made['Id']}"))["LinkedTxn"] == [
        {"TxnId": credit["Id"], "TxnType": "VendorCredit"}
    ]
    assert (await books.read("vendor/4"))["Balance"] == -55


@pytest.mark.requirement("M10")
async def test_the_books_follow_the_items_account_and_balance(books):
    await books.saved(
        "invoice", books.invoice("A", books.line("100.00", ClassRef={"value": "1"}), books.line(item="2"))
    )
    await books.saved("creditmemo", books.invoice("C", books.line("20.00")))
    await books.saved("bill", books.bill())
    sides = [books.journal_line("Debit", "3", "40.00"), books.journal_line("Credit", "4", "40.00")]
    await books.saved("journalentry", {"Line": sides})
    await books.saved("payment", books.payment("60.00"))
    state = books.state
    documents = [
        (name, row)
        for name in ("Invoice", "CreditMemo", "Bill", "JournalEntry", "Payment")
        for row in (await books.query(f"select * from {name}"))[name]
    ]
    lines = ledger_lines(documents, chart_of(state.all("Item"), state.all("Account")))
    assert imbalance(lines) == {}
    sums = {}
    for line in lines:
        sums[line.account_id] = sums.get(line.account_id, 0) + line.amount
    assert sums == {"2": -80, "10": -100, "8": -13, "5": 138, "3": 90, "6": -55, "4": -40, "7": 60}
    assert [line.class_id for line in lines if line.role == "line"][:2] == ["1", ""]


async def test_a_request_id_makes_a_document_once(books):
    first = await books.saved("invoice", books.invoice("A"), requestid="r-1")
    again = await books.saved("invoice", books.invoice("B"), requestid="r-1")
    assert again == first
    assert await books.query("select count(*) from Invoice") == {"totalCount": 1}
    assert await books.code("invoice", books.invoice("B"), requestid="r" * 51) == "2130"
    wrong = books.invoice("B", CustomerRef={"value": "583"})
    assert await books.code("invoice", wrong, requestid="r-2") == "2500"
    assert await books.saved("invoice", books.invoice("B"), requestid="r-2")
    books.state.switches.change({"requestid_replays_faults": True})
    assert await books.code("invoice", wrong, requestid="r-3") == "2500"
    assert await books.code("invoice", books.invoice("C"), requestid="r-3") == "2500"
    books.clock.advance(timedelta(hours=24))
    books.tokens = books.state.identity.consent("qb-app", books.clock.now())
    assert await books.code("invoice", books.invoice("A"), requestid="r-1") == "6140"


async def test_a_batch_gives_each_item_its_own_outcome(books):
    items = [
        {"bId": "1", "operation": "create", "Invoice": books.invoice("A")},
        {"bId": "2", "operation": "create", "Invoice": books.invoice("A")},
        {"bId": "3", "Query": "select * from Term"},
        {"bId": "4", "operation": "create", "optionsData": "allowduplicatedocnum", "Invoice": books.invoice("A")},
        {"bId": "5", "operation": "move", "Invoice": {}},
        {"bId": "6"},
    ]

    async def run(**query):
        answer = await books.post("batch", {"BatchItemRequest": items}, **query)
        assert answer.status_code == 200
        return answer.json()["BatchItemResponse"]

    one, two, three, four, five, six = await run(requestid="b-1")
    assert (one["bId"], one["Invoice"]["DocNumber"]) == ("1", "A")
    assert (two["Fault"]["Error"][0]["code"], two["Fault"]["type"]) == ("6140", "ValidationFault")
    assert three["QueryResponse"]["Term"][0]["DueDays"] == 14
    assert four["Invoice"]["Id"] != one["Invoice"]["Id"]
    assert [row["Fault"]["Error"][0]["code"] for row in (five, six)] == ["500", "2010"]
    assert (await run(requestid="b-1"))[0] == one
    books.state.switches.change({"batch_reversed": True})
    assert [row["bId"] for row in await run(requestid="b-1")][::-1] == ["1", "2", "3", "4", "5", "6"]
    assert await books.query("select count(*) from Invoice") == {"totalCount": 2}


async def test_a_batch_has_its_own_limits(books):
    items = [{"bId": str(number), "Query": "select * from Term"} for number in range(31)]
    assert await books.code("batch", {"BatchItemRequest": items}) == "1040"
    assert await books.code("batch", {"BatchItemRequest": items[:1]}, requestid="x" * 37) == "2130"
    assert await books.code("batch", {}) == "2020"
    long = {"BatchItemRequest": [{"bId": "12345678901", "Query": "select * from Term"}]}
    answer = await books.post("batch", long, requestid="b")
    assert answer.json()["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "2130"
    books.arm("500_midway")
    items = [{"bId": n, "operation": "create", "Invoice": books.invoice(n)} for n in ("1", "2")]
    assert (await books.post("batch", {"BatchItemRequest": items})).status_code == 500
    assert await books.query("select count(*) from Invoice") == {"totalCount": 1}
    items = [{"bId": "3", "operation": "update", "optionsData": "void", "Invoice": {"Id": "1", "SyncToken": "0"}}]
    answer = await books.post("batch", {"BatchItemRequest": items})
    assert answer.json()["BatchItemResponse"][0]["Invoice"]["PrivateNote"] == "Voided"
