"""An answer that is no list is not an empty list: what was not seen is not taken for absent, so nothing is made twice."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from ledgerwire.accounting.gate import LimitReport, OpenGate
from ledgerwire.accounting.port import ItemSpec
from ledgerwire.accounting.quickbooks import documents as quickbooks
from ledgerwire.accounting.quickbooks.client import QuickBooksClient
from ledgerwire.accounting.quickbooks.config import QuickBooksConfig
from ledgerwire.accounting.quickbooks.contacts import find_contact as find_quickbooks_contact
from ledgerwire.accounting.quickbooks.reference import read_company
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.contacts import find_contact, list_contacts
from ledgerwire.accounting.xero.documents import find_documents, read_document, read_documents
from ledgerwire.accounting.xero.items import create_item
from ledgerwire.accounting.xero.reference import read_reference_data
from ledgerwire.common.errors import LedgerwireError, Transient, Waiting
from ledgerwire.common.ledger.document import ContactRole, DocumentKind

Answers = Callable[[httpx.Request], httpx.Response]
BILL, JOURNAL = DocumentKind.BILL, DocumentKind.JOURNAL
LEDGER_ID = "8f5a0f2c-54f3-4b3e-9f1d-7d5a3a0c9e11"
XERO = {
    "Id": "721d4fcf-3c7c-47ab-b070-eba0fc8db0cd", "Status": "OK", "ProviderName": "Ledgerwire",
    "DateTimeUTC": "/Date(1780963200000)/",
}  # fmt: skip
"""What stands around every list of Xero."""

ELSEWHERE: list[Any] = [
    {"error": "upstream connect error"},
    {"message": "Endpoint request timed out"},
    {},
]
"""What something on the way says with HTTP 200."""


class Tokens:
    async def token(self) -> str:
        return "a0"

    async def refresh(self, stale: str) -> str:
        return stale


class Gate(OpenGate):
    def __init__(self) -> None:
        self.reports: list[LimitReport] = []

    async def observe(self, report: LimitReport) -> None:
        self.reports.append(report)


class Clients:
    def __init__(self) -> None:
        self.made: list[httpx.AsyncClient] = []
        self.requests: list[httpx.Request] = []
        self.gate = Gate()

    def xero(self, body: Any) -> XeroClient:
        return XeroClient(XeroConfig(), self._http(body), Tokens(), self.gate, "tenant")

    def quickbooks(self, body: Any) -> QuickBooksClient:
        return QuickBooksClient(QuickBooksConfig(), self._http(body), Tokens(), self.gate, "4620816365178234560")

    def _http(self, body: Any) -> httpx.AsyncClient:
        def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(200, json=body(request) if callable(body) else body)

        self.made.append(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        return self.made[-1]


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    made = Clients()
    yield made
    for http in made.made:
        await http.aclose()


# Xero -------------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D2", "M5")
@pytest.mark.parametrize("body", [*ELSEWHERE, XERO, {**XERO, "Invoices": None, "ManualJournals": None}])
@pytest.mark.parametrize("kind", DocumentKind)
async def test_xero_without_its_list_does_not_say_that_a_document_is_not_there(
    clients: Clients, kind: DocumentKind, body: Any
) -> None:
    client = clients.xero(body)
    for read in (
        find_documents(client, kind, ["VI-1"], "AUD"),
        read_documents(client, kind, ["VI-1"], "AUD"),
        read_document(client, kind, LEDGER_ID, "AUD"),
    ):
        with pytest.raises(Transient, match="could not be read"):
            await read


async def test_xeros_empty_list_says_that_nothing_is_there(clients: Clients) -> None:
    client = clients.xero({**XERO, "Invoices": [], "ManualJournals": []})
    for kind in (BILL, JOURNAL):
        assert await find_documents(client, kind, ["VI-1"], "AUD") == ()
        assert await read_document(client, kind, LEDGER_ID, "AUD") is None


@pytest.mark.requirement("D2")
@pytest.mark.parametrize("body", [*ELSEWHERE, XERO])
async def test_xero_without_its_list_lets_no_contact_and_no_item_be_made(clients: Clients, body: Any) -> None:
    client = clients.xero(body)
    spec = ItemSpec("WIDGET", "Widget", "200")
    for read in (find_contact(client, "CW-77"), list_contacts(client), create_item(client, spec, "k" * 64)):
        with pytest.raises(Transient, match="could not be read"):
            await read
    assert {request.method for request in clients.requests} == {"GET"}


LISTS = ("Organisations", "Accounts", "TaxRates", "Items", "TrackingCategories", "Currencies")


@pytest.mark.parametrize("spoilt", LISTS)
async def test_xeros_reference_data_without_one_of_its_lists_is_no_reference_data(
    clients: Clients, spoilt: str
) -> None:
    def answer(request: httpx.Request) -> Any:
        name = request.url.path.rpartition("/")[2].replace("Organisation", "Organisations")
        listed = [{"Name": "Harbour IT", "BaseCurrency": "AUD"}] if name == "Organisations" else []
        return ELSEWHERE[0] if name == spoilt else {**XERO, name: listed}

    with pytest.raises(LedgerwireError) as caught:
        await read_reference_data(clients.xero(answer))
    assert caught.value.code == "TRANSIENT"


# QuickBooks -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("D2", "M5")
@pytest.mark.parametrize("body", [*ELSEWHERE, {"QueryResponse": None, "time": "2026-06-10T08:00:00.000-07:00"}])
async def test_quickbooks_without_its_answer_does_not_say_that_something_is_not_there(
    clients: Clients, body: Any
) -> None:
    client = clients.quickbooks(body)
    reads = (
        quickbooks.find_documents(client, BILL, ["VI-1"], "USD"),
        find_quickbooks_contact(client, "CW-77", ContactRole.SUPPLIER),
        client.read_one("Bill", "7"),
    )
    for read in reads:
        with pytest.raises(Transient, match="could not be read"):
            await read


async def test_quickbooks_names_no_entity_where_it_found_none(clients: Clients) -> None:
    client = clients.quickbooks({"QueryResponse": {}, "time": "2026-06-10T08:00:00.000-07:00"})
    assert await quickbooks.find_documents(client, BILL, ["VI-1"], "USD") == ()


class Company:
    """Answers the batch that reads a company, with a fault or nothing on some of its lists."""

    def __init__(self, **spoilt: Any) -> None:
        self.spoilt = spoilt
        self.preferences: dict[str, Any] = {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}

    def __call__(self, request: httpx.Request) -> Any:
        asked = json.loads(request.content)["BatchItemRequest"]
        items = [self._item(one["bId"], one["Query"].split()[3]) for one in reversed(asked)]
        return {"BatchItemResponse": [item for item in items if item], "time": "2026-06-10T08:00:00.000-07:00"}

    def _item(self, place: str, entity: str) -> Any:
        if entity in self.spoilt:
            return self.spoilt[entity] and {**self.spoilt[entity], "bId": place}
        known = {"CompanyInfo": {"CompanyName": "Harbour IT", "Country": "US"}, "Preferences": self.preferences}
        return {"QueryResponse": {entity: [known[entity]]} if entity in known else {}, "bId": place}


def fault(code: str, detail: str = "told", kind: str = "ValidationFault") -> dict[str, Any]:
    return {"Fault": {"Error": [{"Message": "Message", "Detail": detail, "code": code}], "type": kind}}


THROTTLED = fault("3001", "The request limit was reached. Try again later", "SERVICE")


@pytest.mark.requirement("D18")
@pytest.mark.parametrize("entity", ["CompanyInfo", "Account", "Item", "TaxCode", "TaxRate", "Term", "CompanyCurrency"])
async def test_a_throttled_list_of_the_batch_waits_and_the_gate_is_told(clients: Clients, entity: str) -> None:
    with pytest.raises(Waiting) as waiting:
        await read_company(clients.quickbooks(Company(**{entity: THROTTLED})))
    assert waiting.value.code == "RATE_LIMITED"
    assert [report.problem for report in clients.gate.reports] == ["unknown"]


@pytest.mark.requirement("D18")
@pytest.mark.parametrize("entity", ["Account", "Item", "TaxCode", "TaxRate", "Term"])
@pytest.mark.parametrize(
    ("spoilt", "code"),
    [
        (fault("10000", "System Failure", "SystemFault"), "TRANSIENT"),
        (fault("6000", "An unexpected error occurred"), "TRANSIENT"),
        (fault("4001", "Invalid query"), "TRANSIENT"),
        (fault("5020", "Permission Denied"), "LEDGER_PERMISSION_MISSING"),
        ({}, "TRANSIENT"),
        (None, "TRANSIENT"),
    ],
)
async def test_a_list_that_failed_in_the_batch_is_not_empty(
    clients: Clients, entity: str, spoilt: Any, code: str
) -> None:
    with pytest.raises((Transient, Waiting)) as caught:
        await read_company(clients.quickbooks(Company(**{entity: spoilt})))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("entity", "turned_on"),
    [
        ("CompanyCurrency", {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}, "MultiCurrencyEnabled": True}}),
        ("Class", {"AccountingInfoPrefs": {"ClassTrackingPerTxnLine": True}}),
        ("Class", {"AccountingInfoPrefs": {"ClassTrackingPerTxn": True}}),
        ("Department", {"AccountingInfoPrefs": {"TrackDepartments": True}}),
    ],
)
@pytest.mark.parametrize("code", ["6000", "5020"])
async def test_a_refused_list_is_only_missed_where_the_company_uses_it(
    clients: Clients, entity: str, turned_on: dict[str, Any], code: str
) -> None:
    company = Company(**{entity: fault(code, "The feature is turned off")})
    read = await read_company(clients.quickbooks(company))
    assert (read.reference.currencies, read.reference.tracking) == (frozenset({"USD"}), ())
    company.preferences |= turned_on
    with pytest.raises(Transient, match=entity):
        await read_company(clients.quickbooks(company))
