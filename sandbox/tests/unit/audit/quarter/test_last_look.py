"""The books themselves are read last: what the wire never showed, or showed before it was changed, is found all the same."""

import json
from contextlib import suppress
from decimal import Decimal

import pytest

from ledgerwire.sandbox.core.faults import Fault
from ledgerwire.sandbox.last_look import last_look

CENT = Decimal("0.01")


@pytest.fixture(params=["xero", "quickbooks"])
async def office(request, make_office):
    """An office that has posted and batched one sale and one bill."""
    made = make_office(request.param)
    yield made
    await made.http.aclose()


def entry_with(office, kind):
    return next(
        entry
        for entry in office.sample(every=1)
        if [document.kind for document in entry.documents] == [kind] and entry.documents[0].number
    )


async def done(office, *entries):
    office.close(entries)
    await office.post(entries)
    office.batch(entries)


def change_in_the_books(office, entry, change):
    """The document with a change, with nothing on the wire; in each package as its rows are kept."""
    [document] = entry.documents
    if office.package == "xero":
        rows = office.world.organisations.named(entry.company).invoices
        [row] = rows.by_key(document.number)
        rows.put(change(row))
        return
    state = office.world.realms.named(entry.company)
    [row] = [row for row in state.all("Invoice") if row["DocNumber"] == document.number]
    state.put("Invoice", change(row))


def a_cent_more(row):
    name = "Total" if "Total" in row else "TotalAmt"
    return {**row, name: row[name] + CENT}


def emptied(row):
    """All lines gone, the header as it was."""
    return {**row, ("LineItems" if "LineItems" in row else "Line"): []}


async def test_what_was_shown_and_stands_unchanged_reads_the_same(office):
    entries = [entry_with(office, "sales_invoice"), entry_with(office, "bill")]
    await done(office, *entries)
    length = len(office.world.journal)
    assert office.audit(entries).clean
    assert office.audit(entries, last=last_look(office.world)).findings == ()
    assert len(office.world.journal) == length, "it looks and leaves no trace"


async def test_a_cent_changed_behind_the_wire_is_seen(office):
    entry = entry_with(office, "sales_invoice")
    await done(office, entry)
    change_in_the_books(office, entry, a_cent_more)
    assert office.audit([entry]).clean
    seen = {finding.code for finding in office.audit([entry], last=last_look(office.world)).findings}
    assert "TOTAL_DIFFERS" in seen


async def test_a_document_emptied_in_the_books_is_seen_though_its_header_stands(office):
    entry = entry_with(office, "sales_invoice")
    await done(office, entry)
    change_in_the_books(office, entry, emptied)
    assert office.audit([entry]).clean
    seen = {finding.code for finding in office.audit([entry], last=last_look(office.world)).findings}
    assert {"LINE_SUM_DIFFERS", "LINES_DO_NOT_ADD_UP"} <= seen


async def test_a_second_bill_whose_answer_nobody_saw_is_seen(office):
    entry = entry_with(office, "bill")
    await done(office, entry)
    office.world.faults.add(Fault("html_page", office.package))
    with suppress(json.JSONDecodeError):
        await office.post([entry])
    assert office.audit([entry]).clean
    report = office.audit([entry], last=last_look(office.world))
    assert "DUPLICATED" in {finding.code for finding in report.findings}
