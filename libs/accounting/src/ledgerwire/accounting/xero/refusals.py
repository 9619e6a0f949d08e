"""Xero's own sentences as catalogue findings.

Validation errors carry no code, so the sentence is all there is; what is not recognised stays LEDGER_REFUSED with the
sentence as it came. Sentences were gathered from Xero's documentation and from recorded answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from ledgerwire.accounting.wire import Json, rows, text
from ledgerwire.common.catalogue import Finding

LEDGER = "Xero"

_TEXT_LIMIT = 1000
_NESTED = ("LineItems", "JournalLines", "Payments", "Allocations", "Addresses", "Phones", "ContactPersons")
_IDEMPOTENCY = re.compile(r"is used with a different request", re.IGNORECASE)
_CONTACT_NUMBER = re.compile(r"contact number .* is already assigned", re.IGNORECASE)

# Named groups become params of the finding.
_SENTENCES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for code, pattern in (
        ("PERIOD_LOCKED", r"lock date(?:,? currently set at (?P<lock>[^.]+))?"),
        ("DUPLICATE_NUMBER", r"(?:invoice|credit\s*note) *(?:#|number) must be unique"),
        ("ACCOUNT_ARCHIVED", r"account code '(?P<account>[^']*)' has been archived"),
        ("GL_ACCOUNT_UNKNOWN", r"account code '(?P<account>[^']*)' is not a valid code"),
        ("GL_ACCOUNT_UNKNOWN", r"account code '+(?P<account>[^']*)'+ has been removed as it does not match"),
        (
            "TAX_NOT_ALLOWED_FOR_ACCOUNT",
            r"taxtype code '(?P<tax_type>[^']*)' cannot be used with account code '(?P<account>[^']*)'",
        ),
        ("TAX_CODE_UNKNOWN", r"taxtype code '(?P<tax_type>[^']*)' does not exist"),
        ("CONTACT_ARCHIVED", r"contact with the specified contact details has been archived"),
        ("CONTACT_ARCHIVED", r"status 'archived' is not valid for contacts"),
        ("CONTACT_NAME_TAKEN", r"contact name (?P<name>.+?) is already assigned to another contact"),
        ("CONTACT_NAME_TAKEN", r"please enter a unique name"),
        ("CURRENCY_NOT_ENABLED", r"not subscribed to currency (?P<currency>[a-z]{3})"),
        (
            "TRACKING_UNKNOWN",
            r"tracking option '(?P<option>[^']*)' does not exist in category '(?P<category>[^']*)'",
        ),
        ("TRACKING_UNKNOWN", r"tracking (?:category|option) '(?P<category>[^']*)'"),
        ("ITEM_UNKNOWN", r"item code '(?P<item>[^']*)' (?:is not valid|does not exist|could not be found)"),
        ("DOCUMENT_PAID", r"cannot be edited as it has a payment or credit note"),
        ("DOCUMENT_PAID", r"not of valid status for modification"),
        ("PAYMENT_OVER_BALANCE", r"exceeds the (?:amount outstanding|remaining credit) on this document"),
        (
            "LINE_TOTAL_DIFFERS",
            r"line total (?P<expected>[\d.,-]+) does not match the expected line total (?P<found>[\d.,-]*\d)",
        ),
    )
)


# What the catalogue's messages name and the sentence may not.
_UNNAMED: dict[str, dict[str, str]] = {
    "PERIOD_LOCKED": {"date": "in a locked period", "lock": "a later day", "open": "an open day"},
    "GL_ACCOUNT_UNKNOWN": {"kind": "its"},
    "CONTACT_NAME_TAKEN": {"other": "a contact"},
    "ACCOUNT_ARCHIVED": {"name": "as posted"},
    "TAX_CODE_UNKNOWN": {"nearest": "none"},
    "TRACKING_UNKNOWN": {"found": "Its option", "expected": "see the ledger"},
    "CONTACT_ARCHIVED": {"customer": "The customer", "chosen": "it is linked to"},
    "LINE_TOTAL_DIFFERS": {"what": "a line"},
    "PAYMENT_OVER_BALANCE": {"amount": "What was applied"},
}
_ALSO_NAMED = {"tax_type": ("name", "tax_code"), "option": ("found",)}


def finding(sentence: str, number: str, about: Mapping[str, str] | None = None) -> Finding:
    """The finding for one of Xero's sentences about a document or contact; the sentence is kept as param `text`.

    `about` are params the caller knows better than the sentence: `date`, `currency`, `customer`, `chosen`, `amount`.
    """
    params = {"number": number, "ledger": LEDGER, "text": sentence[:_TEXT_LIMIT]}
    for code, pattern in _SENTENCES:
        matched = pattern.search(sentence)
        if matched is not None:
            named = {name: value for name, value in matched.groupdict().items() if value}
            return Finding(code, params | _UNNAMED.get(code, {}) | _aliases(named) | dict(about or {}))
    return Finding("LEDGER_REFUSED", params)


def findings(sentences: Iterable[str], number: str, about: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """One finding per different sentence, in order."""
    return tuple(finding(sentence, number, about) for sentence in dict.fromkeys(sentences))


def day_words(day: date) -> str:
    """A day as messages spell it."""
    return f"{day.day} {day:%b}"


def _aliases(named: dict[str, str]) -> dict[str, str]:
    also = {alias: value for name, value in named.items() for alias in _ALSO_NAMED.get(name, ())}
    if "lock" in named:
        also |= _lock_words(named["lock"].strip())
    return named | also


def _lock_words(spelled: str) -> dict[str, str]:
    try:
        lock = datetime.strptime(spelled, "%d %B %Y").date()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return {"lock": spelled}
    return {"lock": day_words(lock), "open": day_words(lock + timedelta(days=1))}


def sentences(element: Json) -> tuple[str, ...]:
    """Every validation error of an element, its lines' and its contact's included, without repeats."""
    return tuple(dict.fromkeys(_errors(element)))


def warnings(element: Json) -> tuple[str, ...]:
    """Xero's remarks on an element that it saved all the same."""
    return tuple(dict.fromkeys(_messages(element, "Warnings")))


def is_idempotency_mismatch(sentence: str) -> bool:
    """Whether the call was refused because its key stands for another request (the key must not be used again)."""
    return _IDEMPOTENCY.search(sentence) is not None


def is_contact_number_taken(sentence: str) -> bool:
    """Whether a contact of this external number exists already, so that it must be looked up."""
    return _CONTACT_NUMBER.search(sentence) is not None


def _errors(element: Json) -> Iterator[str]:
    yield from _messages(element, "ValidationErrors")
    contact = element.get("Contact")
    if isinstance(contact, dict):
        yield from _errors(contact)
    for name in _NESTED:
        for row in rows(element, name):
            yield from _errors(row)


def _messages(element: Json, name: str) -> Iterator[str]:
    for row in rows(element, name):
        message = text(row, "Message")
        if message is not None:
            yield message.strip()
