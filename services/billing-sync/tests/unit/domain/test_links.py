"""Links are by id; what is not linked is proposed, never guessed."""

from datetime import date

import pytest

from ledgerwire.billing_sync.domain.links import (
    CatalogItem,
    Company,
    agreements_in_use,
    link_agreement,
    link_customer,
    link_product,
)
from ledgerwire.common.seats import Motion, SourceCustomer, SourceProduct

from .build import agreement, said

ACME = SourceCustomer("tenant-1", "Acme Pty Ltd", "acme.onmicrosoft.com")
COMPANIES = [
    Company(1, "ACME"),
    Company(2, "Acme Holdings"),
    Company(3, "Other name", domains=("acme.onmicrosoft.com",)),
]
SKU = SourceProduct("CFQ7TTC0LCHC:0002", "Business Premium")
TODAY = date(2026, 3, 20)


@pytest.mark.requirement("A200")
def test_a_customer_is_on_the_company_a_person_chose():
    assert link_customer(ACME, {"tenant-1": [2]}, COMPANIES).company_id == 2


@pytest.mark.requirement("A200", "F1")
def test_a_customer_nobody_linked_has_candidates_and_no_company():
    link = link_customer(ACME, {}, COMPANIES)
    assert link.company_id is None
    assert [company.id for company in link.candidates] == [3, 1], (
        "the domain first, then the name without its legal form"
    )
    assert said(link.findings[0]) == "BS_CUSTOMER_MAPPING_NOT_FOUND"
    assert "Other name (3), ACME (1)" in link.findings[0].message


@pytest.mark.requirement("A200")
def test_companies_whose_names_begin_alike_are_proposed_where_none_has_the_name_and_never_linked():
    offered = [Company(4, "Harbour Dental Group Pty Ltd"), Company(5, "Harbour Freight"), Company(6, "Harbour")]
    link = link_customer(SourceCustomer("c-1", "Harbour Dental"), {}, offered)
    assert (link.company_id, [company.id for company in link.candidates]) == (None, [4, 6])
    many = [Company(number, f"Harbour Dental {number}") for number in range(10, 20)]
    assert len(link_customer(SourceCustomer("c-1", "Harbour Dental"), {}, many).candidates) == 3


@pytest.mark.requirement("F1")
def test_a_customer_on_two_companies_stops():
    link = link_customer(ACME, {"tenant-1": [1, 2]}, COMPANIES)
    assert link.company_id is None
    assert [said(finding) for finding in link.findings] == ["BS_CUSTOMER_ON_TWO_COMPANIES"]
    assert link_customer(ACME, {"tenant-1": [1, 1]}, COMPANIES).company_id == 1


@pytest.mark.requirement("A181")
def test_a_company_that_is_not_offered_is_no_link():
    assert link_customer(ACME, {"tenant-1": [9]}, COMPANIES).company_id is None


@pytest.mark.requirement("B33")
def test_a_sku_is_the_active_product_with_that_vendor_sku():
    items = [CatalogItem(7, "BP", "cfq7ttc0lchc:0002 "), CatalogItem(8, "OLD", SKU.sku, inactive=True)]
    assert link_product(SKU, {}, items, create=True).product_id == 7
    assert link_product(SKU, {SKU.sku: 99}, items, create=True).product_id == 99


@pytest.mark.requirement("F1")
def test_two_products_for_a_sku_are_named_and_none_is_taken():
    items = [CatalogItem(7, "BP", SKU.sku), CatalogItem(8, "BP-NEW", SKU.sku)]
    link = link_product(SKU, {}, items, create=True)
    assert (link.product_id, link.create) == (None, False)
    assert said(link.findings[0]) == "BS_SOURCE_PRODUCT_AMBIGUOUS"
    assert "BP, BP-NEW" in link.findings[0].message


@pytest.mark.requirement("F1", "B33")
def test_an_unknown_sku_is_created_where_the_account_allows_it_else_listed():
    assert link_product(SKU, {}, [], create=True).create
    refused = link_product(SKU, {}, [], create=False)
    assert [said(finding) for finding in refused.findings] == ["BS_PRODUCT_MAPPING_NOT_FOUND"]
    inactive = link_product(SKU, {}, [CatalogItem(8, "OLD", SKU.sku, inactive=True)], create=True)
    assert not inactive.create
    assert "inactive: OLD" in inactive.findings[0].message


@pytest.mark.requirement("A199", "A200", "F1")
def test_a_motion_without_a_chosen_agreement_shows_the_active_ones():
    ended = agreement(id=50, name="Old", end=date(2026, 3, 19))
    link = link_agreement("Acme", 7, Motion.SEAT_MONTHLY, None, [agreement(), ended], TODAY)
    assert link.agreement is None
    assert said(link.findings[0]) == "BS_NO_AGREEMENT"
    assert link.findings[0].params["candidates"] == "Cloud Monthly (40)"


@pytest.mark.requirement("A200")
def test_the_chosen_agreement_of_the_customers_own_company_is_taken():
    assert link_agreement("Acme", 7, Motion.SEAT_MONTHLY, 40, [agreement()], TODAY).agreement.id == 40
    assert link_agreement("Acme", 8, Motion.SEAT_MONTHLY, 40, [agreement()], TODAY).agreement is None


@pytest.mark.requirement("A176")
def test_an_agreement_that_the_role_hides_is_explained():
    link = link_agreement("Acme", 7, Motion.SEAT_MONTHLY, 77, [agreement()], TODAY)
    assert "agreement 77 is not visible to the API member's role, or gone" in link.findings[0].message


@pytest.mark.requirement("M22", "A199")
@pytest.mark.parametrize(
    ("named", "used"),
    [(41, 61), (51, 61), (61, 61), (70, 70), (None, 61)],
    ids=["its root", "an earlier copy", "the copy itself", "another one", "none"],
)
def test_a_copy_is_used_while_the_file_names_it_or_what_it_was_made_of(named, used):
    place = (7, Motion.SEAT_ANNUAL)
    chosen = {} if named is None else {place: named}
    assert agreements_in_use(chosen, {place: 61}, {61: 51, 51: 41}) == {place: used}
