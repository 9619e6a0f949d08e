"""A small company in QuickBooks, reached over HTTP in the process."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.quickbooks.app import TOKEN_PATH, create_app
from ledgerwire.sandbox.quickbooks.state import QuickBooksState

CLIENT, SECRET = "qb-app", "qb-secret"


def _rate(*ids: str) -> dict[str, Any]:
    return {"TaxRateDetail": [{"TaxRateRef": {"value": one}, "TaxOrder": 0} for one in ids]}


def company(**changes: Any) -> dict[str, Any]:
    sales, cogs = {"value": "2"}, {"value": "3"}
    return {
        "apps": [{"client_id": CLIENT, "client_secret": SECRET}],
        "switches": {"limits_enabled": False},
        "Account": [
            {"Id": "1", "Name": "Bank", "AccountType": "Bank", "AccountSubType": "Checking"},
            {"Id": "2", "Name": "Sales", "AccountType": "Income", "AcctNum": "200"},
            {"Id": "3", "Name": "Cost of goods sold", "AccountType": "Cost of Goods Sold", "AcctNum": "310"},
            {"Id": "4", "Name": "Stock", "AccountType": "Other Current Asset", "AccountSubType": "Inventory"},
            {"Id": "5", "Name": "Receivables", "AccountType": "Accounts Receivable"},
            {"Id": "6", "Name": "Payables", "AccountType": "Accounts Payable"},
            {
                "Id": "7",
                "Name": "Undeposited",
                "AccountType": "Other Current Asset",
                "AccountSubType": "UndepositedFunds",
            },
            {"Id": "8", "Name": "GST", "AccountType": "Other Current Liability", "AccountSubType": "GlobalTaxPayable"},
            {"Id": "9", "Name": "Old income", "AccountType": "Income", "Active": False},
            {"Id": "10", "Name": "Hardware", "AccountType": "Income", "AcctNum": "230"},
        ],
        "TaxRate": [
            {"Id": "1", "Name": "GST", "RateValue": 10},
            {"Id": "2", "Name": "Fifteen", "RateValue": 15},
            {"Id": "3", "Name": "Free", "RateValue": 0},
            {"Id": "4", "Name": "State", "RateValue": 6.25},
            {"Id": "5", "Name": "City", "RateValue": 2},
        ],
        "TaxCode": [
            {"Id": "1", "Name": "GST", "SalesTaxRateList": _rate("1"), "PurchaseTaxRateList": _rate("1")},
            {"Id": "2", "Name": "Fifteen", "SalesTaxRateList": _rate("2"), "PurchaseTaxRateList": _rate("2")},
            {"Id": "3", "Name": "Free", "SalesTaxRateList": _rate("3"), "PurchaseTaxRateList": _rate("3")},
            {"Id": "4", "Name": "Austin", "SalesTaxRateList": _rate("4", "5"), "PurchaseTaxRateList": _rate()},
            {"Id": "5", "Name": "Gone", "Active": False, "SalesTaxRateList": _rate("1")},
        ],
        "Item": [
            {"Id": "1", "Name": "Managed", "IncomeAccountRef": sales, "ExpenseAccountRef": cogs},
            {"Id": "2", "Name": "Switch", "Type": "NonInventory", "IncomeAccountRef": {"value": "10"}},
            {"Id": "3", "Name": "Old", "Active": False, "IncomeAccountRef": sales},
            {"Id": "4", "Name": "Things", "Type": "Category"},
        ],
        "Class": [{"Id": "1", "Name": "Projects"}],
        "Department": [{"Id": "1", "Name": "Sydney"}],
        "Term": [{"Id": "1", "Name": "Net 14", "DueDays": 14}],
        "Customer": [
            {"Id": "1", "DisplayName": "Harbour Dental", "SalesTermRef": {"value": "1"}},
            {"Id": "2", "DisplayName": "O'Neill Legal"},
            {"Id": "3", "DisplayName": "Gone & Co", "Active": False},
        ],
        "Vendor": [{"Id": "4", "DisplayName": "Northwind Supply"}],
        "Employee": [{"Id": "5", "DisplayName": "Sam Field"}],
        **changes,
    }


class QuickBooks:
    """The company under test with a signed-in client."""

    def __init__(self, seed: dict[str, Any]) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 17, 9, 0, tzinfo=UTC))
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.state = QuickBooksState()
        self.state.load(seed)
        app = create_app(self.state, self.clock, self.journal, self.faults)
        self.tokens = self.state.identity.consent(CLIENT, self.clock.now())
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://quickbooks.test",
            headers={"Accept": "application/json"},
        )

    def arm(self, name: str, **fields: Any) -> None:
        self.faults.add(Fault(name=name, system="quickbooks", **fields))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def path(self, tail: str, realm: str | None = None) -> str:
        return f"/v3/company/{realm or self.state.realm_id}/{tail}"

    async def get(self, tail: str, **query: Any) -> httpx.Response:
        return await self.http.get(self.path(tail), params=query, headers=self.headers)

    async def post(self, tail: str, body: Any, **query: Any) -> httpx.Response:
        content = json.dumps(body, default=str)
        return await self.http.post(self.path(tail), content=content, params=query, headers=self.headers)

    async def saved(self, tail: str, body: Any, **query: Any) -> dict[str, Any]:
        """The one row that a call saved."""
        answer = await self.post(tail, body, **query)
        assert answer.status_code == 200, answer.text
        members = self.exact(answer)
        assert "Fault" not in members, answer.text
        return next(value for key, value in members.items() if key != "time")

    async def refused(self, tail: str, body: Any, **query: Any) -> dict[str, Any]:
        """The one error of a call that saved nothing."""
        answer = await self.post(tail, body, **query)
        assert answer.status_code == 400, answer.text
        fault = answer.json()["Fault"]
        assert fault["type"] == "ValidationFault"
        return fault["Error"][0]

    async def code(self, tail: str, body: Any, **query: Any) -> str:
        return (await self.refused(tail, body, **query))["code"]

    async def query(self, text: str) -> dict[str, Any]:
        answer = await self.get("query", query=text)
        assert answer.status_code == 200, answer.text
        return self.exact(answer)["QueryResponse"]

    async def read(self, tail: str) -> dict[str, Any]:
        answer = await self.get(tail)
        assert answer.status_code == 200, answer.text
        return next(value for key, value in self.exact(answer).items() if key != "time")

    async def token(self, auth: tuple[str, str] = (CLIENT, SECRET), **form: str) -> httpx.Response:
        return await self.http.post(TOKEN_PATH, data=form, auth=auth)

    @staticmethod
    def line(amount: str = "100.00", item: str = "1", code: str | None = "1", **detail: Any) -> dict[str, Any]:
        full: dict[str, Any] = {"ItemRef": {"value": item}, **detail}
        if code:
            full["TaxCodeRef"] = {"value": code}
        return {"Amount": float(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": full}

    def invoice(self, number: str | None = "INV-1042", *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
        full = {
            "DocNumber": number,
            "CustomerRef": {"value": "1"},
            "TxnDate": "2026-03-17",
            "Line": list(lines) or [self.line()],
            **changes,
        }
        return {key: value for key, value in full.items() if value is not None}

    @staticmethod
    def bill(amount: str = "50.00", **changes: Any) -> dict[str, Any]:
        detail = {"AccountRef": {"value": "3"}, "TaxCodeRef": {"value": "1"}}
        line = {
            "Amount": float(amount),
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail,
        }
        return {"VendorRef": {"value": "4"}, "TxnDate": "2026-03-17", "Line": [line], **changes}

    @staticmethod
    def journal_line(side: str, account: str, amount: str, **detail: Any) -> dict[str, Any]:
        full = {"PostingType": side, "AccountRef": {"value": account}, **detail}
        return {"Amount": float(amount), "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": full}

    @staticmethod
    def payment(total: str, *links: tuple[str, str, str], **changes: Any) -> dict[str, Any]:
        lines = [
            {"Amount": float(amount), "LinkedTxn": [{"TxnId": row_id, "TxnType": kind}]}
            for kind, row_id, amount in links
        ]
        return {"CustomerRef": {"value": "1"}, "TotalAmt": float(total), "Line": lines, **changes}

    @staticmethod
    def exact(response: httpx.Response) -> Any:
        """The answer's JSON with every number as written."""
        return json.loads(response.content, parse_float=Decimal, parse_int=Decimal)


@pytest.fixture
async def books() -> AsyncIterator[QuickBooks]:
    server = QuickBooks(company())
    yield server
    await server.http.aclose()


@pytest.fixture
async def make_books() -> AsyncIterator[Any]:
    """Further companies that differ from the first in their seed."""
    made: list[QuickBooks] = []

    def make(**changes: Any) -> QuickBooks:
        made.append(QuickBooks(company(**changes)))
        return made[-1]

    yield make
    for server in made:
        await server.http.aclose()
