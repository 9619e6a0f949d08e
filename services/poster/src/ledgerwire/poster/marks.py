"""The batch of a record: how ours is named, what ConnectWise shows of it now, and what is told of another one (M7, M8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ids import RecordId
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster.domain.batch import batch_identifier, batch_kind, revision_named
from ledgerwire.poster.domain.watched import SeenMark
from ledgerwire.poster.ports import Mark, Psa
from ledgerwire.poster.records import Case


def identifier(case: Case) -> str:
    """The name of the record's batch; a revision after the first adds its number."""
    decided = case.decided
    credit = bool(decided.documents) and decided.documents[0].kind is DocumentKind.CREDIT_NOTE
    kind = batch_kind(decided.record_type, decided.source_id, credit=credit)
    return batch_identifier(kind, decided.number, RecordId(decided.record_id), decided.revision)


def is_ours(case: Case, mark: Mark) -> bool:
    """Whether a batch of ours, of whatever revision, holds the record: the name says it."""
    name = mark.batch_name or ""
    revision = revision_named(name)
    return name == identifier(replace(case, decided=replace(case.decided, revision=revision)))


def named(cases: Iterable[Case]) -> dict[str, str]:
    """The batch name of each record, by its id in ConnectWise."""
    return {case.decided.source_id: identifier(case) for case in cases}


async def batched_marks(psa: Psa, record_type: RecordType, names: Mapping[str, str]) -> Sequence[Mark]:
    """The marks of batched records. One without a mark of its own counts as batched while it stays off the unposted list."""
    if record_type is RecordType.INVOICE:
        return await psa.marks(record_type, names)
    listed = await psa.unposted(record_type, list(names))
    return [Mark(source_id, None, None if source_id in listed else name) for source_id, name in names.items()]


def about_batch(code: str, case: Case, ledger: str, seen: Mark | SeenMark | None = None) -> Finding:
    """What is told of a record whose batch, as `seen`, is not what was posted (M8)."""
    decided = case.decided
    kind = decided.documents[0].kind if decided.documents else "document"
    found = f"{seen.total:,.2f}" if seen is not None and seen.total is not None else ""
    return Finding(
        code,
        {
            "number": decided.number,
            "ledger": ledger,
            "batch": (seen.batch_name if seen else None) or identifier(case),
            "amount": f"{decided.source_total:,.2f}",
            "expected": f"{decided.source_total:,.2f}",
            "found": found,
            "what": str(kind).replace("_", " "),
        },
    )


def by_another_name(case: Case, mark: Mark) -> list[Finding]:
    """What is told of a batch that is not ours."""
    if mark.batch_name == identifier(case):
        return []
    return [Finding("ALREADY_BATCHED", {"number": case.decided.number, "batch": mark.batch_name or ""})]


def says_nothing_of_lines(case: Case, mark: Mark) -> bool:
    """Whether a person's batch of the same total may have other lines than the document: mapper reads it first (M8)."""
    posted = case.decided.group_id is None and any(item.ledger_id for item in case.postings)
    theirs = case.decided.record_type is RecordType.INVOICE and not is_ours(case, mark)
    return posted and theirs and not (case.decided.follows_batch or case.accepted)
