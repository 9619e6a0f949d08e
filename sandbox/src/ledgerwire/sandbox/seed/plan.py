"""The plan of the month: in which order invoices close, how a first attempt ends, and what a person then does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from ledgerwire.sandbox.seed.companies import COMPANIES
from ledgerwire.sandbox.seed.draft import Outcome
from ledgerwire.sandbox.seed.gl_table import missing_row, telephony_row_id
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.posting_guide import STREAMS
from ledgerwire.sandbox.seed.records import Record
from ledgerwire.sandbox.seed.setup_tables import STATUS_CLOSED, STATUS_GL_RELOAD

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fix:
    """What puts a planted cause right, on the side where it belongs (M2).

    `connectwise`: `requests` are sent in order through the vendor's REST API, as a person would.
    `ledger`: `xero` is merged into the organisation through the sandbox's control API.
    `ledgerwire`: `account_patch` is merged into the account's settings.
    Records that share a `name` share the cause; `after` says whether a retry is needed (a record that was closed
    anew is announced by its callback).
    """

    name: str
    side: Literal["connectwise", "ledger", "ledgerwire"]
    description: str
    after: Literal["retry", "closes_again"]
    requests: tuple[Request, ...] = ()
    account_patch: dict[str, Any] = field(default_factory=dict)
    xero: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Planned:
    """One close. `codes` are the planted findings of the first attempt, `fix` is there where it stops."""

    invoice_id: int
    number: str
    burst: bool
    day: date
    expected_first: Outcome
    codes: tuple[str, ...]
    fix: Fix | None = None


def _patch(path: str, *operations: tuple[str, str, Any]) -> Request:
    body = [{"op": op, "path": field_path, "value": value} for op, field_path, value in operations]
    return {"method": "PATCH", "path": path, "body": body}


def close_request(invoice_id: int) -> Request:
    """Closing an open invoice, as a coordinator does."""
    return _patch(f"/finance/invoices/{invoice_id}", ("replace", "status", {"id": STATUS_CLOSED}))


def _reload_and_close(invoice_id: int) -> tuple[Request, ...]:
    """GL Reload drops the frozen entries; closing makes new ones from the table as it is now."""
    reload = _patch(f"/finance/closedInvoices/{invoice_id}", ("replace", "status", {"id": STATUS_GL_RELOAD}))
    return reload, close_request(invoice_id)


def _gl_mapping(record: Record, _month: BusinessMonth) -> Fix:
    add = {"method": "POST", "path": "/finance/glAccounts", "body": missing_row()}
    return Fix(
        "gl_mapping", "connectwise", "Map agreement type Managed Security, set GL Reload, close again.",
        "closes_again", (add, *_reload_and_close(record.invoice_id)),
    )  # fmt: skip


def _telephony_account(record: Record, _month: BusinessMonth) -> Fix:
    account = STREAMS["telephony"].account
    change = _patch(f"/finance/glAccounts/{telephony_row_id()}", ("replace", "segment1", account))
    return Fix(
        "telephony_account", "connectwise", f"Telephony posts to {account} now: correct the row, set GL Reload, close again.",
        "closes_again", (change, *_reload_and_close(record.invoice_id)),
    )  # fmt: skip


def _billing_contact(record: Record, _month: BusinessMonth) -> Fix:
    company = COMPANIES[record.draft.bill_to.key]
    contact = {"id": company.contact_id, "name": company.person}
    change = _patch(f"/company/companies/{company.id}", ("add", "billingContact", contact))
    return Fix("billing_contact", "connectwise", f"Set a billing contact on {company.name}.", "retry", (change,))


def _expense_default(_record: Record, _month: BusinessMonth) -> Fix:
    patch = {"mapping": {"default_non_product_ids": {"expense": {"enabled": True, "item_code": "EXPENSE"}}}}
    return Fix(
        "expense_default",
        "ledgerwire",
        "Enable the default Non-Product ID for expense revenue.",
        "retry",
        account_patch=patch,
    )


def _tax_code(_record: Record, _month: BusinessMonth) -> Fix:
    patch = {"mapping": {"tax": {"links": {"GST10": "OUTPUT"}}}}
    return Fix(
        "tax_code", "ledgerwire", "Link tax code GST10 to OUTPUT ('GST on Income').", "retry", account_patch=patch
    )


def _lock_date(_record: Record, month: BusinessMonth) -> Fix:
    moved = {"organisation": {"PeriodLockDate": month.earlier_lock_date.isoformat()}}
    return Fix("lock_date", "ledger", "The accountant moves the lock date back one month.", "retry", xero=moved)


_FIXES = {
    "gl_mapping": _gl_mapping,
    "telephony_account": _telephony_account,
    "billing_contact": _billing_contact,
    "expense_default": _expense_default,
    "tax_code": _tax_code,
    "lock_date": _lock_date,
}


def make_plan(records: Sequence[Record], month: BusinessMonth) -> list[Planned]:
    """The closes in their order."""
    return [
        Planned(
            invoice_id=record.invoice_id,
            number=record.number,
            burst=record.draft.burst,
            day=record.draft.day,
            expected_first=record.draft.outcome,
            codes=record.draft.codes,
            fix=_FIXES[record.draft.fix](record, month) if record.draft.fix else None,
        )
        for record in records
    ]
