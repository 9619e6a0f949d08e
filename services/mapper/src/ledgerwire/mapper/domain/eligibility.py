"""Whether there is anything to do: exclusion rules, then closed, unbatched, listed, with GL entries (M1, M2, M19).

Of what is batched only a record of ours that a person batched again is mapped (M8).
"""

from __future__ import annotations

from ledgerwire.mapper.domain.exclusion import rule_for, told
from ledgerwire.mapper.domain.levels import is_owner, level_words, needed_kinds
from ledgerwire.mapper.domain.model import GlTableRow, Ignored, Invoice, NoEffect
from ledgerwire.mapper.domain.parts import InvoiceCase, kind_words, money_words
from ledgerwire.mapper.domain.settings import ExclusionRule, ExclusionTreatment

FORBIDDEN = "|"
"""A character that the PSA forbids in an invoice number: neither system finds the document by it again."""

FOLLOWS = "DOCUMENT_FOLLOWS_BATCH"
"""Tells that the document has the figures of a batch which a person made of a record that was ours (M8)."""

_KIND_WORDS = {"AR": "Accounts receivable", "ST": "Sales tax"}


def check(case: InvoiceCase) -> Ignored | NoEffect | None:
    """None when the record is to be mapped; stops are noted on the case."""
    invoice, export = case.source.invoice, case.source.export
    rule = rule_for(case, "invoice", kind=invoice.invoice_type, company_id=invoice.bill_to_id)
    ignored = _nothing_to_do(case, rule)
    if ignored is not None:
        return ignored
    if case.source.rebatched:
        case.add(FOLLOWS, batch=invoice.batch or "", amount=money_words(invoice.total))
    if export is None or not export.lines:
        _no_entries(case)
        return None
    if rule is not None:
        return NoEffect((*case.findings, told(case, rule)), case.trace.build(), excluded=True)
    if invoice.invoice_type == "Consolidated":
        case.add("INVOICE_TYPE_UNCONFIRMED", type=invoice.invoice_type)
    if FORBIDDEN in invoice.number:
        case.add("INVALID_CHARACTER", field="invoice number", text=invoice.number, character=FORBIDDEN)
    return None


def _nothing_to_do(case: InvoiceCase, rule: ExclusionRule | None) -> Ignored | None:
    invoice = case.source.invoice
    if rule is not None and rule.treatment is ExclusionTreatment.LEAVE_UNPOSTED:
        return Ignored("excluded", told(case, rule))
    followed = case.source.rebatched
    if invoice.batch is not None and not followed:
        return Ignored("batched", case.finding("ALREADY_BATCHED", batch=invoice.batch))
    if not invoice.closed:
        return Ignored("open", case.finding("INVOICE_OPEN", status=invoice.status))
    if not invoice.listed and not followed:
        return Ignored("unlisted", case.finding("NOT_ON_UNPOSTED_LIST"))
    return None


def _no_entries(case: InvoiceCase) -> None:
    """Closed without GL entries: name the kinds that no row maps at all, else the mapping that the close did not find."""
    invoice, table = case.source.invoice, case.source.gl_table
    filled = {row.gl_type for row in table if row.account}
    mapped = filled | {row.gl_type for row in table if row.gl_type not in _KIND_WORDS}
    unmapped = [kind for kind in needed_kinds(invoice) if kind not in mapped] if table else []
    for kind in unmapped:
        case.add("GL_NO_MAPPING", kind=_KIND_WORDS.get(kind) or f"{kind_words(kind)} revenue", gl_type=kind)
    rows = sorted(table, key=is_owner, reverse=True)
    empty = [kind for kind in invoice.kinds if kind in mapped - filled]
    for kind in empty:
        row = next(row for row in rows if row.gl_type == kind)
        case.add("GL_EMPTY_ACCOUNT", kind=kind_words(kind), line_text="all lines", row=level_words(row))
    if not unmapped and not empty:
        case.add("GL_ENTRIES_MISSING", mapping=missing_mapping(invoice, table))


def missing_mapping(invoice: Invoice, table: tuple[GlTableRow, ...]) -> str:
    """Which mapping the close did not find, as far as it can be told: kinds the invoice has and no owner-level row maps."""
    mapped = {row.gl_type for row in table if is_owner(row)}
    kinds = [kind for kind in invoice.kinds if kind not in mapped] or list(invoice.kinds)
    named = " and ".join(f"{kind_words(kind)} revenue ({kind})" for kind in kinds) or "one of its lines"
    return f"{named} of '{invoice.agreement}'" if invoice.agreement else named
