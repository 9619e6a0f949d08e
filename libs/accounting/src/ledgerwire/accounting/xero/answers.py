"""Verdicts on the elements of a write (pure). HTTP 200 proves nothing: each element is judged on its own.

A document counts as posted only when it carries no validation error, a real id, the status asked for, and the contact,
date, currency and amounts that were foretold.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ledgerwire.accounting.port import Composed, Expected, Verdict, VerdictStatus
from ledgerwire.accounting.wire import Json, UnreadableError, decode, rows, text
from ledgerwire.accounting.xero.endpoints import DRAFTS, ENDPOINTS, Endpoint
from ledgerwire.accounting.xero.errors import call_sentences, raise_call_refused, unreadable
from ledgerwire.accounting.xero.journals import balance, debits
from ledgerwire.accounting.xero.refusals import (
    LEDGER,
    day_words,
    findings,
    is_idempotency_mismatch,
    sentences,
    warnings,
)
from ledgerwire.accounting.xero.wire import ZERO_GUID, amount, calendar_date, guid
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Ambiguous
from ledgerwire.common.money import ZERO


def verdicts(composed: Composed, status: int, body: bytes) -> tuple[Verdict, ...]:
    """One verdict per element of the call, in the order composed.

    Raises:
        Ambiguous: the answer does not tell what became of every element.
        Stopped: the whole call was refused for something no element is to blame for.
    """
    decoded = decode(body)
    if decoded is None:
        if status == 400:
            raise_call_refused({}, status, _numbers(composed.expected))
        unreadable("no JSON object", write=True)
    endpoint = ENDPOINTS[composed.kind]
    if status == 400 or endpoint.collection not in decoded:
        return _refused_call(composed, endpoint, status, decoded)
    elements = _matched(composed.expected, rows(decoded, endpoint.collection), endpoint)
    try:
        return tuple(judge(wanted, element, endpoint) for wanted, element in elements)
    except UnreadableError as error:
        raise Ambiguous(f"Xero's answer could not be read: {error}") from error


def judge(wanted: Expected, element: Json, endpoint: Endpoint) -> Verdict:
    """The verdict on one element. Raises UnreadableError when something it always has is missing."""
    told, remarked = _causes(element, endpoint), warnings(element)
    flagged = element.get("HasErrors") is True or text(element, "StatusAttributeString") == "ERROR"
    ledger_id = guid(element, endpoint.id_field)
    if told or flagged or ledger_id == ZERO_GUID:
        return _refused(wanted, told or remarked or ("Xero gave no reason.",))
    if ledger_id is None:
        raise UnreadableError(f"{endpoint.id_field} of {wanted.number} is missing")
    total, tax = (
        (debits(element), ZERO) if endpoint.journal else (amount(element, "Total"), amount(element, "TotalTax"))
    )
    differing = (*_amounts_differ(wanted, element, endpoint), *_fields_differ(wanted, element, ledger_id, endpoint))
    if endpoint.journal and remarked:
        differing = (*findings(remarked, wanted.number, _about(wanted)), *differing)
    status = text(element, "Status") or "no status"
    found = VerdictStatus.POSTED
    remarks: tuple[Finding, ...] = tuple(
        Finding("LEDGER_WARNING", {"number": wanted.number, "ledger": LEDGER, "text": remark}) for remark in remarked
    )
    if differing:
        found, remarks = VerdictStatus.MISMATCHED, differing
    elif status in DRAFTS:
        found = VerdictStatus.DRAFT
        remarks = () if wanted.draft else (_approval_refused(wanted, status),)
    return Verdict(wanted.number, found, ledger_id, total, tax, remarks)


def _causes(element: Json, endpoint: Endpoint) -> tuple[str, ...]:
    """Why an element was refused, the cause and not what follows from it.

    Xero takes a line with an unknown account out of a journal and only warns of it; what it refuses then is the rest.
    """
    told = sentences(element)
    return warnings(element) or told if endpoint.journal and told else told


def _about(wanted: Expected) -> dict[str, str]:
    about = {"date": day_words(wanted.document_date), "currency": wanted.currency}
    return about | {"customer": wanted.customer, "chosen": wanted.customer} if wanted.customer else about


def _refused(wanted: Expected, told: Sequence[str]) -> Verdict:
    found = findings(told, wanted.number, _about(wanted))
    taken = any(item.code == "DUPLICATE_NUMBER" for item in found)
    status = VerdictStatus.NUMBER_TAKEN if taken else VerdictStatus.REFUSED
    return Verdict(wanted.number, status, wanted.ledger_id, findings=found)


def _amounts_differ(wanted: Expected, element: Json, endpoint: Endpoint) -> tuple[Finding, ...]:
    if endpoint.journal:
        compared = [("sum of debits", wanted.total, debits(element)), ("balance", ZERO, balance(element))]
    else:
        compared = [
            ("total", wanted.total, amount(element, "Total")),
            ("tax", wanted.tax, amount(element, "TotalTax")),
            ("net total", wanted.net, amount(element, "SubTotal")),
        ]
    return tuple(
        _differs("LEDGER_TOTAL_DIFFERS", wanted, field, _money(asked), _money(got))
        for field, asked, got in compared
        if asked != got
    )


def _fields_differ(wanted: Expected, element: Json, ledger_id: str, endpoint: Endpoint) -> tuple[Finding, ...]:
    dated = calendar_date(element, "Date")
    compared = [
        ("number", wanted.number, endpoint.number_of(element) or "none"),
        ("date", wanted.document_date.isoformat(), dated.isoformat() if dated else None),
        ("status", *_statuses(wanted, text(element, "Status"), endpoint)),
    ]
    if not endpoint.journal:
        contact = element.get("Contact")
        contact_id = guid(contact, "ContactID") if isinstance(contact, dict) else None
        compared.append(("contact", wanted.contact_id.lower(), contact_id))
        compared.append(("currency", wanted.currency, text(element, "CurrencyCode")))
    if wanted.ledger_id is not None:
        compared.append(("document id", wanted.ledger_id.lower(), ledger_id))
    lines = rows(element, endpoint.lines_field)
    if lines:
        compared.append(("line count", str(wanted.line_count), str(len(lines))))
    return tuple(
        _differs("LEDGER_DOCUMENT_DIFFERS", wanted, field, asked, got or "nothing")
        for field, asked, got in compared
        if asked != got
    )


def _statuses(wanted: Expected, got: str | None, endpoint: Endpoint) -> tuple[str, str | None]:
    """Asked and got, equal where what was got will do: Xero calls a zero document PAID, and may keep one as a draft."""
    asked = "DRAFT" if wanted.draft else endpoint.approved
    fits = got == endpoint.approved or got in DRAFTS or (got == "PAID" and wanted.total == ZERO)
    return (asked, asked if fits else got)


def _approval_refused(wanted: Expected, status: str) -> Finding:
    return Finding("APPROVAL_REFUSED", {"number": wanted.number, "ledger": LEDGER, "status": status.lower()})


def _differs(code: str, wanted: Expected, field: str, asked: str, got: str) -> Finding:
    return Finding(code, {"number": wanted.number, "ledger": LEDGER, "field": field, "expected": asked, "found": got})


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _matched(expected: Sequence[Expected], elements: Sequence[Json], endpoint: Endpoint) -> list[tuple[Expected, Json]]:
    """Each document with its element: by number, else by place if that element is nobody else's.

    Raises:
        Ambiguous: an element is missing or cannot be told from another.
    """
    by_number: dict[str, list[int]] = {}
    for index, element in enumerate(elements):
        by_number.setdefault(endpoint.number_of(element), []).append(index)
    numbers = {wanted.number for wanted in expected}
    matched: list[tuple[Expected, Json]] = []
    taken: set[int] = set()
    for place, wanted in enumerate(expected):
        own = by_number.get(wanted.number, [])
        if not own and place < len(elements) and endpoint.number_of(elements[place]) not in numbers:
            own = [place]
        if len(own) != 1 or own[0] in taken:
            raise Ambiguous(f"Xero's answer has {len(own)} elements for {wanted.number}")
        taken.add(own[0])
        matched.append((wanted, elements[own[0]]))
    return matched


def _refused_call(composed: Composed, endpoint: Endpoint, status: int, body: Json) -> tuple[Verdict, ...]:
    """A refusal of the call as a whole: nothing was saved. Elements that are to blame are refused by name."""
    told = call_sentences(body)
    if any(is_idempotency_mismatch(sentence) for sentence in told):
        raise Ambiguous("Xero knows the idempotency key from another request")
    if status != 400 and not told:
        unreadable(f"no {endpoint.collection} in it", write=True)
    blamed = {
        endpoint.number_of(element): _causes(element, endpoint)
        for element in rows(body, "Elements")
        if sentences(element)
    }
    if len(composed.expected) == 1 and blamed:
        causes = next(iter(blamed.values())) if endpoint.journal else tuple(told)
        return (_refused(composed.expected[0], causes),)
    if not blamed.keys() & {wanted.number for wanted in composed.expected}:
        raise_call_refused(body, status, _numbers(composed.expected))
    return tuple(
        _refused(wanted, blamed[wanted.number]) if wanted.number in blamed else _beside(wanted, told)
        for wanted in composed.expected
    )


def _beside(wanted: Expected, told: Sequence[str]) -> Verdict:
    params = {"number": wanted.number, "ledger": LEDGER, "text": told[0]}
    found = (Finding("LEDGER_CALL_REFUSED", params),)
    return Verdict(wanted.number, VerdictStatus.REFUSED, wanted.ledger_id, findings=found)


def _numbers(expected: Sequence[Expected]) -> str:
    shown = ", ".join(wanted.number for wanted in expected[:3])
    return shown if len(expected) <= 3 else f"{shown} and {len(expected) - 3} more"
