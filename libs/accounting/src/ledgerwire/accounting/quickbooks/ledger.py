"""The QuickBooks Online adapter of the ledger port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

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
    VerdictStatus,
)
from ledgerwire.accounting.quickbooks import allocations, changes, contacts, documents, items, periods, settlements
from ledgerwire.accounting.quickbooks.answers import about, refused, verdict
from ledgerwire.accounting.quickbooks.arithmetic import differences
from ledgerwire.accounting.quickbooks.client import QuickBooksClient, Tokens
from ledgerwire.accounting.quickbooks.company import Company
from ledgerwire.accounting.quickbooks.config import QuickBooksConfig
from ledgerwire.accounting.quickbooks.diagnosis import diagnose
from ledgerwire.accounting.quickbooks.errors import LEDGER
from ledgerwire.accounting.quickbooks.payloads import ENDPOINTS, document_body, line_count
from ledgerwire.accounting.quickbooks.preflight import problems
from ledgerwire.accounting.quickbooks.reference import read_company
from ledgerwire.accounting.quickbooks.refusals import GONE
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import Contact, ContactRole, DocumentKind, LedgerDocument
from ledgerwire.common.ledger.reference import ReferenceData


class QuickBooksLedger:
    """One QuickBooks company. Keep one instance per connection in a process: it holds the caches and the concurrency."""

    name = LEDGER

    def __init__(
        self, config: QuickBooksConfig, http: httpx.AsyncClient, tokens: Tokens, gate: CallGate, realm_id: str
    ) -> None:
        self.limits = Limits(
            group_size=dict.fromkeys(DocumentKind, 1),
            # A number that a voided document keeps is written past QuickBooks' check (changes.create), late or not.
            absence_is_proof=frozenset(),
            request_timeout=config.request_timeout,
            settle_delay=config.settle_delay,
        )
        client = QuickBooksClient(config, http, tokens, gate, realm_id)
        self._client = client
        self._company = Expiring(lambda: read_company(client, tax_override=config.tax_override), config.reference_ttl)
        self._contacts = {
            role: Expiring(lambda role=role: contacts.list_contacts(client, role), config.contacts_ttl)  # type: ignore[misc]
            for role in ContactRole
        }

    def compose(self, kind: DocumentKind, prepared: Sequence[Prepared]) -> Composed:
        company = self._company.last
        if company is None:
            raise RuntimeError("await reference_data() before compose(): the company's lists are not known yet")
        if len(prepared) != 1:
            raise ValueError(f"a call carries one document, not {len(prepared)}")
        item = prepared[0]
        if item.document.kind is not kind:
            raise ValueError(f"a call of kind {kind} carries a document of kind {item.document.kind}")
        found = problems(item.document, company) or differences(item.document, company)
        if found:
            raise Stopped(found)
        return Composed(
            kind=kind,
            method="POST",
            path=ENDPOINTS[kind].path,
            body=document_body(item, company),
            expected=(_expected(item, company),),
        )

    async def send(self, composed: Composed, idempotency_key: str) -> Sequence[Verdict]:
        wanted = composed.expected[0]
        if wanted.ledger_id is None:
            answer = await changes.create(self._client, composed, idempotency_key)
        else:
            answer = await changes.update(self._client, composed, idempotency_key)
        company = self._company.last
        lock_date = company.reference.lock_date if company else None
        judged = verdict(composed, answer, lock_date=lock_date)
        if judged.status is VerdictStatus.REFUSED and answer.codes & GONE:
            fresh = await self._company.get(fresh=True)
            named = await diagnose(self._client, composed, fresh, about(wanted, lock_date))
            judged = refused(wanted, named, answer.problems) if named else judged
        return (judged,)

    async def find_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[FoundDocument]:
        home = (await self._company.get()).reference.base_currency if numbers else ""
        return await documents.find_documents(self._client, kind, numbers, home)

    async def documents_dated(self, kind: DocumentKind, first: date, last: date) -> Sequence[FoundDocument]:
        home = (await self._company.get()).reference.base_currency
        return await periods.documents_dated(self._client, kind, first, last, home)

    async def read_document(self, kind: DocumentKind, ledger_id: str) -> ReadDocument | None:
        return await documents.read_document(self._client, kind, ledger_id, await self._company.get())

    async def read_documents(self, kind: DocumentKind, numbers: Sequence[str]) -> Sequence[ReadDocument]:
        return await documents.read_documents(self._client, kind, numbers, await self._company.get())

    async def void(self, kind: DocumentKind, ledger_id: str, idempotency_key: str) -> None:
        await changes.take_back(self._client, kind, ledger_id, idempotency_key)

    async def settlements(self, changed_since: datetime | None) -> Sequence[Settlement]:
        home = (await self._company.get()).reference.base_currency
        return await settlements.read_settlements(self._client, changed_since, home)

    async def allocate(self, credit: CreditApplied, idempotency_key: str) -> None:
        await allocations.allocate(self._client, credit, idempotency_key)

    async def deallocate(self, credit: CreditApplied, idempotency_key: str) -> None:
        await allocations.deallocate(self._client, credit, idempotency_key)

    async def find_contact(self, external_number: str, role: ContactRole = ContactRole.CUSTOMER) -> Contact | None:
        return await contacts.find_contact(self._client, external_number, role)

    async def contacts(self, role: ContactRole = ContactRole.CUSTOMER) -> Sequence[Contact]:
        return await self._contacts[role].get()

    async def create_contact(self, spec: ContactSpec, idempotency_key: str) -> Contact:
        home = (await self._company.get()).reference.base_currency
        created = await contacts.create_contact(self._client, spec, idempotency_key, home)
        self._contacts[spec.role].forget()
        return created

    async def create_item(self, spec: ItemSpec, idempotency_key: str) -> None:
        company = await self._company.get()
        try:
            await items.create_item(self._client, spec, company, idempotency_key)
        finally:
            self._company.forget()

    async def reference_data(self, *, fresh: bool = False) -> ReferenceData:
        return (await self._company.get(fresh=fresh)).reference


def _expected(item: Prepared, company: Company) -> Expected:
    document = item.document
    return Expected(
        number=document.number,
        contact_id=item.contact_id,
        document_date=document.document_date,
        currency=document.currency,
        net=document.net,
        tax=document.tax,
        total=document.total,
        line_count=line_count(document),
        ledger_id=item.ledger_id,
        customer=document.contact.company_name if document.contact else "",
        remarks=_remarks(document, company),
    )


def _remarks(document: LedgerDocument, company: Company) -> tuple[Finding, ...]:
    """The due date is sent, so a term that QuickBooks does not have stops nothing (M14)."""
    if not document.terms or company.terms.id_of(document.terms) is not None:
        return ()
    due = f"{document.due_date.day} {document.due_date:%b}"
    params = {"number": document.number, "ledger": LEDGER, "term": document.terms, "due": due}
    return (Finding("TERM_UNKNOWN", params),)
