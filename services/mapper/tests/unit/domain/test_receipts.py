from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.common.ledger.document import Contact, ContactRole, DocumentKind
from ledgerwire.mapper.domain.model import Ignored, NoEffect
from ledgerwire.mapper.domain.records import facts_of, map_any
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment, LockPolicy

from .build_purchases import (
    BOOKS,
    BUYING,
    INGRAM,
    amounts,
    bought,
    document,
    freight,
    purchase_tax,
    receipt,
    stop,
    sums,
    told,
)


@pytest.mark.requirement("M16", "A120")
def test_a_receipt_is_a_bill_of_the_vendor_under_the_vendors_own_number() -> None:
    made = document(receipt())
    assert (made.kind, made.number, made.reference) == (DocumentKind.BILL, "V-77", "PO1003")
    assert (made.contact.company_key, made.contact.company_name) == ("supplier:300", "Ingram Micro")
    assert made.contact.role is ContactRole.SUPPLIER
    assert sums(made) == ("100.00", "10.00", "110.00")
    assert amounts(made) == [("630", "100.00", "INPUT", "10.00")]


@pytest.mark.requirement("M16")
@pytest.mark.parametrize(
    ("line", "account"),
    [
        ({"product_class": "Inventory"}, "630"),
        ({"product_class": "NonInventory"}, "310"),
        ({"product_class": "Service"}, "310"),
        ({"product_class": "Inventory", "drop_shipped": True}, "310"),
        ({"product_class": None, "stock_account": ""}, "310"),
        ({"product_class": None, "cost_account": ""}, "630"),
        ({"product_class": "NonInventory", "cost_account": "", "account": "310"}, "310"),
    ],
)
def test_stock_goes_to_the_stock_account_everything_else_and_drop_shipments_to_cost(line, account) -> None:
    [made] = document(receipt(bought(201, "100.00", **line))).lines
    assert made.account_code == account


@pytest.mark.requirement("M16")
def test_a_product_that_left_the_catalog_stops_where_stock_or_cost_cannot_be_told() -> None:
    finding = stop(receipt(bought(201, "100.00", product_class=None)))
    assert (finding.code, finding.params["item"]) == ("PRODUCT_CLASS_UNKNOWN", "DOCK")


@pytest.mark.requirement("M16")
def test_freight_is_a_line_of_its_own_taxed_as_the_header_says() -> None:
    rows = (bought(201, "100.00"), freight(202, "20.00"))
    untaxed = document(receipt(*rows))
    assert amounts(untaxed)[1] == ("320", "20.00", "EXEMPTEXPENSES", "0.00")
    taxed = document(receipt(*rows, taxes=("10.00", "2.00"), freight_taxable=True))
    assert amounts(taxed)[1] == ("320", "20.00", "INPUT", "2.00")


@pytest.mark.requirement("M16", "M7")
def test_lines_and_purchase_tax_rows_go_into_the_batch() -> None:
    facts = facts_of(receipt(bought(201, "100.00"), freight(202, "20.00"), taxes=("6.00", "4.00")))
    assert facts.processed_record_ids == (201, 202, 900, 901)
    assert facts.gl_lines == {"201": "100", "202": "20", "900": "6", "901": "4"}
    assert (facts.gl_total, facts.source_total) == (Decimal("130.00"), Decimal("130.00"))


@pytest.mark.requirement("M16")
def test_the_second_receipt_of_a_vendor_invoice_carries_its_packing_slip() -> None:
    assert document(receipt(later=True, packing_slip="PS2")).number == "V-77-PS2"
    assert document(receipt(later=True, packing_slip="")).number == "V-77-3-PS1-purchase"


@pytest.mark.requirement("M16")
def test_without_a_vendor_invoice_the_order_names_the_bill() -> None:
    made = document(receipt(vendor_invoice_number="", vendor_invoice_date=None, document_number=""))
    assert (made.number, made.reference, made.document_date) == ("PO1003", None, date(2026, 2, 8))


@pytest.mark.requirement("M16", "M3")
def test_a_return_is_a_supplier_credit_with_positive_lines() -> None:
    made = document(receipt(bought(201, "-100.00", quantity=Decimal(-1), price=Decimal(100)), taxes=("-10.00",)))
    assert made.kind is DocumentKind.SUPPLIER_CREDIT
    assert amounts(made) == [("630", "100.00", "INPUT", "10.00")]
    assert (made.lines[0].quantity, made.lines[0].unit_amount, made.total) == (1, 100, 110)


@pytest.mark.requirement("M16", "M3")
def test_a_server_that_shows_costs_with_the_other_sign_makes_the_same_bill() -> None:
    other = receipt(
        bought(201, "-100.00"), taxes=("-10.00",), product={"total": Decimal("110.00")}, header_total=Decimal("110.00")
    )
    assert amounts(document(other)) == amounts(document(receipt()))


@pytest.mark.requirement("M16", "M3")
def test_entries_that_do_not_make_the_receipt_stop_it() -> None:
    finding = stop(receipt(header_total=Decimal("111.00")))
    assert (finding.code, finding.params["difference"]) == ("GL_OUT_OF_BALANCE", "1.00")
    assert stop(receipt(product={"total": Decimal("109.99")})).code == "GL_OUT_OF_BALANCE"


@pytest.mark.requirement("M16")
def test_a_header_that_leaves_the_tax_out_is_the_same_receipt() -> None:
    bare = receipt(product={"total": Decimal("100.00")}, header_total=Decimal("100.00"))
    assert str(document(bare).total) == "110.00"


@pytest.mark.requirement("M16")
def test_tax_that_an_unbatched_order_has_piled_up_is_told_and_not_posted() -> None:
    given = receipt(product={"tax": Decimal("20.00"), "total": Decimal("120.00")})
    finding = told(given, "PO_TAX_ACCUMULATED")
    assert (finding.params["found"], finding.params["expected"]) == ("20.00", "10.00")
    assert document(given).tax == 10


@pytest.mark.requirement("A150", "M16")
@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"packing_slip": "PS|1"}, "packing slip"),
        ({"vendor_invoice_number": "V|77"}, "vendor invoice number"),
        ({"freight_slip": "F|1"}, "freight packing slip"),
    ],
)
def test_a_bar_that_connectwise_cannot_batch_stops_the_receipt(more, field) -> None:
    finding = stop(receipt(**more))
    assert (finding.code, finding.params["field"], finding.params["character"]) == ("INVALID_CHARACTER", field, "|")


@pytest.mark.requirement("M16")
def test_a_vendor_without_a_number_is_why_connectwise_exports_nothing() -> None:
    nothing = replace(receipt(product={"vendor_number": None}), receipt=None)
    assert (stop(nothing).code, stop(nothing).params["vendor"]) == ("VENDOR_NUMBER_MISSING", "Ingram Micro")
    assert stop(replace(receipt(), receipt=None)).code == "GL_ENTRIES_MISSING"


@pytest.mark.requirement("M14", "M16")
@pytest.mark.parametrize(
    ("term", "more", "due"),
    [
        ("Net 30", {}, date(2026, 3, 12)),
        (None, {"due_days": 14}, date(2026, 2, 24)),
        (None, {"terms_xref": "EOM+20"}, date(2026, 3, 20)),
        (None, {}, date(2026, 2, 10)),
    ],
)
def test_the_bill_is_due_by_the_terms_from_the_vendors_date(term, more, due) -> None:
    made = document(receipt(term=term, **more))
    assert (made.document_date, made.due_date) == (date(2026, 2, 10), due)


@pytest.mark.requirement("D14", "M16")
def test_a_bill_dated_in_a_closed_period_stops_or_moves() -> None:
    locked = replace(BOOKS, lock_date=date(2026, 2, 28))
    assert stop(receipt(reference=locked)).code == "PERIOD_LOCKED"
    moved = document(receipt(reference=locked, settings=replace(BUYING, lock_policy=LockPolicy.FIRST_OPEN_DAY)))
    assert (moved.document_date, moved.reference) == (date(2026, 3, 1), "PO1003 / dated 10 Feb 2026")
    chosen = document(replace(receipt(reference=locked), choices=("FIRST_OPEN_DAY",)))
    assert chosen.document_date == date(2026, 3, 1)


@pytest.mark.requirement("M12", "M16")
def test_tax_that_the_ledger_does_not_carry_becomes_a_line_on_its_frozen_account() -> None:
    links = replace(BUYING.procurement, taxed_links={"GST on Income": "EXEMPTEXPENSES"})
    rows = (bought(201, "100.00"),)
    given = receipt(*rows, settings=replace(BUYING, procurement=links))
    given = replace(given, receipt=replace(given.receipt, taxes=(purchase_tax(900, "10.00", cost_account=""),)))
    given = replace(given, reference=_costs(given.reference, "820"))
    made = document(given)
    assert amounts(made) == [("630", "100.00", "EXEMPTEXPENSES", "0.00"), ("820", "10.00", "EXEMPTEXPENSES", "0.00")]
    assert sums(made) == ("110.00", "0.00", "110.00")


def _costs(reference, code):
    """The books with this account as one that may be bought on."""
    cost = next(item for item in reference.accounts if item.code == "310").account_class
    accounts = tuple(replace(item, account_class=cost) if item.code == code else item for item in reference.accounts)
    return replace(reference, accounts=accounts)


@pytest.mark.requirement("M12")
@pytest.mark.parametrize(
    ("line", "code"),
    [({"tax_code": "ODD"}, "TAX_CODE_UNKNOWN"), ({"tax_code": None}, "TAX_CODE_BLANK")],
)
def test_a_purchase_tax_that_nobody_knows_stops(line, code) -> None:
    finding = stop(receipt(bought(201, "100.00", **line), tax_code=None))
    assert finding.code == code


def test_a_rate_is_found_by_name_among_those_that_purchases_may_have() -> None:
    unlinked = replace(BUYING, procurement=replace(BUYING.procurement, taxed_links={}))
    made = document(receipt(bought(201, "100.00", tax_code="GST on Expenses"), settings=unlinked))
    assert made.lines[0].tax_type == "INPUT"


@pytest.mark.requirement("M11")
def test_a_unit_cost_that_does_not_multiply_out_is_posted_as_its_total() -> None:
    line = bought(201, "100.00", quantity=Decimal(3), price=Decimal("33.33333"))
    made = document(receipt(line))
    assert amounts(made) == [("630", "100.00", "INPUT", "10.00")]


@pytest.mark.requirement("M4", "M16")
def test_goods_for_nothing_are_batched_without_a_document() -> None:
    assert isinstance(map_any(receipt(bought(201, "0.00"), taxes=())), NoEffect)


@pytest.mark.requirement("M19")
def test_exclusion_rules_look_at_the_types_they_name() -> None:
    invoices = ExclusionRule("no orders", number_prefixes=("PO",))
    assert document(receipt(settings=replace(BUYING, exclusions=(invoices,))))
    orders = replace(invoices, record_types=("procurement",))
    left = map_any(receipt(settings=replace(BUYING, exclusions=(orders,))))
    assert isinstance(left, Ignored)
    assert (left.reason, left.finding.code) == ("excluded", "EXCLUDED_BY_RULE")
    batched = replace(
        orders,
        number_prefixes=(),
        invoice_types=("Purchase",),
        company_ids=(300,),
        treatment=ExclusionTreatment.BATCH_WITHOUT_POSTING,
    )
    result = map_any(receipt(settings=replace(BUYING, exclusions=(batched,))))
    assert isinstance(result, NoEffect)
    assert result.excluded


@pytest.mark.requirement("A110", "A061")
def test_a_company_without_procurement_leaves_its_receipts_unposted() -> None:
    off = replace(BUYING, procurement=replace(BUYING.procurement, enabled=False))
    left = map_any(receipt(settings=off))
    assert isinstance(left, Ignored)
    assert left.finding.code == "RECORD_TYPE_OFF"


@pytest.mark.requirement("A111", "M1")
def test_what_left_the_list_is_left_alone() -> None:
    left = map_any(receipt(product={"listed": False}))
    assert isinstance(left, Ignored)
    assert left.reason == "unlisted"


@pytest.mark.requirement("M13", "M16")
def test_the_supplier_is_linked_by_number_or_by_the_settings() -> None:
    known = Contact("c-9", "Ingram Micro Pty", account_number="V-300")
    by_number = document(receipt(party=replace(INGRAM, contacts=(known,))))
    assert (by_number.contact.decision, by_number.contact.candidate_id) == ("link", "c-9")
    named = document(receipt(party=replace(INGRAM, contacts=(known,), chosen="c-9")))
    assert named.contact.candidate_id == "c-9"
