"""Verdicts on writes (pure). HTTP 200 proves nothing by itself: what came back is compared with what was foretold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from ledgerwire.accounting.port import Composed, Expected, Verdict, VerdictStatus
from ledgerwire.accounting.quickbooks.errors import LEDGER, Answer, Problem, unreadable
from ledgerwire.accounting.quickbooks.payloads import ENDPOINTS, Endpoint
from ledgerwire.accounting.quickbooks.refusals import DUPLICATE, day_words, findings
from ledgerwire.accounting.quickbooks.wire import amount, calendar_date, group, ref, total_of
from ledgerwire.accounting.wire import Json, UnreadableError, decode, rows, text
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.money import ZERO, total


def verdict(composed: Composed, answer: Answer, *, lock_date: date | None = None) -> Verdict:
    """The outcome of the one document of a call. Raises Ambiguous when the answer does not tell it."""
    wanted = composed.expected[0]
    if answer.problems:
        return refused(wanted, findings(answer.problems, wanted.number, about(wanted, lock_date)), answer.problems)
    row = group(decode(answer.body) or {}, ENDPOINTS[composed.kind].entity)
    if not row:
        unreadable(f"no {ENDPOINTS[composed.kind].entity} in it", write=True)
    try:
        return judge(composed.kind, wanted, row)
    except UnreadableError as error:
        raise Ambiguous(f"QuickBooks' answer could not be read: {error}") from error


def judge(kind: DocumentKind, wanted: Expected, row: Json) -> Verdict:
    """The verdict on a document that came back. Raises UnreadableError when something it always has is missing."""
    ledger_id = text(row, "Id")
    if ledger_id is None:
        raise UnreadableError(f"Id of {wanted.number} is missing")
    found_total, tax = amounts(kind, row)
    compared = (("total", wanted.total, found_total), ("tax", wanted.tax, tax))
    # One cause, one finding: a tax that differs makes the total differ too.
    differing = tuple(
        _differs("LEDGER_TOTAL_DIFFERS", wanted, field, f"{asked:,.2f}", f"{got:,.2f}")
        for field, asked, got in compared
        if asked != got
    )[:1]
    differing += _fields_differ(ENDPOINTS[kind], wanted, row, ledger_id)
    status = VerdictStatus.MISMATCHED if differing else VerdictStatus.POSTED
    return Verdict(wanted.number, status, ledger_id, found_total, tax, differing or wanted.remarks)


def amounts(kind: DocumentKind, row: Json) -> tuple[Decimal, Decimal]:
    """Total and tax of a transaction; of a journal the sum of its debits, for QuickBooks shows 0 as its total."""
    if kind is DocumentKind.JOURNAL:
        details = ((line, group(line, "JournalEntryLineDetail")) for line in rows(row, "Line"))
        return total(amount(line, "Amount") for line, detail in details if detail.get("PostingType") == "Debit"), ZERO
    return total_of(row), amount(group(row, "TxnTaxDetail"), "TotalTax")


def shown_lines(row: Json) -> list[Json]:
    """A transaction's lines without the subtotal that QuickBooks adds."""
    return [line for line in rows(row, "Line") if text(line, "DetailType") != "SubTotalLineDetail"]


def refused(wanted: Expected, found: tuple[Finding, ...], problems: tuple[Problem, ...]) -> Verdict:
    """The verdict on a document that QuickBooks did not take."""
    taken = any(problem.code == DUPLICATE for problem in problems)
    status = VerdictStatus.NUMBER_TAKEN if taken else VerdictStatus.REFUSED
    return Verdict(wanted.number, status, wanted.ledger_id, findings=found)


def about(wanted: Expected, lock_date: date | None = None) -> Mapping[str, str]:
    """What is known of a document and its refusal does not name."""
    named = {"date": day_words(wanted.document_date), "currency": wanted.currency}
    if lock_date is not None and wanted.document_date <= lock_date:
        named |= {"lock": day_words(lock_date), "open": day_words(lock_date + timedelta(days=1))}
    if wanted.customer:
        named |= {"customer": wanted.customer, "chosen": wanted.customer}
    return named


def _fields_differ(endpoint: Endpoint, wanted: Expected, row: Json, ledger_id: str) -> tuple[Finding, ...]:
    dated = calendar_date(row, "TxnDate")
    compared: list[tuple[str, str, str | None]] = [
        ("number", wanted.number, text(row, "DocNumber") or "none"),
        ("date", wanted.document_date.isoformat(), dated.isoformat() if dated else None),
        ("line count", str(wanted.line_count), str(len(shown_lines(row)))),
    ]
    if endpoint.party:
        compared.append(("contact", wanted.contact_id, ref(row, endpoint.party)))
    if ref(row, "CurrencyRef") is not None:
        compared.append(("currency", wanted.currency, ref(row, "CurrencyRef")))
    if wanted.ledger_id is not None:
        compared.append(("document id", wanted.ledger_id, ledger_id))
    return tuple(
        _differs("LEDGER_DOCUMENT_DIFFERS", wanted, field, asked, got or "nothing")
        for field, asked, got in compared
        if asked != got
    )


def _differs(code: str, wanted: Expected, field: str, asked: str, got: str) -> Finding:
    return Finding(code, {"number": wanted.number, "ledger": LEDGER, "field": field, "expected": asked, "found": got})
