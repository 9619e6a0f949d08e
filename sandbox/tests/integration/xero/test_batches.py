"""Calls with many documents, and what can go wrong inside them."""

from decimal import Decimal

import pytest

ZERO_GUID = "00000000-0000-0000-0000-000000000000"


def _three(xero):
    return [xero.invoice("A"), xero.invoice("B", CurrencyCode="USD"), xero.invoice("C")]


@pytest.mark.parametrize("spelling", ["false", "False", "FALSE"])
async def test_judged_each_for_itself_good_ones_are_saved_in_order(xero, spelling):
    answer = await xero.put("Invoices", *_three(xero), summarizeErrors=spelling)
    assert answer.status_code == 200
    good, bad, third = answer.json()["Invoices"]
    assert [row["InvoiceNumber"] for row in (good, bad, third)] == ["A", "B", "C"]
    assert [row["StatusAttributeString"] for row in (good, bad, third)] == ["OK", "ERROR", "OK"]
    assert (bad["InvoiceID"], bad["HasErrors"]) == (ZERO_GUID, True)
    assert xero.messages(bad) == ["Organisation is not subscribed to currency USD"]
    assert bad["Date"].startswith("/Date(")
    assert len(xero.state.invoices) == 2


@pytest.mark.parametrize("query", [{"summarizeErrors": "TRUE"}, {}])
async def test_all_or_nothing_saves_nothing(xero, query):
    answer = await xero.put("Invoices", *_three(xero), **query)
    assert answer.status_code == 400
    (element,) = answer.json()["Elements"]
    assert element["InvoiceNumber"] == "B"
    assert len(xero.state.invoices) == 0


async def test_the_meaning_of_an_absent_flag_is_a_switch(make_xero):
    xero = make_xero(switches={"summarize_errors_default": False})
    assert (await xero.put("Invoices", *_three(xero))).status_code == 200


async def test_numbers_clash_within_one_call_too(xero):
    answer = await xero.put("Invoices", xero.invoice("A"), xero.invoice("A"), summarizeErrors="false")
    assert [row["StatusAttributeString"] for row in answer.json()["Invoices"]] == ["OK", "ERROR"]


async def test_a_bare_object_and_a_bare_array_are_taken(xero):
    assert (await xero.call("PUT", "Invoices", xero.invoice("A"))).status_code == 200
    assert (await xero.call("PUT", "Invoices", [xero.invoice("B"), xero.invoice("C")])).status_code == 200
    assert len(xero.state.invoices) == 3


@pytest.mark.parametrize(
    "content",
    [
        b'{"Type":["ACCREC"]}',
        b'{"Type":"ACCREC","LineItems":{}}',
        b'{"Contact":[1]}',
        b"{",
        b"[]",
        b'{"Invoices":[]}',
        b'{"Invoices":[1]}',
        b'"x"',
        b"",
        b'{"Type":"ACCREC","CurrencyRate":NaN}',
    ],
)
async def test_what_is_no_document_is_post_data_invalid(xero, content):
    answer = await xero.http.put("/api.xro/2.0/Invoices", content=content, headers=xero.headers)
    assert answer.status_code == 400
    assert (answer.json()["ErrorNumber"], answer.json()["Type"]) == (17, "PostDataInvalidException")


async def test_an_amount_that_is_no_number_refuses_the_call(xero):
    bad = xero.invoice("B", LineItems=[xero.line(Quantity="two")])
    answer = await xero.put("Invoices", xero.invoice("A"), bad, summarizeErrors="false")
    assert answer.json()["Type"] == "PostDataInvalidException"
    assert len(xero.state.invoices) == 0


async def test_fifty_at_most(xero):
    rows = [xero.invoice(f"I-{n}") for n in range(51)]
    assert (await xero.put("Invoices", *rows)).status_code == 400
    assert (await xero.put("Invoices", *rows[:50])).status_code == 200


@pytest.mark.parametrize("query", [{"unitdp": "four"}, {"summarizeErrors": "maybe"}])
async def test_parameters_are_checked(xero, query):
    assert (await xero.put("Invoices", xero.invoice(), **query)).json()["Type"] == "PostDataInvalidException"


async def test_an_answer_lost_midway_has_saved_the_first_half(xero):
    xero.arm("500_midway", method="PUT", path_regex="Invoices$")
    answer = await xero.put("Invoices", *(xero.invoice(f"I-{n}") for n in range(5)))
    assert answer.status_code == 500
    assert not answer.headers["content-type"].startswith("application/json")
    assert [row["InvoiceNumber"] for row in xero.state.invoices] == ["I-0", "I-1"]


async def test_500_after_has_saved_and_500_before_has_not(xero):
    xero.arm("500_before")
    assert (await xero.put("Invoices", xero.invoice())).status_code == 500
    assert len(xero.state.invoices) == 0
    xero.arm("500_after")
    assert (await xero.put("Invoices", xero.invoice())).status_code == 500
    assert len(xero.state.invoices) == 1


async def test_a_wrong_total_is_saved_and_shown(xero):
    xero.arm("wrong_total")
    saved = await xero.posted(xero.invoice("A"), xero.invoice("B"))
    assert (saved["Total"], saved["AmountDue"]) == (Decimal("110.01"), Decimal("110.01"))
    again = xero.exact(await xero.get("Invoices/A"))["Invoices"][0]
    assert again["Total"] == Decimal("110.01")
    assert xero.exact(await xero.get("Invoices/B"))["Invoices"][0]["Total"] == Decimal(110)


async def test_the_closed_period_fault_refuses_any_date(xero):
    xero.arm("closed_period", method="PUT")
    (told,) = await xero.refused(xero.invoice())
    assert told.startswith("The document date cannot be before the period lock date")
    await xero.posted(xero.invoice())


async def test_the_approve_refused_fault_returns_a_draft(xero):
    xero.arm("approve_refused")
    assert (await xero.posted(xero.invoice()))["Status"] == "DRAFT"
    assert xero.journal.entries()[-1].fault == "approve_refused"


@pytest.mark.parametrize("where", ["document", "line"])
async def test_an_error_can_hide_behind_200(xero, where):
    xero.arm("hidden_error", params={"where": where})
    answer = await xero.put("Invoices", xero.invoice("A"), xero.invoice("B"))
    assert answer.status_code == 200
    good, hidden = answer.json()["Invoices"]
    assert good["InvoiceID"] != ZERO_GUID
    assert hidden["InvoiceID"] == ZERO_GUID
    holder = hidden["LineItems"][0] if where == "line" else hidden
    assert xero.messages(holder)
    assert [row["InvoiceNumber"] for row in xero.state.invoices] == ["A"]
