"""A tenant with one customer, two products and whatever agreements a test asks for."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ledgerwire.sandbox.connectwise.agreements.billing import AgreementBilling
from ledgerwire.sandbox.connectwise.agreements.setup import MONTHLY, ONE_TIME
from ledgerwire.sandbox.connectwise.gl_mapping import mapped_type
from ledgerwire.sandbox.connectwise.invoices import InvoiceDesk
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.journal import Journal

PERSON = 152
ACME = {"id": 10, "identifier": "ACME", "name": "Acme"}


def _gl(number: int, gl_type: str, account: str) -> dict[str, Any]:
    return {
        "id": number,
        "glType": gl_type,
        "mappedType": mapped_type(gl_type, "Corporate"),
        "mappedRecord": {"id": 1, "name": "Corporate"},
        "segment1": account,
    }


TABLES: dict[str, list[dict[str, Any]]] = {
    "companies": [{**ACME, "accountNumber": "C-10", "billingTerms": {"id": 2, "name": "Net 14"}}],
    "billing_statuses": [
        {"id": 1, "name": "New", "closedFlag": False, "defaultFlag": True},
        {"id": 2, "name": "Closed", "closedFlag": True},
    ],
    "billing_terms": [{"id": 2, "name": "Net 14", "dueDays": 14}],
    "tax_codes": [{"id": 1, "identifier": "GST", "levelOneRate": Decimal(10), "levelOneCaption": "GST"}],
    "gl_accounts": [_gl(1, "AR", "1200"), _gl(2, "AP", "4200"), _gl(3, "RA", "4300"), _gl(4, "ST", "2200")],
    "agreement_types": [{"id": 2, "name": "Cloud"}, {"id": 3, "name": "Cloud Annual"}],
    "catalog": [
        {"id": 501, "identifier": "SEAT", "description": "Seat", "price": Decimal("22.00"), "cost": Decimal("18.00"),
         "productClass": "NonInventory", "taxableFlag": True, "type": {"id": 4, "name": "Service"},
         "unitOfMeasure": {"id": 1, "name": "Each"}, "category": {"id": 7, "name": "Cloud"}},
        {"id": 502, "identifier": "OLD", "description": "Old seat", "inactiveFlag": True},
    ],
    "members": [{"id": PERSON, "identifier": "phan"}],
}  # fmt: skip


class Office:
    """The tenant with short ways to make agreements and additions and to invoice them."""

    def __init__(self) -> None:
        clock = VirtualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))
        self.state = ConnectWiseState(clock, Journal(clock), Credentials.derive(1))
        self.state.load({name: {row["id"]: row for row in rows} for name, rows in TABLES.items()}, {})
        self.desk = InvoiceDesk(self.state)
        self.billing = AgreementBilling(self.state, self.desk)

    def agreement(self, **changes: Any) -> int:
        """Monthly, by calendar year, prorated, in advance, next invoice on 1 March 2026."""
        row = {
            "name": "Cloud seats",
            "type": {"id": 2, "name": "Cloud"},
            "company": ACME,
            "startDate": "2025-01-01T00:00:00Z",
            "noEndingDateFlag": True,
            "billingCycle": {"id": MONTHLY, "name": "Monthly"},
            "invoicingCycle": "CalendarYear",
            "prorateFlag": True,
            "invoiceProratedAdditionsFlag": True,
            "periodType": "Future",
            "nextInvoiceDate": "2026-03-01T00:00:00Z",
            **changes,
        }
        return int(self.state.insert("agreements", row, PERSON)["id"])

    def one_time(self, **changes: Any) -> int:
        cycle = {"id": ONE_TIME, "name": "One-Time"}
        return self.agreement(billingCycle=cycle, billOneTimeFlag=True, **changes)

    def add(self, agreement: int, quantity: str, effective: str, cancelled: str | None = None, **changes: Any) -> int:
        row = {
            "parentId": agreement,
            "agreementId": agreement,
            "product": {"id": 501, "identifier": "SEAT"},
            "quantity": Decimal(quantity),
            "unitPrice": Decimal("22.00"),
            "unitCost": Decimal("18.00"),
            "billCustomer": "Billable",
            "effectiveDate": f"{effective}T00:00:00Z",
            "cancelledDate": f"{cancelled}T00:00:00Z" if cancelled else None,
            **changes,
        }
        return int(self.state.insert("additions", row, PERSON)["id"])

    def bill(self, until: str) -> list[tuple[str, Decimal]]:
        """Date and total of every invoice made until a day."""
        made = self.billing.invoice_until(date.fromisoformat(until), PERSON)
        return [(str(row["date"])[:10], row["total"]) for row in made]

    def lines(self, agreement: int) -> list[Decimal]:
        """The amounts of all invoice lines of an agreement, in order."""
        found = []
        for number, lines in self.state.invoice_lines.items():
            if self.state.tables["invoices"][number]["agreement"]["id"] == agreement:
                found += [line.total for line in lines]
        return found


@pytest.fixture
def office() -> Office:
    return Office()


MakeOffice = Callable[[], Office]
