"""A small Australian organisation in Xero, reached over HTTP in the process."""

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
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.state import XeroState

CLIENT, SECRET = "app-1", "app-secret"


def organisation(**changes: Any) -> dict[str, Any]:
    return {
        "apps": [
            {"client_id": CLIENT, "client_secret": SECRET},
            {"client_id": "custom", "client_secret": "cs", "custom_connection": True},
            {"client_id": "reader", "client_secret": "rs", "scopes": "offline_access accounting.invoices.read"},
        ],
        "accounts": [
            {"Code": "090", "Name": "Business Bank", "Type": "BANK"},
            {"Code": "200", "Name": "Sales", "Type": "REVENUE", "TaxType": "OUTPUT"},
            {"Code": "260", "Name": "Old income", "Type": "REVENUE", "TaxType": "OUTPUT", "Status": "ARCHIVED"},
            {"Code": "310", "Name": "Cost of goods sold", "Type": "DIRECTCOSTS", "TaxType": "INPUT"},
            {"Code": "600", "Name": "Stock", "Type": "CURRENT", "TaxType": "BASEXCLUDED"},
            {"Code": "610", "Name": "Receivables", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
            {"Code": "800", "Name": "Payables", "Type": "CURRLIAB", "SystemAccount": "CREDITORS"},
            {"Code": "860", "Name": "Rounding", "Type": "EXPENSE", "SystemAccount": "ROUNDING", "TaxType": "NONE"},
        ],
        "tax_rates": [
            {"Name": "GST on Income", "TaxType": "OUTPUT", "EffectiveRate": 10.0, "CanApplyToExpenses": False},
            {"Name": "GST on Expenses", "TaxType": "INPUT", "EffectiveRate": 10.0, "CanApplyToRevenue": False},
            {"Name": "Fifteen", "TaxType": "TAX015", "EffectiveRate": 15.0},
            {"Name": "BAS Excluded", "TaxType": "BASEXCLUDED", "EffectiveRate": 0.0},
            {"Name": "Tax Exempt", "TaxType": "NONE", "EffectiveRate": 0.0},
        ],
        "items": [
            {
                "Code": "MS-SERVER",
                "Name": "Managed server",
                "Description": "Managed server, monthly",
                "SalesDetails": {"UnitPrice": 145.1234, "AccountCode": "200", "TaxType": "OUTPUT"},
            }
        ],
        "tracking_categories": [
            {"Name": "Location", "Options": [{"Name": "Sydney"}, {"Name": "Perth"}]},
            {"Name": "Department", "Options": [{"Name": "Managed"}, {"Name": "Projects"}]},
        ],
        "contacts": [
            {"Name": "Harbour Dental", "ContactNumber": "C-1", "EmailAddress": "a@harbour.example"},
            {"Name": 'The "Quote" Shop', "ContactNumber": "C-2"},
            {"Name": "Gone & Co", "ContactNumber": "C-3", "ContactStatus": "ARCHIVED"},
        ],
        "currencies": [{"Code": "AUD", "Description": "Australian Dollar"}],
        **changes,
    }


class Xero:
    """The organisation under test with a signed-in client."""

    def __init__(self, seed: dict[str, Any]) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 17, 9, 0, tzinfo=UTC))
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.state = XeroState()
        self.state.load(seed)
        self.app = create_app(self.state, self.clock, self.journal, self.faults)
        self.tokens = self.state.identity.consent(CLIENT, self.clock.now())
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://xero.test",
            headers={"Accept": "application/json"},
        )

    def arm(self, name: str, **fields: Any) -> None:
        self.faults.add(Fault(name=name, system="xero", **fields))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}", "xero-tenant-id": self.state.tenant_id}

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> httpx.Response:
        content = json.dumps(body, default=str).encode() if body is not None else None
        return await self.http.request(
            method,
            f"/api.xro/2.0/{path}",
            content=content,
            params={name: value for name, value in query.items() if value is not None},
            headers={**self.headers, **(headers or {})},
        )

    async def put(self, path: str, *rows: dict[str, Any], **query: Any) -> httpx.Response:
        return await self.call("PUT", path, {path.rsplit("/", maxsplit=1)[-1]: list(rows)}, **query)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.call("GET", path, **query)

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post("/connect/token", data=form, auth=(CLIENT, SECRET))

    def contact(self, name: str = "Harbour Dental") -> dict[str, str]:
        return {"ContactID": self.state.contacts.by_key(name)[0]["ContactID"]}

    def invoice(self, number: str | None = "INV-1042", **changes: Any) -> dict[str, Any]:
        full: dict[str, Any] = {
            "Type": "ACCREC",
            "Contact": self.contact(),
            "Date": "2026-03-17",
            "DueDate": "2026-03-31",
            "LineAmountTypes": "Exclusive",
            "Status": "AUTHORISED",
            "LineItems": [self.line()],
            **({"InvoiceNumber": number} if number else {}),
        }
        return {key: value for key, value in {**full, **changes}.items() if value is not None}

    @staticmethod
    def line(amount: str = "100.00", **changes: Any) -> dict[str, Any]:
        full = {
            "Description": "Managed services",
            "Quantity": 1,
            "UnitAmount": float(amount),
            "AccountCode": "200",
            "TaxType": "OUTPUT",
            **changes,
        }
        return {key: value for key, value in full.items() if value is not None}

    @staticmethod
    def exact(response: httpx.Response) -> Any:
        """The answer's JSON with every number as written."""
        return json.loads(response.content, parse_float=Decimal, parse_int=Decimal)

    @staticmethod
    def messages(element: dict[str, Any]) -> list[str]:
        return [error["Message"] for error in element.get("ValidationErrors", [])]

    async def posted(self, *rows: dict[str, Any], path: str = "Invoices", **query: Any) -> dict[str, Any]:
        """The one element that a call saved."""
        answer = await self.put(path, *rows, **query)
        assert answer.status_code == 200, answer.text
        return self.exact(answer)[path.rsplit("/", maxsplit=1)[-1]][0]

    async def refused(self, *rows: dict[str, Any], path: str = "Invoices", **query: Any) -> list[str]:
        """Every message of a call that saved nothing."""
        answer = await self.put(path, *rows, **query)
        assert answer.status_code == 400, answer.text
        body = answer.json()
        assert (body["ErrorNumber"], body["Type"]) == (10, "ValidationException")
        return [message for element in body["Elements"] for message in self.messages(element)]


@pytest.fixture
async def xero() -> AsyncIterator[Xero]:
    server = Xero(organisation())
    yield server
    await server.http.aclose()


@pytest.fixture
async def make_xero() -> AsyncIterator[Any]:
    """Further organisations that differ from the first in their seed."""
    made: list[Xero] = []

    def make(**changes: Any) -> Xero:
        made.append(Xero(organisation(**changes)))
        return made[-1]

    yield make
    for server in made:
        await server.http.aclose()
