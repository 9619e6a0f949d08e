"""Payments, refunds and allocations."""

from decimal import Decimal

import pytest


async def _note(xero, amount="40.00", **changes):
    sent = {**xero.invoice(None), "Type": "ACCRECCREDIT", "LineItems": [xero.line(amount)], **changes}
    return await xero.posted(sent, path="CreditNotes")


def _payment(invoice, amount, **changes):
    return {
        "Invoice": {"InvoiceID": invoice["InvoiceID"]},
        "Account": {"Code": "090"},
        "Date": "2026-03-17",
        "Amount": amount,
        **changes,
    }


async def _reload(xero, row):
    if "InvoiceID" in row:
        return xero.exact(await xero.get(f"Invoices/{row['InvoiceID']}"))["Invoices"][0]
    return xero.exact(await xero.get(f"CreditNotes/{row['CreditNoteID']}"))["CreditNotes"][0]


async def test_payments_reduce_what_is_due_until_paid_and_can_be_undone(xero):
    invoice = await xero.posted(xero.invoice())
    first = await xero.posted(_payment(invoice, 60), path="Payments")
    assert (first["PaymentType"], first["Status"], first["Amount"]) == ("ACCRECPAYMENT", "AUTHORISED", 60)
    part = await _reload(xero, invoice)
    assert (part["Status"], part["AmountDue"], part["AmountPaid"]) == ("AUTHORISED", 50, 60)
    assert part["Payments"][0]["PaymentID"] == first["PaymentID"]
    (told,) = await xero.refused(_payment(invoice, 50.01), path="Payments")
    assert told == "Payment amount exceeds the amount outstanding on this document"
    await xero.posted(_payment(invoice, 50), path="Payments")
    paid = await _reload(xero, invoice)
    assert (paid["Status"], paid["AmountDue"]) == ("PAID", 0)
    assert paid["FullyPaidOnDate"]
    undone = await xero.call("POST", f"Payments/{first['PaymentID']}", {"Status": "DELETED"})
    assert undone.json()["Payments"][0]["Status"] == "DELETED"
    back = await _reload(xero, invoice)
    assert (back["Status"], back["AmountDue"]) == ("AUTHORISED", 60)
    again = await xero.call("POST", f"Payments/{first['PaymentID']}", {"Status": "DELETED"})
    assert again.status_code == 400


@pytest.mark.parametrize("sent", [{"Status": "VOIDED"}, {"LineItems": []}])
async def test_a_document_with_a_payment_cannot_be_voided_or_edited(xero, sent):
    invoice = await xero.posted(xero.invoice())
    await xero.posted(_payment(invoice, 60), path="Payments")
    answer = await xero.call("POST", f"Invoices/{invoice['InvoiceID']}", sent)
    assert xero.messages(answer.json()["Elements"][0]) == [
        "This document cannot be edited as it has a payment or credit note allocated to it."
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Account": {"Code": "200"}}, "Account could not be found, or cannot take payments."),
        ({"Amount": 0}, "Payment amount must be greater than zero"),
        ({"Invoice": None}, "Payment must be made against an existing Invoice or CreditNote"),
    ],
)
async def test_a_payment_that_cannot_be_is_refused(xero, changes, message):
    invoice = await xero.posted(xero.invoice())
    (told,) = await xero.refused({**_payment(invoice, 1), **changes}, path="Payments")
    assert told.startswith(message)


async def test_only_approved_documents_take_payments(xero):
    draft = await xero.posted(xero.invoice(Status="DRAFT"))
    assert await xero.refused(_payment(draft, 1), path="Payments") == ["Invoice must be AUTHORISED to take payments"]


async def test_a_payment_in_a_locked_period_is_refused(make_xero):
    xero = make_xero(organisation={"PeriodLockDate": "2026-02-28"})
    invoice = await xero.posted(xero.invoice())
    (told,) = await xero.refused(_payment(invoice, 1, Date="2026-02-28"), path="Payments")
    assert "period lock date" in told


async def test_a_post_takes_one_payment_and_names_documents_by_number(xero):
    await xero.posted(xero.invoice("INV-5"))
    one = {"Invoice": {"InvoiceNumber": "INV-5"}, "Account": {"Code": "090"}, "Amount": 10, "Date": "2026-03-17"}
    assert (await xero.call("POST", "Payments", {"Payments": [one, one]})).status_code == 400
    assert (await xero.call("POST", "Payments", one)).status_code == 200


async def test_credit_is_allocated_and_taken_back(xero):
    invoice, note = await xero.posted(xero.invoice()), await _note(xero)
    assert note["RemainingCredit"] == 44
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    sent = {"Amount": 44, "Date": "2026-03-17", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    allocation = await xero.posted(sent, path=path)
    assert (allocation["Amount"], allocation["Invoice"]["InvoiceID"]) == (44, invoice["InvoiceID"])
    credited, used = await _reload(xero, invoice), await _reload(xero, note)
    assert (credited["AmountCredited"], credited["AmountDue"]) == (44, 66)
    assert credited["CreditNotes"][0]["AppliedAmount"] == 44
    assert (used["Status"], used["RemainingCredit"]) == ("PAID", 0)
    answer = await xero.call("DELETE", f"{path}/{allocation['AllocationID']}")
    assert answer.json()["IsDeleted"] is True
    assert (await _reload(xero, note))["RemainingCredit"] == 44
    assert (await xero.call("DELETE", f"{path}/{allocation['AllocationID']}")).status_code == 404


async def test_an_allocation_fits_both_documents(xero):
    invoice, note = await xero.posted(xero.invoice(LineItems=[xero.line("10.00")])), await _note(xero)
    path = f"CreditNotes/{note['CreditNoteID']}/Allocations"
    base = {"Date": "2026-03-17", "Invoice": {"InvoiceID": invoice["InvoiceID"]}}
    assert await xero.refused({**base, "Amount": 44.01}, path=path) == [
        "Allocation amount exceeds the remaining credit on this document"
    ]
    assert await xero.refused({**base, "Amount": 11.01}, path=path) == [
        "Payment amount exceeds the amount outstanding on this document"
    ]
    assert await xero.refused({**base, "Amount": 1, "Date": None}, path=path) == ["Date is required for an allocation."]
    foreign = await xero.posted(xero.invoice("F", Contact=xero.contact('The "Quote" Shop')))
    (told,) = await xero.refused({**base, "Amount": 1, "Invoice": {"InvoiceID": foreign["InvoiceID"]}}, path=path)
    assert told.startswith("Allocations are made between documents of one contact")


async def test_a_credit_note_can_be_refunded(xero):
    note = await _note(xero)
    refund = {"CreditNote": {"CreditNoteID": note["CreditNoteID"]}, "Account": {"Code": "090"}, "Amount": 44}
    saved = await xero.posted({**refund, "Date": "2026-03-17"}, path="Payments")
    assert (saved["PaymentType"], saved["CreditNote"]["CreditNoteID"]) == ("ARCREDITPAYMENT", note["CreditNoteID"])
    assert (await _reload(xero, note))["Status"] == "PAID"
    assert Decimal((await _reload(xero, note))["RemainingCredit"]) == 0
