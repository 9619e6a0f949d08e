"""The Xero adapter of the ledger port."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from ledgerwire.accounting.expiring import Expiring
from ledgerwire.accounting.gate import CallGate
from ledgerwire.accounting.port import Composed, ContactSpec, Expected, FoundDocument, Limits, Prepared, Verdict
from ledgerwire.accounting.xero import contacts, documents
from ledgerwire.accounting.xero.answers import verdicts
from ledgerwire.accounting.xero.arithmetic import differences, foretell
from ledgerwire.accounting.xero.client import Tokens, XeroClient
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.accounting.xero.payloads import ITEM_CODE_LIMIT, document_body, document_path
from ledgerwire.accounting.xero.query import refuse_characters
from ledgerwire.accounting.xero.reference import read_reference_data
from ledgerwire.accounting.xero.refusals import LEDGER
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import Contact, DocumentKind, LedgerDocument
from ledgerwire.common.ledger.reference import ReferenceData

_GROUP = 50


class XeroLedger:
    """One Xero organisation. Keep one instance per connection in a process: it holds the caches and the concurrency."""

    name = LEDGER

    def __init__(
        self, config: XeroConfig, http: httpx.AsyncClient, tokens: Tokens, gate: CallGate, tenant_id: str
    ) -> None:
        self.limits = Limits(
            group_size={DocumentKind.SALES_INVOICE: _GROUP, DocumentKind.CREDIT_NOTE: _GROUP},
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
        rates = {rate.tax_type: rate.rate for rate in reference.tax_rates}
        found: list[Finding] = []
        for item in prepared:
            found += _problems(item.document)
            found += differences(item.document, foretell(item.document, rates))
        if found:
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
        return await documents.find_documents(self._client, kind, numbers)

    async def find_contact(self, external_number: str) -> Contact | None:
        return await contacts.find_contact(self._client, external_number)

    async def contacts(self) -> Sequence[Contact]:
        return await self._contacts.get()

    async def create_contact(self, spec: ContactSpec, idempotency_key: str) -> Contact:
        created = await contacts.create_contact(self._client, spec, idempotency_key)
        self._contacts.forget()
        return created

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        return await self._reference.get(fresh=fresh)

    def _check_call(self, kind: DocumentKind, prepared: Sequence[Prepared]) -> None:
        if not 1 <= len(prepared) <= self.limits.group_size[kind]:
            raise ValueError(f"a call carries 1 to {self.limits.group_size[kind]} documents, not {len(prepared)}")
        if any(item.document.kind is not kind for item in prepared):
            raise ValueError(f"a call of kind {kind} carries documents of another kind")
        if len({item.ledger_id is None for item in prepared}) > 1:
            raise ValueError("a call either creates documents or updates them")
        if len({item.document.number for item in prepared}) < len(prepared):
            raise ValueError("a call carries each number once")


def _problems(document: LedgerDocument) -> list[Finding]:
    """What Xero could not keep or be asked for again."""
    refuse_characters("Number", document.number)
    too_long = dict.fromkeys(
        line.item_code for line in document.lines if line.item_code and len(line.item_code) > ITEM_CODE_LIMIT
    )
    return [
        Finding(
            "ITEM_CODE_TOO_LONG",
            {
                "number": document.number,
                "ledger": LEDGER,
                "item": item,
                "length": str(len(item)),
                "limit": str(ITEM_CODE_LIMIT),
            },
        )
        for item in too_long
    ]


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
        customer=document.contact.company_name,
    )
