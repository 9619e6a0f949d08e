"""The client as its users see it: what can be read, and the few things that can be written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from types import TracebackType
from typing import Self

import httpx

from ledgerwire.common.http.calls import CallHook, ignore_call
from ledgerwire.common.http.client import guarded_client
from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise import accounting, callbacks, expenses, periods, procurement, setup_tables
from ledgerwire.connectwise.agreements import Agreements, count_rows
from ledgerwire.connectwise.catalog import Catalog
from ledgerwire.connectwise.codebase import read_company_info
from ledgerwire.connectwise.conditions import Condition
from ledgerwire.connectwise.config import KEY_ANSWER_BYTES, ConnectWiseConfig
from ledgerwire.connectwise.models import (
    Batch,
    BillingStatus,
    BillingTerm,
    Callback,
    CatalogItem,
    Company,
    CompanyInfo,
    Contact,
    ExpenseEntry,
    ExpenseExport,
    ExportTransaction,
    GlAccount,
    GlCaptions,
    GlEntry,
    GlMappedType,
    Invoice,
    InvoiceMark,
    Location,
    PackageSetup,
    PaymentType,
    ProcurementExport,
    Reference,
    SystemInfo,
    TaxCode,
    UnpostedExpense,
    UnpostedInvoice,
    UnpostedProcurement,
)
from ledgerwire.connectwise.payments import Payments
from ledgerwire.connectwise.security import Security
from ledgerwire.connectwise.session import Gate, Session
from ledgerwire.connectwise.setup_tables import by_ids
from ledgerwire.connectwise.signing_keys import SigningKeys

KEY_SECONDS = 3.0
"""A callback must be answered in under five seconds, the key's fetch included."""

__all__ = ["ConnectWise", "Gate", "build_connectwise"]


class ConnectWise:
    """One tenant's ConnectWise.

    Every method raises the common errors: Waiting (keys refused, permission missing, company or route unknown), Transient
    (unreachable, rate limited, unreadable answer), Stopped (`Refused`, `RecordMissing`); writes also Ambiguous.
    """

    def __init__(
        self, config: ConnectWiseConfig, http: httpx.AsyncClient, key_http: httpx.AsyncClient, gate: Gate | None = None
    ) -> None:
        self.config = config
        self._http = http
        self._key_http = key_http
        self._session = Session(http, config, gate)
        self._keys = SigningKeys(key_http, config.client_id)
        self.payments = Payments(self._session)
        """Payments of invoices (M18)."""
        self.agreements = Agreements(self._session)
        """Agreements and their additions (M20-M24)."""
        self.catalog = Catalog(self._session)
        """Catalog products and their set-up tables (M23)."""
        self.security = Security(self._session)
        """The rights of the key's own security role."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        await self._key_http.aclose()

    @property
    def call_time(self) -> timedelta:
        """The longest one call takes, answer included; a lease must outlast it."""
        return timedelta(seconds=self.config.call_seconds)

    # Invoices and the accounting loop

    async def invoices(self, ids: Sequence[int]) -> list[Invoice]:
        """The invoices with these ids; one that vanished is left out."""
        return await by_ids(self._session, setup_tables.INVOICES, Invoice, ids)

    async def unposted_invoices(self, ids: Sequence[int] | None = None) -> list[UnpostedInvoice]:
        """Rows of the unposted list of these invoices (by `billingLogId`), or the whole list."""
        if ids is not None:
            return await accounting.unposted_by_id(self._session, ids)
        return [row async for page in self.unposted_pages() for row in page]

    def unposted_pages(self) -> AsyncIterator[list[UnpostedInvoice]]:
        """The whole unposted list page by page, forward only."""
        return accounting.unposted_pages(self._session)

    async def export_invoices(self, ids: Sequence[int], *, summarize: str = "Detailed") -> list[ExportTransaction]:
        """The GL export of these invoices, several a call; match them with `accounting.transactions_by_invoice`.

        `summarize` is Default, Condensed or Detailed: how ConnectWise groups the lines. An invoice without GL entries has
        no transaction.
        """
        return await accounting.export_invoices(self._session, ids, summarize)

    async def export_batch(self, batch_id: int, invoice_ids: Sequence[int]) -> list[ExportTransaction]:
        """The GL export of what these invoices have in a batch; other invoices' may come too. RecordMissing without the batch."""
        return await accounting.export_batch(self._session, batch_id, invoice_ids)

    async def gl_entries(self, invoice_id: int) -> list[GlEntry]:
        """The GL entries frozen when the invoice was closed (M2)."""
        return await accounting.gl_entries(self._session, invoice_id)

    async def invoice_marks(self, ids: Sequence[int]) -> list[InvoiceMark]:
        """Batch, status and total of these invoices, read now: what proves a batch (M7)."""
        return await accounting.invoice_marks(self._session, ids)

    async def create_batch(
        self, identifier: str, processed_record_ids: Sequence[int], record_type: RecordType = RecordType.INVOICE
    ) -> None:
        """Make one batch of one type of record; Refused if ConnectWise says no, Ambiguous if it may or may not exist now."""
        await accounting.create_batch(self._session, identifier, processed_record_ids, record_type)

    async def find_batch(self, identifier: str) -> Batch | None:
        """The batch with this identifier, None if there is none."""
        return await accounting.find_batch(self._session, identifier)

    async def delete_batch(self, batch_id: int) -> None:
        """Delete a batch; its records return to the unposted list, the ledger is not touched."""
        await accounting.delete_batch(self._session, batch_id)

    async def invoices_dated(self, first: date, last: date) -> list[Invoice]:
        """All invoices dated from `first` to `last`, open ones too, with the fields that a comparison needs."""
        return await periods.invoices_dated(self._session, first, last)

    async def invoices_numbered(self, numbers: Sequence[str]) -> list[Invoice]:
        """The invoices of exactly these numbers, with the same fields; a number that cannot be asked for finds none."""
        return await periods.invoices_numbered(self._session, numbers)

    # Receipts, stock movements and expenses

    async def unposted_procurement(self, ids: Sequence[str] | None = None) -> list[UnpostedProcurement]:
        """Rows of the unposted list of these products (by `unpostedProductId`), or the whole list.

        A product that is not there any more is in a batch, was reopened or deleted: this is what proves its batch.
        """
        if ids is not None:
            return await procurement.unposted_by_id(self._session, ids)
        return [row async for page in self.unposted_procurement_pages() for row in page]

    async def unposted_receipts_of(self, vendor_invoices: Sequence[str]) -> list[UnpostedProcurement]:
        """Rows of the unposted list that carry one of these vendor invoice numbers."""
        return await procurement.unposted_by_invoice(self._session, vendor_invoices)

    def unposted_procurement_pages(self) -> AsyncIterator[list[UnpostedProcurement]]:
        """The whole unposted list of products page by page, forward only."""
        return procurement.unposted_pages(self._session)

    async def export_procurement(self, ids: Sequence[str]) -> ProcurementExport:
        """The GL export of these products (by `unpostedProductId`), several a call."""
        return await procurement.export_procurement(self._session, ids)

    async def unposted_expenses(self, ids: Sequence[int] | None = None) -> list[UnpostedExpense]:
        """Rows of the unposted list of these expenses (by `expenseDetailId`), or the whole list; proves a batch as above."""
        if ids is not None:
            return await expenses.unposted_by_id(self._session, ids)
        return [row async for page in self.unposted_expense_pages() for row in page]

    def unposted_expense_pages(self) -> AsyncIterator[list[UnpostedExpense]]:
        """The whole unposted list of expenses page by page, forward only."""
        return expenses.unposted_pages(self._session)

    async def export_expenses(self, ids: Sequence[int]) -> ExpenseExport:
        """The GL export of these expenses (by `expenseDetailId`), several a call; bills or lines by the package set-up."""
        return await expenses.export_expenses(self._session, ids)

    async def expense_entries(self, ids: Sequence[int]) -> list[ExpenseEntry]:
        """The expenses themselves: approval status and report."""
        return await by_ids(self._session, setup_tables.EXPENSE_ENTRIES, ExpenseEntry, ids)

    async def expense_entries_on(self, report_ids: Sequence[int]) -> list[ExpenseEntry]:
        """Every expense on these reports, in whatever status it is."""
        return await expenses.entries_on(self._session, report_ids)

    async def payment_types(self) -> list[PaymentType]:
        """The payment types of expenses."""
        return await self._session.rows(setup_tables.PAYMENT_TYPES, PaymentType)

    async def package_setup(self) -> PackageSetup:
        """What ConnectWise hands to the accounting package, and in which shape."""
        return await setup_tables.package_setup(self._session)

    async def catalog_items(self, ids: Sequence[int]) -> list[CatalogItem]:
        """The catalog products with these ids; one that is gone is left out."""
        return await by_ids(self._session, setup_tables.CATALOG, CatalogItem, ids)

    # Master data and setup tables

    async def companies(self, ids: Sequence[int]) -> list[Company]:
        """The companies with these ids, soft-deleted ones included (`deleted_flag`)."""
        return await by_ids(self._session, setup_tables.COMPANIES, Company, ids)

    async def all_companies(self, conditions: Condition | None = None) -> list[Company]:
        """All companies that a condition lets through, deleted ones too."""
        return await self._session.rows(setup_tables.COMPANIES, Company, conditions=conditions)

    async def companies_count(self, conditions: Condition | None = None) -> int:
        """How many companies a condition lets through."""
        return await count_rows(self._session, setup_tables.COMPANIES, conditions)

    async def company_statuses(self) -> list[Reference]:
        """All company statuses."""
        return await self._session.rows(setup_tables.COMPANY_STATUSES, Reference)

    async def contacts(self, ids: Sequence[int]) -> list[Contact]:
        """The contacts with these ids."""
        return await by_ids(self._session, setup_tables.CONTACTS, Contact, ids)

    async def billing_statuses(self) -> list[BillingStatus]:
        """All billing statuses."""
        return await self._session.rows(setup_tables.BILLING_STATUSES, BillingStatus)

    async def billing_terms(self) -> list[BillingTerm]:
        """All billing terms with their cross-references."""
        return await self._session.rows(setup_tables.BILLING_TERMS, BillingTerm)

    async def tax_codes(self) -> list[TaxCode]:
        """All tax codes."""
        return await self._session.rows(setup_tables.TAX_CODES, TaxCode)

    async def gl_accounts(self) -> list[GlAccount]:
        """The GL mapping table: for explanations only (M2)."""
        return await self._session.rows(setup_tables.GL_ACCOUNTS, GlAccount)

    async def gl_mapped_types(self) -> list[GlMappedType]:
        """The levels of the GL mapping table, each with its place in the order in which they are tried."""
        return await self._session.rows(setup_tables.GL_MAPPED_TYPES, GlMappedType)

    async def gl_captions(self) -> GlCaptions:
        """What the tenant calls its segments."""
        return await setup_tables.gl_captions(self._session)

    async def locations(self) -> list[Location]:
        """All locations."""
        return await self._session.rows(setup_tables.LOCATIONS, Location)

    async def system_info(self) -> SystemInfo:
        """The server's version; works with any valid key."""
        return await setup_tables.system_info(self._session)

    async def look_up_company(self) -> CompanyInfo:
        """The unauthenticated company look-up; Waiting CONNECTWISE_COMPANY_NOT_FOUND for an unknown company."""
        return await read_company_info(self._http, self.config)

    async def can_read(self, path: str) -> None:
        """Read one row of a list; raises what a real read would raise."""
        await self._session.rows(path, dict, page_size=1, fields="id", max_pages=1)

    # Callbacks

    async def list_callbacks(self, url_contains: str) -> list[Callback]:
        """The callback subscriptions whose address contains a text."""
        return await callbacks.list_callbacks(self._session, url_contains)

    async def register_callback(
        self,
        url: str,
        *,
        description: str = "Ledgerwire",
        record_type: str = "invoice",
        level: str = "owner",
        self_suppressed: bool = True,
    ) -> Callback:
        """Subscribe `url` to every change of a record type; returns the entry that exists if there is one."""
        return await callbacks.register_callback(
            self._session,
            url=url,
            description=description,
            record_type=record_type,
            level=level,
            self_suppressed=self_suppressed,
        )

    async def update_callback(
        self,
        callback_id: int,
        *,
        url: str | None = None,
        inactive: bool | None = None,
        self_suppressed: bool | None = None,
    ) -> Callback:
        """Change a subscription (for example switch it on again) and check that it was changed."""
        return await callbacks.update_callback(
            self._session, callback_id, url=url, inactive=inactive, self_suppressed=self_suppressed
        )

    async def member_identifier(self, member_id: int) -> str | None:
        """The login name behind a member id (callbacks carry it as `MemberId`); None if it cannot be read."""
        return await setup_tables.member_identifier(self._session, member_id)

    async def fetch_signing_key(self, url: str, *, after_mismatch: bool = False) -> str | None:
        """The signing key at an address that `signature.check_key_url` has passed; cached, None if there is none."""
        return await self._keys.get(url, after_mismatch=after_mismatch)


def build_connectwise(
    config: ConnectWiseConfig, gate: Gate | None = None, *, on_call: CallHook = ignore_call
) -> ConnectWise:
    """A client for one connection; close it when done."""
    http = guarded_client(config.policy(), on_call=on_call)
    keys = guarded_client(config.policy(total_seconds=KEY_SECONDS, max_body_bytes=KEY_ANSWER_BYTES), on_call=on_call)
    return ConnectWise(config, http, keys, gate)
