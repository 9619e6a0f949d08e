"""One ledger contact per company, role and currency, found again by a number made from the ConnectWise id."""

from __future__ import annotations

import pytest

from ledgerwire.poster.domain.contact import external_number, same_contact_keys


@pytest.mark.requirement("D9", "M13", "M15")
@pytest.mark.parametrize(
    ("key", "one_list", "two_lists"),
    [
        ("42", "CW-42", "CW-42"),
        ("supplier:42", "CW-42", "CWS-42"),
        ("member:7", "CWM-7", "CWM-7"),
        ("42:EUR", "CW-42-EUR", "CW-42-EUR"),
        ("supplier:42:EUR", "CW-42-EUR", "CWS-42-EUR"),
    ],
)
def test_the_number_of_a_contact_we_make(key: str, one_list: str, two_lists: str) -> None:
    assert external_number(key) == one_list
    assert external_number(key, separate_suppliers=True) == two_lists


@pytest.mark.requirement("D9")
def test_a_company_is_one_contact_where_customers_and_suppliers_are_one_list() -> None:
    assert same_contact_keys("42", separate_suppliers=False) == ("supplier:42",)
    assert same_contact_keys("supplier:42:EUR", separate_suppliers=False) == ("42:EUR",)
    assert same_contact_keys("42", separate_suppliers=True) == ()
    assert same_contact_keys("member:7", separate_suppliers=False) == ()
