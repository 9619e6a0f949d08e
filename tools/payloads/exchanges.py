"""Every kind of call the Xero adapter makes, made against the simulated Xero in this process, and recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import httpx

from ledgerwire.accounting.gate import OpenGate
from ledgerwire.accounting.port import ContactSpec, CreditApplied, ItemSpec, Ledger, Prepared, Verdict, VerdictStatus
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.ledger import XeroLedger
from ledgerwire.common.ledger.document import (
    ContactDecision,
    DocumentKind,
    DocumentLine,
    LedgerDocument,
    Tracking,
)
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.xero.app import create_app
from ledgerwire.sandbox.xero.state import XeroState

API = "/api.xro/2.0"
_DAY = date(2026, 3, 17)
_INVOICE, _CREDIT, _JOURNAL = DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE, DocumentKind.JOURNAL
_SALES = {_INVOICE, _CREDIT}

SEED: dict[str, Any] = {
    "apps": [{"client_id": "check", "client_secret": "check"}],
    "organisation": {"PeriodLockDate": "2026-01-31"},
    "accounts": [
        {"Code": "090", "Name": "Bank", "Type": "BANK"},
        {"Code": "200", "Name": "Sales", "Type": "REVENUE", "TaxType": "OUTPUT"},
        {"Code": "310", "Name": "Cost", "Type": "DIRECTCOSTS", "TaxType": "INPUT"},
        {"Code": "600", "Name": "Stock", "Type": "CURRENT", "TaxType": "NONE"},
        {"Code": "610", "Name": "Receivables", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
    ],
    "tax_rates": [
        {"Name": "GST on Income", "TaxType": "OUTPUT", "EffectiveRate": 10.0, "CanApplyToExpenses": False},
        {"Name": "GST on Expenses", "TaxType": "INPUT", "EffectiveRate": 10.0, "CanApplyToRevenue": False},
        {"Name": "Tax Exempt", "TaxType": "NONE", "EffectiveRate": 0.0},
    ],
    "tracking_categories": [{"Name": "Location", "Options": [{"Name": "Perth"}]}],
    "contacts": [{"Name": "Harbour Dental", "ContactNumber": "C-1"}, {"Name": "Gone", "ContactStatus": "ARCHIVED"}],
    "currencies": [{"Code": "AUD", "Description": "Australian Dollar"}, {"Code": "USD", "Description": "US Dollar"}],
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer; `path` without the base of the API."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    status: int
    answer: bytes
    is_json: bool


class _Recorder(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        response = await self._inner.handle_async_request(request)
        answer = await response.aread()
        self.exchanges.append(
            Exchange(
                request.method,
                request.url.path.removeprefix(API),
                dict(parse_qsl(request.url.query.decode())),
                dict(request.headers),
                body,
                response.status_code,
                answer,
                "json" in response.headers.get("content-type", ""),
            )
        )
        return response


class _Token:
    def __init__(self, value: str) -> None:
        self._value = value

    async def token(self) -> str:
        return self._value

    async def refresh(self, stale: str) -> str:
        return stale


class Script:
    """The calls, one group a method."""

    def __init__(self, ledger: Ledger, state: XeroState) -> None:
        self._ledger = ledger
        self._state = state
        self._made = 0

    async def run(self) -> None:
        """Make every kind of call once or more; raises AssertionError when the sandbox does not do what it should."""
        await self._ledger.reference_data()
        ids = {kind: await self._posted(kind) for kind in DocumentKind}
        await self._refused()
        await self._read(ids)
        await self._settled(ids)
        for kind in DocumentKind:
            await self._send(self._prepared(kind, f"{kind}-1", ledger_id=ids[kind]))
            await self._ledger.void(kind, ids[kind], self._key())
        await self._lists()

    def _key(self) -> str:
        self._made += 1
        return f"{self._made:064d}"

    def _contact(self, name: str = "Harbour Dental") -> str:
        return str(self._state.contacts.by_key(name)[0]["ContactID"])

    def _prepared(self, kind: DocumentKind, number: str, **changes: Any) -> Prepared:
        ledger_id = changes.pop("ledger_id", None)
        contact = "" if kind is _JOURNAL else self._contact()
        return Prepared(replace(_document(kind, number), **changes), contact, ledger_id)

    async def _send(self, *prepared: Prepared) -> Sequence[Verdict]:
        return await self._ledger.send(self._ledger.compose(prepared[0].document.kind, prepared), self._key())

    async def _posted(self, kind: DocumentKind) -> str:
        [verdict] = await self._send(self._prepared(kind, f"{kind}-1"))
        if verdict.status is not VerdictStatus.POSTED or verdict.ledger_id is None:
            raise AssertionError(f"{kind} was not posted: {verdict}")
        await self._send(self._prepared(kind, f"{kind}-2", draft=True))
        if kind is not _JOURNAL:
            foreign = {"currency": "USD", "currency_rate": Decimal("1.5")}
            await self._send(self._prepared(kind, f"{kind}-3", **foreign))
        return verdict.ledger_id

    async def _refused(self) -> None:
        gone = replace(self._prepared(_INVOICE, "INV-9"), contact_id=self._contact("Gone"))
        await self._send(self._prepared(_INVOICE, "INV-8"), gone)
        await self._send(self._prepared(_JOURNAL, "JNL-9", document_date=date(2026, 1, 1)))

    async def _read(self, ids: dict[DocumentKind, str]) -> None:
        for kind, ledger_id in ids.items():
            await self._ledger.find_documents(kind, [f"{kind}-1", f"{kind}-2"])
            await self._ledger.read_document(kind, ledger_id)
        await self._ledger.read_document(_INVOICE, "00000000-0000-4000-8000-000000000404")

    async def _settled(self, ids: dict[DocumentKind, str]) -> None:
        part = CreditApplied(ids[_CREDIT], "", ids[_INVOICE], "", Decimal("20.00"), _DAY)
        await self._ledger.allocate(part, self._key())
        await _ignoring(self._ledger.allocate, replace(part, amount=Decimal(1000)), self._key())
        await self._ledger.settlements(datetime(2026, 1, 1, tzinfo=UTC))
        [*settled] = await self._ledger.settlements(None)
        [standing] = next(row.credits for row in settled if row.ledger_id == ids[_INVOICE])
        await self._ledger.deallocate(standing, self._key())
        await self._ledger.deallocate(standing, self._key())

    async def _lists(self) -> None:
        await self._ledger.contacts()
        await self._ledger.create_contact(ContactSpec("Acme", "cw-1", "ap@acme.example", "A1"), self._key())
        await _ignoring(self._ledger.create_contact, ContactSpec("Acme", "cw-2"), self._key())
        await self._ledger.find_contact("cw-1")
        await self._ledger.create_item(ItemSpec("MS-1", "Managed", "200"), self._key())


async def _ignoring(call: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
    """Make a call that is meant to be refused: its answer is what counts."""
    try:
        await call(*arguments)
    except Exception as refused:
        if type(refused).__name__ not in {"Stopped", "Ambiguous"}:
            raise


def _document(kind: DocumentKind, number: str) -> LedgerDocument:
    lines = _journal_lines() if kind is _JOURNAL else _lines(sales=kind in _SALES)
    net = sum((line.net for line in lines if kind is not _JOURNAL or line.net > 0), Decimal(0))
    tax = sum((line.tax_amount for line in lines), Decimal(0))
    contact = None if kind is _JOURNAL else ContactDecision("1", "Harbour Dental", "linked")
    return LedgerDocument(kind, number, contact, _DAY, _DAY, "AUD", lines, net, tax, net + tax, "PO 77")


def _lines(*, sales: bool) -> tuple[DocumentLine, ...]:
    account, tax_type = ("200", "OUTPUT") if sales else ("310", "INPUT")
    plain = DocumentLine(
        "Servers", Decimal("1.5"), Decimal("66.6667"), Decimal("100.00"), account, tax_type, Decimal("10.00")
    )
    tracked = replace(plain, tracking=(Tracking("Location", "Perth"),), tax_amount=Decimal("10.01"), tax_override=True)
    return (plain, tracked)


def _journal_lines() -> tuple[DocumentLine, ...]:
    debit = DocumentLine("Router", Decimal(1), Decimal(80), Decimal("80.00"), "310", "NONE", Decimal(0))
    tracked = replace(debit, tracking=(Tracking("Location", "Perth"),))
    return (tracked, replace(debit, unit_amount=Decimal(-80), net=Decimal("-80.00"), account_code="600"))


async def record() -> list[Exchange]:
    """All calls of the script with their answers."""
    clock, state = VirtualClock(datetime(2026, 3, 17, 9, 0, tzinfo=UTC)), XeroState()
    state.load({**SEED, "switches": {"limits_enabled": False}})
    recorder = _Recorder(httpx.ASGITransport(create_app(state, clock, Journal(clock), Faults())))
    token = str(state.identity.consent("check", clock.now())["access_token"])
    async with httpx.AsyncClient(transport=recorder) as http:
        config = XeroConfig.of({"base_url": "http://xero.check"})
        await Script(XeroLedger(config, http, _Token(token), OpenGate(), state.tenant_id), state).run()
    return recorder.exchanges
