"""Documents to post, and a small Xero organisation and QuickBooks company on loopback to post them to."""

from __future__ import annotations

import contextlib
import dataclasses
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import settings

from ledgerwire.accounting.factory import build_ledger, build_token_source
from ledgerwire.accounting.gate import LimitReport
from ledgerwire.accounting.port import Prepared, Verdict
from ledgerwire.accounting.tokens import TokenSet
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import ContactDecision, DocumentKind, DocumentLine, LedgerDocument
from ledgerwire.common.money import total
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.quickbooks.app import create_app as create_quickbooks
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.state import XeroState

settings.register_profile("thorough", max_examples=10_000, deadline=None)

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""The servers are plain HTTP: loading the authorities a hundred times would only take time."""

CLIENT, SECRET = "ledgerwire-app", "app-secret"

SEED: dict[str, Any] = {
    "apps": [
        {"client_id": CLIENT, "client_secret": SECRET},
        {"client_id": "narrow", "client_secret": SECRET, "scopes": "offline_access accounting.contacts"},
    ],
    "organisation": {"PeriodLockDate": "2026-01-31"},
    "accounts": [
        {"Code": "090", "Name": "Business Bank", "Type": "BANK"},
        {"Code": "200", "Name": "Sales", "Type": "REVENUE", "TaxType": "OUTPUT"},
        {"Code": "260", "Name": "Old income", "Type": "REVENUE", "TaxType": "OUTPUT", "Status": "ARCHIVED"},
        {"Code": "310", "Name": "Cost of goods sold", "Type": "DIRECTCOSTS", "TaxType": "INPUT"},
        {"Code": "319", "Name": "Old cost", "Type": "DIRECTCOSTS", "TaxType": "INPUT", "Status": "ARCHIVED"},
        {"Code": "600", "Name": "Stock", "Type": "CURRENT", "TaxType": "NONE"},
        {"Code": "610", "Name": "Receivables", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
        {"Code": "630", "Name": "Tracked stock", "Type": "INVENTORY", "TaxType": "NONE"},
        {"Code": "800", "Name": "Payables", "Type": "CURRLIAB", "SystemAccount": "CREDITORS"},
        {"Code": "860", "Name": "Rounding", "Type": "EXPENSE", "SystemAccount": "ROUNDING", "TaxType": "NONE"},
    ],
    "tax_rates": [
        {"Name": "GST on Income", "TaxType": "OUTPUT", "EffectiveRate": 10.0, "CanApplyToExpenses": False},
        {"Name": "GST on Expenses", "TaxType": "INPUT", "EffectiveRate": 10.0, "CanApplyToRevenue": False},
        {
            "Name": "Fifteen",
            "TaxType": "TAX015",
            "EffectiveRate": 15.0,
            "TaxComponents": [{"Name": "State", "Rate": 12.5}, {"Name": "City", "Rate": 2.5}],
        },
        {"Name": "Tax Exempt", "TaxType": "NONE", "EffectiveRate": 0.0},
    ],
    "items": [{"Code": "MS-SERVER", "Name": "Managed server", "SalesDetails": {"AccountCode": "200"}}],
    "tracking_categories": [{"Name": "Location", "Options": [{"Name": "Sydney"}, {"Name": "Perth"}]}],
    "contacts": [
        {"Name": "Harbour Dental", "ContactNumber": "C-1", "EmailAddress": "a@harbour.example"},
        {"Name": "Gone & Co", "ContactNumber": "C-3", "ContactStatus": "ARCHIVED"},
        {"Name": "O'Neill Legal", "ContactNumber": "C-4"},
        {"Name": "Northwind Supply", "ContactNumber": "C-5"},
        {"Name": "Southwind Supply", "ContactNumber": "C-6"},
    ],
    "currencies": [{"Code": "AUD", "Description": "Australian Dollar"}, {"Code": "USD", "Description": "US Dollar"}],
    "day_rates": {"USD": "0.64"},
}


def make_line(net: str = "100.00", tax: str = "10.00", **changes: Any) -> DocumentLine:
    full: dict[str, Any] = {
        "description": "Managed services",
        "quantity": Decimal(1),
        "unit_amount": Decimal(net),
        "net": Decimal(net),
        "account_code": "200",
        "tax_type": "OUTPUT",
        "tax_amount": Decimal(tax),
    }
    return DocumentLine(**(full | changes))


def make_document(number: str = "INV-1042", *lines: DocumentLine, **changes: Any) -> LedgerDocument:
    rows = lines or (make_line(),)
    net, tax = total(line.net for line in rows), total(line.tax_amount for line in rows)
    full: dict[str, Any] = {
        "kind": DocumentKind.SALES_INVOICE,
        "number": number,
        "contact": ContactDecision("19297", "Harbour Dental", "linked"),
        "document_date": date(2026, 3, 17),
        "due_date": date(2026, 3, 31),
        "currency": "AUD",
        "lines": rows,
        "net": net,
        "tax": tax,
        "total": net + tax,
        "reference": "PO 77",
    }
    return LedgerDocument(**(full | changes))


class MemoryTokens:
    """A token store with compare-and-set that counts, and can refuse to save."""

    def __init__(self, first: TokenSet) -> None:
        self.stored = first
        self.rotations = 0
        self.revoked: list[str] = []
        self.broken = False

    async def load(self) -> TokenSet:
        return self.stored

    async def rotate(self, expected_version: int, fresh: TokenSet) -> bool:
        if self.broken:
            raise OSError("database is gone")
        if self.stored.version != expected_version:
            return False
        self.stored = dataclasses.replace(fresh, version=expected_version + 1)
        self.rotations += 1
        return True

    async def mark_revoked(self, detail: str) -> None:
        self.revoked.append(detail)
        self.stored = dataclasses.replace(self.stored, state="revoked")


class CountingGate:
    """Lets everything pass and remembers what it was told."""

    def __init__(self) -> None:
        self.taken = 0
        self.reports: list[LimitReport] = []

    async def take(self, n: int = 1) -> None:
        self.taken += n

    async def observe(self, report: LimitReport) -> None:
        self.reports.append(report)


class XeroServer:
    """One organisation on loopback, with a connected ledger."""

    def __init__(self, app_id: str = CLIENT) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 17, 9, 0, tzinfo=UTC))
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.state = XeroState()
        self.state.load(SEED)
        self.app = create_app(self.state, self.clock, self.journal, self.faults)
        self.app_id = app_id

    def connect(self, base_url: str, http: httpx.AsyncClient) -> None:
        """Sign in and build the ledger over this address."""
        self.base_url, self.http, self.gate = base_url, http, CountingGate()
        self.store = MemoryTokens(self.consent())
        self.config = {"base_url": base_url, "token_url": f"{base_url}/connect/token"}
        self.tokens = build_token_source("xero", self.config, http, self.store, clock=self.clock)
        self.ledger = build_ledger("xero", self.config, http, self.tokens, self.gate, self.state.tenant_id)

    def consent(self) -> TokenSet:
        issued = self.state.identity.consent(self.app_id, self.clock.now())
        expires_at = self.clock.now() + timedelta(seconds=issued["expires_in"])
        return TokenSet(issued["access_token"], issued["refresh_token"], expires_at, 1, self.app_id, SECRET)

    def arm(self, name: str, **fields: Any) -> None:
        self.faults.add(Fault(name=name, system="xero", **fields))

    def contact_id(self, name: str = "Harbour Dental") -> str:
        return str(self.state.contacts.by_key(name)[0]["ContactID"])

    def calls(self, method: str, path: str) -> list[Any]:
        return [entry for entry in self.journal.entries() if entry.method == method and entry.path.endswith(path)]


def _rates(*ids: str) -> dict[str, Any]:
    return {"TaxRateDetail": [{"TaxRateRef": {"value": one}, "TaxOrder": 0} for one in ids]}


def _account(row_id: str, number: str | None, name: str, kind: str, subtype: str = "", **more: Any) -> dict[str, Any]:
    numbered = {"AcctNum": number} if number else {}
    return {"Id": row_id, "Name": name, "AccountType": kind, "AccountSubType": subtype, **numbered, **more}


QUICKBOOKS_SEED: dict[str, Any] = {
    "apps": [{"client_id": CLIENT, "client_secret": SECRET}],
    "switches": {"limits_enabled": False},
    "Preferences": {
        "AccountingInfoPrefs": {"BookCloseDate": "2026-01-31"},
        "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "AUD"}},
    },
    "day_rates": {"USD": "1.5625"},
    "CompanyCurrency": [{"Code": "USD", "Name": "US Dollar"}, {"Code": "NZD", "Name": "Kiwi", "Active": False}],
    "Account": [
        _account("1", "090", "Business Bank", "Bank", "Checking", Classification="Asset"),
        _account("2", "200", "Sales", "Income", Classification="Revenue"),
        _account("3", "260", "Old income", "Income", Classification="Revenue", Active=False),
        _account("4", "310", "Cost of goods sold", "Cost of Goods Sold", Classification="Expense"),
        _account("5", "319", "Old cost", "Cost of Goods Sold", Classification="Expense", Active=False),
        _account("6", "600", "Stock", "Other Current Asset", "OtherCurrentAssets", Classification="Asset"),
        _account("7", "610", "Receivables", "Accounts Receivable", Classification="Asset"),
        _account("8", "800", "Payables", "Accounts Payable", Classification="Liability"),
        _account("9", "860", "Rounding", "Other Income", Classification="Revenue"),
        _account("10", None, "Undeposited", "Other Current Asset", "UndepositedFunds", Classification="Asset"),
        _account("11", "820", "GST", "Other Current Liability", "GlobalTaxPayable", Classification="Liability"),
    ],
    "TaxRate": [
        {"Id": "1", "Name": "GST (sales)", "RateValue": 10},
        {"Id": "2", "Name": "GST (purchases)", "RateValue": 10},
        {"Id": "3", "Name": "State", "RateValue": 12.5},
        {"Id": "4", "Name": "City", "RateValue": 2.5},
        {"Id": "5", "Name": "Free", "RateValue": 0},
    ],
    "TaxCode": [
        {"Id": "11", "Name": "GST on sales", "SalesTaxRateList": _rates("1"), "PurchaseTaxRateList": _rates()},
        {"Id": "12", "Name": "GST on costs", "SalesTaxRateList": _rates(), "PurchaseTaxRateList": _rates("2")},
        {"Id": "13", "Name": "Fifteen", "SalesTaxRateList": _rates("3", "4"), "PurchaseTaxRateList": _rates()},
        {"Id": "14", "Name": "Free", "SalesTaxRateList": _rates("5"), "PurchaseTaxRateList": _rates("5")},
        {"Id": "15", "Name": "Old", "Active": False, "SalesTaxRateList": _rates("1")},
    ],
    "Item": [
        {"Id": "21", "Name": "MS-SERVER", "Description": "Managed server", "IncomeAccountRef": {"value": "2"}},
        {"Id": "22", "Name": "ROUNDING", "Description": "Rounding", "IncomeAccountRef": {"value": "9"}},
        {"Id": "23", "Name": "OLD", "Active": False, "IncomeAccountRef": {"value": "2"}},
        {"Id": "24", "Name": "Kits", "Type": "Category"},
        {"Id": "25", "Name": "SWITCH", "Sku": "SW-8", "Type": "Inventory", "IncomeAccountRef": {"value": "2"}},
    ],
    "Class": [{"Id": "31", "Name": "Managed"}, {"Id": "32", "Name": "Projects"}],
    "Department": [{"Id": "41", "Name": "Sydney"}, {"Id": "42", "Name": "Perth"}],
    "Term": [{"Id": "51", "Name": "Net 14", "DueDays": 14}],
    "Customer": [
        {"Id": "61", "DisplayName": "Harbour Dental", "PrimaryEmailAddr": {"Address": "a@harbour.example"}},
        {"Id": "62", "DisplayName": "O'Neill Legal"},
        {"Id": "63", "DisplayName": "Gone & Co", "Active": False},
        {"Id": "64", "DisplayName": "Harbour Dental (USD)", "CurrencyRef": {"value": "USD"}},
    ],
    "Vendor": [
        {"Id": "71", "DisplayName": "Northwind Supply"},
        {"Id": "72", "DisplayName": "Southwind Supply"},
        {"Id": "73", "DisplayName": "Gone Supply", "Active": False},
        {"Id": "74", "DisplayName": "Northwind Supply (USD)", "CurrencyRef": {"value": "USD"}},
    ],
    "Employee": [{"Id": "81", "DisplayName": "Sam Field"}],
}


class QuickBooksServer:
    """One QuickBooks company on loopback, with a connected ledger."""

    def __init__(self, **changes: Any) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 17, 9, 0, tzinfo=UTC))
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.state = QuickBooksState()
        self.state.load({**QUICKBOOKS_SEED, **changes})
        self.app = create_quickbooks(self.state, self.clock, self.journal, self.faults)

    def connect(self, base_url: str, http: httpx.AsyncClient, **settings: Any) -> None:
        """Sign in and build the ledger over this address."""
        self.http, self.gate = http, CountingGate()
        issued = self.state.identity.consent(CLIENT, self.clock.now())
        expires_at = self.clock.now() + timedelta(seconds=issued["expires_in"])
        access, refresh = issued["access_token"], issued["refresh_token"]
        self.store = MemoryTokens(TokenSet(access, refresh, expires_at, 1, CLIENT, SECRET))
        token_url = f"{base_url}/oauth2/v1/tokens/bearer"
        self.config = {"base_url": base_url, "token_url": token_url, "realm_id": self.state.realm_id, **settings}
        self.tokens = build_token_source("quickbooks", self.config, http, self.store, clock=self.clock)
        self.ledger = build_ledger("quickbooks", self.config, http, self.tokens, self.gate)

    def arm(self, name: str, **fields: Any) -> None:
        self.faults.add(Fault(name=name, system="quickbooks", **fields))

    async def send(
        self, item: LedgerDocument, ledger_id: str | None = None, key: str = "a" * 64, contact: str | None = None
    ) -> Verdict:
        """Compose and send one document, to the usual customer or vendor unless another is named."""
        usual = {DocumentKind.JOURNAL: "", DocumentKind.BILL: "71", DocumentKind.SUPPLIER_CREDIT: "71"}
        prepared = Prepared(item, usual.get(item.kind, "61") if contact is None else contact, ledger_id)
        [verdict] = await self.ledger.send(self.ledger.compose(item.kind, [prepared]), key)
        return verdict

    def stop(self, item: LedgerDocument, contact: str = "61") -> list[str]:
        """The codes with which a document is stopped before it is sent; each message is complete."""
        with pytest.raises(Stopped) as stopped:
            self.ledger.compose(item.kind, [Prepared(item, contact)])
        assert not any("?" in finding.message for finding in stopped.value.findings)
        return [finding.code for finding in stopped.value.findings]

    def writes(self) -> list[Any]:
        """What was sent to change something; the batch only reads."""
        posts = [entry for entry in self.journal.entries() if entry.method == "POST"]
        return [call for call in posts if not call.path.endswith(("/batch", "/bearer"))]

    async def paid(self, total: str, *links: tuple[str, str, str]) -> None:
        """A customer's payment, entered by a person: (entity, id, amount) of what it is applied to."""
        lines = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": row_id, "TxnType": kind}]} for kind, row_id, amount in links
        ]
        body = {"CustomerRef": {"value": "61"}, "CurrencyRef": {"value": "AUD"}, "TotalAmt": total, "Line": lines}
        path = f"{self.config['base_url']}/v3/company/{self.state.realm_id}/payment"
        headers = {"Authorization": f"Bearer {self.store.stored.access_token}"}
        assert (await self.http.post(path, json=body, headers=headers)).status_code == 200


@pytest.fixture
async def make_quickbooks() -> AsyncIterator[Any]:
    """Makes companies that differ from the usual one in their seed; `settings` are those of the connection."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(settings: dict[str, Any] | None = None, **changes: Any) -> QuickBooksServer:
            server = QuickBooksServer(**changes)
            served = await stack.enter_async_context(serve(server.app))
            http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, verify=_NO_TLS))
            server.connect(served.base_url, http, **(settings or {}))
            await server.ledger.reference_data()
            return server

        yield make


@pytest.fixture
async def quickbooks(make_quickbooks: Any) -> Any:
    return await make_quickbooks()


@pytest.fixture
def line() -> Callable[..., DocumentLine]:
    return make_line


@pytest.fixture
def document() -> Callable[..., LedgerDocument]:
    return make_document


@pytest.fixture
def memory_tokens() -> type[MemoryTokens]:
    return MemoryTokens


@pytest.fixture
async def xero() -> AsyncIterator[XeroServer]:
    server = XeroServer()
    async with serve(server.app) as served, httpx.AsyncClient(trust_env=False, verify=_NO_TLS) as http:
        server.connect(served.base_url, http)
        yield server
