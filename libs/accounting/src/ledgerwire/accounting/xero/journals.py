"""What Xero demands of a manual journal, checked before it is sent (developer documentation "Manual Journals").

A journal has no number and no currency: our number begins its narration, and it is kept in base currency. It may not touch
bank accounts, the control accounts, retained earnings, or stock that Xero tracks itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ledgerwire.accounting.wire import Json, rows
from ledgerwire.accounting.xero.endpoints import AFTER_NUMBER
from ledgerwire.accounting.xero.refusals import LEDGER
from ledgerwire.accounting.xero.wire import amount
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import DocumentLine, LedgerDocument
from ledgerwire.common.ledger.reference import LedgerAccount, ReferenceData
from ledgerwire.common.money import ZERO, is_cents, total

_REFUSED_TYPES = {"BANK": "a bank account", "INVENTORY": "stock that Xero tracks itself"}
_REFUSED_SYSTEM = {
    "DEBTORS": "its accounts receivable",
    "CREDITORS": "its accounts payable",
    "RETAINEDEARNINGS": "its retained earnings",
}


def debits(element: Json) -> Decimal:
    """The sum of a journal's debits, as Xero shows them. Raises UnreadableError when a line has no amount."""
    return total(line for line in _amounts(element) if line > ZERO)


def balance(element: Json) -> Decimal:
    """What a journal's lines add up to: 0 unless something is wrong. Raises UnreadableError as `debits`."""
    return total(_amounts(element))


def problems(document: LedgerDocument, reference: ReferenceData) -> list[Finding]:
    """Why Xero would not keep this journal as it is meant."""
    return [
        *_number(document),
        *_currency(document, reference),
        *_figures(document),
        *_accounts(document, reference),
    ]


def _amounts(element: Json) -> Iterator[Decimal]:
    return (amount(line, "LineAmount") for line in rows(element, "JournalLines"))


def _number(document: LedgerDocument) -> Iterator[Finding]:
    if AFTER_NUMBER in document.number:
        params = {"field": "Number", "value": document.number, "number": document.number, "ledger": LEDGER}
        yield Finding("CHARACTER_NOT_SEARCHABLE", params | {"character": "a colon with a blank behind it"})


def _currency(document: LedgerDocument, reference: ReferenceData) -> Iterator[Finding]:
    if document.currency == reference.base_currency:
        return
    # Whatever rate there is, Xero has no place for it: the amounts must come in base currency.
    unknown = document.currency not in reference.currencies
    params = {"number": document.number, "currency": document.currency, "ledger": LEDGER}
    yield Finding("CURRENCY_NOT_ENABLED" if unknown else "CURRENCY_RATE_MISSING", params)


def _figures(document: LedgerDocument) -> Iterator[Finding]:
    nets = [line.net for line in document.lines]
    left, moved = total(nets), total(net for net in nets if net > ZERO)
    common = {"number": document.number, "ledger": LEDGER}
    if left != ZERO:
        figures = {"expected": "0.00", "found": f"{left:,.2f}", "difference": f"{left:,.2f}"}
        yield Finding("GL_OUT_OF_BALANCE", common | figures)
        return
    if (document.net, document.tax, document.total) != (moved, ZERO, moved) or not all(map(is_cents, nets)):
        figures = {"what": "the total", "found": f"{moved:,.2f}", "expected": f"{document.total:,.2f}"}
        yield Finding("LINE_TOTAL_DIFFERS", common | figures)


def _accounts(document: LedgerDocument, reference: ReferenceData) -> Iterator[Finding]:
    accounts = {account.code: account for account in reference.accounts}
    told: set[str] = set()
    for place, line in enumerate(document.lines):
        account = accounts.get(line.account_code)
        found = _refused_as(account) if account else None
        if account is not None and found is not None and account.code not in told:
            told.add(account.code)
            yield _not_allowed(document, line, account, found, place)


def _not_allowed(
    document: LedgerDocument, line: DocumentLine, account: LedgerAccount, found: str, place: int
) -> Finding:
    params = {
        "number": document.number,
        "ledger": LEDGER,
        "account": line.account_code,
        "name": account.name,
        "found": found,
    }
    return Finding("JOURNAL_ACCOUNT_NOT_ALLOWED", params, place)


def _refused_as(account: LedgerAccount) -> str | None:
    return _REFUSED_TYPES.get(account.account_type or "") or _REFUSED_SYSTEM.get(account.system or "")
