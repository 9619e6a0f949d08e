from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import round_half_up
from ledgerwire.mapper.domain.model import Ignored, NoEffect
from ledgerwire.mapper.domain.records import facts_of, map_any
from ledgerwire.mapper.domain.settings import ExclusionRule

from .build_purchases import BUYING, amounts, document, pair, spent, stop, sums, told

CARD = {"payment_type": "Company card"}


def chosen(**changes):
    return replace(BUYING, expenses=replace(BUYING.expenses, **changes))


@pytest.mark.requirement("M17", "A121")
def test_a_reimbursable_expense_is_a_bill_of_the_employee() -> None:
    made = document(spent())
    assert (made.kind, made.number, made.contact.company_key) == (DocumentKind.BILL, "EXP-9001", "member:7")
    assert amounts(made) == [("425", "100.00", "INPUT", "10.00")]
    assert (made.document_date, made.due_date, str(made.total)) == (date(2026, 2, 12), date(2026, 2, 12), "110.00")


@pytest.mark.requirement("M17", "A057")
def test_what_the_company_paid_is_billed_by_the_clearing_contact() -> None:
    made = document(spent(classification="NonReimbursable", **CARD))
    assert (made.kind, made.contact.company_name) == (DocumentKind.BILL, "Westpac Cards")
    assert made.reference == "Jane Roe / Taxi / paid from 855"
    assert document(spent(payment_type="COMPANY CARD")).contact.company_name == "Westpac Cards"


@pytest.mark.requirement("M17")
def test_a_personal_expense_on_the_company_card_is_owed_back_without_tax() -> None:
    made = document(spent("100.00", "0", tax_row=None, classification="Personal", **CARD))
    assert (made.kind, made.contact.company_key) == (DocumentKind.SUPPLIER_CREDIT, "member:7")
    assert amounts(made) == [("425", "100.00", "EXEMPTEXPENSES", "0.00")]
    taxed = document(spent(net="110.00", tax_row=None, classification="Personal", **CARD))
    assert amounts(taxed) == [("425", "110.00", "EXEMPTEXPENSES", "0.00")]


@pytest.mark.requirement("A057", "M17")
@pytest.mark.parametrize("classification", ["Personal", "NonReimbursable"])
def test_what_neither_the_list_nor_the_class_says_who_paid_stops(classification) -> None:
    finding = stop(spent(classification=classification))
    assert (finding.code, finding.params["payment_type"]) == ("EXPENSE_PAYMENT_TYPE_UNLISTED", "Own money")


@pytest.mark.requirement("A057")
def test_a_company_paid_type_that_connectwise_does_not_have_is_flagged() -> None:
    given = spent(settings=chosen(company_paid_types=("Company card", "Amex")))
    assert told(given, "EXPENSE_PAYMENT_TYPE_UNKNOWN").params["payment_type"] == "Amex"


@pytest.mark.requirement("M17")
def test_without_a_clearing_contact_a_company_paid_expense_stops() -> None:
    assert stop(spent(settings=chosen(clearing_contact=None), **CARD)).code == "EXPENSE_CLEARING_MISSING"


@pytest.mark.requirement("M17")
@pytest.mark.parametrize(
    ("inclusive", "given", "net", "tax", "total"),
    [
        (True, {"total": "110.00", "net": "100.00", "tax_row": "10.00"}, "100.00", "10.00", "110.00"),
        (True, {"total": "110.00", "net": "110.00", "tax_row": None}, "100.00", "10.00", "110.00"),
        (False, {"total": "100.00", "net": "100.00", "tax_row": None}, "100.00", "10.00", "110.00"),
        (False, {"total": "100.00", "net": "100.00", "tax_row": "10.00"}, "100.00", "10.00", "110.00"),
        (False, {"total": "100.00", "net": "110.00", "tax_row": None}, "100.00", "10.00", "110.00"),
    ],
)
def test_amounts_contain_the_tax_or_do_not_by_setting(inclusive, given, net, tax, total) -> None:
    made = document(spent(settings=chosen(tax_inclusive=inclusive), **given))
    assert sums(made) == (net, tax, total)
    assert amounts(made) == [("425", net, "INPUT", tax)]


@pytest.mark.requirement("M17", "M3")
def test_entries_that_do_not_make_the_expense_stop_it() -> None:
    assert stop(spent(settings=chosen(tax_inclusive=False))).code == "GL_OUT_OF_BALANCE"
    assert stop(spent("111.00")).code == "GL_OUT_OF_BALANCE"


@pytest.mark.requirement("M17")
@pytest.mark.parametrize(
    ("required", "status", "code"),
    [
        ("ApprovedByTierTwo", "ApprovedByTierOne", "EXPENSE_NOT_APPROVED"),
        ("ApprovedByTierTwo", "Rejected", "EXPENSE_NOT_APPROVED"),
        ("ApprovedByTierTwo", None, "EXPENSE_NOT_APPROVED"),
        ("ReadyToBill", "ApprovedByTierTwo", "EXPENSE_BILLING_STATUS"),
    ],
)
def test_an_expense_below_the_required_tier_or_billing_status_stops(required, status, code) -> None:
    finding = stop(spent(settings=chosen(required_status=required), status=status))
    assert (finding.code, finding.params["required"]) == (code, required)


@pytest.mark.requirement("M17")
@pytest.mark.parametrize(
    ("required", "status"), [("ApprovedByTierTwo", "Billed"), ("ApprovedByTierOne", "ApprovedByTierTwo"), ("", "Open")]
)
def test_an_expense_that_has_come_far_enough_goes_out(required, status) -> None:
    assert document(spent(settings=chosen(required_status=required), status=status))


@pytest.mark.requirement("M17", "M7")
def test_every_id_of_every_line_goes_into_the_batch() -> None:
    facts = facts_of(spent())
    assert facts.processed_record_ids == (601, 602, 603, 604)
    assert facts.gl_lines == {"601": "100", "602": "100", "603": "10", "604": "10"}


@pytest.mark.requirement("M17")
def test_the_journal_style_debits_the_line_and_credits_its_offset() -> None:
    pairs = (pair("100.00", "425", "855", ids=(601, 602)), pair("10.00", "425", "855", ids=(603, 604)))
    given = spent(pairs=pairs)
    made = document(given)
    assert made.kind is DocumentKind.JOURNAL
    expected = [("425", "100.00"), ("855", "-100.00"), ("425", "10.00"), ("855", "-10.00")]
    assert [(account, net) for account, net, _, _ in amounts(made)] == expected
    assert (str(made.total), made.contact) == ("110.00", None)
    assert facts_of(given).processed_record_ids == (601, 602, 603, 604)


@pytest.mark.requirement("M17", "M3")
def test_a_journal_that_does_not_balance_or_is_another_amount_stops() -> None:
    assert stop(spent(pairs=(pair("110.00", "425", "855", offset="-100.00"),))).code == "GL_OUT_OF_BALANCE"
    assert stop(spent(pairs=(pair("90.00", "425", "855"),))).code == "GL_OUT_OF_BALANCE"


@pytest.mark.requirement("M2", "M17")
def test_an_expense_without_gl_entries_stops() -> None:
    assert stop(replace(spent(), bill=())).code == "GL_ENTRIES_MISSING"


@pytest.mark.requirement("M12", "M17")
def test_tax_that_the_ledger_does_not_carry_stays_a_cost() -> None:
    untaxed = chosen(taxed_links={"GST on Income": "EXEMPTEXPENSES"})
    inside = document(spent(net="110.00", tax_row=None, settings=untaxed))
    assert amounts(inside) == [("425", "110.00", "EXEMPTEXPENSES", "0.00")]


@pytest.mark.requirement("M19")
def test_expenses_are_excluded_by_their_class_or_customer() -> None:
    rule = ExclusionRule("personal", invoice_types=("Personal",), record_types=("expense",))
    left = map_any(spent(settings=replace(BUYING, exclusions=(rule,)), classification="Personal", **CARD))
    assert isinstance(left, Ignored)
    assert left.reason == "excluded"


@pytest.mark.requirement("A110")
def test_a_company_without_expenses_leaves_them_unposted() -> None:
    left = map_any(spent(settings=chosen(enabled=False)))
    assert isinstance(left, Ignored)
    assert left.finding.code == "RECORD_TYPE_OFF"


@pytest.mark.requirement("M4")
def test_an_expense_over_nothing_is_batched_without_a_document() -> None:
    assert isinstance(map_any(spent("0", "0", net="0.00", tax_row=None)), NoEffect)


def test_a_refund_of_an_expense_is_a_supplier_credit() -> None:
    made = document(spent("-110.00", "-10.00", net="-100.00", tax_row="-10.00"))
    assert made.kind is DocumentKind.SUPPLIER_CREDIT
    assert amounts(made) == [("425", "100.00", "INPUT", "10.00")]


@pytest.mark.parametrize("cents", range(1, 40, 7))
def test_tax_inside_the_amount_is_taken_out_to_the_cent(cents) -> None:
    total = Decimal("110.00") + Decimal(cents) / 100
    tax = round_half_up(total / 11)
    made = document(spent(str(total), str(tax), net=str(total), tax_row=None))
    assert made.net + made.tax == made.total == total
