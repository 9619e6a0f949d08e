"""The worlds in which the contract of the ledger port is checked: one per adapter.

A new adapter adds its world here and must pass `test_any_ledger.py` unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.ledger.document import DocumentKind, DocumentLine, LedgerDocument


class XeroWorld:
    """Xero in the sandbox."""

    def __init__(self, server: Any, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]) -> None:
        self._server = server
        self.document = document
        self.line = line
        self.ledger: Ledger = server.ledger
        self.contact_id: str = server.contact_id()
        self.archived_contact_id: str = server.contact_id("Gone & Co")
        self.locked_day = date(2026, 1, 31)

    def lose_next_answer(self) -> None:
        """The next write is done, its answer never arrives."""
        self._server.arm("timeout_after_commit", method="PUT", params={"seconds": 0.05})

    def limit_next_write(self) -> None:
        self._server.arm("429", method="PUT", params={"problem": "minute", "retry_after": 17})

    def spoil_next_total(self) -> None:
        """The next document gets another total than its lines add up to."""
        self._server.arm("wrong_total")

    def void(self, kind: DocumentKind, ledger_id: str) -> None:
        """What a person does in the ledger's own screens."""
        collection = "invoices" if kind is DocumentKind.SALES_INVOICE else "credit_notes"
        self._server.state.amend(collection, ledger_id, {"Status": "VOIDED"})

    def live_count(self, number: str) -> int:
        """How many documents with this number count in the books."""
        rows = [*self._server.state.invoices.by_key(number), *self._server.state.credit_notes.by_key(number)]
        return sum(row["Status"] not in {"VOIDED", "DELETED"} for row in rows)

    def contact_count(self, external_number: str) -> int:
        return sum(row.get("ContactNumber") == external_number for row in self._server.state.contacts)


@pytest.fixture
async def xero_world(
    xero: Any, document: Callable[..., LedgerDocument], line: Callable[..., DocumentLine]
) -> XeroWorld:
    made = XeroWorld(xero, document, line)
    await made.ledger.reference_data()
    return made


@pytest.fixture(params=["xero"])
def world(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(f"{request.param}_world")
