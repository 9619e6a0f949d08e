"""Contacts that are probably the same company are named, with what they share (D9, A135)."""

from __future__ import annotations

import pytest

from ledgerwire.common.ledger.document import Contact
from ledgerwire.mapper.domain.contact_duplicates import suspected_duplicates


@pytest.mark.requirement("D9", "A135")
def test_names_that_differ_in_suffix_and_punctuation_are_suspected() -> None:
    acme, ltd, other = Contact("1", "Acme"), Contact("2", "ACME Pty. Ltd."), Contact("3", "Acme Tools")
    (found,) = suspected_duplicates([other, ltd, acme])
    assert {item.contact_id for item in found.contacts} == {"1", "2"}
    assert found.reason.startswith("the same name")


@pytest.mark.requirement("D9")
def test_the_strongest_reason_is_told_once() -> None:
    one = Contact("1", "Acme", email="ap@acme.test", account_number="C-19")
    two = Contact("2", "Acme Ltd", email="AP@acme.test", account_number="c-19")
    (found,) = suspected_duplicates([one, two])
    assert found.reason == "the same account number"


def test_an_archived_contact_and_empty_fields_suspect_nobody() -> None:
    gone = Contact("2", "Acme Ltd", active=False)
    assert suspected_duplicates([Contact("1", "Acme"), gone, Contact("3", "Beta"), Contact("4", "Gamma")]) == ()
