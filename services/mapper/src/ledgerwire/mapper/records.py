"""What the mapper keeps of a record, and what it shows of it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledgerwire.common.canonical import canonical_bytes, from_canonical, sha256_hex
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.work.model import WorkItem
from ledgerwire.mapper.domain.model import Mapped, MappingInput, NoEffect, StoppedResult
from ledgerwire.mapper.domain.purchase_model import ExpenseInput, ProcurementInput
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.records import AnyInput, facts_of
from ledgerwire.mapper.domain.revision import Decided
from ledgerwire.mapper.domain.trace import Trace, in_words

INVOICE = "invoice"

Outcome = Mapped | NoEffect | StoppedResult
"""What a look at a record that is to be mapped can end in."""


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record row. `hold_reason` is a person's; an account that is not live holds without one.

    `particulars`: columns in lists that only its type of record has. `choices`: what people chose for it, in order.
    """

    account_id: UUID
    record_id: UUID
    connection_id: UUID
    source_id: str
    correlation_id: str
    record_type: str = INVOICE
    state: RecordState = RecordState.RECEIVED
    ledger_connection_id: UUID | None = None
    number: str | None = None
    customer: str | None = None
    invoice_type: str | None = None
    record_date: date | None = None
    total: Decimal | None = None
    currency: str | None = None
    unposted_id: int | None = None
    closed_at: str | None = None
    revision: int = 0
    announcements: int = 0
    findings: tuple[Finding, ...] = ()
    hold_reason: str | None = None
    settled_outcome: str | None = None
    settled_revision: int | None = None
    settled_at: datetime | None = None
    settled_findings: tuple[Finding, ...] = ()
    particulars: dict[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[RecordType, str]:
        """Type and id in ConnectWise."""
        return RecordType(self.record_type), self.source_id

    @property
    def batched(self) -> bool:
        """Poster proved the batch of the latest revision."""
        return self.settled_outcome == "batched" and self.settled_revision == self.revision


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """One revision row, decoded as far as a later look compares it.

    `follows_batch`: it has the figures of a batch that a person made (M8).
    """

    revision: int
    decided: Decided
    follows_batch: bool = False


@dataclass(frozen=True, slots=True)
class NewRevision:
    """One revision to be stored: the exact input and documents as bytes, hashed."""

    outcome: str
    fingerprint: str
    mapping_version: int
    ledger_connection_id: UUID
    input: bytes
    input_hash: str
    documents: bytes
    documents_hash: str
    trace: bytes
    findings: tuple[Finding, ...]
    processed_record_ids: tuple[int, ...]
    gl_lines: dict[str, str]
    gl_total: Decimal
    source_total: Decimal
    decided: Decided


@dataclass(frozen=True, slots=True)
class KnownBill:
    """What a receipt of a vendor invoice is called in the ledger; a blank number is none yet."""

    record_id: UUID
    vendor: str
    vendor_invoice: str
    number: str


@dataclass(frozen=True, slots=True)
class StoredInput:
    """The exact input of a record's newest decision, and the ledger company it went to."""

    record_id: UUID
    ledger_connection_id: UUID
    input: AnyInput


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One step of a record's way."""

    at: datetime
    step: str
    detail: dict[str, Any]
    correlation_id: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as `record show` presents it: everything in words, nothing that needs the code to be read."""

    record: StoredRecord
    documents: tuple[LedgerDocument, ...]
    trace: Trace
    timeline: tuple[TimelineEntry, ...] = field(default=())

    @property
    def words(self) -> tuple[str, ...]:
        """The trace in words: each decision, why it came out so, and what was not used (D4)."""
        return in_words(self.trace)


def outcome_name(result: Outcome) -> str:
    """The outcome as the revision row names it."""
    if isinstance(result, Mapped):
        return "mapped"
    if isinstance(result, NoEffect):
        return "excluded" if result.excluded else "no_effect"
    return "stopped"


def fingerprint_of(source: AnyInput) -> str:
    """The hash of what a record is known by: another one is another decision."""
    return sha256_hex(canonical_bytes(facts_of(source).fingerprint))


def revision_of(source: AnyInput, result: Outcome, ledger_connection_id: UUID) -> NewRevision:
    """The revision that a result makes: same input and result, same bytes."""
    exact, facts = canonical_bytes(source), facts_of(source)
    documents = result.documents if isinstance(result, Mapped) else ()
    document_bytes = canonical_bytes(documents)
    fingerprint = sha256_hex(canonical_bytes(facts.fingerprint))
    causes = tuple(sorted({item.cause_key for item in result.findings if item.stops}))
    outcome = outcome_name(result)
    return NewRevision(
        outcome=outcome,
        fingerprint=fingerprint,
        mapping_version=source.mapping_version,
        ledger_connection_id=ledger_connection_id,
        input=zlib.compress(exact, level=6),
        input_hash=sha256_hex(exact),
        documents=document_bytes,
        documents_hash=sha256_hex(document_bytes),
        trace=zlib.compress(canonical_bytes(result.trace), level=6),
        findings=result.findings,
        processed_record_ids=facts.processed_record_ids,
        gl_lines=facts.gl_lines,
        gl_total=facts.gl_total,
        source_total=facts.source_total,
        decided=Decided(outcome, fingerprint, source.mapping_version, documents, causes, ledger_connection_id),
    )


def decode_any(data: bytes, record_type: RecordType) -> AnyInput:
    """The exact input of a stored revision of any type of record."""
    return from_canonical(zlib.decompress(data), _INPUTS[record_type])


_INPUTS: dict[RecordType, type[AnyInput]] = {
    RecordType.INVOICE: MappingInput,
    RecordType.PROCUREMENT: ProcurementInput,
    RecordType.EXPENSE: ExpenseInput,
}


def decode_trace(data: bytes) -> Trace:
    """The trace of a stored revision."""
    return from_canonical(zlib.decompress(data), Trace)


def decode_documents(data: bytes) -> tuple[LedgerDocument, ...]:
    """The documents of a stored revision."""
    return tuple(from_canonical(data, list[LedgerDocument]))


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as stored: its cause is kept beside it, so that lists can be grouped in SQL."""
    return {
        "code": finding.code,
        "params": finding.params,
        "line": finding.line,
        "warned": finding.warned,
        "severity": finding.severity.value,
        "cause": finding.cause_key,
    }


def finding_from(row: dict[str, Any]) -> Finding:
    """A stored finding."""
    return Finding(row["code"], dict(row.get("params") or {}), row.get("line"), bool(row.get("warned")))


def record_id_of(item: WorkItem) -> UUID:
    """The record a work row is about."""
    return UUID(str(item.payload["record_id"]))


def key_of(item: WorkItem) -> tuple[RecordType, str]:
    """Its type and id in ConnectWise; a row written by an earlier release names no type and is an invoice."""
    return RecordType(str(item.payload.get("record_type", INVOICE))), str(item.payload["source_id"])


def is_possible(key: tuple[RecordType, str]) -> bool:
    """Whether ConnectWise can have a record of this type and id: all but products go by number."""
    record_type, source_id = key
    return bool(source_id.strip()) if record_type is RecordType.PROCUREMENT else source_id.isdecimal()


def payload_of(record: StoredRecord) -> dict[str, str]:
    """What a work row about the record carries."""
    return {"record_id": str(record.record_id), "source_id": record.source_id, "record_type": record.record_type}


def first_seen(item: WorkItem) -> StoredRecord:
    """The row of a record of which nothing is known but that it is to be looked at."""
    return StoredRecord(
        account_id=item.account_id,
        record_id=record_id_of(item),
        connection_id=item.connection_id,
        source_id=str(item.payload["source_id"]),
        correlation_id=item.correlation_id,
        record_type=key_of(item)[0].value,
    )
