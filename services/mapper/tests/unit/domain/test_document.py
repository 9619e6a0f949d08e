from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.common.ledger.document import DocumentKind, LineRole
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import MappingInput, NoEffect, StoppedResult
from ledgerwire.mapper.domain.settings import PostAs, ZeroEffect

from .build import ACME, SETTINGS, document, gl_line, mapped, source, stop, stops


@pytest.mark.requirement("M3", "M13", "A113")
def test_a_plain_invoice_becomes_one_approved_document_of_the_same_total():
    made = document(source())
    assert (made.kind, made.number, made.draft) == (DocumentKind.SALES_INVOICE, "INV-1042", False)
    assert (made.net, made.tax, made.total) == (Decimal("100.00"), Decimal("10.00"), Decimal("110.00"))
    [line] = made.lines
    assert (line.account_code, line.item_code, line.tax_type, line.tax_override) == ("220", "LABOUR", "OUTPUT", False)
    assert line.source_ids == (101,)


@pytest.mark.requirement("A113")
def test_the_account_may_ask_for_drafts():
    assert document(source(settings=replace(SETTINGS, post_as=PostAs.DRAFT))).draft


@pytest.mark.requirement("M3")
def test_tax_rows_and_the_receivable_are_no_lines():
    receivable = gl_line(100, "-110.00", gl_type="AR")
    given = source()
    rows = replace(given.export, lines=(receivable, *given.export.lines))
    assert len(document(replace(given, export=rows)).lines) == 1


@pytest.mark.requirement("M3")
@pytest.mark.parametrize("header", ["110.00", "-110.00"])
@pytest.mark.parametrize("kind", ["CreditMemo", "Standard", "Miscellaneous"])
def test_the_kind_follows_the_total_and_the_number_stays(kind, header):
    given = source(gl_line(101, "-100.00"), tax="-10.00", invoice_type=kind, export={"header_total": Decimal(header)})
    made = document(given)
    assert (made.kind, made.number) == (DocumentKind.CREDIT_NOTE, "INV-1042")
    assert (made.net, made.tax, made.total) == (Decimal("100.00"), Decimal("10.00"), Decimal("110.00"))
    assert made.lines[0].unit_amount == Decimal("100.00")


@pytest.mark.requirement("M3")
def test_a_debit_line_is_negative_on_an_invoice_and_flipped_once_more_on_a_credit_note():
    goodwill = gl_line(102, "-30.00", description="Goodwill")
    made = document(source(gl_line(101, "100.00"), goodwill, tax="7.00"))
    assert [line.net for line in made.lines] == [Decimal("100.00"), Decimal("-30.00")]
    made = document(source(gl_line(101, "20.00"), goodwill, tax="-1.00"))
    assert (made.kind, [line.net for line in made.lines]) == (
        DocumentKind.CREDIT_NOTE,
        [Decimal("-20.00"), Decimal("30.00")],
    )


@pytest.mark.requirement("M9")
@pytest.mark.parametrize(("flag", "tax", "type_"), [(True, "8.00", "OUTPUT"), (False, "10.00", "EXEMPTOUTPUT")])
def test_a_used_down_payment_is_a_negative_deferred_line_taxed_as_it_was(flag, tax, type_):
    deposit = gl_line(102, "-20.00", gl_type="RD", account="812", non_product_id=None)
    given = source(
        gl_line(101, "100.00"), deposit, tax=tax, invoice_type="Progress", export={"downpayment_taxed": flag}
    )
    line = document(given).lines[1]
    assert (line.net, line.account_code, line.tax_type) == (Decimal("-20.00"), "812", type_)


@pytest.mark.requirement("M9")
def test_a_down_payment_posts_as_an_invoice_to_deferred_revenue():
    deposit = gl_line(101, "4800.00", gl_type="RD", account="812", non_product_id=None)
    made = document(source(deposit, tax="480.00", invoice_type="DownPayment"))
    assert (made.kind, made.lines[0].account_code, made.lines[0].item_code) == (
        DocumentKind.SALES_INVOICE,
        "812",
        "DEPOSIT",
    )


@pytest.mark.requirement("M9")
def test_consolidated_invoices_stop_until_a_tenant_shows_how_they_are_listed():
    assert stops(source(invoice_type="Consolidated")) == ["INVOICE_TYPE_UNCONFIRMED"]


@pytest.mark.requirement("M4")
def test_a_zero_total_that_moves_money_is_posted():
    drawn = gl_line(101, "495.00", taxable=False)
    released = gl_line(102, "-495.00", gl_type="RD", account="812", non_product_id=None, taxable=False)
    made = document(source(drawn, released, tax="0.00", taxable=False, export={"taxable": False}))
    assert (made.total, len(made.lines)) == (Decimal(0), 2)


@pytest.mark.requirement("M4")
def test_a_zero_total_that_moves_nothing_is_batched_without_a_document_unless_the_account_posts_it():
    given = source(gl_line(101, "217.50"), gl_line(102, "-217.50"), tax="0.00")
    assert map_record(given) == NoEffect((), map_record(given).trace)
    made = document(replace(given, settings=replace(SETTINGS, zero_effect=ZeroEffect.POST)))
    assert made.total == 0


@pytest.mark.requirement("M4")
def test_tracking_alone_is_an_effect():
    other = gl_line(102, "-217.50", gl_class="Projects")
    assert document(source(gl_line(101, "217.50"), other, tax="0.00")).total == 0


@pytest.mark.requirement("M13")
def test_the_service_company_goes_into_the_reference_when_another_pays():
    made = document(source(company_name="Acme Manly", customer_po="PO-7"))
    assert (made.contact.company_name, made.reference) == ("Acme", "PO-7 / Acme Manly")


@pytest.mark.requirement("M15")
def test_a_currency_the_ledger_does_not_have_stops():
    assert stop(source(currency="NZD")).params["currency"] == "NZD"
    assert document(source(currency=None)).currency == "AUD"


@pytest.mark.requirement("D14", "M25")
def test_a_date_in_a_closed_period_stops_with_the_choices():
    locked = replace(source().reference, lock_date=date(2026, 2, 28))
    finding = stop(source(reference=locked, document_date=date(2026, 2, 28)))
    assert finding.message == "Dated 28 Feb, books locked to 28 Feb."
    assert finding.entry.render_action(finding.params) == "Hold, post on 1 Mar, or unlock; then Retry."
    assert document(source(reference=locked, document_date=date(2026, 3, 1))).document_date == date(2026, 3, 1)


@pytest.mark.requirement("D14")
def test_the_first_open_day_is_used_where_the_account_says_so_and_the_reference_keeps_the_date():
    locked = replace(source().reference, lock_date=date(2026, 2, 28))
    result = mapped(source(reference=locked, settings=replace(SETTINGS, lock_policy="first_open_day")))
    [made] = result.documents
    assert (made.document_date, made.due_date) == (date(2026, 3, 1), date(2026, 3, 12))
    assert made.reference == "dated 10 Feb 2026"
    assert [finding.code for finding in result.findings] == ["DATE_MOVED"]


@pytest.mark.requirement("D4")
def test_the_same_input_gives_the_same_bytes_and_survives_storage():
    given = source(gl_line(101, "100.00"), gl_line(102, "33.33"), tax="13.33")
    first, stored = canonical_bytes(map_record(given)), canonical_bytes(given)
    again = from_canonical(stored, MappingInput)
    assert canonical_bytes(again) == stored
    assert canonical_bytes(map_record(again)) == first == canonical_bytes(map_record(given))


def test_a_stopped_record_tells_only_what_stops_it():
    nobody = replace(ACME, billing_contact=None)
    given = source(gl_line(101, "525.00", quantity=Decimal(100), price=Decimal("5.2456")), tax="52.50", company=nobody)
    result = map_record(given)
    assert isinstance(result, StoppedResult)
    assert [finding.code for finding in result.findings] == ["CONTACT_BILLING_MISSING"]


def test_a_decision_is_kept_once_and_lines_refer_to_it():
    rows = [gl_line(101 + number, "10.00", description=f"Visit {number}") for number in range(50)]
    result = mapped(source(*rows, tax="50.00"))
    assert len({line.decisions for line in result.documents[0].lines}) == 1
    assert len(result.trace.decisions) == len(set(result.trace.decisions)) == 7


def test_lines_refer_to_decisions_of_the_trace():
    result = mapped(source())
    [made] = result.documents
    subjects = [result.trace.decisions[index].subject for index in made.lines[0].decisions]
    assert subjects == ["account", "item", "tracking", "tax"]
    assert made.lines[0].role is LineRole.SALE
