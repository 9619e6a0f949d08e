import pytest


async def test_queries_filter_order_and_page(books):
    for number, amount in (("INV-1", "10.00"), ("INV-2", "30.00"), ("X-3", "20.00")):
        await books.saved("invoice", books.invoice(number, books.line(amount)))

    async def numbers(tail):
        found = await books.query(f"select * from Invoice {tail}")
        return [row["DocNumber"] for row in found.get("Invoice", [])]

    assert await numbers("where DocNumber = 'inv-2'") == ["INV-2"]
    assert await numbers("where DocNumber in ('INV-1', 'X-3')") == ["INV-1", "X-3"]
    assert await numbers("WHERE DocNumber LIKE 'INV%' AND TotalAmt > '11.00'") == ["INV-2"]
    assert await numbers("where Balance >= 22 orderby TotalAmt desc") == ["INV-2", "X-3"]
    assert await numbers("where CustomerRef = '1' and TxnDate <= '2026-03-17' ORDER BY DocNumber DESC") == [
        "X-3",
        "INV-2",
        "INV-1",
    ]
    assert await numbers("where MetaData.LastUpdatedTime < '2026-03-17T10:00:00+01:00'") == []
    assert await numbers("where MetaData.LastUpdatedTime >= '2026-03-17T09:00:00Z' orderby Id") == [
        "INV-1",
        "INV-2",
        "X-3",
    ]
    assert await numbers("where TotalAmt < 0") == []
    page = await books.query("select Id, DocNumber from Invoice orderby Id startposition 2 maxresults 1")
    assert (page["startPosition"], page["maxResults"]) == (2, 1)
    assert page["Invoice"] == [{"Id": "2", "DocNumber": "INV-2", "domain": "QBO", "sparse": True}]
    assert await books.query("select * from Invoice where DocNumber = 'none'") == {}
    posted = await books.http.post(
        books.path("query"),
        content="select count(*) from Invoice",
        headers={**books.headers, "Content-Type": "application/text"},
    )
    assert posted.json()["QueryResponse"] == {"totalCount": 3}


async def test_inactive_rows_are_hidden_until_asked_for(books):
    async def names(tail):
        found = await books.query(f"select * from Customer {tail}")
        return [row["DisplayName"] for row in found.get("Customer", [])]

    assert await names("") == ["Harbour Dental", "O'Neill Legal"]
    assert await names("where DisplayName = 'gone & co'") == []
    assert await names("where DisplayName = 'gone & co' and Active in (true, false)") == ["Gone & Co"]
    assert await names("where Active = false") == ["Gone & Co"]
    assert await names(r"where DisplayName = 'O\'Neill Legal'") == ["O'Neill Legal"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("select * from Invoice where DocNumber = 'A' or DocNumber = 'B'", "4000"),
        ("select * from Invoice where DocNumber = 'O''Neill'", "4000"),
        ("select * from Invoice where DocNumber != 'A'", "4000"),
        ("select * from", "4000"),
        ("delete from Invoice", "4000"),
        ("select * from Moons", "4001"),
        ("select Colour from Invoice", "4001"),
        ("select * from Invoice where Number = 'A'", "4001"),
        ("select * from Invoice orderby Colour", "4001"),
        ("select * from Invoice where Id = 'x'", None),
    ],
)
async def test_a_query_that_cannot_be_read_is_refused(books, text, code):
    answer = await books.get("query", query=text)
    if code is None:
        assert answer.json()["QueryResponse"] == {}
        return
    assert (answer.status_code, answer.json()["Fault"]["Error"][0]["code"]) == (400, code)


async def test_a_page_has_at_most_a_thousand_rows(books):
    for number in range(1005):
        books.state.add("Class", {"Name": f"C{number}"})
    assert len((await books.query("select * from Class"))["Class"]) == 100
    assert len((await books.query("select * from Class maxresults 2000"))["Class"]) == 1000
    books.state.switches.change({"maxresults_over": "refuse"})
    answer = await books.get("query", query="select * from Class maxresults 1001")
    assert answer.json()["Fault"]["Error"][0]["code"] == "4001"
