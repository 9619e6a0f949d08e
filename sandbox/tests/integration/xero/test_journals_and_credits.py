"""Manual journals out of the books, credits taken back, and lists of both by page and by change."""

from datetime import date, timedelta

import pytest


def journal(*amounts, narration="COGS-1: March", accounts=("310", "600"), **changes):
    lines = [
        {"LineAmount": amount, "AccountCode": accounts[place % len(accounts)]} for place, amount in enumerate(amounts)
    ]
    return {"Narration": narration, "Date": "2026-03-17", "Status": "POSTED", "JournalLines": lines, **changes}


async def _note(xero, number, amount="40.00"):
    sent = {**xero.invoice(None), "Type": "ACCRECCREDIT", "CreditNoteNumber": number}
    return await xero.posted({**sent, "LineItems": [xero.line(amount)]}, path="CreditNotes")


async def _allocated(xero, note, invoice, amount=10, day="2026-03-17"):
    sent = {"Amount": amount, "Date": day, "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    return await xero.posted(sent, path=f"CreditNotes/{note['CreditNoteID']}/Allocations")


async def test_a_journal_is_voided_and_a_draft_deleted_for_good(xero):
    posted = await xero.posted(journal(80, -80), path="ManualJournals")
    draft = await xero.posted(journal(80, -80, Status="DRAFT"), path="ManualJournals")
    for row, status in ((posted, "VOIDED"), (draft, "DELETED")):
        path = f"ManualJournals/{row['ManualJournalID']}"
        sent = {"ManualJournals": [{"Narration": row["Narration"], "Status": status}]}
        gone = (await xero.call("POST", path, sent)).json()["ManualJournals"][0]
        assert (gone["Status"], len(gone["JournalLines"])) == (status, 2)
        again = await xero.call("POST", path, {"ManualJournals": [{"Narration": "x", "Status": "POSTED"}]})
        assert xero.messages(again.json()["Elements"][0]) == ["Manual journal not of valid status for modification"]


async def test_a_journal_of_a_locked_day_stays(xero):
    posted = await xero.posted(journal(80, -80), path="ManualJournals")
    xero.state.set_lock_dates(date(2026, 3, 17))
    sent = {"Status": "VOIDED", "Narration": "COGS-1", "Date": "2026-04-01"}
    answer = await xero.call("POST", f"ManualJournals/{posted['ManualJournalID']}", sent)
    assert "period lock date" in xero.messages(answer.json()["Elements"][0])[0]
    assert xero.state.manual_journals.get(posted["ManualJournalID"])["Status"] == "POSTED"


async def test_lines_with_unknown_accounts_may_be_taken_out_with_a_mere_warning(make_xero):
    xero = make_xero(switches={"journal_account_unknown": "removed"})
    answer = await xero.put("ManualJournals", journal(80, -80, accounts=("310", "999")))
    [refused] = answer.json()["Elements"]
    warning = "Account code '999' has been removed as it does not match a recognised account."
    assert [row["Message"] for row in refused["Warnings"]] == [warning]
    assert "A manual journal must have at least two lines." in xero.messages(refused)
    left = await xero.posted(journal(80, 5, -80, -5, accounts=("310", "999", "600", "999")), path="ManualJournals")
    assert (left["Status"], len(left["JournalLines"])) == ("POSTED", 2)
    assert [row["Message"] for row in left["Warnings"]] == [warning]


@pytest.mark.parametrize("by_narration", [True, False])
async def test_journals_are_listed_by_narration_page_and_change(make_xero, by_narration):
    xero = make_xero(switches={"journal_narration_filter": by_narration})
    for number in ("COGS-1", "COGS-10", "PO-1"):
        await xero.posted(journal(80, -80, narration=f"{number}: x"), path="ManualJournals")
        xero.clock.advance(timedelta(minutes=1))
    answer = await xero.get("ManualJournals", where='Narration.StartsWith("COGS-1")', page=1)
    assert answer.status_code == (200 if by_narration else 400)
    if by_narration:
        assert [row["Narration"] for row in answer.json()["ManualJournals"]] == ["COGS-1: x", "COGS-10: x"]
    second = (await xero.get("ManualJournals", page=2, pageSize=2)).json()
    assert [row["Narration"] for row in second["ManualJournals"]] == ["PO-1: x"]
    since = {"If-Modified-Since": "2026-03-17T09:01:00"}
    changed = (await xero.call("GET", "ManualJournals", headers=since, page=1)).json()["ManualJournals"]
    assert [row["Narration"] for row in changed] == ["COGS-10: x", "PO-1: x"]


async def test_credit_notes_are_listed_by_page_and_by_change_of_what_they_settle(xero):
    invoice = await xero.posted(xero.invoice())
    notes = [await _note(xero, f"CM-{n}") for n in range(3)]
    pages = [(await xero.get("CreditNotes", page=n, pageSize=2)).json() for n in (1, 2, 3)]
    assert [len(page["CreditNotes"]) for page in pages] == [2, 1, 0]
    assert pages[0]["pagination"] == {"page": 1, "pageSize": 2, "pageCount": 2, "itemCount": 3}
    assert pages[0]["CreditNotes"][0]["LineItems"]
    xero.clock.advance(timedelta(minutes=1))
    since = {"If-Modified-Since": "2026-03-17T09:01:00"}

    async def changed(path):
        return [
            row.get("CreditNoteNumber") or row["InvoiceNumber"]
            for row in (await xero.call("GET", path, headers=since, page=1)).json()[path]
        ]

    assert (await changed("CreditNotes"), await changed("Invoices")) == ([], [])
    made = await _allocated(xero, notes[1], invoice)
    assert (await changed("CreditNotes"), await changed("Invoices")) == (["CM-1"], ["INV-1042"])
    xero.clock.advance(timedelta(minutes=1))
    since["If-Modified-Since"] = "2026-03-17T09:02:00"
    await xero.call("DELETE", f"CreditNotes/{notes[1]['CreditNoteID']}/Allocations/{made['AllocationID']}")
    assert (await changed("CreditNotes"), await changed("Invoices")) == (["CM-1"], ["INV-1042"])
    [shown] = (await xero.call("GET", "CreditNotes", headers=since, page=1)).json()["CreditNotes"]
    assert shown["Allocations"] == []


async def test_an_allocation_of_a_locked_day_stays(xero):
    invoice, note = await xero.posted(xero.invoice()), await _note(xero, "CM-1")
    made = await _allocated(xero, note, invoice)
    xero.state.set_lock_dates(date(2026, 3, 17))
    answer = await xero.call("DELETE", f"CreditNotes/{note['CreditNoteID']}/Allocations/{made['AllocationID']}")
    assert "period lock date" in xero.messages(answer.json()["Elements"][0])[0]
    assert xero.exact(await xero.get(f"CreditNotes/{note['CreditNoteID']}"))["CreditNotes"][0]["RemainingCredit"] == 34


async def test_what_is_settled_in_full_takes_nothing_more(xero):
    invoice, note = await xero.posted(xero.invoice(LineItems=[xero.line("10.00")])), await _note(xero, "CM-1")
    await _allocated(xero, note, invoice, 11)
    sent = {"Amount": 1, "Date": "2026-03-17", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    assert await xero.refused(sent, path=path) == ["Payment amount exceeds the amount outstanding on this document"]
    rest = await xero.posted(xero.invoice("INV-2"))
    await _allocated(xero, note, rest, 33)
    sent["Invoice"] = {"InvoiceID": rest["InvoiceID"]}
    assert await xero.refused(sent, path=path) == ["Allocation amount exceeds the remaining credit on this document"]
