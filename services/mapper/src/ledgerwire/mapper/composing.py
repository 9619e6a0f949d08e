"""From the reads of a group to one record's mapping input. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.domain import model
from ledgerwire.mapper.domain.contacts import ContactIndex, chosen_contact, contact_key
from ledgerwire.mapper.domain.levels import relevant
from ledgerwire.mapper.domain.reference import sliced
from ledgerwire.mapper.domain.segments import account_positions
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.reads import GroupReads
from ledgerwire.mapper.rounding_used import RoundingUsed


@dataclass(frozen=True, slots=True)
class LedgerReads:
    """What was read of a ledger company: its name in messages, reference data, contacts, the links to it, its roundings.

    `contacts` are customers; `suppliers`, read only where the group needs them, whoever is paid.
    """

    name: str
    reference: ReferenceData
    contacts: ContactIndex
    links: dict[str, model.ContactLink]
    roundings: RoundingUsed = field(default_factory=RoundingUsed)
    suppliers: ContactIndex = field(default_factory=ContactIndex)


@dataclass(frozen=True, slots=True)
class Settings:
    """One mapping version."""

    version: int
    mapping: MappingSettings


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of the record from before: a person's choices, the rate it was posted with, the month's roundings.

    `later_receipt`: another receipt of the same vendor invoice is known already (M16).
    """

    choices: tuple[str, ...] = ()
    rounding_used: Decimal = Decimal(0)
    kept_rate: Decimal | None = None
    later_receipt: bool = False


NOTHING = Earlier()


def compose(
    reads: GroupReads, invoice: psa.Invoice, ledger: LedgerReads, settings: Settings, earlier: Earlier = NOTHING
) -> model.MappingInput:
    """The input of one record.

    Raises:
        UnreadableError: the invoice, its company or its export lacks what mapping cannot do without.
        Waiting: the catalog, which tells stock from other products, could not be read.
    """
    facts = reading.invoice_facts(invoice, closed=reads.setup.closed(invoice), listed=invoice.id in reads.unposted)
    company = _company(reads, facts)
    key = str(company.company_id)
    link = ledger.links.get(contact_key(key, ledger.reference, facts.currency))
    chosen = (settings.mapping.contacts.links.get(key), chosen_contact(earlier.choices))
    source = model.MappingInput(
        ledger=ledger.name,
        invoice=facts,
        company=company,
        settings=settings.mapping,
        mapping_version=settings.version,
        reference=ledger.reference,
        export=_export(reads, invoice.id, settings.mapping),
        segments=reads.setup.segments,
        entries=reads.entries.get(invoice.id, ()),
        term=reading.term_facts(reads.setup.terms, invoice),
        link=link,
        contacts=ledger.contacts.candidates(company, link, *chosen),
        choices=earlier.choices,
        rounding_used=earlier.rounding_used,
        kept_rate=earlier.kept_rate,
        drop_ship_cogs=bool(reads.setup.package.include_cogs_drop_ship_flag),
        rebatched=invoice.id in reads.rebatched,
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


def _export(reads: GroupReads, invoice_id: int, settings: MappingSettings) -> model.GlExport | None:
    transactions = reads.transactions.get(invoice_id, ())
    if len(transactions) > 1:
        raise reading.UnreadableError("number of its own (two documents share it)")
    if not transactions:
        return None
    export = reading.export_facts(transactions[0])
    if reads.catalog_fault and settings.cogs.enabled and any(line.product for line in export.lines):
        raise reads.catalog_fault
    entries = {entry.entry_id: entry for entry in reads.entries.get(invoice_id, ())}
    positions = account_positions(reads.setup.segments)
    lines = (
        reading.with_entry(
            reading.with_product(line, reads.catalog.get(line.product or "")), entries.get(line.entry_id), positions
        )
        for line in export.lines
    )
    return replace(export, lines=tuple(lines))


def _explained(source: model.MappingInput, reads: GroupReads) -> model.MappingInput:
    """With the tax codes and GL table rows that the record's lines name, so that its stored input is complete and small."""
    export = source.export
    lines = export.lines if export else ()
    codes = {source.invoice.tax_code, export.tax_code if export else None, *(line.tax_code for line in lines)} - {None}
    clear = account_positions(source.segments) == (0,)
    rows = relevant(source, reads.setup.gl_table) if clear else ()
    known = reading.tax_code_facts(reads.setup.tax_codes, frozenset(str(code) for code in codes))
    return replace(source, tax_codes=known, gl_table=rows)
