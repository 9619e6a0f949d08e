"""The facts of a run, read off both vendors: what stands in the books and in the batches, and what crossed the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.chaos.history import History
from tests.chaos.nemesis import SYSTEMS
from tests.chaos.plan import LANDED, WRITES
from tests.e2e.vendors import Vendors, number_of

from ledgerwire.sandbox.audit.quarter.batches import Key, standing_batches
from ledgerwire.sandbox.connectwise.batches import is_complete
from ledgerwire.sandbox.connectwise.interface_records import RecordKey
from ledgerwire.sandbox.core.journal import Entry
from ledgerwire.sandbox.seed import ExpectedRecord


def history(vendors: Vendors, expected: Sequence[ExpectedRecord], told: Iterable[str]) -> History:
    """What went in and what came out; `told` are the numbers that our own rows call batched."""
    names = {("invoice", str(one.invoice_id)): one.number for one in expected}
    inside = vendors.sandbox.world
    return History(
        attempted=list(names.values()),
        acknowledged=list(_acknowledged(inside.journal.entries("connectwise", kind="callback"), names)),
        documents=[number_of(row) for row in vendors.documents()],
        batched=list(_batched(vendors, names)),
        no_document=[one.number for one in expected if one.state == "no_effect"],
        told=list(told),
    )


def _acknowledged(callbacks: Iterable[Entry], names: Mapping[Key, str]) -> Iterator[str]:
    """Records about which ConnectWise was told that the callback is stored."""
    for one in callbacks:
        key = (str(one.data["type"]), str(one.data["record_id"]))
        if one.data["status"] and 200 <= one.data["status"] < 300:
            yield names.get(key, " ".join(key))


def _batched(vendors: Vendors, names: Mapping[Key, str]) -> Iterator[str]:
    """A record's number for each batch that names it, whether or not the record points to that batch.

    By a name that nobody expects go batches of a record of which some entry is in none, and batches of nothing at all.
    """
    inside, state = vendors.sandbox.world, vendors.psa.state
    standing = standing_batches(inside.journal.entries("connectwise", since_seq=inside.seeded_at))
    for batch in standing:
        for kind, number in batch.records:
            known = names.get((kind, number), f"{kind} {number}")
            yield known if _is_whole(state, kind, number) else f"part of {known}"
    told = {batch.name for batch in standing if batch.records}
    yield from (f"batch {name}" for name in vendors.batches() if name not in told)


def _is_whole(state: Any, kind: Any, number: str) -> bool:
    return is_complete(state, RecordKey(kind, number if kind == "procurement" else int(number)))


def landed_unanswered(entries: Iterable[Entry]) -> int:
    """Writes that a vendor carried out and whose answer a fault kept from the caller."""
    writes = [(SYSTEMS[target], method, path) for target, (method, path) in WRITES.items()]
    return sum(
        1
        for one in entries
        if one.fault in LANDED
        and 200 <= one.decided < 300
        and any(
            one.system == system and one.method == method and re.search(path, one.path)
            for system, method, path in writes
        )
    )
