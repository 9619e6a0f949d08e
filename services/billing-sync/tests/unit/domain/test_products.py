"""M23: what a created product carries, and what must be there first. M21: what it sells for."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ledgerwire.billing_sync.domain.pricing import PriceSources, sell_price
from ledgerwire.billing_sync.domain.products import (
    Defaults,
    NewProduct,
    ProductSettings,
    SetupRow,
    check_default,
    find_default,
    new_product,
    uncovered_categories,
)
from ledgerwire.billing_sync.domain.rules import PriceBasis, PriceRule
from ledgerwire.billing_sync.domain.wanting import wanted_line
from ledgerwire.common.seats import SourceProduct

from .build import FIXED, RULES, codes, psa, said, subscription

SKU = SourceProduct("CFQ7TTC0LCHC:0002", "Microsoft 365 Business Premium")
DEFAULTS = Defaults(1, 2, 3, 4)
SETTINGS = ProductSettings(taxable=True)


@pytest.mark.requirement("A190", "A195", "M23", "B33")
def test_a_created_product_carries_the_defaults_and_bills():
    made = new_product(SKU, SETTINGS, DEFAULTS, price=Decimal(22), cost=Decimal(18))
    assert made == NewProduct(
        identifier=SKU.sku,
        description="Microsoft 365 Business Premium",
        customer_description="Microsoft 365 Business Premium",
        vendor_sku=SKU.sku,
        product_class="NonInventory",
        category_id=1,
        subcategory_id=2,
        type_id=3,
        unit_id=4,
        taxable=True,
        price=Decimal(22),
        cost=Decimal(18),
        billable_option="Billable",
    )


@pytest.mark.requirement("A190", "M23")
def test_a_sku_may_have_a_category_of_its_own():
    made = new_product(SKU, replace(SETTINGS, category_by_sku={SKU.sku: (11, 12)}), Defaults(None, None, 3, 4))
    assert (made.category_id, made.subcategory_id) == (11, 12)


@pytest.mark.requirement("M23")
@pytest.mark.parametrize("settings", [ProductSettings(), ProductSettings("Inventory", taxable=True)])
def test_taxable_is_said_outright_and_the_class_is_never_inventory(settings):
    refused = new_product(SKU, settings, DEFAULTS)
    assert [said(finding) for finding in refused] == ["BS_PRODUCT_SETTING_MISSING"]


@pytest.mark.requirement("A196", "F1")
def test_without_each_creation_stops_before_any_write():
    refused = new_product(SKU, SETTINGS, Defaults(1, 2, 3, None))
    assert [(said(f), f.params["table"], f.params["name"]) for f in refused] == [
        ("BS_DEFAULT_MISSING", "Unit of Measure", "Each")
    ]


@pytest.mark.requirement("A194")
def test_what_is_missing_is_said_in_the_order_it_is_created():
    refused = new_product(SKU, SETTINGS, Defaults(None, None, None, 4))
    assert [finding.params["table"] for finding in refused] == ["Category", "Subcategory", "Product Type"]


@pytest.mark.requirement("A191", "A192", "A193", "A197")
def test_a_default_is_found_by_name_stray_spaces_aside_and_must_be_active():
    rows = [SetupRow(1, "Miscellaneous ", inactive=True), SetupRow(2, "Other"), SetupRow(3, " each")]
    assert find_default(rows, "Each").id == 3
    assert check_default("Category", find_default(rows, "Miscellaneous"), "Miscellaneous").params["state"] == "inactive"
    assert check_default("Category", find_default(rows, "None such"), "None such").params["state"] == "absent"
    assert check_default("Unit of Measure", find_default(rows, "Each"), "Each") is None


@pytest.mark.requirement("A192")
def test_a_subcategory_is_the_one_of_its_category():
    rows = [SetupRow(1, "Miscellaneous", parent_id=9), SetupRow(2, "Miscellaneous", parent_id=5)]
    assert find_default(rows, "Miscellaneous", 5).id == 2


@pytest.mark.requirement("M23")
def test_a_product_id_in_use_gets_a_number_within_the_limit():
    long = SourceProduct("X" * 70, "Name " * 30)
    made = new_product(long, SETTINGS, DEFAULTS, taken=frozenset({"X" * 60}))
    assert made.identifier == "X" * 58 + "-2"
    assert len(made.description) <= 60


@pytest.mark.requirement("M23")
def test_each_category_in_use_needs_revenue_and_cost_mappings():
    found = uncovered_categories({1: "Miscellaneous", 2: "Cloud"}, revenue=[1], cogs=[1, 2])
    assert [(said(f), f.params["category"], f.params["mapping"]) for f in found] == [
        ("BS_GL_MAPPING_MISSING", "Cloud", "revenue")
    ]
    assert uncovered_categories({1: "Miscellaneous"}, revenue=[None], cogs=[None]) == ()


AMOUNTS = PriceSources(cost=Decimal("18.00"), erp=Decimal("22.00"), source=Decimal("21.50"), catalog=Decimal("23.00"))


@pytest.mark.parametrize(
    ("basis", "value", "price"),
    [
        (PriceBasis.FIXED, "19.99", "19.99"),
        (PriceBasis.ERP, "0", "22.00"),
        (PriceBasis.MARKUP, "20", "21.60"),
        (PriceBasis.MARGIN, "20", "22.50"),
        (PriceBasis.SOURCE, "0", "21.50"),
        (PriceBasis.CATALOG, "0", "23.00"),
    ],
)
@pytest.mark.requirement("M21")
def test_the_price_comes_from_the_rule(basis, value, price):
    assert sell_price(PriceRule(basis, Decimal(value)), AMOUNTS) == Decimal(price)


@pytest.mark.parametrize("basis", [PriceBasis.ERP, PriceBasis.SOURCE, PriceBasis.CATALOG, PriceBasis.MARKUP])
@pytest.mark.requirement("M21")
def test_what_a_rule_needs_and_is_not_there_is_no_price(basis):
    assert sell_price(PriceRule(basis), PriceSources()) is None


@pytest.mark.requirement("M21")
def test_no_rule_a_price_of_nothing_or_a_margin_of_all_is_no_price():
    assert sell_price(None, AMOUNTS) is None
    assert sell_price(PriceRule(PriceBasis.FIXED, Decimal(0)), AMOUNTS) is None
    assert sell_price(PriceRule(PriceBasis.MARGIN, Decimal(100)), AMOUNTS) is None


@pytest.mark.requirement("M21")
def test_without_a_price_rule_the_line_stops_and_is_never_sold_at_cost():
    desk = psa()
    line = wanted_line(subscription(10, "1 Mar"), [], replace(FIXED, rule=None), RULES, customer="Acme")
    plan = desk.apply(line)
    assert codes(plan) == ["BS_PRICE_RULE_MISSING"]
    assert desk.writes == 0
