"""The seeded month is the one that a clerk was promised."""

import random
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from ledgerwire.sandbox.seed import build, month_before
from ledgerwire.sandbox.seed.companies import COMPANIES
from ledgerwire.sandbox.seed.invoices import month_of_invoices
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.scenario import Scenario

SEEDS = (1, 7, 20260201)


@pytest.fixture(params=SEEDS)
def scenario(request) -> Scenario:
    return build(request.param)


def drafts(seed: int):
    return month_of_invoices(random.Random(seed), BusinessMonth(date(2026, 2, 1)))  # noqa: S311


def test_the_same_seed_tells_the_same_month_and_another_seed_another_one():
    assert build(7) == build(7)
    assert build(7).expected != build(8).expected


def test_an_unknown_scenario_and_a_month_from_the_middle_are_refused():
    with pytest.raises(ValueError, match="unknown scenario"):
        build(1, "year")
    with pytest.raises(ValueError, match="1st"):
        build(1, month_start=date(2026, 2, 3))


def test_the_month_before_a_day_is_found_over_a_year_end():
    assert month_before(date(2026, 1, 1)).start == date(2025, 12, 1)
    assert month_before(date(2026, 3, 31)).lock_date == date(2026, 1, 31)


@pytest.mark.parametrize("seed", SEEDS)
def test_sixty_invoices_in_the_promised_mix(seed):
    counts = Counter(draft.family for draft in drafts(seed))
    assert counts == {
        "managed": 14, "cloud": 10, "backup": 4, "annual": 2, "standard": 14, "progress": 2, "down_payment": 2,
        "miscellaneous": 3, "credit_memo": 4, "zero": 4, "negative": 1,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_amounts_stay_in_the_promised_ranges(seed):
    ranges = {
        "managed": (1150, 9800), "cloud": (85, 2900), "backup": (60, 740), "annual": (1450, 8700),
        "credit_memo": (-640, -35), "zero": (0, 0),
    }  # fmt: skip
    for draft in drafts(seed):
        low, high = ranges.get(draft.family, (-15000, 46000))
        assert low <= draft.net <= high, draft
        for line in draft.lines:
            if line.stream_name == "hardware" and draft.type == "Standard":
                assert 240 <= line.total <= 14500
            if line.stream_name.endswith("labour") and line.quantity > 0:
                assert line.price in {0, 145, 165, 195}
                assert line.quantity * 4 == int(line.quantity * 4)


def test_forty_companies_in_their_roles():
    assert Counter(company.role for company in COMPANIES.values()) == {
        "customer": 33, "vendor": 5, "prospect": 1, "former": 1,
    }  # fmt: skip
    assert [company.key for company in COMPANIES.values() if company.also_vendor] == ["Gumleaf"]
    assert len({company.name for company in COMPANIES.values()}) == 40


def test_thirty_close_in_a_burst_on_the_first(scenario):
    burst = [planned for planned in scenario.plan if planned.burst]
    assert len(burst) == 30
    assert scenario.plan[:30] == tuple(burst)
    assert {planned.day for planned in burst} == {date(2026, 2, 1)}
    assert {row["type"] for row in scenario.connectwise_tables["finance/invoices"][:30]} == {"Agreement"}


def test_every_invoice_is_open_at_first_and_its_header_adds_up(scenario):
    for row in scenario.connectwise_tables["finance/invoices"]:
        lines = scenario.invoice_lines[row["id"]]
        parts = ("serviceTotal", "expenseTotal", "productTotal", "agreementAmount")
        deposits = sum((line.total for line in lines if line.kind == "RD"), Decimal(0))
        assert row["status"] == {"id": 1, "name": "New", "isClosed": False}
        assert row["subtotal"] + row["salesTax"] == row["total"]
        assert sum((row[part] for part in parts), deposits) == sum(line.total for line in lines)
        assert sum((tax for line in lines for tax in line.tax_by_level), Decimal(0)) == row["salesTax"]


@pytest.mark.requirement("M11")
def test_some_lines_are_rounded_otherwise_than_quantity_times_price_and_one_invoice_has_fractions_of_a_cent(scenario):
    lines = [line for each in scenario.invoice_lines.values() for line in each]
    unrounded = [line for line in lines if (line.quantity * line.price).quantize(Decimal("0.01")) != line.total]
    assert [line.total for line in unrounded if line.item_identifier == "CAT6-M"] == [Decimal("525.00")]
    assert any(line.price != round(line.price, 4) for line in lines)
    sums = {key: sum(line.total for line in each) for key, each in scenario.invoice_lines.items()}
    for row in scenario.connectwise_tables["finance/invoices"]:
        assert sums[row["id"]] == row["subtotal"], "the general ledger is in balance, fractions of a cent included (M3)"
    fractions = [line.total for line in lines if line.total != round(line.total, 2)]
    assert fractions == [Decimal("333.335")] * 2


def test_a_tax_on_the_document_differs_by_cents_from_the_tax_on_its_lines(scenario):
    row = next(
        each for each in scenario.expected if each.contact == "Glebe Books & Coffee" and each.net == Decimal("1076.10")
    )
    by_line = sum(round(line.net * Decimal("0.1") + Decimal("0.000001"), 2) for line in row.lines)
    assert (row.tax, by_line) == (Decimal("107.61"), Decimal("107.63"))


def test_customers_with_tax_export_and_exemption_stand_side_by_side(scenario):
    types = {line.tax_type for record in scenario.expected for line in record.lines}
    assert types == {"OUTPUT", "EXEMPTEXPORT", "EXEMPTOUTPUT", "BASEXCLUDED"}
    mixed = [record for record in scenario.expected if len({line.tax_type for line in record.lines}) > 1]
    assert any({line.tax_type for line in record.lines} == {"OUTPUT", "EXEMPTOUTPUT"} for record in mixed)


@pytest.mark.requirement("M13")
def test_branches_are_billed_to_their_parent(scenario):
    rows = [row for row in scenario.connectwise_tables["finance/invoices"] if row["company"] != row["billToCompany"]]
    assert {row["company"]["name"] for row in rows} == {"Harbour Dental Manly", "Harbour Dental Camperdown"}
    assert {row["billToCompany"]["name"] for row in rows} == {"Harbour Dental Group Pty Ltd"}
    assert {e.contact for e in scenario.expected if e.invoice_id in {row["id"] for row in rows}} == {
        "Harbour Dental Group Pty Ltd",
    }


@pytest.mark.requirement("M14")
def test_each_kind_of_term_is_used_and_one_lacks_its_cross_reference(scenario):
    terms = {row["name"]: row["termsXref"] for row in scenario.connectwise_tables["finance/billingTerms"]}
    assert [name for name, xref in terms.items() if not xref] == ["Net 14"]
    used = {row["billingTerms"]["name"] for row in scenario.connectwise_tables["finance/invoices"]}
    assert used == set(terms)
    eom = next(e for e in scenario.expected if e.contact == "Banksia Aged Care Ltd")
    assert eom.due_date == date(2026, 3, 20)


def test_the_tables_load_into_the_simulated_psa_by_name(scenario):
    tables = scenario.state_tables()
    assert len(tables["companies"]) == 40
    assert tables["tax_code_levels"][11]["parentId"] == 1
