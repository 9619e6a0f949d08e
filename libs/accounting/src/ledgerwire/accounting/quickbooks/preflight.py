"""What would make QuickBooks refuse a document, or keep another one than asked, known from the company's own lists (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from ledgerwire.accounting.quickbooks.arithmetic import is_text_only
from ledgerwire.accounting.quickbooks.company import CLASS, LOCATION, SALES_KINDS, UNTAXED, Company, Dimension
from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.accounting.quickbooks.query import refuse_characters
from ledgerwire.accounting.quickbooks.reference import ITEM_LIMIT, NUMBER_LIMIT
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument, LineRole

_CONTROL = {"Accounts Receivable": "its receivables account", "Accounts Payable": "its payables account"}


def problems(document: LedgerDocument, company: Company) -> tuple[Finding, ...]:
    """Everything in the way, each with the place to put it right."""
    refuse_characters("Number", document.number)
    found = [*_header_problems(document, company)]
    for index, line in enumerate(document.lines):
        found += _account_problems(document, line, index, company)
        if document.kind in SALES_KINDS:
            found += _item_problems(document, line, index, company)
        if document.kind is not DocumentKind.JOURNAL:
            found += _tax_problems(document, line, index, company)
        found += _tracking_problems(document, line, index, company)
    found += _document_values(document, company)
    return tuple(found)


def document_value(document: LedgerDocument, category: str) -> str | None:
    """The one option of a category that stands on the whole document; None where no line has one."""
    return next((item.option for line in document.lines for item in line.tracking if item.category == category), None)


def _header_problems(document: LedgerDocument, company: Company) -> Iterator[Finding]:
    common = {"number": document.number, "ledger": LEDGER}
    if len(document.number) > NUMBER_LIMIT:
        yield Finding("NUMBER_TOO_LONG", common | {"length": str(len(document.number)), "limit": str(NUMBER_LIMIT)})
    if document.kind in SALES_KINDS and not company.custom_numbers:
        yield Finding("CUSTOM_NUMBERS_OFF", common)
    if document.draft:
        yield Finding("DRAFTS_NOT_KEPT", common)
    if document.currency not in company.reference.currencies:
        yield Finding("CURRENCY_NOT_ENABLED", common | {"currency": document.currency})
    if document.kind in SALES_KINDS and company.united_states:
        codes = sorted(
            {line.tax_type for line in document.lines if line.tax_type != UNTAXED and not is_text_only(line)}
        )
        if len(codes) > 1:
            yield Finding("TAX_CODES_MIXED", common | {"found": ", ".join(codes)})


def _account_problems(document: LedgerDocument, line: DocumentLine, index: int, company: Company) -> Iterator[Finding]:
    account = company.accounts.get(line.account_code)
    common = {"number": document.number, "ledger": LEDGER, "account": line.account_code, "kind": _kind_words(document)}
    if document.kind in SALES_KINDS and is_text_only(line):
        return
    if account is None:
        yield Finding("GL_ACCOUNT_UNKNOWN", common, index)
    elif not account.shown.active:
        yield Finding("ACCOUNT_ARCHIVED", common | {"name": account.shown.name}, index)
    elif document.kind is DocumentKind.JOURNAL and account.kind in _CONTROL:
        yield Finding(
            "JOURNAL_ACCOUNT_NOT_ALLOWED", common | {"name": account.shown.name, "found": _CONTROL[account.kind]}, index
        )
    elif document.kind not in SALES_KINDS and account.kind in _CONTROL:
        yield Finding(
            "ACCOUNT_WRONG_TYPE", common | {"name": account.shown.name, "found": _CONTROL[account.kind]}, index
        )


def _item_problems(document: LedgerDocument, line: DocumentLine, index: int, company: Company) -> Iterator[Finding]:
    common = {"number": document.number, "ledger": LEDGER, "item": line.item_code or "", "account": line.account_code}
    if line.item_code is None:
        if not is_text_only(line):
            yield Finding("ITEM_MISSING", common | {"line_text": line.description}, index)
        return
    item = company.item(line.item_code)
    if len(line.item_code) > ITEM_LIMIT:
        limits = {"length": str(len(line.item_code)), "limit": str(ITEM_LIMIT)}
        yield Finding("ITEM_CODE_TOO_LONG", common | limits, index)
    elif item is None:
        yield Finding("ITEM_UNKNOWN", common, index)
    elif not item.shown.active:
        yield Finding("ITEM_INACTIVE", common, index)
    elif item.shown.revenue_account != line.account_code:
        yield Finding("ITEM_ACCOUNT_MISMATCH", common | {"found": item.shown.revenue_account or "none"}, index)


def _tax_problems(document: LedgerDocument, line: DocumentLine, index: int, company: Company) -> Iterator[Finding]:
    common = {"number": document.number, "ledger": LEDGER, "account": line.account_code}
    purchase_in_us = company.united_states and document.kind not in SALES_KINDS
    if not company.taxed or purchase_in_us or (document.kind in SALES_KINDS and is_text_only(line)):
        return
    code = company.tax_codes.get(line.tax_type)
    if code is None or not code.active:
        active = [key for key, known in company.tax_codes.items() if known.active]
        nearest = get_close_matches(line.tax_type, active, n=1, cutoff=0.4)
        yield Finding(
            "TAX_CODE_UNKNOWN", common | {"tax_code": line.tax_type, "nearest": ", ".join(nearest) or "none"}, index
        )
    elif not company.united_states and not code.rates(document.kind):
        yield Finding("TAX_NOT_ALLOWED_FOR_ACCOUNT", common | {"name": code.name}, index)


def _tracking_problems(document: LedgerDocument, line: DocumentLine, index: int, company: Company) -> Iterator[Finding]:
    for item in line.tracking:
        dimension = dimension_of(item.category, company)
        if dimension is None or dimension.id_of(item.option) is None:
            expected = ", ".join(dimension.names) if dimension else "no such category"
            params = {"category": item.category, "found": item.option, "expected": expected or "none"}
            yield Finding("TRACKING_UNKNOWN", {"number": document.number, "ledger": LEDGER} | params, index)


def dimension_of(category: str, company: Company) -> Dimension | None:
    """The options of a tracking category; None where the company does not track it."""
    if category == CLASS and (company.class_per_line or company.class_per_document):
        return company.classes
    return company.departments if category == LOCATION and company.locations else None


def on_document(category: str, document: LedgerDocument, company: Company) -> bool:
    """Whether a category has one value for the whole document: a location, but on a journal; a class, on sales, by setting."""
    if category == LOCATION:
        return document.kind is not DocumentKind.JOURNAL
    return document.kind in SALES_KINDS and not company.class_per_line


def _document_values(document: LedgerDocument, company: Company) -> Iterator[Finding]:
    """Lines must agree where a document has one value; a line that only ties totals follows the others."""
    for category in (CLASS, LOCATION):
        if dimension_of(category, company) is None or not on_document(category, document, company):
            continue
        values = {
            next((item.option for item in line.tracking if item.category == category), "")
            for line in document.lines
            if line.role is LineRole.SALE and not is_text_only(line)
        }
        if len(values) > 1:
            found = ", ".join(sorted(value or "none" for value in values))
            params = {"number": document.number, "ledger": LEDGER, "category": category, "found": found}
            yield Finding("TRACKING_MIXED", params)


def _kind_words(document: LedgerDocument) -> str:
    return document.kind.replace("_", " ").capitalize()
