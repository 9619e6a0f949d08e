"""Causes found on expenses (M17).

Every finding carries `number`, `customer` (the member) and `ledger`; the other params are named in the templates below.
"""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

_REPORTS = "ConnectWise: Time & Expense > Expense Approval"
_SETTINGS = "Ledgerwire: ledgerwire account apply"

register(
    Entry(
        code="EXPENSE_NOT_APPROVED",
        severity=Severity.STOP,
        title="Expense below the required approval",
        message="{number} of {customer} is {found}; this account posts expenses from {required} on.",
        action="Approve it, then Retry.",
        where=_REPORTS,
        who="clerk",
        side=Side.CONNECTWISE,
        cause_params=("required", "found"),
        source="F1, M17",
    ),
    Entry(
        code="EXPENSE_BILLING_STATUS",
        severity=Severity.STOP,
        title="Expense below the required billing status",
        message="{number} of {customer} is {found}; this account posts expenses from {required} on.",
        action="Invoice it (or make it ready to bill), then Retry.",
        where=_REPORTS,
        who="clerk",
        side=Side.CONNECTWISE,
        cause_params=("required", "found"),
        source="F1, M17",
    ),
    Entry(
        code="EXPENSE_PAYMENT_TYPE_UNLISTED",
        severity=Severity.STOP,
        title="Who paid the expense cannot be told",
        message="{number} of {customer} is {classification}, but its payment type '{payment_type}' is not among those that "
        "the company pays.",
        action="Add '{payment_type}' to the company-paid payment types, or classify the expense as Reimbursable; then Retry.",
        where=f"{_SETTINGS}; ConnectWise: System > Setup Tables > Expense Payment Types",
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("classification", "payment_type"),
        source="A057, M17",
    ),
    Entry(
        code="EXPENSE_PAYMENT_TYPE_UNKNOWN",
        severity=Severity.WARNING,
        title="Company-paid payment type that ConnectWise does not have",
        message="The settings name '{payment_type}' as paid by the company; ConnectWise has no payment type of that name.",
        action="Correct the name in the settings.",
        where=_SETTINGS,
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("payment_type",),
        source="A057",
    ),
    Entry(
        code="EXPENSE_CLEARING_MISSING",
        severity=Severity.STOP,
        title="No contact for company-paid expenses",
        message="{number} of {customer} was paid by the company ('{payment_type}'), and the settings name no contact for such "
        "bills.",
        action="Set clearing_contact to the card's bank, then Retry.",
        where=_SETTINGS,
        who="account admin",
        side=Side.LEDGERWIRE,
        source="M17",
    ),
)

register(
    Entry(
        code="EXPENSE_GROUP_INCOMPLETE",
        severity=Severity.STOP,
        title="Another expense of the same report cannot go yet",
        message="{number} of {customer} is on {report} with {blocking}, which cannot go yet. The report is one document, so "
        "nothing of it is posted or changed.",
        action="Clear what keeps {blocking} (it is listed with its own cause) and Retry that one; or Skip it, and the report "
        "goes without it.",
        where="Ledgerwire: ledgerwire record retry, or ledgerwire record skip",
        who="clerk",
        side=Side.LEDGERWIRE,
        cause_params=("report", "blocking"),
        source="M17",
    ),
    Entry(
        code="EXPENSE_IN_ANOTHER_DOCUMENT",
        severity=Severity.STOP,
        title="Another document in the ledger still contains the expense",
        message="{number} does not belong in {report} any more, which still contains it in {ledger}. It is posted elsewhere, or "
        "batched without a document, once {report} is without it.",
        action="Clear what keeps {report} from being changed (the expenses that stay in it are listed with the cause) and Retry "
        "those; or void {report} in the ledger.",
        where="Ledgerwire: ledgerwire record retry; or in the ledger",
        who="clerk",
        side=Side.LEDGER,
        cause_params=("report",),
        source="M8, M17",
    ),
)
