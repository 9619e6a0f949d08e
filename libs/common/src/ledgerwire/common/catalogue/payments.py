"""Causes found while payments and credits are carried between ledger and ConnectWise (M18, D15).

Every finding carries `number` and `ledger`; amounts are texts with two decimals.
"""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_PAYMENTS = "ConnectWise: Finance > Invoices > the invoice > Payments"
_RESOLVE = "Ledgerwire: ledgerwire payments resolve"

register(
    Entry(
        code="PAYMENT_UNMATCHED",
        severity=Severity.WARNING,
        title="Payment without an invoice in ConnectWise",
        message="{amount} was settled on {number} in {ledger}, and ConnectWise has no invoice of exactly that number. "
        "Near: {near}.",
        action="Give both documents the same number, or leave it if the sale is not in ConnectWise.",
        where="Ledger: the document; ConnectWise: Finance > Invoices",
        who="clerk",
        side=Side.NONE,
        source="F1",
    ),
    Entry(
        code="NUMBER_AND_REFERENCE_BOTH_MATCH",
        severity=Severity.WARNING,
        title="Number and reference name two invoices",
        message="{amount} was settled on {number} in {ledger}: its number is ConnectWise's {number}, its reference "
        "'{reference}' is another invoice there. Nothing was written to either.",
        action="Make number or reference of the document in {ledger} name the one invoice that was paid.",
        where="Ledger: the document",
        who="clerk",
        side=Side.LEDGER,
        source="F1",
    ),
    Entry(
        code="PAYMENT_ON_ANOTHER_DOCUMENT",
        severity=Severity.WARNING,
        title="Payment on a second document of the number",
        message="{amount} was settled on a second {number} in {ledger}; Ledgerwire posted another one, which stays unpaid.",
        action="Move the payment to the document that Ledgerwire posted, and void the second one.",
        where="Ledger: the document",
        who="clerk",
        side=Side.LEDGER,
        source="M18",
    ),
    Entry(
        code="PAYMENT_MULTI_INVOICE_CREDIT",
        severity=Severity.STOP,
        title="ConnectWise does not take the credit's row",
        message="{amount} of credit {credit} is applied to {number} in {ledger}; ConnectWise takes no further row on that "
        "invoice ({said}), so its balance stays {amount} higher.",
        action="Split the credit so that it lies on invoices without a payment, or enter it in ConnectWise by hand; the next "
        "look goes on from there.",
        where=_PAYMENTS,
        who="clerk",
        side=Side.CONNECTWISE,
        source="F1, D15",
    ),
    Entry(
        code="PAYMENT_ONLY_IN_CONNECTWISE",
        severity=Severity.WARNING,
        title="Payment changed in ConnectWise only",
        message="ConnectWise shows {there} paid on {number}, {ledger} {here}. Money is never entered in {ledger} for you.",
        action="Enter the payment in {ledger} (both then agree), or answer `ledger` to set ConnectWise's row to {here}.",
        where=_RESOLVE,
        who="clerk",
        side=Side.LEDGER,
        source="M18",
    ),
    Entry(
        code="PAYMENT_CHANGED_IN_BOTH",
        severity=Severity.WARNING,
        title="Payment changed on both sides",
        message="{number} was paid to {last} when both last agreed; now {ledger} shows {here} and ConnectWise {there}.",
        action="Answer `ledger` to set ConnectWise's row to {here}, or correct {ledger}.",
        where=_RESOLVE,
        who="clerk",
        side=Side.NONE,
        source="M18, D15",
    ),
    Entry(
        code="PAYMENT_CREDIT_CHANGED_IN_BOTH",
        severity=Severity.WARNING,
        title="Credit changed on both sides",
        message="Credit {credit} on {number} was {last} when both last agreed; now {ledger} applies {here} and ConnectWise "
        "{there}.",
        action="Answer `ledger` or `connectwise`: that side's amount is carried to the other.",
        where=_RESOLVE,
        who="clerk",
        side=Side.NONE,
        source="D15",
    ),
    Entry(
        code="PAYMENT_CREDIT_NOT_IN_CONNECTWISE",
        severity=Severity.WARNING,
        title="Credit that ConnectWise does not have",
        message="{amount} of credit {credit} is applied to {number} in {ledger}; ConnectWise has no credit memo of that "
        "number, so its balance stays {amount} higher.",
        action="Make a credit note's credit memo in ConnectWise under the same number; the next look applies it. Anything "
        "else (an overpayment, a prepayment, a journal) has no counterpart there: in {ledger} take it off the invoice "
        "and settle that by a payment or a credit note.",
        where="ConnectWise: Finance > Invoices",
        who="clerk",
        side=Side.CONNECTWISE,
        source="D15",
    ),
    Entry(
        code="PAYMENT_CREDIT_NOT_IN_LEDGER",
        severity=Severity.WARNING,
        title="Credit that the ledger does not have",
        message="{amount} of credit {credit} is applied to {number} in ConnectWise; {ledger} does not have both documents "
        "yet.",
        action="Close and post both; the next look after that applies the credit in {ledger}.",
        where="Ledgerwire: ledgerwire record show",
        who="clerk",
        side=Side.LEDGER,
        source="D15",
    ),
    Entry(
        code="PAYMENT_ROW_FIXED",
        severity=Severity.WARNING,
        title="Payment row that cannot be changed",
        message="{ledger} shows {here} on {number}, ConnectWise {there}; its row is in a batch or comes from a payment "
        "gateway and cannot be changed.",
        action="Correct the row where it was made, or the payment in {ledger}.",
        where=_PAYMENTS,
        who="clerk",
        side=Side.CONNECTWISE,
        source="M18",
    ),
)
