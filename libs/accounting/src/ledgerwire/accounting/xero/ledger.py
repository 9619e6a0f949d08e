"""The Xero adapter of the ledger port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import httpx

from ledgerwire.accounting.expiring import Expiring
from ledgerwire.accounting.gate import CallGate
from ledgerwire.accounting.port import (
    Composed,
    ContactSpec,
    CreditApplied,
    Expected,
    FoundDocument,
    ItemSpec,
    Limits,
    Prepared,
    ReadDocument,
    Settlement,
    Verdict,
)
from ledgerwire.accounting.xero import allocations, contacts, documents, items, journals, periods, removal, settlements
from ledgerwire.accounting.xero.answers import verdicts
from ledgerwire.accounting.xero.arithmetic import differences, foretell
from ledgerwire.accounting.xero.client import Tokens, XeroClient
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.payloads import ITEM_CODE_LIMIT, NUMBER_LIMIT, document_body, document_path
from ledgerwire.accounting.xero.query import refuse_characters
from ledgerwire.accounting.xero.reference import read_reference_data
from ledgerwire.accounting.xero.refusals import LEDGER
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import Contact, ContactRole, DocumentKind, LedgerDocument
from ledgerwire.common.ledger.reference import ReferenceData

_GROUP = 50
_RESEND_WINDOW = timedelta(minutes=5)
"""Xero keeps an answer under its idempotency key for six minutes; one of them is left for the way there."""

_UNIQUE = frozenset({DocumentKind.SALES_INVOICE, DocumentKind.CREDIT_NOTE})


class XeroLedger:
    """One Xero organisation. Keep one instance per connection in a process: it holds the caches and the concurrency."""

    name = LEDGER

    def __init__(
        self, config: XeroConfig, http: httpx.AsyncClient, tokens: Tokens, gate: CallGate, tenant_id: str
    ) -> None:
        self.limits = Limits(
            # A bill or journal has no number of its own kind to look it up by among others: each goes alone.
            group_size={kind: _GROUP if kind in _UNIQUE else 1 for kind in DocumentKind},
            unique_number=_UNIQUE,
            absence_is_proof=_UNIQUE,
            resend_window=_RESEND_WINDOW,
            request_timeout=config.request_timeout,
            settle_delay=config.settle_delay,
        )
        client = XeroClient(config, http, tokens, gate, tenant_id, request_timeout=config.request_timeout)
        self._client = client
        self._reference = Expiring(lambda: read_reference_data(client), config.reference_ttl)
        self._contacts = Expiring(lambda: contacts.list_contacts(client), config.contacts_ttl)

    def compose(self, kind: DocumentKind, prepared: Sequence[Prepared]) -> Composed:
        reference = self._reference.last
        if reference is None:
            raise RuntimeError("await reference_data() before compose(): Xero's tax rates are not known yet")
        self._check_call(kind, prepared)
        if found := [finding for item in prepared for finding in _problems(item.document, reference)]:
            raise Stopped(found)
        return Composed(
            kind=kind,
            method="PUT" if prepared[0].ledger_id is None else "POST",
            path=document_path(kind),
            body=document_body(kind, prepared),
            expected=tuple(_expected(item) for item in prepared),
        )

    async def send(self, composed: Composed, idempotency_key: str) -> Sequence[Verdict]:
        answer = await self._client.write(composed.method, composed.path, composed.body, idempotency_key)
        return verdicts(composed, answer.status, answer.body)

    async def find_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[FoundDocument]:
        return await documents.find_documents(self._client, kind, numbers, await self._currency_of(kind))

    async def documents_dated(self, kind: DocumentKind, first: date, last: date) -> Sequence[FoundDocument]:
        return await periods.documents_dated(self._client, kind, first, last, await self._currency_of(kind))

    async def read_document(self, kind: DocumentKind, ledger_id: str) -> ReadDocument | None:
        return await documents.read_document(self._client, kind, ledger_id, await self._currency_of(kind))

    async def read_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[ReadDocument]:
        return await documents.read_documents(self._client, kind, numbers, await self._currency_of(kind))

    async def void(self, kind: DocumentKind, ledger_id: str, idempotency_key: str) -> None:
        await removal.void(self._client, kind, ledger_id, idempotency_key)

    async def settlements(self, changed_since: datetime | None) -> Sequence[Settlement]:
        return await settlements.settlements(self._client, changed_since)

    async def allocate(self, credit: CreditApplied, idempotency_key: str) -> None:
        await allocations.allocate(self._client, credit, idempotency_key)

    async def deallocate(self, credit: CreditApplied, idempotency_key: str) -> None:  # noqa: ARG002
        # Xero takes no key with a DELETE; done twice it does nothing the second time.
        await allocations.deallocate(self._client, credit)

    async def find_contact(
        self,
        external_number: str,
        role: ContactRole = ContactRole.CUSTOMER,  # noqa: ARG002 - one list holds both
    ) -> Contact | None:
        return await contacts.find_contact(self._client, external_number)

    async def contacts(
        self,
        role: ContactRole = ContactRole.CUSTOMER,  # noqa: ARG002 - one list holds both
    ) -> Sequence[Contact]:
        return await self._contacts.get()

    async def create_item(self, spec: ItemSpec, idempotency_key: str) -> None:
        await items.create_item(self._client, spec, idempotency_key)
        self._reference.forget()

    async def create_contact(self, spec: ContactSpec, idempotency_key: str) -> Contact:
        created = await contacts.create_contact(self._client, spec, idempotency_key)
        self._contacts.forget()
        return created

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        return await self._reference.get(fresh=fresh)

    async def _currency_of(self, kind: DocumentKind) -> str:
        """The currency of what shows none: journals are in base currency."""
        return (await self.reference_data()).base_currency if kind is DocumentKind.JOURNAL else ""

    def _check_call(self, kind: DocumentKind, prepared: Sequence[Prepared]) -> None:
        if not 1 <= len(prepared) <= self.limits.group_size[kind]:
            raise ValueError(f"a call carries 1 to {self.limits.group_size[kind]} documents, not {len(prepared)}")
        if any(item.document.kind is not kind for item in prepared):
            raise ValueError(f"a call of kind {kind} carries documents of another kind")
        if len({item.ledger_id is None for item in prepared}) > 1:
            raise ValueError("a call either creates documents or updates them")
        if len({item.document.number for item in prepared}) < len(prepared):
            raise ValueError("a call carries each number once")


def _problems(document: LedgerDocument, reference: ReferenceData) -> list[Finding]:
    """What Xero could not keep, could not be asked for again, or would compute otherwise."""
    refuse_characters("Number", document.number)
    found = list(_too_long(document))
    if document.kind is DocumentKind.JOURNAL:
        return found + journals.problems(document, reference)
    rates = {rate.tax_type: rate.rate for rate in reference.tax_rates}
    return [*found, *differences(document, foretell(document, rates))]


def _too_long(document: LedgerDocument) -> Sequence[Finding]:
    length = len(document.number)
    params = {"number": document.number, "ledger": LEDGER, "length": str(length), "limit": str(NUMBER_LIMIT)}
    found = [Finding("NUMBER_TOO_LONG", params)] if length > NUMBER_LIMIT else []
    codes = dict.fromkeys(line.item_code for line in document.lines if line.item_code)
    return [*found, *(items.too_long(document.number, code) for code in codes if len(code) > ITEM_CODE_LIMIT)]


def _expected(item: Prepared) -> Expected:
    document = item.document
    return Expected(
        number=document.number,
        contact_id=item.contact_id,
        document_date=document.document_date,
        currency=document.currency,
        net=document.net,
        tax=document.tax,
        total=document.total,
        line_count=len(document.lines),
        draft=document.draft,
        ledger_id=item.ledger_id,
        customer=document.contact.company_name if document.contact else "",
    )
