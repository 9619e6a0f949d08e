"""Receipts, returns, stock adjustments and transfers in hand: their reads, and what mapping is given of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import ContactRole
from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings
from ledgerwire.mapper.domain.contacts import chosen_contact, contact_key
from ledgerwire.mapper.domain.model import Company, Party, TaxCode, Term
from ledgerwire.mapper.domain.purchase_model import ADJUSTMENT, PURCHASE, TRANSFER, ProcurementInput, Product, Receipt
from ledgerwire.mapper.ports import Psa
from ledgerwire.mapper.product_reading import adjustment_of, receipt_of, transfers_of
from ledgerwire.mapper.reads import Setup
from ledgerwire.mapper.records import KnownBill, StoredRecord
from ledgerwire.mapper.references import id_of, name_of, text_of
from ledgerwire.mapper.slicing import sliced_accounts
from ledgerwire.mapper.subjects import ContactKey, as_listed

KINDS = frozenset({PURCHASE, ADJUSTMENT, TRANSFER})
SUPPLIER = "supplier"


def supplier_key(company_id: int | str) -> str:
    """`company_key` of a supplier."""
    return f"{SUPPLIER}:{company_id}"


@dataclass(frozen=True, slots=True)
class ProductReads:
    """What was read for the products of a group.

    Attributes:
        catalog: the products of receipt lines, by id.
        siblings: all listed receipts of the vendor invoices in hand, those outside the group too.
    """

    exports: dict[str, psa.ProcurementExport]
    vendors: dict[int, psa.Company]
    catalog: dict[int, psa.CatalogItem]
    setup: Setup
    siblings: tuple[psa.UnpostedProcurement, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductSubject:
    """One row of the unposted list of products with the reads of its group."""

    row: psa.UnpostedProcurement
    reads: ProductReads

    @property
    def source_id(self) -> str:
        return str(self.row.source_id)

    @property
    def number(self) -> str:
        """What people call it: the purchase order's number, else the record's own id."""
        order = self.row.purchase_order
        return ((order.number if order else None) or "").strip() or self.source_id

    @property
    def _currency(self) -> str | None:
        return self.row.currency.iso_code if self.row.currency else None

    @property
    def location_id(self) -> int | None:
        return self.row.location_id if self.row.location_id is not None else id_of(self.row.location)

    @property
    def location_name(self) -> str:
        return (self.row.location.name if self.row.location else None) or str(self.location_id or "none")

    @property
    def dated(self) -> date | None:
        closed = self.row.closed_at
        return self.row.vendor_invoice_date or self.row.purchase_date or (closed.date() if closed else None)

    @property
    def to_map(self) -> bool:
        return True

    @property
    def vendor_invoice(self) -> str:
        """The vendor invoice number of a receipt; empty for everything else and while the vendor has not billed."""
        return text_of(self.row.vendor_invoice_number) if self.row.procurement_type == PURCHASE else ""

    @property
    def vendor(self) -> str:
        return name_of(self.row.vendor)

    def is_later(self, own: StoredRecord, bills: Sequence[KnownBill]) -> bool:
        """Whether another receipt of this vendor invoice goes by its number alone (M16).

        What the receipt is called already stays; then what others are called decides, then which one came first.
        """
        if not self.vendor_invoice:
            return False
        called = own.particulars.get("document_number")
        if called:
            return called != self.vendor_invoice
        mine = (self.vendor, self.vendor_invoice)
        others = [
            item for item in bills if (item.vendor, item.vendor_invoice) == mine and item.record_id != own.record_id
        ]
        if any(item.number == self.vendor_invoice for item in others):
            return True
        listed = [
            item for item in self.reads.siblings if (name_of(item.vendor), text_of(item.vendor_invoice_number)) == mine
        ]
        return any(_order(item) < _order(self.row) for item in listed)

    def contact_keys(self, _settings: Settings | None) -> tuple[ContactKey, ...]:
        vendor = id_of(self.row.vendor)
        if self.row.procurement_type != PURCHASE or vendor is None:
            return ()
        return (ContactKey(supplier_key(vendor), self._currency, ContactRole.SUPPLIER),)

    def described(self, record: StoredRecord) -> StoredRecord:
        row = self.row
        billed = row.vendor_invoice_date
        shown = {
            "vendor_invoice_number": row.vendor_invoice_number or "",
            "vendor_invoice_date": billed.isoformat() if billed else "",
            "description": row.description or "",
        }
        return as_listed(
            record,
            row,
            number=self.number,
            customer=name_of(row.vendor) or row.description or "",
            kind=row.procurement_type or "",
            dated=self.dated,
            currency=self._currency,
            shown=shown,
        )

    def unreadable(self, ledger: str, field: str) -> Finding:
        params = {"number": self.number, "customer": name_of(self.row.vendor), "ledger": ledger, "field": field}
        return Finding("INVOICE_UNREADABLE", params)

    def compose(self, ledger: LedgerReads, settings: Settings, earlier: Earlier) -> ProcurementInput:
        export = self.reads.exports.get(self.source_id) or psa.ProcurementExport()
        product = self._product(export)
        receipt = receipt_of(export.purchases, self.row, self.reads.catalog) if product.kind == PURCHASE else None
        if receipt is not None and earlier.later_receipt:
            receipt = replace(receipt, later=True)
        source = ProcurementInput(
            ledger=ledger.name,
            product=product,
            party=self._party(ledger, settings, earlier, export.purchases),
            settings=settings.mapping,
            mapping_version=settings.version,
            reference=ledger.reference,
            receipt=receipt,
            adjustment=adjustment_of(export.adjustments) if product.kind == ADJUSTMENT else None,
            transfers=transfers_of(export.transfers) if product.kind == TRANSFER else (),
            term=self._term(),
            tax_codes=self._tax_codes(receipt),
            choices=earlier.choices,
            rounding_used=earlier.rounding_used,
            kept_rate=earlier.kept_rate,
        )
        return replace(source, reference=sliced_accounts(source.reference, settings.mapping, _accounts(source)))

    def _product(self, export: psa.ProcurementExport) -> Product:
        row = self.row
        if row.procurement_type not in KINDS:
            raise reading.UnreadableError("procurementType")
        if self.dated is None or row.total is None:
            raise reading.UnreadableError("purchaseDate" if self.dated is None else "total")
        dates = [item.document_date for item in export.adjustments] + [item.document_date for item in export.transfers]
        exported = next((day for day in dates if day is not None), None)
        return Product(
            source_id=self.source_id,
            number=self.number,
            kind=row.procurement_type,
            listed=True,
            row_id=row.id,
            dated=exported or self.dated,
            total=row.total,
            tax=row.tax_total,
            currency=self._currency,
            description=(row.description or "").strip(),
            vendor_id=id_of(row.vendor),
            vendor_number=text_of(row.vendor_account_number) or None,
        )

    def _party(
        self,
        ledger: LedgerReads,
        settings: Settings,
        earlier: Earlier,
        exported: Sequence[psa.PurchaseTransaction],
    ) -> Party | None:
        vendor = self.row.vendor
        if self.row.procurement_type != PURCHASE:
            return None
        if vendor is None or vendor.id is None:
            raise reading.UnreadableError("vendor")
        company = self.reads.vendors.get(vendor.id)
        numbers = [self.row.vendor_account_number, company.account_number if company else None]
        numbers += [number for each in exported for number in (each.vendor_account_number, each.vendor_number)]
        facts = Company(
            company_id=vendor.id,
            name=name_of(vendor) or (company.name if company else None) or str(vendor.id),
            account_number=next((number.strip() for number in numbers if number and number.strip()), None),
            email=company.invoice_to_email_address if company else None,
        )
        key = supplier_key(vendor.id)
        link = ledger.links.get(contact_key(key, ledger.reference, self._currency))
        chosen = settings.mapping.procurement.suppliers.get(str(vendor.id))
        candidates = ledger.suppliers.candidates(facts, link, chosen, chosen_contact(earlier.choices))
        return Party(key, facts, link, candidates, chosen, ContactRole.SUPPLIER)

    def _term(self) -> Term | None:
        wanted = self.row.billing_terms
        if wanted is None:
            return None
        terms = self.reads.setup.terms
        found = next((item for item in terms if item.id == wanted.id or item.name == wanted.name), None)
        return Term(found.name or name_of(wanted), found.due_days, found.terms_xref) if found else None

    def _tax_codes(self, receipt: Receipt | None) -> tuple[TaxCode, ...]:
        rows = receipt.rows if receipt else ()
        names = {receipt.tax_code if receipt else None, *(row.line.tax_code for row in rows)} - {None}
        return reading.tax_code_facts(self.reads.setup.tax_codes, frozenset(str(name) for name in names))


def _order(row: psa.UnpostedProcurement) -> tuple[str, str]:
    """Receipts of one vendor invoice in the order in which they came."""
    return row.purchase_date_text or row.date_closed or "", str(row.source_id)


def _accounts(source: ProcurementInput) -> set[str]:
    receipt, named = source.receipt, set[str]()
    for row in (*receipt.rows, *receipt.taxes) if receipt else ():
        named |= {row.line.account, row.line.cost_account, row.line.stock_account}
    for line in source.adjustment or ():
        named |= {line.account, line.stock_account}
    for pair in source.transfers:
        named |= {pair.account, pair.offset_account}
    return named


async def read_products(client: Psa, setup: Setup, ids: Sequence[str]) -> list[ProductSubject]:
    """The unposted rows of these products with their export, vendors and catalog products; one that left the list is left out."""
    rows = [row for row in await client.unposted_procurement(ids) if row.source_id in set(ids)]
    if not rows:
        return []
    wanted = [str(row.source_id) for row in rows]
    invoices = sorted({text_of(row.vendor_invoice_number) for row in rows} - {""})
    exported, vendors, siblings = await asyncio.gather(
        client.export_procurement(wanted), _vendors(client, rows), client.unposted_receipts_of(invoices)
    )
    exports = await _each(client, wanted, exported)
    items = {
        line.item.id
        for each in exports.values()
        for purchase in each.purchases
        for line in purchase.details
        if line.item is not None and line.item.id
    }
    catalog = {item.id: item for item in await client.catalog_items(sorted(items))} if items else {}
    reads = ProductReads(exports, vendors, catalog, setup, tuple(siblings))
    return [ProductSubject(row, reads) for row in rows]


async def _vendors(client: Psa, rows: Iterable[psa.UnpostedProcurement]) -> dict[int, psa.Company]:
    ids = {row.vendor.id for row in rows if row.vendor is not None and row.vendor.id}
    return {item.id: item for item in await client.companies(sorted(ids))} if ids else {}


async def _each(client: Psa, ids: Sequence[str], exported: psa.ProcurementExport) -> dict[str, psa.ProcurementExport]:
    """The export of each product: by the transaction's id where that is the product's, else exported by itself.

    What is exported alone belongs to it, whatever the server calls it.
    """
    found: dict[str, psa.ProcurementExport] = {}
    for product in ids:
        own = psa.ProcurementExport(
            purchase_transactions=tuple(item for item in exported.purchases if str(item.id) == product),
            adjustment_transactions=tuple(item for item in exported.adjustments if str(item.id) == product),
            inventory_transfers=tuple(item for item in exported.transfers if str(item.id) == product),
        )
        whole = own.purchases or own.adjustments
        found[product] = own if whole else await client.export_procurement([product])
    return found
