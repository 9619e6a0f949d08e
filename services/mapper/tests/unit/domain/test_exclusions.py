"""Exclusion rules by each of their conditions, and numbers that no system finds again (M19, M9)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import Ignored, Mapped, NoEffect
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

from .build import SETTINGS, document, gl_line, mapped, source, stop

CONDITIONS = {"number_prefixes": ("INV-10", "INT-"), "invoice_types": ("Standard",), "company_ids": (250, 251)}
OTHERS = {"number_prefixes": ("CM-",), "invoice_types": ("Agreement",), "company_ids": (999,)}


def ruled(treatment=ExclusionTreatment.LEAVE_UNPOSTED, **conditions):
    rule = ExclusionRule("internal", treatment, **conditions)
    return map_record(source(settings=replace(SETTINGS, exclusions=(rule,))))


@pytest.mark.requirement("M19")
@pytest.mark.parametrize("name", list(CONDITIONS))
def test_each_condition_alone_excludes(name):
    assert isinstance(ruled(**{name: CONDITIONS[name]}), Ignored)
    assert isinstance(ruled(**{name: OTHERS[name]}), Mapped)


@pytest.mark.requirement("M19")
@pytest.mark.parametrize("name", list(CONDITIONS))
def test_all_stated_conditions_must_hold(name):
    assert isinstance(ruled(**CONDITIONS), Ignored)
    assert isinstance(ruled(**{**CONDITIONS, name: OTHERS[name]}), Mapped)


@pytest.mark.requirement("M19")
def test_a_rule_says_leave_unposted_or_batch_without_posting():
    left = ruled(**CONDITIONS)
    assert left.finding.message == "INV-1042 matches the exclusion rule 'internal': left unposted."
    batched = ruled(ExclusionTreatment.BATCH_WITHOUT_POSTING, **CONDITIONS)
    assert isinstance(batched, NoEffect)
    assert (batched.excluded, batched.findings[0].params["treatment"]) == (True, "batched without posting")


@pytest.mark.requirement("M19")
def test_a_rule_for_other_types_of_record_leaves_invoices_alone():
    assert isinstance(ruled(**CONDITIONS, record_types=("procurement", "expense")), Mapped)
    assert isinstance(ruled(**CONDITIONS, record_types=("procurement", "invoice")), Ignored)


def test_a_number_with_a_bar_stops_and_names_the_character():
    finding = stop(source(number="INV|1042"))
    assert finding.code == "INVALID_CHARACTER"
    assert (finding.params["character"], "?" in finding.message) == ("|", False)


@pytest.mark.requirement("M9")
@pytest.mark.parametrize("kind", ["Progress", "DownPayment", "Agreement", "Miscellaneous", "Standard"])
def test_every_type_but_consolidated_is_mapped_from_its_gl_lines(kind):
    assert mapped(source(invoice_type=kind)).documents[0].total == Decimal("110.00")
    assert stop(source(invoice_type="Consolidated")).code == "INVOICE_TYPE_UNCONFIRMED"


@pytest.mark.requirement("M9")
def test_progress_amounts_are_the_exports_and_a_prepayment_goes_where_connectwise_froze_it():
    part = gl_line(101, "7200.00", quantity=Decimal("0.4"), price=Decimal(18000), description="Migration, 40 %")
    made = document(source(part, tax="720.00", invoice_type="Progress"))
    assert (made.net, made.lines[0].quantity, made.lines[0].unit_amount) == (
        Decimal("7200.00"),
        Decimal("0.4"),
        Decimal(18000),
    )
    block = gl_line(101, "1950.00", gl_type="RA", account="812", non_product_id=None, description="Block of 10 hours")
    assert document(source(block, tax="195.00", invoice_type="Agreement")).lines[0].account_code == "812"
