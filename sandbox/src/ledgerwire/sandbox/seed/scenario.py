"""One seeded world: the PSA's tables, the ledger before the month, the account's settings, the plan, the expectation."""

import random
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.quickbooks.company import company_from
from ledgerwire.sandbox.seed.account import account_settings
from ledgerwire.sandbox.seed.catalog import catalog_tables
from ledgerwire.sandbox.seed.companies import company_tables
from ledgerwire.sandbox.seed.expected import ExpectedRecord, expect
from ledgerwire.sandbox.seed.gl_table import gl_tables
from ledgerwire.sandbox.seed.invoices import month_of_invoices
from ledgerwire.sandbox.seed.ledger_chart import ledger_chart
from ledgerwire.sandbox.seed.month import DEFAULT_MONTH_START, BusinessMonth
from ledgerwire.sandbox.seed.plan import Planned, make_plan
from ledgerwire.sandbox.seed.quarter import Quarter, tell
from ledgerwire.sandbox.seed.quarter.account import Package
from ledgerwire.sandbox.seed.quarter.account import account_settings as quarter_account
from ledgerwire.sandbox.seed.quarter.books import quickbooks_books, xero_books
from ledgerwire.sandbox.seed.quarter.houses import HOUSES
from ledgerwire.sandbox.seed.records import invoice_lines, number_drafts, record_tables
from ledgerwire.sandbox.seed.setup_tables import setup_tables
from ledgerwire.sandbox.seed.tax import tax_tables

Row = dict[str, Any]

STATE_TABLES = {
    "company/companies": "companies",
    "company/companies/types": "company_types",
    "company/companies/statuses": "company_statuses",
    "company/contacts": "contacts",
    "company/sites": "sites",
    "finance/billingStatuses": "billing_statuses",
    "finance/billingTerms": "billing_terms",
    "finance/taxCodes": "tax_codes",
    "finance/taxCodes/taxCodeLevels": "tax_code_levels",
    "finance/currencies": "currencies",
    "finance/glAccounts": "gl_accounts",
    "finance/glCaptions": "gl_captions",
    "finance/invoices": "invoices",
    "finance/accountingPackages": "accounting_packages",
    "finance/accountingPackageSetup": "accounting_package_setup",
    "finance/agreements": "agreements",
    "finance/agreements/types": "agreement_types",
    "system/locations": "locations",
    "system/departments": "departments",
    "system/members": "members",
    "procurement/categories": "categories",
    "procurement/catalog": "catalog",
    "procurement/warehouses": "warehouses",
    "expense/types": "expense_types",
    "expense/paymentTypes": "payment_types",
    "expense/classifications": "classifications",
}
"""REST path of a table to its name in the simulated PSA's state."""


@dataclass(frozen=True, slots=True)
class CompanyBooks:
    """One ledger company before the first document: the same books as a Xero organisation and as a QuickBooks realm."""

    name: str
    locations: tuple[int, ...]
    xero: Row
    quickbooks: Row


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that the sandbox loads and an outsider checks against. Do not change its parts: copy them.

    `account` are the settings for Xero; `account_for` gives those for either package. `plan` and `expected` are the
    month's; the quarter keeps its own in `quarter`.
    """

    name: str
    seed: int
    month: BusinessMonth
    connectwise_tables: dict[str, list[Row]]
    invoice_lines: dict[int, list[InvoiceLine]]
    companies: tuple[CompanyBooks, ...]
    account: Row
    plan: tuple[Planned, ...] = ()
    expected: tuple[ExpectedRecord, ...] = ()
    quarter: Quarter | None = None

    @property
    def xero(self) -> Row:
        """The books of the first company, as a Xero organisation."""
        return self.companies[0].xero

    def account_for(self, package: Package) -> Row:
        """The account's settings with either package. Raises ValueError for a scenario that knows only Xero."""
        if self.quarter is not None:
            return quarter_account(self.month, package)
        if package != "xero":
            raise ValueError(f"scenario {self.name!r} has settings for Xero only")
        return self.account

    def state_tables(self) -> dict[str, dict[int, Row]]:
        """The PSA's tables as its simulated state loads them: by table name, rows by id."""
        return {
            name: {int(row["id"]): row for row in self.connectwise_tables.get(path, [])}
            for path, name in STATE_TABLES.items()
        }


def build(seed: int, scenario: str = "month", month_start: date = DEFAULT_MONTH_START) -> Scenario:
    """Build a scenario. The same arguments give equal scenarios.

    The quarter has the three months from `month_start` on. Raises ValueError for an unknown scenario or a month that
    does not start on the 1st.
    """
    month = BusinessMonth(month_start)
    if scenario == "quarter":
        return _quarter(seed, month)
    if scenario != "month":
        raise ValueError(f"unknown scenario {scenario!r}; known: month, quarter")
    records = number_drafts(month_of_invoices(random.Random(seed), month))  # noqa: S311 - reproducible, no secret
    tables = {
        **setup_tables(),
        **tax_tables(),
        **company_tables(),
        **catalog_tables(),
        **gl_tables(),
        **record_tables(records, month),
    }
    books = ledger_chart(month)
    return Scenario(
        name=scenario,
        seed=seed,
        month=month,
        connectwise_tables=tables,
        invoice_lines={record.invoice_id: invoice_lines(record) for record in records},
        companies=(CompanyBooks(str(books["organisation"]["Name"]), (), books, company_from(books)),),
        account=account_settings(month),
        plan=tuple(make_plan(records, month)),
        expected=tuple(expect(record) for record in records),
    )


def _quarter(seed: int, start: BusinessMonth) -> Scenario:
    story = tell(seed, start)
    books = (
        CompanyBooks(
            house.name, tuple(house.locations.values()), xero_books(house, start), quickbooks_books(house, start)
        )
        for house in HOUSES
    )
    return Scenario(
        name="quarter",
        seed=seed,
        month=start,
        connectwise_tables=story.tables,
        invoice_lines=story.lines,
        companies=tuple(books),
        account=quarter_account(start, "xero"),
        quarter=story,
    )
