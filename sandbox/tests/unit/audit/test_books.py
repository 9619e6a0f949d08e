"""The books check is green for right books only: each planted bug turns it red under its own name."""

from decimal import Decimal

import pytest

from ledgerwire.sandbox.audit import audit
from ledgerwire.sandbox.seed import build


@pytest.fixture
def records():
    return list(build(7).expected)


@pytest.fixture
def record(records):
    """An invoice with tax on several lines (a document whose tax differs from the sum of its lines' taxes)."""
    return next(each for each in records if each.net == Decimal("1076.10"))


def codes(report):
    return {finding.code for finding in report.findings}


@pytest.mark.requirement("D1")
def test_a_month_posted_as_expected_is_clean_and_counted(records, wire):
    for record in records:
        wire.post(record)
    report = audit(records, wire.entries, wire.state_rows(records))
    assert report.findings == ()
    assert report.clean
    counts = report.counts
    assert (counts.posted, counts.no_effect, counts.batched, counts.missing, counts.duplicated) == (58, 2, 60, 0, 0)
    assert counts.source_total == counts.ledger_total == sum(each.source_total for each in records)
    assert report.as_dict()["counts"]["batched"] == 60


def test_nothing_posted_is_missing_and_not_batched(record):
    report = audit([record], [])
    assert {"MISSING", "NOT_BATCHED", "CONTROL_DIFFERS"} == codes(report)
    assert report.counts.missing == 1


# ---- planted bugs ---------------------------------------------------------------------------------------------------


def test_a_flipped_sign_is_seen(records, wire):
    credit = next(each for each in records if each.kind == "credit_note")
    wrong = wire.document(credit)
    wrong |= {"InvoiceID": wrong.pop("CreditNoteID"), "InvoiceNumber": wrong.pop("CreditNoteNumber"), "Type": "ACCREC"}
    wire.export(credit)
    wire.put(wrong)
    wire.batch(credit)
    report = audit([credit], wire.entries)
    assert {"KIND_DIFFERS", "CONTROL_DIFFERS"} <= codes(report)
    assert report.counts.ledger_total == -report.counts.source_total


def test_a_flipped_line_sign_is_seen(records, wire):
    released = next(each for each in records if any(line.net < 0 for line in each.lines) and each.kind == "invoice")
    wrong = wire.document(released)
    wrong["LineItems"] = [{**line, "LineAmount": abs(line["LineAmount"])} for line in wrong["LineItems"]]
    wire.export(released)
    wire.put(wrong)
    wire.batch(released)
    assert {"LINE_SUM_DIFFERS", "LINES_DO_NOT_ADD_UP", "CONTROL_DIFFERS"} <= codes(audit([released], wire.entries))


@pytest.mark.requirement("M11")
def test_tax_rounded_on_every_line_is_seen(record, wire):
    by_line = [line.net * Decimal("0.1") for line in record.lines]
    rounded = [tax.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP") for tax in by_line]
    wrong = wire.document(record, TotalTax=sum(rounded), Total=record.net + sum(rounded))
    for line, tax in zip(wrong["LineItems"], rounded, strict=True):
        line["TaxAmount"] = tax
    wire.export(record)
    wire.put(wrong)
    wire.batch(record)
    report = audit([record], wire.entries)
    assert {"TAX_DIFFERS", "TOTAL_DIFFERS", "CONTROL_DIFFERS"} == codes(report)
    assert "expected 107.61, found 107.63" in next(f.message for f in report.findings if f.code == "TAX_DIFFERS")


@pytest.mark.requirement("M3", "A112")
def test_a_tax_entry_missing_from_the_batch_is_seen(record, wire):
    first = record.invoice_id * 10
    wire.export(record)
    wire.put(wire.document(record))
    wire.batch(record, ids=[first, first + 1])
    report = audit([record], wire.entries)
    assert codes(report) == {"BATCH_INCOMPLETE"}
    assert str(first + 2) in report.findings[0].message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Contact": {"Name": "Somebody else"}}, "CONTACT_DIFFERS"),
        ({"DateString": "2026-02-28T00:00:00"}, "DATE_DIFFERS"),
        ({"DueDateString": "2026-06-30T00:00:00"}, "DUE_DATE_DIFFERS"),
        ({"CurrencyCode": "NZD"}, "CURRENCY_DIFFERS"),
        ({"Status": "DRAFT"}, "NOT_APPROVED"),
    ],
)
def test_a_wrong_header_is_seen(record, wire, changes, code):
    wire.post(record, **changes)
    assert code in codes(audit([record], wire.entries))


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("AccountCode", "230x", "LINE_SUM_DIFFERS"),
        ("TaxType", "EXEMPTOUTPUT", "LINE_SUM_DIFFERS"),
        ("Tracking", [], "LINE_SUM_DIFFERS"),
        ("ItemCode", None, "ITEM_SUM_DIFFERS"),
    ],
)
def test_a_wrong_line_is_seen(record, wire, field, value, code):
    wrong = wire.document(record)
    wrong["LineItems"][0][field] = value
    wire.export(record)
    wire.put(wrong)
    wire.batch(record)
    assert code in codes(audit([record], wire.entries))


# ---- once, and only once --------------------------------------------------------------------------------------------


def test_a_second_document_is_a_duplicate_but_a_replayed_answer_is_not(record, wire):
    wire.post(record)
    wire.put(wire.document(record))
    wire.look_up({**wire.document(record), "LineItems": []})
    assert audit([record], wire.entries).clean
    wire.put(wire.document(record, copy=1))
    report = audit([record], wire.entries)
    assert {"DUPLICATED", "CONTROL_DIFFERS"} == codes(report)
    assert report.counts.duplicated == 1


@pytest.mark.parametrize("query", ["", "InvoiceNumbers=1", "page=1&summaryOnly=true"])
def test_a_list_that_leaves_lines_out_says_nothing_about_them(record, wire, query):
    wire.post(record)
    wire.look_up({**wire.document(record), "LineItems": []}, query=query)
    assert audit([record], wire.entries).clean


@pytest.mark.parametrize("query", ["page=1", "where=Date&pageSize=100"])
def test_a_document_that_a_page_shows_without_lines_has_none(record, wire, query):
    wire.post(record)
    wire.look_up({**wire.document(record), "LineItems": []}, query=query)
    assert {"LINE_SUM_DIFFERS", "LINES_DO_NOT_ADD_UP"} <= codes(audit([record], wire.entries))


def test_a_voided_duplicate_does_not_count(record, wire):
    wire.post(record)
    wire.put(wire.document(record, copy=1))
    wire.put(wire.document(record, copy=1, Status="VOIDED"))
    assert audit([record], wire.entries).clean


def test_a_document_for_a_record_without_effect_or_without_source_is_seen(records, wire):
    idle = next(each for each in records if each.state == "no_effect")
    wire.post(idle)
    wire.put(wire.document(idle))
    wire.put(wire.document(next(each for each in records if each.kind == "invoice")))
    report = audit([idle], wire.entries)
    assert [finding.code for finding in report.findings].count("UNEXPECTED_DOCUMENT") == 2


def test_a_document_whose_answer_was_lost_counts_once(record, wire):
    wire.export(record)
    wire.put(wire.document(record), fault="timeout_after_commit")
    wire.look_up(wire.document(record))
    wire.batch(record)
    assert audit([record], wire.entries).clean


def test_a_document_hidden_by_an_error_page_is_known_from_the_look_up(record, wire):
    wire.export(record)
    wire.put(wire.document(record), fault="500_after", status=500, body="<html>")
    wire.look_up(wire.document(record))
    wire.batch(record)
    assert audit([record], wire.entries).clean


def test_a_refused_element_is_no_document(record, wire):
    wire.put({**wire.document(record), "ValidationErrors": [{"Message": "no"}]})
    wire.put({**wire.document(record), "InvoiceID": "00000000-0000-0000-0000-000000000000"})
    assert "MISSING" in codes(audit([record], wire.entries))


# ---- batches --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("A112")
def test_a_batch_before_its_document_is_seen(record, wire):
    wire.export(record)
    wire.batch(record)
    wire.put(wire.document(record))
    assert codes(audit([record], wire.entries)) == {"BATCHED_BEFORE_POSTED"}


def test_two_batches_of_one_record_are_seen_unless_the_first_was_deleted(record, wire):
    wire.post(record)
    wire.add("connectwise", "GET", "/v2025_1/apis/3.0/finance/accounting/batches", None, 200, [
        {"id": 5, "batchIdentifier": f"INV-{record.number}"},
    ])  # fmt: skip
    wire.batch(record, name="INV-again")
    assert codes(audit([record], wire.entries)) == {"BATCHED_TWICE"}
    wire.add("connectwise", "DELETE", "/v2025_1/apis/3.0/finance/accounting/batches/5", None, 204, "")
    assert audit([record], wire.entries).clean


@pytest.mark.parametrize(("status", "fault"), [(500, "500_after"), (200, "html_page")])
def test_a_batch_whose_answer_was_lost_counts(record, wire, status, fault):
    wire.export(record)
    wire.put(wire.document(record))
    wire.batch(record, status=status, fault=fault, decided=201)
    assert audit([record], wire.entries, wire.state_rows([record])).clean


def test_a_second_batch_that_nobody_was_shown_is_seen(record, wire):
    wire.post(record)
    wire.batch(record, name="INV-again", status=500, fault="500_after", decided=201)
    assert codes(audit([record], wire.entries, wire.state_rows([record]))) == {"BATCHED_TWICE"}


def test_a_refused_batch_behind_an_error_page_does_not_count(record, wire):
    wire.export(record)
    wire.put(wire.document(record))
    wire.batch(record, status=200, fault="html_page", decided=400)
    assert codes(audit([record], wire.entries)) == {"NOT_BATCHED"}


def test_a_refused_batch_does_not_count_and_an_unmarked_invoice_is_named(record, wire):
    wire.export(record)
    wire.put(wire.document(record))
    wire.batch(record, status=400)
    rows = [{"id": record.invoice_id, "invoiceNumber": record.number}]
    assert codes(audit([record], wire.entries, rows)) == {"NOT_BATCHED", "NOT_MARKED"}


def test_a_batch_of_several_records_or_unknown_entries_is_seen(records, wire):
    first, second = records[0], records[1]
    for each in (first, second):
        wire.export(each)
        wire.put(wire.document(each))
    both = [each.invoice_id * 10 + offset for each in (first, second) for offset in range(3)]
    wire.batch(first, ids=[*both, 999])
    assert codes(audit([first, second], wire.entries)) == {"BATCH_HOLDS_SEVERAL", "BATCH_UNKNOWN_ENTRY"}


def test_a_record_that_nobody_closed_may_not_be_batched(records, wire):
    wire.post(records[0])
    wire.post(records[1])
    assert {"BATCHED_UNEXPECTED", "UNEXPECTED_DOCUMENT"} <= codes(audit(records[:1], wire.entries))
