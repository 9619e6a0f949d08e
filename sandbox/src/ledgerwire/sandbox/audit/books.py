"""The books check: every closed invoice in the ledger once, to the cent, and batched once after it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ledgerwire.sandbox.audit.batches import Batch, check_batches, read_batches
from ledgerwire.sandbox.audit.comparison import compare
from ledgerwire.sandbox.audit.controls import controls
from ledgerwire.sandbox.audit.documents import Document, Ledger, read_ledger
from ledgerwire.sandbox.audit.exchanges import read
from ledgerwire.sandbox.audit.report import AuditCounts, AuditFinding, AuditReport
from ledgerwire.sandbox.seed.expected import ExpectedRecord

Row = Mapping[str, Any]


def audit(
    expected: Iterable[ExpectedRecord],
    journal_entries: Iterable[Any],
    cw_state_rows: Iterable[Row] = (),
    aside: Collection[str] = (),
) -> AuditReport:
    """Check the books of the records that were closed.

    `journal_entries` are the sandbox's journal entries (or their JSON form) of both systems from the start;
    `cw_state_rows` the PSA's invoice rows at the end, to see that each bears its batch (none: not looked at).
    `aside` are numbers of documents that are no sales and names of batches, both for somebody else to check.
    """
    records = list(expected)
    rows = list(cw_state_rows)
    exchanges = read(journal_entries)
    seen = read_ledger(exchanges).documents
    ledger = Ledger([one for one in seen if one.kind != "other" or one.number not in aside])
    batches = [one for one in read_batches(exchanges) if one.identifier not in aside]
    findings = [
        *_check_documents(records, ledger),
        *controls(records, ledger.documents),
        *check_batches((record.number for record in records), batches, _live_since(records, ledger)),
        *_check_marks(records, rows),
    ]
    return AuditReport(tuple(findings), _count(records, ledger, batches))


def _check_documents(records: Sequence[ExpectedRecord], ledger: Ledger) -> Iterator[AuditFinding]:
    posted = {record.number for record in records if record.state == "posted"}
    for record in records:
        documents = ledger.numbered(record.number)
        if record.state == "posted" and not documents:
            yield AuditFinding("MISSING", record.number, f"{record.total} of {record.contact} is not in the ledger.")
        if len(documents) > 1:
            guids = ", ".join(document.guid for document in documents)
            yield AuditFinding("DUPLICATED", record.number, f"{len(documents)} documents: {guids}.")
        if record.state == "posted":
            for document in documents:
                yield from compare(record, document)
    for document in ledger.documents:
        if document.number not in posted:
            yield AuditFinding("UNEXPECTED_DOCUMENT", document.number, f"{document.total}, {document.status}.")


def _live_since(records: Iterable[ExpectedRecord], ledger: Ledger) -> dict[str, int | None]:
    """When the last document of each posted record stood approved; None while one does not."""
    since: dict[str, int | None] = {}
    for record in records:
        if record.state == "posted":
            moments = [document.live_since for document in ledger.numbered(record.number)]
            known = [moment for moment in moments if moment is not None]
            since[record.number] = min(known) if known else None
    return since


def _check_marks(records: Iterable[ExpectedRecord], rows: Sequence[Row]) -> Iterator[AuditFinding]:
    if not rows:
        return
    marked = {str(row.get("invoiceNumber")) for row in rows if row.get("glBatch")}
    for record in records:
        if record.number not in marked:
            yield AuditFinding("NOT_MARKED", record.number, "The invoice bears no batch in the PSA.")


def _signed(document: Document) -> Decimal:
    return document.sign * document.total


def _count(records: Sequence[ExpectedRecord], ledger: Ledger, batches: Sequence[Batch]) -> AuditCounts:
    batched = {number for batch in batches for number in batch.numbers}
    found = {record.number: ledger.numbered(record.number) for record in records}
    wanted = [record for record in records if record.state == "posted"]
    idle = [record for record in records if record.state == "no_effect"]
    return AuditCounts(
        posted=sum(1 for record in wanted if found[record.number]),
        no_effect=sum(1 for record in idle if not found[record.number] and record.number in batched),
        batched=sum(1 for record in records if record.number in batched),
        missing=sum(1 for record in wanted if not found[record.number]),
        duplicated=sum(1 for documents in found.values() if len(documents) > 1),
        source_total=sum((record.source_total for record in records), Decimal("0.00")),
        ledger_total=sum((_signed(document) for document in ledger.documents), Decimal("0.00")),
    )
