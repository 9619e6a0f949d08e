"""What mapping is given and what it gives back: plain facts, free of any vendor's shapes.

Amounts are in document currency. `total` of a GL line is as exported: revenue is a credit and therefore negative (M3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.ledger.document import Contact, ContactRole, LedgerDocument
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.mapper.domain.trace import Trace


@dataclass(frozen=True, slots=True)
class Invoice:
    """The PSA invoice as read now.

    Attributes:
        listed: it stands on the unposted list (by billingLogId) at this moment.
        total, tax: signed as the PSA prints them.
        kinds: GL types that its header says it has (service, agreement, product, expense totals other than 0).
        location, department, agreement_type: names by which the GL table may map it; they explain and never decide (M2).
    """

    invoice_id: int
    number: str
    invoice_type: str
    closed: bool
    status: str
    batch: str | None
    listed: bool
    company_name: str
    bill_to_id: int
    document_date: date
    due_date: date | None
    total: Decimal
    tax: Decimal
    currency: str | None
    taxable: bool
    tax_code: str | None
    term: str | None
    reference: str | None = None
    customer_po: str | None = None
    agreement: str | None = None
    downpayment_taxed: bool = False
    kinds: tuple[str, ...] = ()
    location: str | None = None
    department: str | None = None
    agreement_type: str | None = None


@dataclass(frozen=True, slots=True)
class GlLine:
    """One row of the export's detail, tax rows included. `quantity` and `price` are what is shown, not what decides.

    Attributes:
        cost: cost of the whole line in document currency; filled on lines that are no stock too (M6).
        cost_account, stock_account: as the GL table gave them at the close.
        product_class, product_type, category: of the catalog product, where the line has one.
        tax_levels: the tax levels at which the line is taxed; None where the export does not tell them apart.
    """

    entry_id: int
    gl_type: str
    account: str
    gl_class: str
    total: Decimal
    description: str
    quantity: Decimal | None = None
    price: Decimal | None = None
    non_product_id: str | None = None
    product: str | None = None
    taxable: bool = False
    tax_code: str | None = None
    tax_xref: str | None = None
    tax_percent: Decimal | None = None
    cost: Decimal | None = None
    cost_account: str = ""
    stock_account: str = ""
    drop_shipped: bool = False
    product_class: str | None = None
    product_type: str | None = None
    category: str | None = None
    tax_levels: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class TaxLevel:
    """One tax level of a document; `amount` is its tax in document currency, without sign."""

    level: int
    xref: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class GlEntry:
    """A frozen GL entry with its ten segments apart; read only where the export joins them ambiguously (M2).

    `cogs` are the ten segments of the cost account, `stock` is the stock account.
    """

    entry_id: int
    segments: tuple[str, ...]
    product_id: str | None
    cogs: tuple[str, ...] = ()
    stock: str = ""


@dataclass(frozen=True, slots=True)
class GlExport:
    """The GL export of one invoice.

    Attributes:
        header_ids: GL entry ids of the receivable; never a line, always part of the batch (M3).
        header_total: as exported; its sign differs between servers.
        tax: sales tax of the header, used where no ST row is exported.
        tax_xrefs: cross-references of the tax levels, in level order.
        downpayment_taxed: taxDpAppliedFlag (M9).
        tax_levels: the document's tax by level, in level order.
    """

    header_ids: tuple[int, ...]
    header_total: Decimal
    lines: tuple[GlLine, ...]
    tax: Decimal | None = None
    taxable: bool | None = None
    tax_code: str | None = None
    tax_percent: Decimal | None = None
    tax_xrefs: tuple[str, ...] = ()
    downpayment_taxed: bool = False
    due_date: date | None = None
    due_days: int | None = None
    terms_xref: str | None = None
    account_number: str | None = None
    tax_levels: tuple[TaxLevel, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A GL segment's caption and its kind: Account, Class, or blank."""

    caption: str
    kind: str


@dataclass(frozen=True, slots=True)
class GlTableRow:
    """One row of today's GL table: it explains the frozen entries and never decides them (M2).

    `order` is the sort order of its level: the lowest is the most specific and wins.
    """

    gl_type: str
    level: str
    record: str
    account: str
    non_product_id: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class Company:
    """The bill-to company (M13). `primary_contact` and `billing_contact` are names, None where there is none."""

    company_id: int
    name: str
    account_number: str | None = None
    email: str | None = None
    primary_contact: str | None = None
    billing_contact: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A billing term of the PSA. A blank `xref` is missing; "0" is due on receipt (M14)."""

    name: str
    due_days: int | None
    xref: str | None


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A PSA tax code: what it is called, and the cross-references of its levels."""

    identifier: str
    description: str | None = None
    xrefs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactLink:
    """Poster's link of the bill-to company; state is linking, linked or held."""

    state: str
    contact_id: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a document is made out to, and which ledger contacts could be it.

    Attributes:
        key: `company_key` of the contact decision without currency: `250`, `supplier:250`, `member:7`.
        chosen: the ledger contact that the account's settings name.
    """

    key: str
    company: Company
    link: ContactLink | None = None
    contacts: tuple[Contact, ...] = ()
    chosen: str | None = None
    role: ContactRole = ContactRole.CUSTOMER


@dataclass(frozen=True, slots=True)
class MappingInput:
    """Everything that decides what a record becomes; stored exactly, so that the same input gives the same bytes.

    Attributes:
        export: None when ConnectWise has no GL entries for the invoice.
        entries: the frozen entries, read only where the export is ambiguous.
        reference: the slice of the ledger's reference data that this record can touch.
        contacts: ledger contacts that could be the bill-to company.
        choices: what a person chose for this record: FIRST_OPEN_DAY (D14), LINK:<contact id> and CREATE_CONTACT (D9),
            ACCEPT_ROUNDING (M11). Empty by default.
        rounding_used: what roundings and adjustments of the ledger company come to so far in the month of this document, this
            record not counted (D13).
        kept_rate: the exchange rate of an earlier revision of this record, which keeps it (M15).
        drop_ship_cogs: the package set-up has cost-of-sales entries for drop-shipped products too (M6).
        rebatched: the record was ours and a person put it into the batch that it names; the export is that batch's (M8).
    """

    ledger: str
    invoice: Invoice
    company: Company
    settings: MappingSettings
    mapping_version: int
    reference: ReferenceData
    export: GlExport | None = None
    segments: tuple[Segment, ...] = ()
    entries: tuple[GlEntry, ...] = ()
    gl_table: tuple[GlTableRow, ...] = ()
    term: Term | None = None
    tax_codes: tuple[TaxCode, ...] = ()
    link: ContactLink | None = None
    contacts: tuple[Contact, ...] = ()
    choices: tuple[str, ...] = ()
    rounding_used: Decimal = Decimal(0)
    kept_rate: Decimal | None = None
    drop_ship_cogs: bool = False
    rebatched: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """The record's ledger documents; findings are warnings and infos only."""

    documents: tuple[LedgerDocument, ...]
    findings: tuple[Finding, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class NoEffect:
    """To be batched without a document: it moves nothing (M4), or a rule says so (M19; `excluded`)."""

    findings: tuple[Finding, ...]
    trace: Trace
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class StoppedResult:
    """A person must act; the findings hold at least one stop."""

    findings: tuple[Finding, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing to do now. reason: open | batched | unlisted | excluded; the finding says it in words."""

    reason: str
    finding: Finding


Result = Mapped | NoEffect | StoppedResult | Ignored
