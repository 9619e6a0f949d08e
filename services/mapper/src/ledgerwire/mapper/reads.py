"""The reads of one group: a handful of calls to ConnectWise for up to 50 records; set-up tables are kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from ledgerwire.common.errors import Waiting
from ledgerwire.connectwise import models as psa
from ledgerwire.connectwise.accounting import transactions_by_invoice
from ledgerwire.connectwise.errors import RecordMissing
from ledgerwire.mapper import reading
from ledgerwire.mapper.domain import model
from ledgerwire.mapper.domain.segments import is_ambiguous
from ledgerwire.mapper.ports import Psa

SETUP_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Setup:
    """The set-up tables of one ConnectWise, as mapping needs them."""

    terms: tuple[psa.BillingTerm, ...]
    tax_codes: tuple[psa.TaxCode, ...]
    segments: tuple[model.Segment, ...]
    gl_table: tuple[model.GlTableRow, ...]
    closed_statuses: frozenset[int]
    package: psa.PackageSetup
    read_at: float

    def closed(self, invoice: psa.Invoice) -> bool:
        """Whether the invoice's status closes it: its own flag, else the billing status's."""
        status = invoice.status
        if status is None:
            return False
        return status.is_closed if status.is_closed is not None else status.id in self.closed_statuses

    def explains(self, transactions: Iterable[psa.ExportTransaction]) -> bool:
        """Whether every line's account is in the GL table: a line that is not may only mean that the table is old news."""
        known = {(row.gl_type, row.account) for row in self.gl_table}
        return all(
            (line.gl_type_id, (line.account_number or "").strip()) in known
            for transaction in transactions
            for line in transaction.details
            if line.gl_type_id not in {"ST", "AR"} and ":" not in (line.account_number or "")
        )


@dataclass(frozen=True, slots=True)
class GroupReads:
    """What was read for a group.

    Attributes:
        transactions: may hold more than one for a number that two documents share.
        catalog: the products of the lines, by identifier.
        catalog_fault: why the catalog could not be read; it keeps waiting only what cannot be decided without it.
        rebatched: the invoices whose transactions are those of the batch that they are in (M8).
    """

    invoices: dict[int, psa.Invoice]
    unposted: dict[int, psa.UnpostedInvoice]
    transactions: dict[int, tuple[psa.ExportTransaction, ...]]
    companies: dict[int, psa.Company]
    contacts: dict[int, psa.Contact]
    setup: Setup
    entries: dict[int, tuple[model.GlEntry, ...]] = field(default_factory=dict)
    catalog: dict[str, psa.CatalogItem] = field(default_factory=dict)
    catalog_fault: Waiting | None = None
    rebatched: frozenset[int] = frozenset()


class SetupCache:
    """Set-up tables of one connection; read anew when they are old, or when a person has just changed something."""

    def __init__(self) -> None:
        self._setup: Setup | None = None

    async def get(self, client: Psa, *, fresh: bool = False) -> Setup:
        setup = self._setup
        if fresh or setup is None or monotonic() - setup.read_at > SETUP_SECONDS:
            setup = self._setup = await _read_setup(client)
        return setup


async def _read_setup(client: Psa) -> Setup:
    read_at = monotonic()
    (terms, codes, statuses, package), (captions, rows, levels) = await asyncio.gather(
        asyncio.gather(client.billing_terms(), client.tax_codes(), client.billing_statuses(), client.package_setup()),
        asyncio.gather(client.gl_captions(), client.gl_accounts(), client.gl_mapped_types()),
    )
    return Setup(
        terms=tuple(terms),
        tax_codes=tuple(codes),
        segments=reading.segment_facts(captions),
        gl_table=reading.gl_table_facts(rows, levels),
        closed_statuses=frozenset(item.id for item in statuses if item.closed_flag),
        package=package,
        read_at=read_at,
    )


async def read_group(
    client: Psa, cache: SetupCache, ids: Sequence[int], *, fresh: bool, followed: frozenset[int] = frozenset()
) -> GroupReads:
    """Read everything that mapping these invoices needs; a vanished invoice is left out.

    `fresh`: a person retries, so whatever is cached may be what was just put right. `followed`: invoices that are mapped
    from the batch they are in, if they are in one. Raises what the client raises.
    """
    setup = await cache.get(client, fresh=fresh)
    read = {item.id: item for item in await client.invoices(ids)}
    closed = [item for item in read.values() if setup.closed(item)]
    wanted = [item for item in closed if item.gl_batch is None]
    batched = await _in_batches(client, [item for item in closed if item.gl_batch is not None and item.id in followed])
    in_hand = [*wanted, *(read[number] for number in batched)]
    if not in_hand:
        return GroupReads(read, {}, {}, {}, {}, setup)
    numbers = [item.id for item in wanted]
    unposted, exported, companies = await asyncio.gather(
        client.unposted_invoices(numbers), client.export_invoices(numbers), _companies(client, in_hand)
    )
    transactions = transactions_by_invoice(wanted, exported) | batched
    exported = [*exported, *(row for rows in batched.values() for row in rows)]
    if not setup.explains(exported) or not all(transactions.values()):
        setup = await cache.get(client, fresh=True)
    catalog, fault = await _catalog(client, exported)
    return GroupReads(
        invoices=read,
        unposted={item.billing_log_id: item for item in unposted if item.billing_log_id is not None},
        transactions=transactions,
        companies=companies,
        contacts=await _billing_contacts(client, companies.values()),
        setup=setup,
        entries=await _entries(client, transactions, setup.segments),
        catalog=catalog,
        catalog_fault=fault,
        rebatched=frozenset(batched),
    )


async def _in_batches(client: Psa, invoices: Sequence[psa.Invoice]) -> dict[int, tuple[psa.ExportTransaction, ...]]:
    """What these invoices have in the batches they are in; one that its batch does not show is left out."""
    by_batch: dict[int, list[psa.Invoice]] = {}
    for invoice in invoices:
        if invoice.gl_batch is not None and invoice.gl_batch.id is not None:
            by_batch.setdefault(invoice.gl_batch.id, []).append(invoice)
    found: dict[int, tuple[psa.ExportTransaction, ...]] = {}
    for batch_id, some in by_batch.items():
        try:
            exported = await client.export_batch(batch_id, [item.id for item in some])
        except RecordMissing:
            continue  # taken apart just now: the next look finds the invoice unposted
        found |= {number: rows for number, rows in transactions_by_invoice(some, exported).items() if rows}
    return found


async def _companies(client: Psa, invoices: Iterable[psa.Invoice]) -> dict[int, psa.Company]:
    ids = {reference.id for item in invoices if (reference := item.bill_to_company or item.company) and reference.id}
    return {item.id: item for item in await client.companies(sorted(ids))} if ids else {}


async def _catalog(
    client: Psa, exported: Iterable[psa.ExportTransaction]
) -> tuple[dict[str, psa.CatalogItem], Waiting | None]:
    """The products that the lines name; a key that may not read the catalog is told, not raised."""
    ids = {line.item.id for each in exported for line in each.details if line.item is not None and line.item.id}
    try:
        rows = await client.catalog_items(sorted(ids)) if ids else []
    except Waiting as error:
        return {}, error
    return {row.identifier: row for row in rows if row.identifier}, None


async def _billing_contacts(client: Psa, companies: Iterable[psa.Company]) -> dict[int, psa.Contact]:
    """Billing contacts of companies without an invoice e-mail address: theirs is used then."""
    ids = {
        company.billing_contact.id
        for company in companies
        if not company.invoice_to_email_address and company.billing_contact and company.billing_contact.id
    }
    return {item.id: item for item in await client.contacts(sorted(ids))} if ids else {}


async def _entries(
    client: Psa, transactions: dict[int, tuple[psa.ExportTransaction, ...]], segments: tuple[model.Segment, ...]
) -> dict[int, tuple[model.GlEntry, ...]]:
    """Frozen entries of the invoices whose export joins the segments ambiguously (M2)."""
    found: dict[int, tuple[model.GlEntry, ...]] = {}
    for invoice_id, rows in transactions.items():
        if len(rows) == 1 and _joined(rows[0], segments):
            found[invoice_id] = reading.entry_facts(await client.gl_entries(invoice_id))
    return found


def _joined(transaction: psa.ExportTransaction, segments: tuple[model.Segment, ...]) -> bool:
    try:
        return is_ambiguous(reading.export_facts(transaction), segments)
    except reading.UnreadableError:
        return False  # the record stops on it when it is mapped
