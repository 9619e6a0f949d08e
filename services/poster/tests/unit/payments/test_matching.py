"""Which invoice a document of others is: exactly the one of its number, or none."""

from __future__ import annotations

import pytest

from ledgerwire.poster.payments.domain.matching import Matched, NoMatch, TwoCandidates, digits_of, match, near

INVOICES = {"INV-1": 1, "INV-2": 2}


@pytest.mark.requirement("M18", "F1: PAYMENT_UNMATCHED")
@pytest.mark.parametrize("number", ["INV-3", "inv-1", "INV1", "1", "", "   "])
def test_a_number_that_is_not_exactly_the_same_matches_nothing(number: str):
    assert match(number, None, INVOICES) == NoMatch()


@pytest.mark.requirement("M18")
@pytest.mark.parametrize("reference", [None, "", "PO 77", "INV-1"])
def test_the_exact_number_matches_whatever_else_the_reference_says(reference: str | None):
    assert match(" INV-1 ", reference, INVOICES) == Matched(1, "number")


@pytest.mark.requirement("F1: NUMBER_AND_REFERENCE_BOTH_MATCH")
def test_number_and_reference_of_two_invoices_are_no_match():
    assert match("INV-1", "INV-2", INVOICES) == TwoCandidates()


@pytest.mark.requirement("M18")
def test_a_reference_alone_matches_nothing():
    assert match("S-17", "INV-2", INVOICES) == NoMatch()


@pytest.mark.requirement("F1: PAYMENT_UNMATCHED")
@pytest.mark.parametrize(
    ("number", "shared"), [("INV-01042", "1042"), ("2026/0117", "2026"), ("INV-7", None), ("Refund", None)]
)
def test_near_numbers_share_the_longest_digits(number: str, shared: str | None):
    assert digits_of(number) == shared


@pytest.mark.requirement("F1: PAYMENT_UNMATCHED")
def test_numbers_that_are_only_written_differently_come_first():
    assert near("INV-01042", ["A-1042", "1042", "inv 1042"]) == "1042, inv 1042, A-1042"
    assert near("INV-01042", []) == "none"
