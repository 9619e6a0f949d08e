"""Each record in one batch of its own, whole, after its last document; a stopped one in none."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledgerwire.sandbox.audit.exchanges import events
from ledgerwire.sandbox.audit.report import AuditFinding
from ledgerwire.sandbox.seed.quarter.expected import ExpectedEntry

Key = tuple[str, str]
_KINDS = {"invoices": "invoice", "procurement": "procurement", "expenses": "expense"}


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """A batch that stands at the journal's end, with the records that it touches."""

    seq: int
    name: str
    records: tuple[Key, ...]


def standing_batches(entries: Collection[Any]) -> list[RecordBatch]:
    """Batches in order of creation, without those deleted again."""
    made: dict[int, RecordBatch] = {}
    for seq, data in events(entries, "batch_created"):
        records = tuple((kind, str(one)) for name, kind in _KINDS.items() for one in data.get(name) or [])
        made[int(data["id"])] = RecordBatch(seq, str(data["batchIdentifier"]), records)
    for _, data in events(entries, "batch_deleted"):
        made.pop(int(data["id"]), None)
    return sorted(made.values(), key=lambda batch: batch.seq)


def check_batches(
    batched: Iterable[ExpectedEntry],
    others: Iterable[ExpectedEntry],
    batches: Iterable[RecordBatch],
    marked: Collection[Key],
    live_since: Mapping[Key, int | None],
) -> Iterator[AuditFinding]:
    """`batched` must be in a batch each, `others` in none; `marked` are the records that bear their batch in the PSA."""
    own: defaultdict[Key, list[RecordBatch]] = defaultdict(list)
    for batch in batches:
        if len(batch.records) > 1:
            yield AuditFinding("BATCH_SHARED", batch.name, f"Names {len(batch.records)} records.")
        for key in batch.records:
            own[key].append(batch)
    for entry in batched:
        yield from _check(entry, own[_key(entry)], marked, live_since)
    for entry in others:
        if own[_key(entry)]:
            yield AuditFinding("BATCHED_THOUGH_STOPPED", entry.number, f"In {own[_key(entry)][0].name}.")


def _key(entry: ExpectedEntry) -> Key:
    return entry.record_type, entry.source_id


def _check(
    entry: ExpectedEntry, own: list[RecordBatch], marked: Collection[Key], live_since: Mapping[Key, int | None]
) -> Iterator[AuditFinding]:
    if not own:
        yield AuditFinding("NOT_BATCHED", entry.number, "No batch names this record.")
    elif len(own) > 1:
        yield AuditFinding("BATCHED_TWICE", entry.number, f"Batches {', '.join(batch.name for batch in own)}.")
    if own and _key(entry) not in marked:
        yield AuditFinding("BATCH_INCOMPLETE", entry.number, f"{own[0].name} leaves out some of its GL entries.")
    if own and _key(entry) in live_since:
        since = live_since[_key(entry)]
        if since is None or own[0].seq < since:
            yield AuditFinding("BATCHED_BEFORE_POSTED", entry.number, f"{own[0].name} came before the last document.")
