"""F1: the codes of billing sync, with the severity they are to have."""

import pytest

from ledgerwire.common.catalogue import Severity, entry, is_known

STOPS = (
    "BS_PRODUCT_MAPPING_NOT_FOUND",
    "BS_CUSTOMER_MAPPING_NOT_FOUND",
    "BS_NO_AGREEMENT",
    "BS_NO_OPEN_ADDITION",
    "BS_MORE_THAN_ONE_OPEN_ADDITION",
    "BS_PRORATE_NOT_ENABLED",
    "BS_AGREEMENT_NOT_STARTED",
    "BS_SOURCE_PRODUCT_AMBIGUOUS",
    "BS_AGREEMENT_SHAPE",
    "BS_PRICE_RULE_MISSING",
    "BS_ONE_TIME_ALREADY_INVOICED",
    "BS_PRORATE_UNEXPECTED",
)
WARNS = (
    "BS_QUANTITY_MISMATCH",
    "BS_PERIOD_NOT_INVOICED_YET",
    "BS_COST_PRICE_CHANGED",
    "BS_RETAIL_PRICE_CHANGED",
    "BS_CREDIT_DUE",
    "BS_ADDITION_NEVER_BILLED",
)


@pytest.mark.parametrize("code", STOPS)
@pytest.mark.requirement("F1", "M25")
def test_what_must_not_be_guessed_stops(code):
    assert is_known(code)
    assert entry(code).severity is Severity.STOP


@pytest.mark.parametrize("code", WARNS)
@pytest.mark.requirement("F1", "M25")
def test_what_goes_on_is_a_warning(code):
    assert entry(code).severity is Severity.WARNING


@pytest.mark.requirement("F1", "A196")
def test_a_missing_default_holds_the_connection():
    assert entry("BS_DEFAULT_MISSING").severity is Severity.CONNECTION
    assert entry("BS_TRIAL_SKIPPED").severity is Severity.INFO
