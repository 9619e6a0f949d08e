"""A small tenant: two customers, one tax code of two levels, a GL table with four levels of mapping."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.sandbox.connectwise.gl_mapping import mapped_type
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.journal import Journal

PERSON = 152


def mapping(number: int, gl_type: str, level: str, record_id: int, **values: str) -> dict[str, Any]:
    reference = {"id": record_id, "name": f"{level} {record_id}"}
    return {
        "id": number,
        "glType": gl_type,
        "mappedType": mapped_type(gl_type, level),
        "mappedRecord": reference,
        **values,
    }


GL_ACCOUNTS = [
    mapping(1, "AR", "Corporate", 1, segment1="1200"),
    mapping(2, "R", "Corporate", 1, segment1="4000", segment2="Service", productId="LABOUR"),
    mapping(3, "R", "Work Role", 7, segment1="4010", segment2="Senior"),
    mapping(4, "RP", "Corporate", 1, segment1="4100", segment2="Hardware", cogs1="5100", inventory="1400"),
    mapping(5, "RP", "Product Category", 31, segment1="4110", segment2="Network"),
    mapping(6, "RP", "Product", 501, segment1="4111"),
    mapping(7, "ST", "Corporate", 1, segment1="2200"),
    mapping(8, "R", "Location", 2, segment3="Sydney"),
]


def line(kind: Any = "R", total: str = "100.00", **changes: Any) -> InvoiceLine:
    values: dict[str, Any] = {
        "kind": kind,
        "description": f"{kind} line",
        "quantity": Decimal(1),
        "price": Decimal(total),
        "total": Decimal(total),
        "location_id": 2,
    }
    return InvoiceLine(**{**values, **changes})


def invoice(number: int, total: str, tax: str = "0.00", **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "invoiceNumber": f"INV-{number}",
        "type": "Standard",
        "status": {"id": 1, "name": "New", "isClosed": False},
        "company": {"id": 11, "identifier": "BRANCH", "name": "Acme Branch"},
        "billToCompany": {"id": 10, "identifier": "ACME", "name": "Acme"},
        "billingTerms": {"id": 2, "name": "Net 14"},
        "date": "2026-03-01T00:00:00Z",
        "dueDate": "2026-03-15T00:00:00Z",
        "subtotal": Decimal(total) - Decimal(tax),
        "salesTax": Decimal(tax),
        "total": Decimal(total),
        "taxableFlag": Decimal(tax) != 0,
        "taxCode": {"id": 1, "name": "TX"},
        "currency": {"id": 1, "currencyCode": "USD", "name": "US Dollar"},
        "locationId": 2,
        "departmentId": 3,
        **changes,
    }


def small_tables(invoices: list[dict[str, Any]]) -> dict[str, dict[int, dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {
        "companies": [
            {
                "id": 10,
                "identifier": "ACME",
                "name": "Acme",
                "accountNumber": "C-10",
                "types": [{"id": 1, "name": "C"}],
            },
            {"id": 11, "identifier": "BRANCH", "name": "Acme Branch", "accountNumber": "C-11"},
        ],
        "contacts": [
            {
                "id": 21,
                "firstName": "Ann",
                "lastName": "Lee",
                "company": {"id": 10, "identifier": "ACME", "name": "Acme"},
                "communicationItems": [
                    {"id": 1, "communicationType": "Email", "value": "ann@acme.example"},
                    {"id": 2, "communicationType": "Phone", "value": "555"},
                ],
            }
        ],
        "billing_statuses": [
            {"id": 1, "name": "New", "closedFlag": False, "defaultFlag": True},
            {"id": 2, "name": "Closed", "closedFlag": True},
            {"id": 3, "name": "GL Reload", "closedFlag": False},
            {"id": 4, "name": "Sent", "closedFlag": True},
        ],
        "billing_terms": [
            {"id": 1, "name": "On receipt", "dueDays": 0, "termsXref": "0"},
            {"id": 2, "name": "Net 14", "dueDays": 14, "termsXref": "N14"},
        ],
        "tax_codes": [
            {
                "id": 1,
                "identifier": "TX",
                "levelOneRate": Decimal("6.25"),
                "levelOneTaxCodeXref": "TX-STATE",
                "levelTwoRate": Decimal(2),
                "levelTwoTaxCodeXref": "TX-CITY",
            }
        ],
        "gl_accounts": GL_ACCOUNTS,
        "gl_captions": [
            {"id": 1, "segment1type": "Account", "segment2type": "Class", "segment3type": "Class"},
        ],
        "accounting_package_setup": [{"id": 1, "includeCogsEntriesFlag": True}],
        "members": [{"id": PERSON, "identifier": "phan"}],
        "invoices": invoices,
    }
    return {name: {row["id"]: row for row in rows} for name, rows in tables.items()}


Make = Callable[..., ConnectWiseState]


@pytest.fixture
def make_state() -> Make:
    def make(*invoices: dict[str, Any], lines: dict[int, list[InvoiceLine]] | None = None) -> ConnectWiseState:
        clock = VirtualClock()
        state = ConnectWiseState(clock, Journal(clock), Credentials.derive(1))
        state.load(small_tables(list(invoices)), lines or {})
        InvoiceDesk(state).adopt_closed()
        return state

    return make


def close(state: ConnectWiseState, number: int, status: str = "Closed") -> None:
    InvoiceDesk(state).set_status(number, {"name": status}, PERSON)
