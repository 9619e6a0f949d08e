"""One mapping for several companies: a section that a company has of its own takes the place of the account's."""

from dataclasses import replace

import pytest

from ledgerwire.common.canonical import canonical_bytes, from_canonical
from ledgerwire.mapper.domain.settings import (
    CompanySettings,
    ExpenseSettings,
    MappingSettings,
    RoundingSettings,
    TaxSettings,
)

ACCOUNT = MappingSettings(tax=TaxSettings("EXEMPTOUTPUT"), rounding=RoundingSettings("860", "BASEXCLUDED"))
LONDON = CompanySettings(tax=TaxSettings("NONE"), expenses=ExpenseSettings(enabled=True, untaxed_type="NONE"))


@pytest.mark.requirement("A117", "M12")
def test_each_company_has_its_own_tax_and_the_rest_of_the_account():
    both = replace(ACCOUNT, companies={"London": LONDON})
    london = both.of_company("London")
    assert london.tax.untaxed_type == "NONE"
    assert london.expenses.untaxed_type == "NONE"
    assert london.rounding is ACCOUNT.rounding
    assert both.of_company("Sydney") == ACCOUNT


def test_settings_of_companies_survive_storing():
    both = replace(ACCOUNT, companies={"London": LONDON})
    assert from_canonical(canonical_bytes(both), MappingSettings) == both
