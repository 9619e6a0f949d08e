"""Every sentence of Xero that is known becomes the cause it stands for; the others stay verbatim."""

from __future__ import annotations

import pytest

from ledgerwire.accounting.xero.refusals import (
    finding,
    findings,
    is_contact_number_taken,
    is_idempotency_mismatch,
    sentences,
    warnings,
)
from ledgerwire.common.catalogue import entries

LOCKED = "The document date cannot be before the period lock date, currently set at 28 February 2026"
YEAR = "The document date cannot be before the end of year lock date, currently set at 30 June 2025."


@pytest.mark.parametrize(
    ("sentence", "code", "params"),
    [
        (LOCKED, "PERIOD_LOCKED", {"lock": "28 Feb", "open": "1 Mar"}),
        (YEAR, "PERIOD_LOCKED", {"lock": "30 Jun", "open": "1 Jul"}),
        ("The document date cannot be before the period lock date", "PERIOD_LOCKED", {}),
        ("Invoice # must be unique.", "DUPLICATE_NUMBER", {}),
        ("Credit note # must be unique.", "DUPLICATE_NUMBER", {}),
        ("CreditNote Number must be unique.", "DUPLICATE_NUMBER", {}),
        ("Account code '999' is not a valid code for this document.", "GL_ACCOUNT_UNKNOWN", {"account": "999"}),
        (
            "Account code '260' has been archived, or deleted. Please use an active account.",
            "ACCOUNT_ARCHIVED",
            {"account": "260"},
        ),
        (
            "The TaxType code 'INPUT' cannot be used with account code '200'.",
            "TAX_NOT_ALLOWED_FOR_ACCOUNT",
            {"tax_type": "INPUT", "account": "200"},
        ),
        (
            "The TaxType code 'TAX9' does not exist or cannot be used for this type of transaction.",
            "TAX_CODE_UNKNOWN",
            {"tax_type": "TAX9"},
        ),
        (
            (
                "The contact with the specified contact details has been archived. "
                "The contact must be un-archived before creating new invoices or credit notes."
            ),
            "CONTACT_ARCHIVED",
            {},
        ),
        ("The status 'ARCHIVED' is not valid for contacts", "CONTACT_ARCHIVED", {}),
        (
            (
                "The contact name Acme is already assigned to another contact. "
                "The contact name must be unique across all active contacts."
            ),
            "CONTACT_NAME_TAKEN",
            {"name": "Acme"},
        ),
        ("Please enter a unique Name.", "CONTACT_NAME_TAKEN", {}),
        ("Organisation is not subscribed to currency EUR", "CURRENCY_NOT_ENABLED", {"currency": "EUR"}),
        (
            "The tracking category 'Region' does not exist or is not active.",
            "TRACKING_UNKNOWN",
            {"category": "Region"},
        ),
        (
            "The tracking option 'Hobart' does not exist in category 'Location' or is not active.",
            "TRACKING_UNKNOWN",
            {"option": "Hobart", "category": "Location"},
        ),
        ("Item code 'XYZ' is not valid.", "ITEM_UNKNOWN", {"item": "XYZ"}),
        (
            "This document cannot be edited as it has a payment or credit note allocated to it.",
            "DOCUMENT_PAID",
            {},
        ),
        ("Invoice not of valid status for modification", "DOCUMENT_PAID", {}),
        (
            "The line total 12.34 does not match the expected line total 12.35",
            "LINE_TOTAL_DIFFERS",
            {"expected": "12.34", "found": "12.35"},
        ),
        ("You have reached the limit of invoices you can approve", "LEDGER_REFUSED", {}),
        ("Tax amount cannot be greater than the line amount", "LEDGER_REFUSED", {}),
        ("Something nobody has seen before {oops}", "LEDGER_REFUSED", {}),
    ],
)
def test_a_sentence_becomes_its_cause(sentence: str, code: str, params: dict[str, str]) -> None:
    found = finding(sentence, "INV-1")
    assert found.code == code
    assert found.params["text"] == sentence
    assert found.params["number"] == "INV-1"
    assert found.params.items() >= params.items()


@pytest.mark.requirement("M25")
@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        (LOCKED, "Dated 27 Feb, books locked to 28 Feb."),
        ("Account code '999' is not a valid code.", "Account '999' on INV-1 (its revenue) is not in Xero."),
        ("The status 'ARCHIVED' is not valid for contacts", "Acme is the archived contact 'Acme' in Xero."),
        (
            "The TaxType code 'INPUT' cannot be used with account code '200'.",
            "Tax rate 'INPUT' cannot be used on account '200' in Xero (INV-1).",
        ),
        ("Organisation is not subscribed to currency EUR", "INV-1 is in EUR, which is not enabled in Xero."),
        ("Item code 'XYZ' is not valid.", "'XYZ' on INV-1 is not an item in Xero."),
    ],
)
def test_the_clerk_reads_the_catalogues_sentence_with_no_gap_in_it(sentence: str, message: str) -> None:
    about = {"date": "27 Feb", "currency": "EUR", "customer": "Acme", "chosen": "Acme"}
    assert finding(sentence, "INV-1", about).message == message


def test_no_known_sentence_leaves_a_gap_in_message_or_action() -> None:
    for sentence in (
        LOCKED,
        "lock date",
        "Invoice # must be unique.",
        "Account code '260' has been archived, or deleted.",
        "Account code '999' is not a valid code for this document.",
        "The TaxType code 'TAX9' does not exist or cannot be used for this type of transaction.",
        "The status 'ARCHIVED' is not valid for contacts",
        "The tracking category 'Region' does not exist or is not active.",
        "Item code 'XYZ' is not valid.",
        "The line total 12.34 does not match the expected line total 12.35",
    ):
        found = finding(sentence, "INV-1")
        assert "?" not in found.message + found.entry.render_action(found.params), found.message


def test_an_unknown_sentence_reaches_the_clerk_word_for_word() -> None:
    assert finding("Blue moon.", "INV-1").message == "Xero refused INV-1: Blue moon."


@pytest.mark.requirement("M25")
def test_every_cause_a_sentence_can_become_is_in_the_catalogue() -> None:
    from ledgerwire.accounting.xero import refusals  # noqa: PLC0415 - the table is private to it

    known = {item.code for item in entries()}
    assert {code for code, _ in refusals._SENTENCES} - known == set()


def test_errors_are_collected_from_the_element_its_lines_and_its_contact() -> None:
    element = {
        "ValidationErrors": [{"Message": "one"}, {"Message": "two"}, "odd", {"Message": 5}],
        "LineItems": [{"ValidationErrors": [{"Message": "three"}]}, {"ValidationErrors": [{"Message": "one"}]}],
        "Contact": {"ValidationErrors": [{"Message": "four "}]},
        "Warnings": [{"Message": "careful"}],
    }
    assert sentences(element) == ("one", "two", "four", "three")
    assert warnings(element) == ("careful",)
    assert [item.code for item in findings(["a", "a", "b"], "INV-1")] == ["LEDGER_REFUSED"] * 2


def test_two_sentences_ask_for_a_look_up() -> None:
    assert is_idempotency_mismatch("Idempotency Key: abc is used with a different request.")
    assert is_contact_number_taken("The contact number cw-1 is already assigned to another contact.")
    assert not is_contact_number_taken("The contact name cw-1 is already assigned to another contact.")
