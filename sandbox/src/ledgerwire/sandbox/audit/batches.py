"""What the PSA was told: which records were batched, with which GL entries, and when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledgerwire.sandbox.audit.exchanges import Exchange
from ledgerwire.sandbox.audit.report import AuditFinding

Row = Mapping[str, Any]
_BATCHES = "/finance/accounting/batches"
_EXPORT = "/finance/accounting/export"


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch that stands at the journal's end. `left_out` are entries of its records that it did not name."""

    seq: int
    identifier: str
    numbers: frozenset[str]
    left_out: Mapping[str, frozenset[int]]
    unknown: frozenset[int]


@dataclass(slots=True)
class _Reader:
    """Follows the wire: exports tell which GL entries make up a record, batch calls name them."""

    entries: dict[str, frozenset[int]] = field(default_factory=dict)
    owners: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    batches: dict[str, Batch] = field(default_factory=dict)

    def learn_export(self, response: Row) -> None:
        for transaction in response.get("transactions") or []:
            ids = frozenset(entry_ids(transaction))
            number = str(transaction.get("documentNumber"))
            self.entries[number] = ids
            self.owners.update(dict.fromkeys(ids, number))

    def learn_names(self, response: Any) -> None:
        for row in response if isinstance(response, list) else [response]:
            if not isinstance(row, dict):
                continue
            if "batchIdentifier" in row and "id" in row:
                self.names[int(row["id"])] = str(row["batchIdentifier"])
            mark = row.get("glBatch")
            if isinstance(mark, dict) and "id" in mark:
                self.names[int(mark["id"])] = str(mark.get("name"))

    def create(self, exchange: Exchange) -> None:
        if exchange.decided != 201:
            return
        request = exchange.request if isinstance(exchange.request, dict) else {}
        identifier = str(request.get("batchIdentifier"))
        given = frozenset(int(one) for one in request.get("processedRecordIds") or [])
        numbers = frozenset(self.owners[one] for one in given if one in self.owners)
        left_out = {number: self.entries[number] - given for number in numbers if self.entries[number] - given}
        unknown = frozenset(one for one in given if one not in self.owners)
        self.batches[identifier] = Batch(exchange.seq, identifier, numbers, left_out, unknown)

    def delete(self, path: str) -> None:
        tail = path.rstrip("/").rsplit("/", 1)[-1]
        if tail.isdigit():
            self.batches.pop(self.names.get(int(tail), ""), None)


def entry_ids(transaction: Row) -> Iterator[int]:
    """The GL entry ids of an exported transaction: the header's comma-separated ones and each detail's."""
    for text in str(transaction.get("glEntryIds") or "").split(","):
        if text.strip():
            yield int(text)
    for detail in transaction.get("detail") or []:
        yield int(detail["id"])


def read_batches(exchanges: Iterable[Exchange]) -> list[Batch]:
    """Batches in order of creation, without those deleted again, whether or not the caller learnt of them."""
    reader = _Reader()
    for exchange in exchanges:
        if exchange.system != "connectwise":
            continue
        is_answer = exchange.ok and exchange.response is not None
        if is_answer and exchange.method == "GET":
            reader.learn_names(exchange.response)
        if is_answer and exchange.path_ends(_EXPORT) and isinstance(exchange.response, dict):
            reader.learn_export(exchange.response)
        elif exchange.method == "POST" and exchange.path_ends(_BATCHES):
            reader.create(exchange)
        elif exchange.method == "DELETE" and _BATCHES in exchange.path and exchange.decided == 204:
            reader.delete(exchange.path)
    return list(reader.batches.values())


def check_batches(
    numbers: Iterable[str],
    batches: Iterable[Batch],
    live_since: Mapping[str, int | None],
) -> Iterator[AuditFinding]:
    """Each record in exactly one batch of its own, whole, and after its document (`live_since` by number)."""
    wanted = set(numbers)
    standing = list(batches)
    holding: dict[str, list[Batch]] = {}
    for batch in standing:
        yield from _check_batch(batch, wanted)
        for number in batch.numbers:
            holding.setdefault(number, []).append(batch)
    for number in sorted(wanted):
        own = holding.get(number, [])
        if not own:
            yield AuditFinding("NOT_BATCHED", number, "No batch names this record.")
        elif len(own) > 1:
            names = ", ".join(batch.identifier for batch in own)
            yield AuditFinding("BATCHED_TWICE", number, f"Batches {names}.")
        if own and number in live_since:
            since = live_since[number]
            if since is None or own[0].seq < since:
                yield AuditFinding("BATCHED_BEFORE_POSTED", number, f"{own[0].identifier} came before the document.")


def _check_batch(batch: Batch, wanted: set[str]) -> Iterator[AuditFinding]:
    for number, ids in sorted(batch.left_out.items()):
        missing = ", ".join(str(one) for one in sorted(ids))
        yield AuditFinding("BATCH_INCOMPLETE", number, f"{batch.identifier} leaves out GL entries {missing}.")
    if batch.unknown:
        yield AuditFinding("BATCH_UNKNOWN_ENTRY", batch.identifier, "Names GL entries that no export showed.")
    if len(batch.numbers) > 1:
        yield AuditFinding("BATCH_HOLDS_SEVERAL", batch.identifier, f"Holds {', '.join(sorted(batch.numbers))}.")
    for number in sorted(batch.numbers - wanted):
        yield AuditFinding("BATCHED_UNEXPECTED", number, f"{batch.identifier} holds a record that nobody closed.")
