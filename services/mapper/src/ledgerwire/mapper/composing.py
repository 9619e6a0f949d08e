"""From the reads of a group to one record's mapping input. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.domain import model
from ledgerwire.mapper.domain.contacts import ContactIndex
from ledgerwire.mapper.domain.reference import sliced
from ledgerwire.mapper.domain.segments import account_positions
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.reads import GroupReads


@dataclass(frozen=True, slots=True)
class LedgerReads:
    """What was read of a ledger company: its name in messages, reference data, contacts, and the links to it."""

    name: str
    reference: ReferenceData
    contacts: ContactIndex
    links: dict[str, model.ContactLink]


@dataclass(frozen=True, slots=True)
class Settings:
    """One mapping version."""

    version: int
    mapping: MappingSettings


def compose(reads: GroupReads, invoice: psa.Invoice, ledger: LedgerReads, settings: Settings) -> model.MappingInput:
    """The input of one record.

    Raises:
        UnreadableError: the invoice, its company or its export lacks what mapping cannot do without.
    """
    facts = reading.invoice_facts(invoice, closed=reads.setup.closed(invoice), listed=invoice.id in reads.unposted)
    company = _company(reads, facts)
    link = ledger.links.get(str(company.company_id))
    chosen = settings.mapping.contacts.links.get(str(company.company_id))
    source = model.MappingInput(
        ledger=ledger.name,
        invoice=facts,
        company=company,
        settings=settings.mapping,
        mapping_version=settings.version,
        reference=ledger.reference,
        export=_export(reads, invoice.id),
        segments=reads.setup.segments,
        entries=reads.entries.get(invoice.id, ()),
        term=reading.term_facts(reads.setup.terms, invoice),
        link=link,
        contacts=ledger.contacts.candidates(company, link, chosen),
    )
    return sliced(_explained(source, reads), ledger.reference)


def _company(reads: GroupReads, facts: model.Invoice) -> model.Company:
    company = reads.companies.get(facts.bill_to_id)
    if company is None:
        if facts.closed and facts.batch is None:
            raise reading.UnreadableError("bill-to company")
        return model.Company(facts.bill_to_id, facts.company_name)  # it is ignored anyway
    contact = reads.contacts.get(company.billing_contact.id or 0) if company.billing_contact else None
    return reading.company_facts(company, contact.email if contact else None)


def _export(reads: GroupReads, invoice_id: int) -> model.GlExport | None:
    transactions = reads.transactions.get(invoice_id, ())
    if len(transactions) > 1:
        raise reading.UnreadableError("number of its own (two documents share it)")
    return reading.export_facts(transactions[0]) if transactions else None


def _explained(source: model.MappingInput, reads: GroupReads) -> model.MappingInput:
    """With the tax codes and GL table rows that the record's lines name, so that its stored input is complete and small."""
    export = source.export
    lines = export.lines if export else ()
    codes = {source.invoice.tax_code, export.tax_code if export else None, *(line.tax_code for line in lines)} - {None}
    types = {line.gl_type for line in lines} or set(source.invoice.kinds)
    accounts = {line.account for line in lines} | {segment for entry in source.entries for segment in entry.segments}
    rows = _gl_rows(source, reads.setup.gl_table, types, accounts)
    known = reading.tax_code_facts(reads.setup.tax_codes, frozenset(str(code) for code in codes))
    return replace(source, tax_codes=known, gl_table=rows)


def _gl_rows(
    source: model.MappingInput, table: tuple[model.GlTableRow, ...], types: set[str], accounts: set[str]
) -> tuple[model.GlTableRow, ...]:
    if account_positions(source.segments) != (0,):
        return ()
    rows = [row for row in table if row.gl_type in types]
    if source.export is None:
        return tuple(rows)
    carrying = [row for row in rows if row.account in accounts]
    others = {row.gl_type: row for row in reversed(rows) if row.account and row.account not in accounts}
    return (*carrying, *others.values())  # one other row of a kind shows that the kind is mapped at all


def unreadable(invoice: psa.Invoice, ledger: str, error: reading.UnreadableError) -> Finding:
    """The finding for an invoice that lacks a field."""
    company = invoice.bill_to_company or invoice.company
    return Finding(
        "INVOICE_UNREADABLE",
        {
            "number": invoice.invoice_number or f"invoice {invoice.id}",
            "customer": (company.name or company.identifier or "") if company else "",
            "ledger": ledger,
            "field": error.field,
        },
    )
