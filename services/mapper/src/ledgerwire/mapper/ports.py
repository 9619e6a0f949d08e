"""What the mapper needs from outside; bootstrap gives the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from ledgerwire.common.ledger.document import Contact as LedgerContact
from ledgerwire.common.ledger.document import ContactRole
from ledgerwire.common.ledger.reference import ReferenceData
from ledgerwire.connectwise.models import (
    BillingStatus,
    BillingTerm,
    CatalogItem,
    Company,
    Contact,
    ExpenseEntry,
    ExpenseExport,
    ExportTransaction,
    GlAccount,
    GlCaptions,
    GlEntry,
    GlMappedType,
    Invoice,
    PackageSetup,
    PaymentType,
    ProcurementExport,
    TaxCode,
    UnpostedExpense,
    UnpostedInvoice,
    UnpostedProcurement,
)
from ledgerwire.mapper.domain.settings import MappingSettings
from ledgerwire.tenants.effective import deciding


@dataclass(frozen=True, slots=True)
class Route:
    """One ledger company of the account and the PSA locations that post to it (empty = all of the connection's).

    `ledger_name` is the package's name, `company` the company's own in the account.
    """

    ledger_connection_id: UUID
    ledger_name: str
    connectwise_connection_id: UUID
    location_ids: frozenset[int]
    company: str = ""


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """One version of the mapping; `effective_from` is the first document date it decides, None = every date (D16)."""

    version: int
    settings: MappingSettings
    effective_from: date | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What an account says about mapping. `mappings`, newest first, is empty until its first version is applied."""

    account_id: UUID
    live: bool
    go_live_from: date | None
    mappings: tuple[MappingVersion, ...]
    routes: tuple[Route, ...]

    def mapping_on(self, day: date | None) -> MappingVersion | None:
        """The version that decides a document of a day, None before there is any."""
        return deciding(self.mappings, day)

    def route(self, connection_id: UUID, location_id: int | None) -> Route | None:
        """The ledger company that takes a location: one that names it, else one that takes all."""
        own = [item for item in self.routes if item.connectwise_connection_id == connection_id]
        naming = [item for item in own if location_id is not None and location_id in item.location_ids]
        return next(iter(naming or [item for item in own if not item.location_ids]), None)


class Psa(Protocol):
    """What the mapper reads from ConnectWise; the client of libs/connectwise is one."""

    async def invoices(self, ids: Sequence[int]) -> list[Invoice]: ...

    async def unposted_invoices(self, ids: Sequence[int] | None = None) -> list[UnpostedInvoice]: ...

    async def export_invoices(self, ids: Sequence[int], *, summarize: str = "Detailed") -> list[ExportTransaction]: ...

    async def export_batch(self, batch_id: int, invoice_ids: Sequence[int]) -> list[ExportTransaction]: ...

    async def gl_entries(self, invoice_id: int) -> list[GlEntry]: ...

    async def companies(self, ids: Sequence[int]) -> list[Company]: ...

    async def contacts(self, ids: Sequence[int]) -> list[Contact]: ...

    async def billing_statuses(self) -> list[BillingStatus]: ...

    async def billing_terms(self) -> list[BillingTerm]: ...

    async def tax_codes(self) -> list[TaxCode]: ...

    async def gl_accounts(self) -> list[GlAccount]: ...

    async def gl_captions(self) -> GlCaptions: ...

    async def gl_mapped_types(self) -> list[GlMappedType]: ...

    async def package_setup(self) -> PackageSetup: ...

    async def catalog_items(self, ids: Sequence[int]) -> list[CatalogItem]: ...

    async def unposted_procurement(self, ids: Sequence[str] | None = None) -> list[UnpostedProcurement]: ...

    async def unposted_receipts_of(self, vendor_invoices: Sequence[str]) -> list[UnpostedProcurement]: ...

    async def export_procurement(self, ids: Sequence[str]) -> ProcurementExport: ...

    async def unposted_expenses(self, ids: Sequence[int] | None = None) -> list[UnpostedExpense]: ...

    async def export_expenses(self, ids: Sequence[int]) -> ExpenseExport: ...

    async def expense_entries(self, ids: Sequence[int]) -> list[ExpenseEntry]: ...

    async def expense_entries_on(self, report_ids: Sequence[int]) -> list[ExpenseEntry]: ...

    async def payment_types(self) -> list[PaymentType]: ...


class Ledger(Protocol):
    """What the mapper reads from a ledger company; every adapter of libs/accounting is one."""

    async def contacts(self, role: ContactRole = ContactRole.CUSTOMER) -> Sequence[LedgerContact]: ...

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData: ...


class Clients(Protocol):
    """Opens the account and its connections; instances are cached by the implementation."""

    async def account(self, account_id: UUID) -> Account:
        """The account as its settings are now."""
        ...

    async def psa(self, account_id: UUID, connection_id: UUID) -> Psa:
        """ConnectWise behind a PSA connection."""
        ...

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        """The ledger company behind an accounting connection."""
        ...
