"""What goes wrong in the quarter: each planted cause with its codes, and how a person puts it right where that is cheap.

A record that carries a fault stops with its codes and with nothing else; one without a fix stays stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.plan import Fix
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.books import quickbooks_tax_type
from ledgerwire.sandbox.seed.quarter.draft import Draft, DraftLine, amount, hours, sold
from ledgerwire.sandbox.seed.quarter.gl_table import UNMAPPED_AGREEMENT_TYPE, missing_row, row_id
from ledgerwire.sandbox.seed.quarter.houses import LONDON, SYDNEY
from ledgerwire.sandbox.seed.quarter.invoices import Writer
from ledgerwire.sandbox.seed.quarter.people import PARTIES
from ledgerwire.sandbox.seed.setup_tables import STATUS_CLOSED, STATUS_GL_RELOAD

Request = dict[str, Any]
Package = Literal["xero", "quickbooks"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A planted cause. `only`: it is one in this ledger and none in the other; `settles`: how a record ends that stays."""

    name: str
    codes: tuple[str, ...]
    only: Package | None = None
    settles: Literal["stopped", "skipped", "excluded"] = "stopped"


@dataclass(frozen=True, slots=True)
class LedgerFix(Fix):
    """A fix that differs by package.

    `xero` and `quickbooks` say what a person changes in the ledger of `company`; `account_patch` and `quickbooks_patch`
    what remains to be changed in the account's settings.
    """

    company: str = ""
    quickbooks: dict[str, list[Request]] = field(default_factory=dict)
    quickbooks_patch: dict[str, Any] = field(default_factory=dict)


def _patch(path: str, *operations: tuple[str, str, Any]) -> Request:
    return {"method": "PATCH", "path": path, "body": [{"op": o, "path": p, "value": v} for o, p, v in operations]}


def close_invoice(invoice_id: int) -> Request:
    """Closing an open invoice, as a coordinator does."""
    return _patch(f"/finance/invoices/{invoice_id}", ("replace", "status", {"id": STATUS_CLOSED}))


def _reload(invoice_id: int) -> tuple[Request, ...]:
    """GL Reload drops the frozen entries; closing makes new ones from the table as it is now."""
    path = f"/finance/closedInvoices/{invoice_id}"
    return _patch(path, ("replace", "status", {"id": STATUS_GL_RELOAD})), close_invoice(invoice_id)


def _gl(name: str, text: str, *changes: Request) -> Callable[[int], Fix]:
    return lambda invoice: Fix(name, "connectwise", text, "closes_again", (*changes, *_reload(invoice)))


def _row(record: str, column: str, value: str) -> Request:
    return _patch(f"/finance/glAccounts/{row_id(record)}", ("replace", column, value))


def _company_field(key: str, name: str) -> Request:
    party = PARTIES[key]
    return _patch(f"/company/companies/{party.id}", ("add", name, {"id": party.contact_id, "name": party.person}))


def fixes(quarter: BusinessMonth) -> dict[str, Callable[[int], Fix]]:
    """Fault to what puts it right for an invoice; a fault that is not named here stays."""
    add = {"method": "POST", "path": "/finance/glAccounts", "body": missing_row()}
    unlocked = quarter.earlier_lock_date.isoformat()
    links = [
        {"mapping": {"companies": {SYDNEY.name: {"tax": {"links": {"GST10": linked}}}}}}
        for linked in ("OUTPUT", quickbooks_tax_type(SYDNEY, "OUTPUT"))
    ]
    default = {"mapping": {"default_non_product_ids": {"expense": {"enabled": True, "item_code": "EXPENSE"}}}}
    back = PARTIES["archived"].name
    return {
        "gl_mapping": _gl("gl_mapping", "Map agreement type Managed Security, set GL Reload, close again.", add),
        "telephony": _gl("telephony", "Correct the Telephony row, set GL Reload, close again.", _row("Telephony", "segment1", "235")),
        "training": _gl("training", "Correct the Training row, set GL Reload, close again.", _row("Training", "segment1", "260")),
        "repairs": _gl("repairs", "Correct the Repairs row, set GL Reload, close again.", _row("Repairs", "segment1", "260")),
        "cabling": _gl("cabling", "Correct the cost account of Cabling Stock, set GL Reload, close again.",
                       _row("Cabling Stock", "cogs1", goods.COST_OF_SALES)),
        "hosting": _gl("hosting", "Correct the business line of Hosting, set GL Reload, close again.", _row("Hosting", "segment2", "Backup")),
        "billing_contact": lambda _id: Fix("billing_contact", "connectwise", "Set a billing contact.", "retry",
                                           (_company_field("no-billing-contact", "billingContact"),)),
        "primary_contact": lambda _id: Fix("primary_contact", "connectwise", "Set a primary contact.", "retry",
                                           (_company_field("no-primary-contact", "defaultContact"),)),
        "tax_code": lambda _id: LedgerFix("tax_code", "ledgerwire", "Link tax code GST10.", "retry", account_patch=links[0],
                                          quickbooks_patch=links[1]),
        "travel": lambda _id: Fix("travel", "ledgerwire", "Enable the default Non-Product ID of expense revenue.", "retry",
                                  account_patch=default),
        "lock_date": lambda _id: LedgerFix(
            "lock_date", "ledger", "The accountant moves the lock date back one month.", "retry", company=SYDNEY.name,
            xero={"organisation": {"PeriodLockDate": unlocked}},
            quickbooks={"Preferences": [{"Id": "1", "AccountingInfoPrefs": {"BookCloseDate": unlocked}}]}),
        "archived": lambda _id: LedgerFix(
            "archived", "ledger", "Take the archived contact back.", "retry", company=SYDNEY.name,
            xero={"contacts": [{"key": back, "ContactStatus": "ACTIVE"}]},
            quickbooks={"Customer": [{"DisplayName": back, "Active": True}]}),
    }  # fmt: skip


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("gl_mapping", ("GL_ENTRIES_MISSING",)),
        Fault("telephony", ("ACCOUNT_ARCHIVED",)),
        Fault("training", ("GL_ACCOUNT_UNKNOWN",)),
        Fault("repairs", ("ACCOUNT_WRONG_TYPE",)),
        Fault("cabling", ("GL_COGS_UNKNOWN",)),
        Fault("hosting", ("TRACKING_UNKNOWN",)),
        Fault("billing_contact", ("CONTACT_BILLING_MISSING",)),
        Fault("primary_contact", ("CONTACT_PRIMARY_MISSING",)),
        Fault("tax_code", ("TAX_CODE_UNKNOWN",)),
        Fault("travel", ("NONPRODUCT_ID_MISSING",)),
        Fault("lock_date", ("PERIOD_LOCKED",)),
        Fault("archived", ("CONTACT_ARCHIVED",)),
        Fault("currency", ("CURRENCY_NOT_ENABLED",)),
        Fault("rate", ("CURRENCY_RATE_MISSING",)),
        Fault("blank_tax_code", ("TAX_CODE_BLANK",)),
        Fault("tax_total", ("TAX_TOTAL_DIFFERS",)),
        Fault("half_cents", ("ADJUSTMENT_OVER_LIMIT",)),
        Fault("consolidated", ("INVOICE_TYPE_UNCONFIRMED",)),
        Fault("unrouted", ("LOCATION_UNROUTED",)),
        Fault("unknown_item", ("ITEM_UNKNOWN",)),
        Fault("item_account", ("ITEM_ACCOUNT_MISMATCH",), only="quickbooks"),
        Fault("bad_slip", ("INVALID_CHARACTER",)),
        Fault("bad_identifier", ("INVALID_CHARACTER",)),
        Fault("tier_one", ("EXPENSE_NOT_APPROVED",)),
        Fault("no_expense_mapping", ("GL_ENTRIES_MISSING",)),
        Fault("left_out", ("EXCLUDED_BY_RULE",), settles="skipped"),
        Fault("batched_only", ("EXCLUDED_BY_RULE",), settles="excluded"),
    )
}


def invoices_with_faults(writer: Writer) -> Iterator[Draft]:
    """One or two invoices for each, all of Sydney but where another country is needed."""
    house = writer.house
    middle = writer.months[1]

    def one(fault: str, *lines: DraftLine, customer: str | None = None, kind: str = "Standard", **more: Any) -> Draft:
        party = PARTIES[customer] if customer else writer.customer(foreign=False)
        return writer.draft("fault", kind, party, more.pop("day", middle.day(11)), *lines, fault=fault, **more)

    def visit(text: str) -> DraftLine:
        return hours(house, "labour", Decimal("1.5"), "145", text)

    if house is SYDNEY:
        security = amount("security", Decimal("4780.00"), "Managed security, first month")
        yield one("gl_mapping", security, kind="Agreement", agreement_type=UNMAPPED_AGREEMENT_TYPE)
        yield one("telephony", sold(house, "SIP-TRUNK", 3, "telephony"), kind="Miscellaneous")
        yield one("training", sold(house, "TRAIN-DAY", 1, "training"))
        yield one("repairs", sold(house, "REPAIR-HR", 4, "repairs"))
        yield one("cabling", sold(house, "CBL-CAT7", 60, "cabling"))
        yield one(
            "hosting", amount("hosting", Decimal("310.40"), "Hosting"), kind="Agreement", agreement_type="Hosting"
        )
        yield one("billing_contact", visit("Server check"), customer="no-billing-contact")
        yield one("primary_contact", visit("Server check"), customer="no-primary-contact")
        yield one("archived", visit("Final visit"), customer="archived")
        yield one("tax_code", visit("Rack move"), customer="old-tax-code")
        yield one("currency", visit("Remote help"), customer="singapore")
        yield one("blank_tax_code", visit("Silo sensors"), customer="no-tax-code", hides_tax_code=True)
        for place in ("Orange", "Dubbo"):
            yield one("travel", visit(f"Visit to {place}"), amount("travel", Decimal("212.60"), f"Travel to {place}"))
        yield one("lock_date", visit("Audit support"), day=writer.months[0].day(-1))
        half = DraftLine(
            "hardware",
            "Dual monitor arm",
            Decimal(1),
            Decimal("333.335"),
            product="ARM-DUAL",
            printed=Decimal("333.335"),
        )
        yield one("half_cents", *([half] * 60))
        yield replace(one("consolidated", visit("Several orders")), kind_shown="Consolidated")
        yield one("unrouted", visit("Head office"), location="Corporate")
        yield one("unknown_item", sold(house, goods.NOT_IN_LEDGER, 5, "hardware"))
        yield one("item_account", sold(house, goods.OTHER_ACCOUNT_ITEM, 2, "kits"))
        for number in range(2):
            yield one("left_out", visit("Held back"), number=f"HOLD-{number + 1}")
            yield one("batched_only", visit("Internal"), number=f"INT-{number + 1}")
    if house is LONDON:
        foreign = next(each for each in writer.customers if each.currency != house.currency)
        yield one("rate", visit("Set-up"), sold(house, "ST-UPS", 1, "stock"), customer=foreign.key)
        wrong = one("tax_total", visit("Line test"), customer=writer.local[0].key)
        yield replace(wrong, printed_tax=wrong.tax + 5)
