"""HTTP 200 proves nothing: each element is judged on its own."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.accounting.port import Composed, Expected, VerdictStatus
from ledgerwire.accounting.xero.answers import verdicts
from ledgerwire.accounting.xero.wire import ZERO_GUID
from ledgerwire.common.errors import Ambiguous, Stopped
from ledgerwire.common.ledger.document import DocumentKind

CONTACT, ID = "430fa14a-f945-44d3-9f97-5df5e28441b8", "243216c5-369e-4056-ac67-05388f86dc81"


def expected(number: str = "INV-1", **changes: Any) -> Expected:
    full: dict[str, Any] = {
        "number": number,
        "contact_id": CONTACT,
        "document_date": date(2026, 3, 17),
        "currency": "AUD",
        "net": Decimal("100.00"),
        "tax": Decimal("10.00"),
        "total": Decimal("110.00"),
        "line_count": 1,
    }
    return Expected(**(full | changes))


def composed(*wanted: Expected) -> Composed:
    return Composed(DocumentKind.SALES_INVOICE, "PUT", "/Invoices", b"", wanted or (expected(),))


def element(number: str | None = "INV-1", **changes: Any) -> dict[str, Any]:
    full = {
        "InvoiceID": ID,
        "InvoiceNumber": number,
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": CONTACT.upper()},
        "DateString": "2026-03-17T00:00:00",
        "Date": "/Date(1773705600000+0000)/",
        "CurrencyCode": "AUD",
        "SubTotal": 100.0,
        "TotalTax": 10,
        "Total": 110.00,
        "LineItems": [{"LineAmount": 100.00}],
        "StatusAttributeString": "OK",
    }
    return {key: value for key, value in (full | changes).items() if value is not None}


def answer(*elements: dict[str, Any]) -> bytes:
    return json.dumps({"Status": "OK", "Invoices": list(elements)}).encode()


def one(**changes: Any) -> Any:
    [verdict] = verdicts(composed(), 200, answer(element(**changes)))
    return verdict


def test_what_was_asked_for_is_posted() -> None:
    verdict = one()
    assert (verdict.status, verdict.ledger_id, verdict.findings) == (VerdictStatus.POSTED, ID, ())
    assert (verdict.total, verdict.tax) == (Decimal("110.00"), Decimal(10))


def test_the_date_is_read_from_either_form() -> None:
    assert one(DateString=None).status is VerdictStatus.POSTED


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"Total": 110.01}, "LEDGER_TOTAL_DIFFERS", "total"),
        ({"TotalTax": 9.99}, "LEDGER_TOTAL_DIFFERS", "tax"),
        ({"SubTotal": 99.99}, "LEDGER_TOTAL_DIFFERS", "net total"),
        ({"CurrencyCode": "NZD"}, "LEDGER_DOCUMENT_DIFFERS", "currency"),
        ({"Contact": {"ContactID": ID}}, "LEDGER_DOCUMENT_DIFFERS", "contact"),
        ({"DateString": "2026-03-18T00:00:00"}, "LEDGER_DOCUMENT_DIFFERS", "date"),
        ({"LineItems": [{}, {}]}, "LEDGER_DOCUMENT_DIFFERS", "line count"),
        ({"Status": "VOIDED"}, "LEDGER_DOCUMENT_DIFFERS", "status"),
        ({"Status": "PAID"}, "LEDGER_DOCUMENT_DIFFERS", "status"),
    ],
)
def test_a_document_that_differs_is_mismatched_and_keeps_its_id(changes: dict[str, Any], code: str, field: str) -> None:
    verdict = one(**changes)
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.MISMATCHED, ID)
    assert [(item.code, item.params["field"]) for item in verdict.findings] == [(code, field)]


def test_the_difference_is_told_to_the_cent() -> None:
    assert one(Total=1204.5).findings[0].message == (
        "Xero shows 1,204.50 as the total of INV-1; it should be 110.00. Nothing was batched."
    )


def test_a_number_that_xero_replaced_is_matched_by_place_and_mismatched() -> None:
    verdict = one(number="INV-0007")
    assert verdict.status is VerdictStatus.MISMATCHED
    assert verdict.findings[0].params["field"] == "number"


@pytest.mark.requirement("M4")
def test_paid_is_what_a_zero_document_becomes() -> None:
    zero = expected(net=Decimal(0), tax=Decimal(0), total=Decimal(0))
    [verdict] = verdicts(composed(zero), 200, answer(element(Status="PAID", SubTotal=0, TotalTax=0, Total=0)))
    assert verdict.status is VerdictStatus.POSTED


@pytest.mark.requirement("M7")
@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_approved_was_asked_and_a_draft_came_back(status: str) -> None:
    verdict = one(Status=status)
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.DRAFT, ID)
    assert [item.code for item in verdict.findings] == ["APPROVAL_REFUSED"]


def test_a_draft_that_was_asked_for_is_no_finding() -> None:
    [verdict] = verdicts(composed(expected(draft=True)), 200, answer(element(Status="DRAFT")))
    assert (verdict.status, verdict.findings) == (VerdictStatus.DRAFT, ())


def test_xeros_remarks_are_passed_on_with_the_posted_document() -> None:
    verdict = one(StatusAttributeString="WARNING", Warnings=[{"Message": "The currency rate looks unusual."}])
    assert verdict.status is VerdictStatus.POSTED
    assert [item.code for item in verdict.findings] == ["LEDGER_WARNING"]


@pytest.mark.parametrize(
    "hidden",
    [
        {"ValidationErrors": [{"Message": "Blue moon."}]},
        {"LineItems": [{"ValidationErrors": [{"Message": "Blue moon."}]}]},
        {"Contact": {"ContactID": CONTACT, "ValidationErrors": [{"Message": "Blue moon."}]}},
        {"HasErrors": True, "Warnings": [{"Message": "Blue moon."}]},
        {"StatusAttributeString": "ERROR", "Warnings": [{"Message": "Blue moon."}]},
    ],
)
def test_an_error_hidden_behind_200_refuses(hidden: dict[str, Any]) -> None:
    verdict = one(**hidden)
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.REFUSED, None)
    assert verdict.findings[0].message == "Xero refused INV-1: Blue moon."


def test_a_zero_id_means_nothing_was_saved() -> None:
    verdict = one(InvoiceID=ZERO_GUID)
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.REFUSED, None)
    assert verdict.findings[0].message == "Xero refused INV-1: Xero gave no reason."


def test_a_number_in_use_wins_over_other_errors() -> None:
    errors = [{"Message": "Account code '9' is not a valid code for this document."}]
    verdict = one(ValidationErrors=[*errors, {"Message": "Invoice # must be unique."}])
    assert verdict.status is VerdictStatus.NUMBER_TAKEN
    assert [item.code for item in verdict.findings] == ["GL_ACCOUNT_UNKNOWN", "DUPLICATE_NUMBER"]


def test_a_refused_update_keeps_the_id_of_its_document() -> None:
    refused = element(ValidationErrors=[{"Message": "Invoice not of valid status for modification"}])
    [verdict] = verdicts(composed(expected(ledger_id=ID)), 200, answer(refused))
    assert (verdict.status, verdict.ledger_id) == (VerdictStatus.REFUSED, ID)
    assert verdict.findings[0].code == "DOCUMENT_PAID"


def test_elements_are_matched_by_number_whatever_their_order() -> None:
    wanted = [expected(f"INV-{n}") for n in (1, 2, 3)]
    shuffled = [element("INV-3"), element("INV-1"), element("INV-2", InvoiceID=ZERO_GUID)]
    judged = verdicts(composed(*wanted), 200, answer(*shuffled))
    assert [item.number for item in judged] == ["INV-1", "INV-2", "INV-3"]
    assert [item.status for item in judged] == [VerdictStatus.POSTED, VerdictStatus.REFUSED, VerdictStatus.POSTED]


def test_an_element_without_a_number_is_matched_by_place() -> None:
    wanted = [expected("INV-1"), expected("INV-2")]
    judged = verdicts(composed(*wanted), 200, answer(element("INV-1"), element(None, InvoiceID=ZERO_GUID)))
    assert [item.status for item in judged] == [VerdictStatus.POSTED, VerdictStatus.REFUSED]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><body>We will be right back.</body></html>",
        answer(element())[:-20],
        b"[]",
        b'"OK"',
        b"\xff\xfe",
        b'{"Status":"OK"}',
        b'{"Invoices":[]}',
        b'{"Invoices":"none"}',
        answer(element(), element()),
        answer(element("INV-9"), element("INV-9")).replace(b"INV-9", b"INV-1"),
        answer(element(Total=None)),
        answer(element(Total="a lot")),
        answer(element(Total=True)),
        answer(element(InvoiceID=None)),
        answer(element(DateString="yesterday")),
    ],
    ids=range(16),
)
def test_an_answer_that_does_not_tell_leaves_the_outcome_open(body: bytes) -> None:
    with pytest.raises(Ambiguous):
        verdicts(composed(), 200, body)


def test_one_missing_element_of_a_group_leaves_the_outcome_open() -> None:
    with pytest.raises(Ambiguous):
        verdicts(composed(expected("INV-1"), expected("INV-2")), 200, answer(element("INV-1")))


def refusal(*elements: dict[str, Any], kind: str = "ValidationException", message: str = "A validation") -> bytes:
    return json.dumps({"ErrorNumber": 10, "Type": kind, "Message": message, "Elements": list(elements)}).encode()


def test_a_400_for_one_document_refuses_it() -> None:
    bad = element(InvoiceID=ZERO_GUID, ValidationErrors=[{"Message": "Blue moon."}])
    [verdict] = verdicts(composed(), 400, refusal(bad))
    assert (verdict.status, verdict.findings[0].code) == (VerdictStatus.REFUSED, "LEDGER_REFUSED")


def test_a_400_for_a_group_blames_its_elements_and_spares_the_others() -> None:
    bad = element("INV-2", ValidationErrors=[{"Message": "Invoice # must be unique."}])
    first, second = verdicts(composed(expected("INV-1"), expected("INV-2")), 400, refusal(bad))
    assert (first.status, first.findings[0].code) == (VerdictStatus.REFUSED, "LEDGER_CALL_REFUSED")
    assert second.status is VerdictStatus.NUMBER_TAKEN


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("inside", [True, False])
def test_a_key_that_stands_for_another_request_asks_for_a_look_up(status: int, inside: bool) -> None:
    told = "Idempotency Key: abc is used with a different request."
    blamed = [{"ValidationErrors": [{"Message": told}]}] if inside else []
    with pytest.raises(Ambiguous):
        verdicts(composed(), status, refusal(*blamed, message="A validation" if inside else told))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (refusal(kind="PostDataInvalidException", message="JSON for post data was invalid"), "JSON for post"),
        (b"<html>Bad request</html>", "HTTP 400"),
        (b"{}", "HTTP 400"),
    ],
)
def test_a_400_that_blames_no_element_stops_the_call_in_xeros_words(body: bytes, told: str) -> None:
    with pytest.raises(Stopped, match=told) as stopped:
        verdicts(composed(*(expected(f"INV-{n}") for n in range(5))), 400, body)
    assert stopped.value.code == "LEDGER_REFUSED"
    assert "INV-0, INV-1, INV-2 and 2 more" in str(stopped.value)
