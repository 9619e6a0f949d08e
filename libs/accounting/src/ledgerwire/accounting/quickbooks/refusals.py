"""QuickBooks' error numbers as catalogue findings.

Messages come in the company's language, so the number decides; only 6000, which stands for everything without a number of
its own, is told apart by its words. What is not recognised stays LEDGER_REFUSED with QuickBooks' words as they came.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from ledgerwire.accounting.quickbooks.errors import LEDGER, Problem, refused_finding
from ledgerwire.common.catalogue import Finding

STALE = "5010"
GONE = frozenset({"610", "2500"})
"""Something named in the request does not exist or was made inactive."""
NAME_TAKEN = frozenset({"6240", "6250"})
DUPLICATE = "6140"

_NUMBERS = {
    "5010": "STALE_OBJECT",
    "6070": "LINE_TOTAL_DIFFERS",
    "6100": "TAX_CODE_UNKNOWN",
    "6160": "TAX_CODE_UNKNOWN",
    "6140": "DUPLICATE_NUMBER",
    "6200": "PERIOD_LOCKED",
    "6210": "PERIOD_LOCKED",
    "6240": "CONTACT_NAME_TAKEN",
    "6250": "CONTACT_NAME_TAKEN",
    "6430": "ACCOUNT_WRONG_TYPE",
    "2300": "GL_OUT_OF_BALANCE",
}
_ELEMENTS = {
    "CustomerRef": "CONTACT_ARCHIVED",
    "VendorRef": "CONTACT_ARCHIVED",
    "AccountRef": "GL_ACCOUNT_UNKNOWN",
    "ItemRef": "ITEM_UNKNOWN",
    "TaxCodeRef": "TAX_CODE_UNKNOWN",
    "TaxRateRef": "TAX_CODE_UNKNOWN",
    "TxnTaxCodeRef": "TAX_CODE_UNKNOWN",
    "ClassRef": "TRACKING_UNKNOWN",
    "DepartmentRef": "TRACKING_UNKNOWN",
    "CurrencyRef": "CURRENCY_NOT_ENABLED",
}
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("CONTACT_CURRENCY_DIFFERS", r"currency of the transaction is invalid for the (?:customer|vendor)"),
        ("CURRENCY_NOT_ENABLED", r"multi ?currency should be enabled"),
        ("TAX_CODE_UNKNOWN", r"have an? (?:vat|gst|tax) rate before you save"),
        ("DOCUMENT_PAID", r"payments? of [\d.,]+ are applied|transaction with payments|linked to (?:a )?payment"),
        ("PAYMENT_OVER_BALANCE", r"more than the (?:open )?balance|more than the payment and its credits"),
        ("ITEM_UNKNOWN", r"category cannot be used"),
        ("ACCOUNT_WRONG_TYPE", r"accounts (?:receivable|payable).*(?:customer|vendor)|cannot be used on a line"),
    )
)
_NOUNS = (
    ("CONTACT_ARCHIVED", re.compile(r"\bnames element", re.IGNORECASE)),
    ("GL_ACCOUNT_UNKNOWN", re.compile(r"\baccounts element", re.IGNORECASE)),
    ("ITEM_UNKNOWN", re.compile(r"\bitems element", re.IGNORECASE)),
    ("TRACKING_UNKNOWN", re.compile(r"\b(?:klasses|classes|departments) element", re.IGNORECASE)),
    ("TAX_CODE_UNKNOWN", re.compile(r"\btax(?:codes|rates) element", re.IGNORECASE)),
    ("CURRENCY_NOT_ENABLED", re.compile(r"\bcurrencies element", re.IGNORECASE)),
)
_SUPPLIED = re.compile(r"supplied (?:value|length) ?: ?(?P<value>[^\s.,;]+(?:\.\d+)?)", re.IGNORECASE)
_LONG = re.compile(r"max: ?(?P<limit>\d+).*?supplied length: ?(?P<length>\d+)", re.IGNORECASE | re.DOTALL)

# What the catalogue's messages name and a number does not.
_UNNAMED: dict[str, dict[str, str]] = {
    "PERIOD_LOCKED": {"date": "in a closed period", "lock": "a later day", "open": "an open day"},
    "GL_ACCOUNT_UNKNOWN": {"account": "of a line", "kind": "its"},
    "ACCOUNT_WRONG_TYPE": {"account": "of a line", "name": "as sent", "kind": "Its", "found": "of the wrong type"},
    "ITEM_UNKNOWN": {"item": "The item of a line"},
    "TAX_CODE_UNKNOWN": {"tax_code": "of a line", "nearest": "none"},
    "TRACKING_UNKNOWN": {"found": "A value", "category": "class or location", "expected": "see the ledger"},
    "CONTACT_ARCHIVED": {"customer": "The contact", "chosen": "it is linked to"},
    "CONTACT_CURRENCY_DIFFERS": {"customer": "the contact", "currency": "another currency"},
    "LINE_TOTAL_DIFFERS": {"what": "a line", "expected": "what was sent", "found": "another amount"},
    "GL_OUT_OF_BALANCE": {"expected": "its debits", "found": "its credits", "difference": "not told"},
    "PAYMENT_OVER_BALANCE": {"amount": "What is applied"},
    "CONTACT_NAME_TAKEN": {"name": "that name", "other": "somebody"},
}


def finding(problem: Problem, number: str, about: Mapping[str, str] | None = None) -> Finding:
    """The finding for one error about a document or contact; QuickBooks' words are kept as param `text`.

    `about` are params the caller knows better: `date`, `lock`, `open`, `currency`, `customer`, `chosen`.
    """
    code = _code(problem)
    params = {"number": number, "ledger": LEDGER, "text": problem.told}
    if code == "NUMBER_TOO_LONG":
        matched = _LONG.search(problem.told)
        return Finding(code, params | (matched.groupdict() if matched else {"length": "more", "limit": "21"}))
    if code is None:
        return refused_finding(problem.told, number)
    supplied = _SUPPLIED.search(problem.told)
    told = {"expected": supplied["value"]} if supplied and code == "LINE_TOTAL_DIFFERS" else {}
    return Finding(code, params | _UNNAMED.get(code, {}) | told | dict(about or {}))


def findings(problems: Sequence[Problem], number: str, about: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """One finding per different error, in order."""
    return tuple(finding(problem, number, about) for problem in dict.fromkeys(problems))


def day_words(day: date) -> str:
    """A day as messages spell it."""
    return f"{day.day} {day:%b}"


def _code(problem: Problem) -> str | None:
    if problem.code in GONE:
        by_noun = next((code for code, noun in _NOUNS if noun.search(problem.told)), None)
        return _ELEMENTS.get(problem.element) or by_noun
    if problem.code == "6000":
        return next((code for code, words in _WORDS if words.search(problem.told)), None)
    if problem.code == "2050":
        return "NUMBER_TOO_LONG" if problem.element == "DocNumber" or "docnumber" in problem.told.lower() else None
    return _NUMBERS.get(problem.code)
