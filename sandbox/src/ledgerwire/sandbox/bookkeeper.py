"""What bookkeepers enter in the ledger after the documents are there: payments, refunds and credits, over its HTTP API.

They sign in as another app than the integration's, so that its tokens and its budget stay its own.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import httpx

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.middleware import AsgiApp
from ledgerwire.sandbox.quickbooks.identity import App as QuickBooksApp
from ledgerwire.sandbox.quickbooks.state import QuickBooksState
from ledgerwire.sandbox.seed.quarter import goods
from ledgerwire.sandbox.seed.quarter.payments import Settlement
from ledgerwire.sandbox.xero.identity import App as XeroApp
from ledgerwire.sandbox.xero.state import XeroState

Row = dict[str, Any]
_APP, _KEY = "bookkeeper", "bookkeeper"
XERO_MOST, QUICKBOOKS_MOST = 50, 30


class EntryRefusedError(Exception):
    """The ledger refused what a bookkeeper entered."""


def _chunks(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


def _json(value: Any) -> str:
    return json.dumps(value, default=lambda each: float(each) if isinstance(each, Decimal) else str(each))


def _client(app: AsgiApp, headers: dict[str, str]) -> httpx.AsyncClient:
    accepted = {"Accept": "application/json", "Content-Type": "application/json", **headers}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ledger.test", headers=accepted)


class XeroBookkeeper:
    """Enters settlements into one organisation."""

    def __init__(self, state: XeroState, app: AsgiApp, clock: VirtualClock) -> None:
        state.identity.apps.setdefault(_APP, XeroApp(_APP, _KEY))
        token = state.identity.consent(_APP, clock.now())["access_token"]
        self._state = state
        self._http = _client(app, {"Authorization": f"Bearer {token}", "xero-tenant-id": state.tenant_id})

    async def enter(self, events: Sequence[Settlement]) -> None:
        """Enter them all, in order within each kind. Raises EntryRefusedError."""
        async with self._http:
            payments = [row for event in events if event.kind != "credit" for row in self._payments(event)]
            for chunk in _chunks(payments, XERO_MOST):
                await self._put("Payments", {"Payments": chunk})
            for event in events:
                if event.kind == "credit":
                    await self._allocate(event)

    def _payments(self, event: Settlement) -> Iterator[Row]:
        for number, amount in event.parts:
            document = (
                {"CreditNote": {"CreditNoteNumber": number}}
                if event.kind == "refund"
                else {"Invoice": {"InvoiceNumber": number}}
            )
            day = event.day.isoformat()
            yield {
                **document,
                "Account": {"Code": goods.BANK},
                "Date": day,
                "Amount": amount,
                "Reference": f"Bank {day}",
            }

    async def _allocate(self, event: Settlement) -> None:
        notes = [row for row in self._state.credit_notes.by_key(str(event.credit)) if row["Status"] == "AUTHORISED"]
        if not notes:
            raise EntryRefusedError(f"credit note {event.credit} is not there to be applied")
        for number, amount in event.parts:
            part = {"Invoice": {"InvoiceNumber": number}, "Amount": amount, "Date": event.day.isoformat()}
            await self._put(f"CreditNotes/{notes[0]['CreditNoteID']}/Allocations", {"Allocations": [part]})

    async def _put(self, path: str, body: Row) -> None:
        answer = await self._http.put(f"/api.xro/2.0/{path}", content=_json(body))
        if answer.is_error:
            raise EntryRefusedError(f"{path}: {answer.status_code} {answer.text[:600]}")


class QuickBooksBookkeeper:
    """Enters settlements into one company; it knows no refund of a credit memo here."""

    def __init__(self, state: QuickBooksState, app: AsgiApp, clock: VirtualClock) -> None:
        state.identity.apps.setdefault(_APP, QuickBooksApp(_APP, _KEY))
        token = state.identity.consent(_APP, clock.now(), state.realm_id)["access_token"]
        self._state = state
        self._http = _client(app, {"Authorization": f"Bearer {token}"})

    async def enter(self, events: Sequence[Settlement]) -> None:
        """Enter them all in order. Raises EntryRefusedError."""
        async with self._http:
            rows = [self._payment(event) for event in events if event.kind != "refund"]
            for chunk in _chunks(rows, QUICKBOOKS_MOST):
                await self._batch(chunk)

    def _payment(self, event: Settlement) -> Row:
        links = [(self._document("Invoice", number), "Invoice", amount) for number, amount in event.parts]
        first = links[0][0]
        if event.credit is not None:
            links.append((self._document("CreditMemo", event.credit), "CreditMemo", event.total))
        lines = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": row["Id"], "TxnType": kind}]} for row, kind, amount in links
        ]
        body: Row = {"CustomerRef": first["CustomerRef"], "TxnDate": event.day.isoformat(), "Line": lines}
        body["TotalAmt"] = event.total if event.credit is None else 0
        if self._state.multi_currency:
            body["CurrencyRef"] = first["CurrencyRef"]
        return body

    def _document(self, kind: str, number: str) -> Row:
        found = self._state.numbered(kind, number)
        if not found:
            raise EntryRefusedError(f"{kind} {number} is not there to be paid")
        row: Row = self._state.rows[kind][found[0][1]]
        return row

    async def _batch(self, rows: Sequence[Row]) -> None:
        items = [{"bId": f"p{number}", "operation": "create", "Payment": row} for number, row in enumerate(rows)]
        path = f"/v3/company/{self._state.realm_id}/batch"
        answer = await self._http.post(path, content=_json({"BatchItemRequest": items}))
        faults = [] if answer.is_error else [item for item in answer.json()["BatchItemResponse"] if "Fault" in item]
        if answer.is_error or faults:
            raise EntryRefusedError(f"batch: {answer.status_code} {faults[:3] or answer.text[:600]}")


def by_company(events: Sequence[Settlement]) -> dict[str, list[Settlement]]:
    """The events of each company, in their order."""
    found: defaultdict[str, list[Settlement]] = defaultdict(list)
    for event in events:
        found[event.company].append(event)
    return dict(found)
