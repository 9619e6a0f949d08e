"""The books as an auditor reads them: every live document flattened to signed ledger lines.

Works on documents as the API shows them, so that it can be fed from GET answers, from the journal, or from state.
Amounts are in document currency; debit is positive, credit negative.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from ledgerwire.sandbox.xero.rules.status import LIVE
from ledgerwire.sandbox.xero.wire import Json, parse_date

Role = Literal["line", "control"]

_ZERO = Decimal("0.00")
# A sales invoice credits its lines and debits receivables; each other document is one or the other the other way round.
_LINE_SIGN = {"ACCREC": -1, "ACCPAYCREDIT": -1, "ACCPAY": 1, "ACCRECCREDIT": 1}
_CONTROL = {"ACCREC": "DEBTORS", "ACCRECCREDIT": "DEBTORS", "ACCPAY": "CREDITORS", "ACCPAYCREDIT": "CREDITORS"}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One movement on one account.

    A document's lines carry `net` and the `tax` that goes with it; its control line (role "control") carries the
    document total as `net` on receivables or payables. `tracking` is (category, option) pairs in the document's order.
    """

    document_type: str
    document_id: str
    number: str
    dated: date
    contact_id: str
    currency: str
    role: Role
    account_code: str
    tracking: tuple[tuple[str, str], ...]
    tax_type: str
    net: Decimal
    tax: Decimal


def ledger_lines(
    documents: Iterable[Mapping[str, Any]], control_accounts: Mapping[str, str] | None = None
) -> list[LedgerLine]:
    """Lines of every live (AUTHORISED, PAID, POSTED) invoice, bill, credit note and manual journal, in order.

    `control_accounts` gives the account codes of "DEBTORS" and "CREDITORS"; without them these names stand as codes.
    Drafts, voided and deleted documents have no effect on the books and give nothing.
    """
    codes = control_accounts or {}
    lines: list[LedgerLine] = []
    for document in documents:
        if document.get("Status") not in LIVE:
            continue
        if "ManualJournalID" in document:
            lines.extend(_journal_lines(document))
        elif document.get("Type") in _LINE_SIGN:
            lines.extend(_document_lines(document, codes))
    return lines


def control_accounts_of(accounts: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Account codes of receivables and payables in a chart of accounts."""
    return {
        str(account["SystemAccount"]): str(account["Code"])
        for account in accounts
        if account.get("SystemAccount") in {"DEBTORS", "CREDITORS"} and account.get("Code")
    }


def imbalance(lines: Iterable[LedgerLine]) -> dict[str, Decimal]:
    """Documents whose lines do not add up to their control line, with the difference (nothing in sound books)."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.document_id] = sums.get(line.document_id, _ZERO) + line.net + line.tax
    return {document_id: difference for document_id, difference in sums.items() if difference != 0}


def _document_lines(document: Mapping[str, Any], codes: Mapping[str, str]) -> list[LedgerLine]:
    kind = str(document["Type"])
    sign = _LINE_SIGN[kind]
    contact: Any = document.get("Contact") or {}
    inclusive = document.get("LineAmountTypes") == "Inclusive"
    common: Json = {
        "document_type": kind,
        "document_id": str(document.get("InvoiceID") or document.get("CreditNoteID")),
        "number": str(document.get("InvoiceNumber") or document.get("CreditNoteNumber") or ""),
        "dated": parse_date(document.get("DateString") or document["Date"]),
        "contact_id": str(contact.get("ContactID", "")),
        "currency": str(document.get("CurrencyCode", "")),
    }
    lines = [_line(line, sign, common, inclusive=inclusive) for line in document.get("LineItems", [])]
    side = _CONTROL[kind]
    total = -sign * Decimal(str(document["Total"]))
    control = LedgerLine(
        **common, role="control", account_code=codes.get(side, side), tracking=(), tax_type="", net=total, tax=_ZERO
    )
    return [*lines, control]


def _journal_lines(journal: Mapping[str, Any]) -> list[LedgerLine]:
    inclusive = journal.get("LineAmountTypes") == "Inclusive"
    common: Json = {
        "document_type": "MANUALJOURNAL",
        "document_id": str(journal["ManualJournalID"]),
        "number": str(journal.get("Narration") or ""),
        "dated": parse_date(journal["Date"]),
        "contact_id": "",
        "currency": "",
    }
    return [_line(line, 1, common, inclusive=inclusive) for line in journal.get("JournalLines", [])]


def _line(line: Mapping[str, Any], sign: int, common: Json, *, inclusive: bool) -> LedgerLine:
    tax = Decimal(str(line.get("TaxAmount") or _ZERO))
    amount = Decimal(str(line.get("LineAmount") or _ZERO))
    return LedgerLine(
        **common,
        role="line",
        account_code=str(line.get("AccountCode") or ""),
        tracking=tuple((str(entry["Name"]), str(entry["Option"])) for entry in line.get("Tracking") or []),
        tax_type=str(line.get("TaxType") or ""),
        net=sign * (amount - tax if inclusive else amount),
        tax=sign * tax,
    )
