from decimal import Decimal

import pytest

ZERO_GUID = "00000000-0000-0000-0000-000000000000"


async def test_an_approved_invoice_comes_back_as_xero_shows_it(xero):
    answer = await xero.put("Invoices", xero.invoice(), summarizeErrors="false", unitdp=4)
    body = xero.exact(answer)
    assert body["Status"] == "OK"
    assert body["ProviderName"] == "app-1"
    assert body["DateTimeUTC"].startswith("/Date(")
    (saved,) = body["Invoices"]
    assert saved["InvoiceID"] != ZERO_GUID
    assert (saved["Status"], saved["StatusAttributeString"], saved["HasErrors"]) == ("AUTHORISED", "OK", False)
    assert (saved["SubTotal"], saved["TotalTax"], saved["Total"]) == (Decimal(100), Decimal(10), Decimal(110))
    assert (saved["AmountDue"], saved["AmountPaid"], saved["AmountCredited"]) == (Decimal(110), 0, 0)
    assert saved["DateString"] == "2026-03-17T00:00:00"
    assert saved["Date"] == "/Date(1773705600000+0000)/"
    assert saved["DueDateString"] == "2026-03-31T00:00:00"
    assert saved["Contact"]["Name"] == "Harbour Dental"
    assert saved["LineItems"][0]["LineItemID"]


async def test_numbers_travel_with_their_own_digits(xero):
    body = await xero.put("Invoices", xero.invoice(LineItems=[xero.line("0.1"), xero.line("0.2")]))
    assert b'"SubTotal":0.30' in body.content


async def test_four_decimals_are_kept_only_when_asked_for_on_reads_too(xero):
    lines = [xero.line("0.0471", Quantity=1234)]
    short = await xero.posted(xero.invoice("A", LineItems=lines))
    full = await xero.posted(xero.invoice("B", LineItems=lines), unitdp=4)
    assert (short["LineItems"][0]["UnitAmount"], short["SubTotal"]) == (Decimal("0.05"), Decimal("61.70"))
    assert (full["LineItems"][0]["UnitAmount"], full["SubTotal"]) == (Decimal("0.0471"), Decimal("58.12"))
    cut = xero.exact(await xero.get("Invoices/B"))["Invoices"][0]
    kept = xero.exact(await xero.get("Invoices/B", unitdp=4))["Invoices"][0]
    assert cut["LineItems"][0]["UnitAmount"] == Decimal("0.05")
    assert kept["LineItems"][0]["UnitAmount"] == Decimal("0.0471")


@pytest.mark.requirement("M11")
async def test_tax_is_rounded_on_each_line_and_can_be_overridden(xero):
    amounts = ("25.06", "25.61", "25.63")
    plain = await xero.posted(xero.invoice("P", LineItems=[xero.line(a, TaxType="TAX015") for a in amounts]))
    assert (plain["TotalTax"], plain["Total"]) == (Decimal("11.44"), Decimal("87.74"))
    taxes = ("3.76", "3.84", "3.85")
    lines = [xero.line(a, TaxType="TAX015", TaxAmount=float(t)) for a, t in zip(amounts, taxes, strict=True)]
    exact = await xero.posted(xero.invoice("A", LineItems=lines))
    assert (exact["TotalTax"], exact["Total"]) == (Decimal("11.45"), Decimal("87.75"))
    cent = xero.line("0.01", AccountCode="860", TaxType="NONE", Description="Rounding")
    rounded = await xero.posted(xero.invoice("B", LineItems=[*(xero.line(a, TaxType="TAX015") for a in amounts), cent]))
    assert (rounded["SubTotal"], rounded["TotalTax"], rounded["Total"]) == (
        Decimal("76.31"),
        Decimal("11.44"),
        Decimal("87.75"),
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Contact": {}}, "The Contact must contain at least 1 of the following elements"),
        ({"DueDate": None}, "Due date cannot be empty."),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"CurrencyCode": "USD"}, "Organisation is not subscribed to currency USD"),
        ({"Total": 99.99}, "The document total does not equal the sum of the lines."),
        ({"TotalTax": 9.99}, "The document total does not equal the sum of the lines."),
        ({"Url": "https://xero.example/1"}, "The Url must not contain the word xero."),
        ({"InvoiceNumber": "x" * 256}, "The InvoiceNumber field must be no longer than 255 characters."),
        ({"Date": "17/03/2026"}, "The Date field is not a valid date."),
        ({"Type": "SALES"}, "The Type 'SALES' is not valid for Invoices."),
        ({"Status": "VOIDED"}, "Invoice not of valid status for creation"),
        ({"InvoiceID": "7f1b6d8e-0000-4000-8000-000000000001"}, "An existing Invoice with the specified InvoiceID"),
    ],
)
async def test_a_document_that_cannot_be_approved_is_refused_in_words(xero, changes, message):
    (told,) = await xero.refused(xero.invoice(**changes))
    assert told.startswith(message)
    assert len(xero.state.invoices) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"AccountCode": "999"}, "Account code '999' is not a valid code for this document."),
        ({"AccountCode": "090"}, "Account code '090' is not a valid code for this document."),
        ({"AccountCode": "610"}, "Account code '610' is not a valid code for this document."),
        ({"AccountCode": "260"}, "Account code '260' has been archived, or deleted."),
        ({"AccountCode": None}, "Account code must be specified."),
        ({"TaxType": "INPUT"}, "The TaxType code 'INPUT' cannot be used with account code '200'."),
        ({"TaxType": "VAT"}, "The TaxType code 'VAT' does not exist or cannot be used"),
        ({"ItemCode": "NOPE"}, "Item code 'NOPE' is not valid."),
        ({"LineAmount": 99.99}, "The line total 99.99 does not match the expected line total 100.00"),
        ({"TaxAmount": 100.01}, "Tax amount cannot be greater than the line amount."),
        ({"Description": ""}, "Description cannot be empty."),
        ({"Description": "x" * 4001}, "The description field must be no longer than 4000 characters."),
        (
            {"LineItemID": "7f1b6d8e-0000-4000-8000-000000000001"},
            "Could not find line item(s) with the following id(s)",
        ),
        ({"Tracking": [{"Name": "Location", "Option": "Hobart"}]}, "The tracking option 'Hobart' does not exist"),
        ({"Tracking": [{"Name": "Region", "Option": "Perth"}]}, "The tracking category 'Region' does not exist"),
        ({"Tracking": [{"Name": "Location", "Option": "Perth"}] * 3}, "A line item may have at most 2 tracking"),
    ],
)
async def test_a_line_that_cannot_stand_is_refused_in_words(xero, changes, message):
    told = await xero.refused(xero.invoice(LineItems=[xero.line(**changes)]))
    assert told[0].startswith(message)


async def test_an_account_id_is_no_account_code(xero):
    account_id = xero.state.account("200")["AccountID"]
    told = await xero.refused(xero.invoice(LineItems=[xero.line(AccountCode=account_id)]))
    assert "is not a valid code" in told[0]
    await xero.posted(xero.invoice(LineItems=[xero.line(AccountCode=None, AccountID=account_id)]))


async def test_an_item_fills_only_what_the_line_leaves_out(xero):
    line = {"ItemCode": "MS-SERVER", "Quantity": 2}
    saved = await xero.posted(xero.invoice(LineItems=[line, {**line, "UnitAmount": 10, "Description": "x"}]), unitdp=4)
    first, second = saved["LineItems"]
    assert (first["UnitAmount"], first["LineAmount"]) == (Decimal("145.1234"), Decimal("290.25"))
    assert (first["Description"], first["AccountCode"], first["TaxType"]) == (
        "Managed server, monthly",
        "200",
        "OUTPUT",
    )
    assert (second["UnitAmount"], second["Description"]) == (10, "x")


async def test_sales_numbers_are_unique_until_voided_and_bill_numbers_are_not(xero):
    first = await xero.posted(xero.invoice("INV-1"))
    assert await xero.refused(xero.invoice("inv-1")) == ["Invoice # must be unique."]
    await xero.call("POST", f"Invoices/{first['InvoiceID']}", {"Status": "VOIDED"})
    again = await xero.posted(xero.invoice("INV-1"))
    assert again["InvoiceID"] != first["InvoiceID"]
    bill = xero.invoice("S-77", Type="ACCPAY", LineItems=[xero.line(AccountCode="310", TaxType="INPUT")])
    one, two = await xero.posted(bill), await xero.posted(bill)
    assert one["InvoiceID"] != two["InvoiceID"]
    note = await xero.posted(
        {**xero.invoice(None), "Type": "ACCRECCREDIT", "CreditNoteNumber": "INV-1"}, path="CreditNotes"
    )
    assert note["CreditNoteNumber"] == "INV-1"


async def test_numbers_are_given_where_none_is_sent(xero):
    numbers = [(await xero.posted(xero.invoice(None)))["InvoiceNumber"] for _ in range(2)]
    assert numbers == ["INV-0001", "INV-0002"]


async def test_put_creates_and_post_updates_by_number(xero):
    first = await xero.posted(xero.invoice("INV-9"))
    answer = await xero.call("POST", "Invoices", xero.invoice("INV-9", LineItems=[xero.line("7.00")]))
    (changed,) = xero.exact(answer)["Invoices"]
    assert (changed["InvoiceID"], changed["Total"]) == (first["InvoiceID"], Decimal("7.70"))
    assert len(xero.state.invoices) == 1


async def test_an_update_keeps_the_lines_it_names_and_drops_the_others(xero):
    first = await xero.posted(xero.invoice(LineItems=[xero.line("10.00"), xero.line("20.00")]))
    kept, gone = (entry["LineItemID"] for entry in first["LineItems"])
    sent = {"LineItems": [{"LineItemID": kept, "UnitAmount": 11}, xero.line("5.00")]}
    (changed,) = xero.exact(await xero.call("POST", f"Invoices/{first['InvoiceID']}", sent))["Invoices"]
    ids = [entry["LineItemID"] for entry in changed["LineItems"]]
    assert ids[0] == kept
    assert gone not in ids
    assert (changed["SubTotal"], changed["TotalTax"]) == (Decimal(16), Decimal("1.60"))
    untouched = {"Reference": "Acme Perth"}
    (same,) = xero.exact(await xero.call("POST", f"Invoices/{first['InvoiceID']}", untouched))["Invoices"]
    assert (same["Total"], same["Reference"]) == (Decimal("17.60"), "Acme Perth")
    assert [entry["LineItemID"] for entry in same["LineItems"]] == ids


async def test_drafts_are_the_default_and_may_be_incomplete(xero):
    draft = await xero.posted({"Type": "ACCREC", "Contact": xero.contact()})
    assert (draft["Status"], draft["Total"]) == ("DRAFT", 0)
    assert draft["DateString"] == "2026-03-17T00:00:00"
    await xero.call("POST", f"Invoices/{draft['InvoiceID']}", {"Status": "DELETED"})
    answer = await xero.call("POST", f"Invoices/{draft['InvoiceID']}", {"Status": "AUTHORISED"})
    assert xero.messages(answer.json()["Elements"][0]) == ["Invoice not of valid status for modification"]


@pytest.mark.requirement("M4")
async def test_an_approved_invoice_of_zero_comes_back_paid(xero):
    saved = await xero.posted(xero.invoice(LineItems=[xero.line("50.00"), xero.line("-50.00")]))
    assert (saved["Status"], saved["Total"], saved["AmountDue"]) == ("PAID", 0, 0)


async def test_a_negative_total_cannot_be_approved(xero):
    (told,) = await xero.refused(xero.invoice(LineItems=[xero.line("-50.00")]))
    assert told.startswith("The total for this document must be greater than or equal to zero")


@pytest.mark.parametrize(
    ("period", "year", "expected"),
    [
        ("2026-03-17", None, "The document date cannot be before the period lock date, currently set at 17 March 2026"),
        (None, "2026-06-30", "The document date cannot be before the end of year lock date"),
        ("2026-03-16", "2025-06-30", None),
    ],
)
async def test_documents_dated_on_or_before_a_lock_date_are_refused(make_xero, period, year, expected):
    xero = make_xero(organisation={"PeriodLockDate": period, "EndOfYearLockDate": year})
    if expected is None:
        await xero.posted(xero.invoice())
    else:
        (told,) = await xero.refused(xero.invoice())
        assert told.startswith(expected)
        await xero.posted(xero.invoice("DRAFT-1", Status="DRAFT"))


async def test_an_adviser_posts_between_the_lock_dates(make_xero):
    dates = {"PeriodLockDate": "2026-03-31", "EndOfYearLockDate": "2025-06-30"}
    xero = make_xero(organisation=dates, switches={"adviser": True})
    await xero.posted(xero.invoice())
    actions = {row["Name"]: row["Status"] for row in (await xero.get("Organisation/Actions")).json()["Actions"]}
    assert actions["ApproveTransactionsBeforePeriodLockDate"] == "ALLOWED"


async def test_an_archived_contact_takes_no_documents(xero):
    (told,) = await xero.refused(xero.invoice(Contact=xero.contact("Gone & Co")))
    assert told.startswith("The contact with the specified contact details has been archived.")


async def test_a_contact_block_with_more_than_an_id_edits_the_customer(xero):
    contact = xero.contact()
    people = [{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@harbour.example"}]
    await xero.call("POST", "Contacts", {**contact, "ContactPersons": people})
    await xero.posted(xero.invoice("A", Contact=contact))
    assert xero.state.contacts.get(contact["ContactID"])["ContactPersons"] == people
    await xero.posted(xero.invoice("B", Contact={**contact, "EmailAddress": "new@harbour.example"}))
    changed = xero.state.contacts.get(contact["ContactID"])
    assert (changed["EmailAddress"], changed["ContactPersons"]) == ("new@harbour.example", [])


async def test_a_refused_invoice_leaves_no_contact_behind(xero):
    before = len(xero.state.contacts)
    await xero.refused(xero.invoice(Contact={"Name": "Brand New"}, LineItems=[xero.line(AccountCode="999")]))
    assert len(xero.state.contacts) == before
    await xero.posted(xero.invoice(Contact={"Name": "Brand New"}))
    assert len(xero.state.contacts) == before + 1


async def test_the_approval_switch_returns_a_draft(make_xero):
    xero = make_xero(switches={"approve_refused": True})
    saved = await xero.posted(xero.invoice(), summarizeErrors="false")
    assert (saved["Status"], saved["StatusAttributeString"]) == ("DRAFT", "OK")


async def test_without_the_due_date_switch_approval_needs_no_due_date(make_xero):
    xero = make_xero(switches={"due_date_required": False})
    saved = await xero.posted(xero.invoice(DueDate=None))
    assert saved["Status"] == "AUTHORISED"
    assert "DueDate" not in saved


@pytest.mark.parametrize(("mode", "tax"), [("half_up", "3.43"), ("half_even", "3.42")])
async def test_the_rounding_switch_decides_at_half_a_cent(make_xero, mode, tax):
    xero = make_xero(switches={"rounding": mode})
    saved = await xero.posted(xero.invoice(LineItems=[xero.line("34.25")]))
    assert saved["TotalTax"] == Decimal(tax)


async def test_a_rounding_amount_counts_only_where_the_organisation_opted_in(make_xero):
    amounts = {"RoundingAmount": 0.01, "SubTotal": 76.30, "TotalTax": 11.44, "Total": 87.75}
    opted, other = make_xero(switches={"rounding_amount": True}), make_xero()
    lines = [other.line(a, TaxType="TAX015") for a in ("25.06", "25.61", "25.63")]
    saved = await opted.posted(opted.invoice(LineItems=lines, **amounts))
    assert (saved["Total"], saved["RoundingAmount"]) == (Decimal("87.75"), Decimal("0.01"))
    assert await other.refused(other.invoice(LineItems=lines, **amounts)) == [
        "The document total does not equal the sum of the lines."
    ]
    far = {**amounts, "RoundingAmount": 0.11, "Total": 87.85}
    told = await opted.refused(opted.invoice("X", LineItems=lines, **far))
    assert "The rounding amount must be between -0.10 and 0.10." in told


async def test_inclusive_amounts_contain_their_tax_and_notax_has_none(xero):
    inclusive = await xero.posted(xero.invoice("I", LineAmountTypes="Inclusive"))
    assert (inclusive["SubTotal"], inclusive["TotalTax"], inclusive["Total"]) == (
        Decimal("90.91"),
        Decimal("9.09"),
        Decimal(100),
    )
    untaxed = await xero.posted(xero.invoice("N", LineAmountTypes="NoTax"))
    assert (untaxed["TotalTax"], untaxed["Total"]) == (0, Decimal(100))


async def test_discounts_belong_to_sales_invoices(xero):
    saved = await xero.posted(xero.invoice(LineItems=[xero.line("33.33", DiscountRate=10)]))
    assert (saved["SubTotal"], saved["IsDiscounted"]) == (Decimal("30.00"), True)
    bill = xero.invoice(Type="ACCPAY", LineItems=[xero.line(AccountCode="310", TaxType="INPUT", DiscountRate=10)])
    assert await xero.refused(bill) == ["Discounts are only supported on sales invoices."]


async def test_an_odd_currency_rate_is_saved_with_a_warning(make_xero):
    xero = make_xero(currencies=[{"Code": "USD", "Description": "US Dollar"}])
    saved = await xero.posted(xero.invoice(CurrencyCode="USD", CurrencyRate=0.000001), summarizeErrors="false")
    assert saved["StatusAttributeString"] == "WARNING"
    assert saved["Warnings"][0]["Message"]


async def test_a_document_without_a_rate_takes_the_rate_of_the_day(make_xero):
    xero = make_xero(currencies=[{"Code": "USD"}], day_rates={"USD": "0.6543"})
    assert (await xero.posted(xero.invoice("A", CurrencyCode="USD")))["CurrencyRate"] == Decimal("0.6543")
    kept = await xero.posted(xero.invoice("B", CurrencyCode="USD", CurrencyRate=0.66))
    assert kept["CurrencyRate"] == Decimal("0.66")
    assert (await xero.posted(xero.invoice("C")))["CurrencyRate"] == 1


async def test_journals_are_drafts_unless_posted_and_balance(xero):
    journal = {
        "Narration": "COGS INV-1042",
        "Date": "2026-03-17",
        "JournalLines": [{"LineAmount": 80, "AccountCode": "310"}, {"LineAmount": -80, "AccountCode": "600"}],
    }
    draft = await xero.posted(journal, path="ManualJournals")
    posted = await xero.posted({**journal, "Status": "POSTED"}, path="ManualJournals")
    assert (draft["Status"], posted["Status"]) == ("DRAFT", "POSTED")
    lines = [{"LineAmount": 100, "AccountCode": "310"}, {"LineAmount": -10, "AccountCode": "600"}]
    assert await xero.refused({**journal, "JournalLines": lines}, path="ManualJournals") == [
        "The total debits (100.00) must equal total credits (-10.00)"
    ]
    assert await xero.refused({**journal, "Narration": ""}, path="ManualJournals") == ["Narration must be specified."]
    lines = [{"LineAmount": 1, "AccountCode": "610"}, {"LineAmount": -1, "AccountCode": "600"}]
    (told,) = await xero.refused({**journal, "JournalLines": lines}, path="ManualJournals")
    assert told.startswith("Account code '610' is not a valid code")
    answer = await xero.call("POST", f"ManualJournals/{posted['ManualJournalID']}", {"Status": "VOIDED"})
    assert answer.json()["ManualJournals"][0]["Status"] == "VOIDED"
    assert "JournalLines" not in (await xero.get("ManualJournals")).json()["ManualJournals"][0]
    assert (await xero.get("ManualJournals", page=1)).json()["ManualJournals"][0]["JournalLines"]


async def test_documents_taken_from_one_organisation_can_seed_another(xero, make_xero):
    await xero.posted(xero.invoice("INV-1", LineItems=[xero.line("0.0471", Quantity=1234)]), unitdp=4)
    note = {**xero.invoice(None), "Type": "ACCRECCREDIT"}
    await xero.posted(note, path="CreditNotes")
    seed = {
        "invoices": xero.exact(await xero.get("Invoices", page=1, unitdp=4))["Invoices"],
        "credit_notes": xero.exact(await xero.get("CreditNotes", page=1, unitdp=4))["CreditNotes"],
    }
    other = make_xero(**seed)
    for path in ("Invoices", "CreditNotes"):
        first = xero.exact(await xero.get(path, page=1, unitdp=4))[path][0]
        second = xero.exact(await other.get(path, page=1, unitdp=4))[path][0]
        differing = {key for key in first if first[key] != second[key]}
        assert differing <= {"UpdatedDateUTC", "UpdatedDateUTCString"}
    assert await other.refused(other.invoice("INV-1")) == ["Invoice # must be unique."]


async def test_a_seeded_document_needs_little(make_xero):
    plain = make_xero()
    old = {"Type": "ACCREC", "InvoiceNumber": "OLD", "Date": "2026-01-05", "Total": 110.0, "Contact": plain.contact()}
    xero = make_xero(invoices=[{**old, "LineItems": [{"LineAmount": 100.0, "TaxAmount": 10.0, "AccountCode": "200"}]}])
    shown = xero.exact(await xero.get("Invoices/OLD"))["Invoices"][0]
    assert (shown["Status"], shown["AmountDue"], shown["LineItems"][0]["LineAmount"]) == ("AUTHORISED", 110, 100)
