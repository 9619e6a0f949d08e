"""Lists, single rows, reference data and contacts."""

from datetime import date, timedelta

import pytest


@pytest.fixture
async def books(xero):
    for number, (name, day, amount) in enumerate(
        [("Harbour Dental", "01", "10"), ('The "Quote" Shop', "02", "20"), ("Harbour Dental", "03", "30")], start=1
    ):
        row = xero.invoice(
            f"INV-{number}", Contact=xero.contact(name), Date=f"2026-03-{day}", LineItems=[xero.line(amount)]
        )
        await xero.posted(row)
        xero.clock.advance(timedelta(seconds=10))
    return xero


async def _numbers(xero, **query):
    answer = await xero.get("Invoices", **query)
    assert answer.status_code == 200, answer.text
    return [row["InvoiceNumber"] for row in answer.json()["Invoices"]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('InvoiceNumber=="INV-2"', ["INV-2"]),
        ('invoicenumber=="INV-2"', None),
        ('Contact.Name=="the ""quote"" shop"', ["INV-2"]),
        ('Contact.ContactNumber=="C-1" AND Date>=DateTime(2026,03,02)', ["INV-3"]),
        ('Date==DateTime(2026,3,1) OR InvoiceNumber=="INV-3"', ["INV-1", "INV-3"]),
        ("AmountDue>20 && AmountDue<30", ["INV-2"]),
        ('Status!="AUTHORISED"', []),
        ('InvoiceNumber.StartsWith("inv") and InvoiceNumber.Contains("3")', ["INV-3"]),
        ('InvoiceNumber.EndsWith("1")', ["INV-1"]),
        ('(Status=="AUTHORISED" OR Status=="PAID") AND !(AmountDue==33)', ["INV-1", "INV-2"]),
        ("FullyPaidOnDate==null", ["INV-1", "INV-2", "INV-3"]),
        ('Contact.Name=="a\\"b"', None),
        ("InvoiceNumber==", None),
        ('Nonsense=="1"', None),
        ('InvoiceID=="7f1b6d8e-0000-4000-8000-000000000001"', None),
        ('Date=="2026-03-01"', None),
        ("Date==DateTime(2026,13,1)", None),
        ("InvoiceNumber", None),
        ('InvoiceNumber.Reverse("x")', None),
    ],
)
async def test_where_selects_or_is_refused(books, where, expected):
    if expected is not None:
        assert await _numbers(books, where=where) == expected
        return
    answer = await books.get("Invoices", where=where)
    assert (answer.status_code, answer.json()["ErrorNumber"], answer.json()["Type"]) == (
        400,
        16,
        "QueryParseException",
    )


async def test_where_takes_ids_as_guids(books):
    contact_id = books.contact()["ContactID"]
    assert await _numbers(books, where=f'Contact.ContactID==guid("{contact_id.upper()}")') == ["INV-1", "INV-3"]
    assert await _numbers(books, where=f'Contact.ContactID==new Guid("{contact_id}")') == ["INV-1", "INV-3"]


async def test_lists_are_filtered_by_their_parameters(books):
    assert await _numbers(books, InvoiceNumbers="INV-1,inv-3") == ["INV-1", "INV-3"]
    assert await _numbers(books, ContactIDs=books.contact()["ContactID"]) == ["INV-1", "INV-3"]
    assert await _numbers(books, Statuses="PAID,VOIDED") == []
    ids = ",".join(row["InvoiceID"] for row in list(books.state.invoices)[:2])
    assert await _numbers(books, IDs=ids) == ["INV-1", "INV-2"]
    assert await _numbers(books, order="Date DESC") == ["INV-3", "INV-2", "INV-1"]
    assert await _numbers(books, order="Contact.Name, Date DESC") == ["INV-3", "INV-1", "INV-2"]


async def test_only_what_changed_since_is_given(books):
    since = (books.clock.now() - timedelta(seconds=15)).isoformat(timespec="seconds")
    for header in (since, "Tue, 17 Mar 2026 09:00:15 GMT"):
        answer = await books.call("GET", "Invoices", headers={"If-Modified-Since": header})
        assert [row["InvoiceNumber"] for row in answer.json()["Invoices"]] == ["INV-3"]
    assert (await books.call("GET", "Invoices", headers={"If-Modified-Since": "yesterday"})).status_code == 400


async def test_pages_carry_lines_and_plain_lists_carry_none(books):
    plain = (await books.get("Invoices")).json()
    assert "pagination" not in plain
    assert [row["LineItems"] for row in plain["Invoices"]] == [[], [], []]
    page = (await books.get("Invoices", page=2, pageSize=2)).json()
    assert page["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 2, "itemCount": 3}
    assert [row["InvoiceNumber"] for row in page["Invoices"]] == ["INV-3"]
    assert page["Invoices"][0]["LineItems"]
    assert (await books.get("Invoices", page=1)).json()["pagination"]["pageSize"] == 100
    assert (await books.get("Invoices", page=9)).json()["Invoices"] == []
    assert (await books.get("Invoices", page=1, pageSize=1001)).status_code == 400
    assert (await books.get("Invoices", page=1, summaryOnly="true")).json()["Invoices"][0]["LineItems"] == []


async def test_one_document_is_found_by_id_or_number_and_404_is_no_json(books):
    first = (await books.get("Invoices/INV-1")).json()["Invoices"][0]
    assert (await books.get(f"Invoices/{first['InvoiceID']}")).json()["Invoices"][0]["InvoiceNumber"] == "INV-1"
    for path in ("Invoices/INV-99", "Nothing", "Contacts/C-99", "Accounts/x", "Organisation/x", "Payments/x"):
        missing = await books.get(path)
        assert missing.status_code == 404
        assert missing.headers["content-type"].startswith("text/html")
        assert "cannot be found" in missing.text
    assert (await books.call("DELETE", "Invoices")).status_code == 405
    assert (await books.http.get("/elsewhere")).status_code == 404


async def test_the_organisation_shows_lock_dates_only_when_set(xero):
    assert "PeriodLockDate" not in (await xero.get("Organisation")).json()["Organisations"][0]
    xero.state.set_lock_dates(date(2026, 2, 28))
    shown = (await xero.get("Organisation")).json()["Organisations"][0]
    assert shown["PeriodLockDate"] == "/Date(1772236800000+0000)/"


async def test_reference_data_is_listed(xero):
    accounts = (await xero.get("Accounts", where='Type=="REVENUE" AND Status=="ACTIVE"')).json()["Accounts"]
    assert [(row["Code"], row["Class"]) for row in accounts] == [("200", "REVENUE")]
    rates = {row["TaxType"]: row for row in (await xero.get("TaxRates")).json()["TaxRates"]}
    assert (rates["OUTPUT"]["EffectiveRate"], rates["OUTPUT"]["CanApplyToExpenses"]) == (10.0, False)
    (item,) = xero.exact(await xero.get("Items/MS-SERVER", unitdp=4))["Items"]
    assert str(item["SalesDetails"]["UnitPrice"]) == "145.1234"
    (item,) = xero.exact(await xero.get("Items"))["Items"]
    assert str(item["SalesDetails"]["UnitPrice"]) == "145.12"
    categories = (await xero.get("TrackingCategories")).json()["TrackingCategories"]
    assert [option["Name"] for option in categories[0]["Options"]] == ["Sydney", "Perth"]
    assert [row["Code"] for row in (await xero.get("Currencies")).json()["Currencies"]] == ["AUD"]


async def test_reference_data_is_written_by_those_who_may(xero):
    scopes = "accounting.settings accounting.invoices accounting.contacts"
    xero.tokens = xero.state.identity.consent("app-1", xero.clock.now(), scopes)
    account = {"Code": "205", "Name": "Cloud", "Type": "REVENUE", "TaxType": "OUTPUT"}
    made = (await xero.call("PUT", "Accounts", account)).json()["Accounts"][0]
    assert made["Class"] == "REVENUE"
    assert (await xero.call("PUT", "Accounts", account)).status_code == 400
    archived = await xero.call("POST", f"Accounts/{made['AccountID']}", {"Status": "ARCHIVED"})
    assert archived.json()["Accounts"][0]["Status"] == "ARCHIVED"
    rate = {"Name": "Half", "TaxComponents": [{"Name": "Half", "Rate": 5}]}
    created = (await xero.call("PUT", "TaxRates", rate)).json()["TaxRates"][0]
    assert (created["TaxType"], created["EffectiveRate"]) == ("TAX002", 5)
    renamed = await xero.call("POST", "TaxRates", {"TaxType": "OUTPUT", "Name": "GST10"})
    assert renamed.json()["TaxRates"][0]["EffectiveRate"] == 10
    item = {"Code": "LAB", "Name": "Labour"}
    assert (await xero.call("PUT", "Items", {"Items": [item]})).status_code == 200
    assert (await xero.call("PUT", "Items", {"Items": [item]})).status_code == 400
    again = await xero.call("POST", "Items", {"Items": [{**item, "Name": "Labour hour"}]})
    assert again.json()["Items"][0]["Name"] == "Labour hour"
    category = xero.state.tracking_categories.by_key("Location")[0]["TrackingCategoryID"]
    added = await xero.call("PUT", f"TrackingCategories/{category}/Options", {"Name": "Hobart"})
    assert added.json()["Options"][0]["Name"] == "Hobart"
    assert (await xero.call("PUT", f"TrackingCategories/{category}/Options", {"Name": "Hobart"})).status_code == 400
    assert (await xero.call("PUT", "TrackingCategories", {"Name": "Third"})).status_code == 400
    assert (await xero.call("PUT", "Currencies", {"Code": "USD"})).status_code == 200
    assert (await xero.call("PUT", "Currencies", {"Code": "dollar"})).status_code == 400
    tracked = xero.line(Tracking=[{"Name": "Location", "Option": "Hobart"}])
    saved = await xero.posted(xero.invoice(CurrencyCode="USD", LineItems=[tracked]))
    assert saved["LineItems"][0]["Tracking"][0]["Option"] == "Hobart"


async def test_put_never_takes_over_a_contact_and_post_does(xero):
    assert (await xero.refused({"Name": "harbour dental"}, path="Contacts"))[0].startswith("The contact name")
    (told,) = await xero.refused({"Name": "Other", "ContactNumber": "C-3"}, path="Contacts")
    assert told.startswith("The contact number C-3 is already assigned")
    answer = await xero.call("POST", "Contacts", {"Name": "Harbour Dental", "EmailAddress": "other@harbour.example"})
    (changed,) = answer.json()["Contacts"]
    assert changed["ContactID"] == xero.contact()["ContactID"]
    assert changed["EmailAddress"] == "other@harbour.example"
    made = await xero.posted({"Name": "New & Fresh", "ContactNumber": "N-1"}, path="Contacts")
    assert (made["ContactStatus"], made["ContactPersons"], made["Phones"]) == ("ACTIVE", [], [])


@pytest.mark.parametrize("name", ["A <b>", " Leading", "Two  spaces", "", "x" * 256])
async def test_a_contact_name_has_a_shape(xero, name):
    assert await xero.refused({"Name": name, "EmailAddress": "a@b.example"}, path="Contacts")


async def test_archived_contacts_are_hidden_and_cannot_be_touched(xero):
    gone = xero.contact("Gone & Co")["ContactID"]
    names = [row["Name"] for row in (await xero.get("Contacts")).json()["Contacts"]]
    assert "Gone & Co" not in names
    listed = (await xero.get("Contacts", includeArchived="true", page=1, where='ContactNumber=="C-3"')).json()
    assert [row["ContactStatus"] for row in listed["Contacts"]] == ["ARCHIVED"]
    for sent in ({"ContactStatus": "ACTIVE"}, {"EmailAddress": "x@y.example"}):
        answer = await xero.call("POST", f"Contacts/{gone}", sent)
        assert xero.messages(answer.json()["Elements"][0]) == ["The status 'ARCHIVED' is not valid for contacts"]
    xero.state.set_contact_archived(gone, archived=False)
    await xero.posted(xero.invoice(Contact={"ContactID": gone}))


async def test_contacts_are_found_by_number_id_and_part_of_a_name(xero):
    assert (await xero.get("Contacts/C-1")).json()["Contacts"][0]["Name"] == "Harbour Dental"
    found = (await xero.get("Contacts", searchTerm="HARB")).json()["Contacts"]
    assert [row["ContactNumber"] for row in found] == ["C-1"]


async def test_every_exchange_is_journaled_without_its_secrets(xero):
    await xero.token(grant_type="refresh_token", refresh_token=xero.tokens["refresh_token"])
    await xero.posted(xero.invoice())
    token_call, put = xero.journal.entries(system="xero")
    assert xero.tokens["refresh_token"].encode() not in token_call.request_body
    assert (put.method, put.path, put.status) == ("PUT", "/api.xro/2.0/Invoices", 200)
    assert b"INV-1042" in put.response_body
