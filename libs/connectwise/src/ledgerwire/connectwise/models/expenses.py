"""Expenses: the unposted list, the entries themselves, and both shapes in which the GL export shows them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec

from ledgerwire.connectwise.models.base import CurrencyReference, Entity, Reference, psa_date, psa_moment
from ledgerwire.connectwise.models.procurement import entry_ids


class UnpostedExpense(Entity, frozen=True, kw_only=True):
    """A row of the unposted list of expenses. `expense_detail_id` is the record; `id` is a GL-side id.

    `classification` is NonReimbursable (the company paid), Reimbursable or Personal.
    """

    id: int | None = None
    location_id: int | None = None
    location: Reference | None = None
    department_id: int | None = None
    company: Reference | None = None
    account_number: str | None = None
    credit_account: str | None = None
    expense_detail_id: int | None = None
    expense_type: Reference | None = None
    classification: str | Reference | None = None
    gl_type: str | None = None
    member: Reference | None = None
    date_expense_text: str | None = msgspec.field(default=None, name="dateExpense")
    charge_code: Reference | None = None
    charge_description: str | None = None
    in_policy: bool | None = None
    payment_method: Reference | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    billable_amount: Decimal | None = None
    non_billable_amount: Decimal | None = None
    agreement: Reference | None = None
    ticket: Reference | None = None
    project: Reference | None = None
    tax_code: Reference | None = None
    item_taxable_flag: bool | None = None
    sales_tax_amount: Decimal | None = None
    state_tax_flag: bool | None = None
    state_tax_xref: str | None = None
    state_tax_amount: Decimal | None = None
    county_tax_flag: bool | None = None
    county_tax_xref: str | None = None
    county_tax_amount: Decimal | None = None
    city_tax_flag: bool | None = None
    city_tax_xref: str | None = None
    city_tax_amount: Decimal | None = None
    country_tax_flag: bool | None = None
    country_tax_xref: str | None = None
    country_tax_amount: Decimal | None = None
    composite_tax_flag: bool | None = None
    composite_tax_xref: str | None = None
    composite_tax_amount: Decimal | None = None
    level_six_tax_flag: bool | None = None
    level_six_tax_xref: str | None = None
    level_six_tax_amount: Decimal | None = None
    date_closed: str | None = None

    @property
    def source_id(self) -> str | None:
        """The record's id in ConnectWise: the key of every other call."""
        return str(self.expense_detail_id) if self.expense_detail_id is not None else None

    @property
    def date_expense(self) -> dt.date | None:
        return psa_date(self.date_expense_text)

    @property
    def closed_at(self) -> dt.datetime | None:
        """When the expense became final; a server that sends a bare date means its midnight."""
        return psa_moment(self.date_closed)

    @property
    def tax_levels(self) -> tuple[tuple[str, Decimal], ...]:
        """(cross-reference, amount) of each tax level that has an amount, in level order."""
        levels = ((getattr(self, f"{name}_tax_xref"), getattr(self, f"{name}_tax_amount")) for name in _LEVELS)
        return tuple(((xref or "").strip(), amount) for xref, amount in levels if amount)


_LEVELS = ("state", "county", "city", "country", "composite", "level_six")


class ExpenseEntry(Entity, frozen=True, kw_only=True):
    """The expense itself, as far as it decides: its approval status and the report it belongs to."""

    id: int
    expense_report: Reference | None = None
    member: Reference | None = None
    payment_method: Reference | None = None
    classification: Reference | str | None = None
    amount: Decimal | None = None
    billable_option: str | None = None
    status: str | None = None
    invoice: Reference | None = None


class ExpenseOffset(Entity, frozen=True, kw_only=True):
    """The other side of an expense in the journal style."""

    id: int | str | tuple[int | str, ...] | None = None
    document_date: str | None = None
    document_type: str | None = None
    account_number: str | None = None
    gl_type_id: str | None = None
    gl_class: str | None = None
    member: Reference | None = None
    memo: str | None = None
    description: str | None = None
    total: Decimal | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The GL entry ids of the offset."""
        return entry_ids(self.id)


class ExportExpense(Entity, frozen=True, kw_only=True):
    """One expense in the journal style: used while the package set-up does not transfer expenses as bills."""

    id: int | str | tuple[int | str, ...] | None = None
    document_date_text: str | None = msgspec.field(default=None, name="documentDate")
    document_type: str | None = None
    ap_account_number: str | None = None
    ap_class: str | None = None
    account_number: str | None = None
    gl_class: str | None = None
    gl_type_id: str | None = None
    memo: str | None = None
    description: str | None = None
    member: Reference | None = None
    vendor_number: str | None = None
    company: Reference | None = None
    company_account_number: str | None = None
    project: Reference | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    offset: ExpenseOffset | None = None

    @property
    def document_date(self) -> dt.date | None:
        return psa_date(self.document_date_text)

    @property
    def ids(self) -> tuple[int, ...]:
        """The GL entry ids of the line, without its offset's."""
        return entry_ids(self.id)


class ExpenseBillDetail(Entity, frozen=True, kw_only=True):
    """One line of an expense bill; its `id` is an array of GL ids."""

    id: int | str | tuple[int | str, ...] | None = None
    document_date: str | None = None
    gl_type_id: str | None = None
    memo: str | None = None
    company: Reference | None = None
    account_number: str | None = None
    expense_class: Reference | str | None = None
    gl_class: str | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    billable: bool | None = None
    reimbursable: bool | None = None
    company_advance: bool | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The GL entry ids of the line."""
        return entry_ids(self.id)


class ExpenseBill(Entity, frozen=True, kw_only=True):
    """One member's expenses as a bill: used while the package set-up transfers expenses as bills."""

    id: int | str | None = None
    document_date_text: str | None = msgspec.field(default=None, name="documentDate")
    document_type: str | None = None
    document_number: str | None = None
    memo: str | None = None
    gl_class: str | None = None
    ap_account_number: str | None = None
    member: Reference | None = None
    vendor_number: str | None = None
    currency: CurrencyReference | None = None
    total: Decimal | None = None
    detail: tuple[ExpenseBillDetail, ...] | None = None

    @property
    def document_date(self) -> dt.date | None:
        return psa_date(self.document_date_text)

    @property
    def details(self) -> tuple[ExpenseBillDetail, ...]:
        return self.detail or ()


class ExpenseExport(Entity, frozen=True, kw_only=True):
    """What the GL export says of expenses; only one of the two shapes is filled."""

    expenses: tuple[ExportExpense, ...] | None = None
    expense_bills: tuple[ExpenseBill, ...] | None = None

    @property
    def lines(self) -> tuple[ExportExpense, ...]:
        return self.expenses or ()

    @property
    def bills(self) -> tuple[ExpenseBill, ...]:
        return self.expense_bills or ()
