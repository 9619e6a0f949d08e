"""Previews of records: mapper decides as it would now, the ledger's adapter makes the call it would make, nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ledgerwire.accounting.difference import Difference, differences
from ledgerwire.accounting.port import Composed, Ledger, Prepared
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.engine import open_database
from ledgerwire.common.db.session import Database
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.common.settings import Settings
from ledgerwire.mapper.bootstrap import open_preview_desk
from ledgerwire.mapper.preview import Preview
from ledgerwire.poster.posted import PostedDocument, linked_contact, posted_documents
from ledgerwire.tenants.clients import ConnectionClients

NEW_CONTACT = "new-contact"
"""Stands in a call for the id that a contact gets when it is made."""


@dataclass(frozen=True, slots=True)
class DocumentPreview:
    """One document as it would go.

    Attributes:
        contact: how the contact is found: linked, link, create; "" for a journal.
        call: the exact call, None where the ledger's own rules refuse the document (`refused` says why).
        posted_as: the ledger's id of the document that stands for it already.
        difference: what the ledger shows otherwise than it would be sent now.
    """

    document: LedgerDocument
    contact: str
    call: Composed | None
    refused: tuple[Finding, ...] = ()
    posted_as: str | None = None
    difference: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordPreview:
    """One record as it would go."""

    preview: Preview
    company: str
    documents: tuple[DocumentPreview, ...]

    @property
    def is_off(self) -> bool:
        """Whether it would stop."""
        stops = any(item.stops for item in self.preview.findings)
        return stops or any(one.refused for one in self.documents)


async def previews(
    settings: Settings, account_id: UUID, numbers: Sequence[str] | None, *, record_ids: Sequence[UUID] | None = None
) -> list[RecordPreview]:
    """Preview records by number (None = all unposted ones), or known ones by id. Reads only; raises what the reads raise."""
    database = open_database(settings, "poster")
    clients = ConnectionClients(database, settings)
    desk = open_preview_desk(settings)
    try:
        context = await clients.account(account_id)
        psa = context.psa.connection_id
        if record_ids is not None:
            found = await desk.of_records(account_id, psa, record_ids)
        else:
            found = await desk.preview(account_id, psa, numbers)
        posted = await posted_documents(database, account_id, [one.record.record_id for one in found])
        companies = {item.ledger_connection_id: item.name for item in context.companies}
        made = []
        for one in found:
            documents: list[DocumentPreview] = []
            connection_id = one.ledger_connection_id
            if connection_id is not None and one.documents:
                writer = _Writer(database, account_id, connection_id, await clients.ledger(account_id, connection_id))
                known = posted.get(one.record.record_id, [])
                documents = [await writer.preview(place, item, known) for place, item in enumerate(one.documents)]
            company = companies.get(connection_id, "") if connection_id else ""
            made.append(RecordPreview(one, company, tuple(documents)))
        return made
    finally:
        await desk.close()
        await clients.close()
        await database.close()


@dataclass(frozen=True, slots=True)
class _Writer:
    """What would be written to one ledger company."""

    database: Database
    account_id: UUID
    connection_id: UUID
    ledger: Ledger

    async def preview(self, place: int, document: LedgerDocument, known: Sequence[PostedDocument]) -> DocumentPreview:
        posted = next((item for item in known if (item.ordinal, item.kind) == (place, document.kind)), None)
        ledger_id = posted.ledger_id if posted else None
        contact, contact_id = await self._contact(document)
        await self.ledger.reference_data()
        try:
            call = self.ledger.compose(document.kind, [Prepared(document, contact_id, ledger_id)])
        except Stopped as error:
            return DocumentPreview(document, contact, None, tuple(error.findings), ledger_id)
        difference: tuple[Difference, ...] = ()
        if ledger_id is not None:
            read = await self.ledger.read_document(document.kind, ledger_id)
            difference = differences(document, read) if read else (Difference("document", document.number, "none"),)
        return DocumentPreview(document, contact, call, (), ledger_id, difference)

    async def _contact(self, document: LedgerDocument) -> tuple[str, str]:
        decision = document.contact
        if decision is None:
            return "", ""
        linked = await linked_contact(self.database, self.account_id, self.connection_id, decision.company_key)
        return decision.decision, linked or decision.candidate_id or NEW_CONTACT
