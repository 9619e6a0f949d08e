"""What went in and what came out, by Jepsen's seven numbers. Pure: facts in, a verdict out.

A closed invoice is *attempted*. It is *acknowledged* when ConnectWise was told that its callback is stored; from then on it
must not be lost. It is *ok* when the ledger holds one document of it and ConnectWise one batch. *Recovered* is what is ok although
ConnectWise was told otherwise or nothing: a run without any has not exercised ambiguity.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class History:
    """The facts of one run; records are named by their number.

    Attributes:
        attempted: closed in ConnectWise.
        acknowledged: a callback about it was answered with success.
        documents: numbers of the documents that stand in the ledger, one entry for each document.
        batched: numbers of the records in ConnectWise's batches, one entry for each batch.
        no_document: records that rightly have no document in the ledger.
        told: records that our own rows call batched.
    """

    attempted: Iterable[str]
    acknowledged: Iterable[str]
    documents: Iterable[str]
    batched: Iterable[str]
    no_document: Iterable[str] = ()
    told: Iterable[str] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The seven numbers; beside them `missing` (attempted, acknowledged or not, and not ok) and `untold` (ok, our rows say otherwise)."""

    attempted: int
    acknowledged: int
    ok: int
    lost: int
    unexpected: int
    duplicated: int
    recovered: int
    missing: int
    untold: int
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        """Nothing lost, missing, unexpected or twice, and our rows agree."""
        return not (self.lost or self.missing or self.unexpected or self.duplicated or self.untold)

    def as_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return asdict(self)


def check(history: History) -> Verdict:
    """Judge a run after its drain."""
    attempted, acknowledged = set(history.attempted), set(history.acknowledged)
    documents, batched = Counter(history.documents), Counter(history.batched)
    without = set(history.no_document)
    out = set(documents) | set(batched)
    ok = {one for one in attempted if batched[one] == 1 and documents[one] == (0 if one in without else 1)}
    twice = {one for one in out if documents[one] > 1 or batched[one] > 1}
    found = {one for one in attempted if batched[one] and (one in without or documents[one])}
    sets = {
        "lost": (acknowledged & attempted) - found,
        "unexpected": (out - attempted) | (set(documents) & without) | (acknowledged - attempted),
        "duplicated": twice,
        "missing": attempted - found,
        "untold": ok ^ set(history.told),
    }
    return Verdict(
        attempted=len(attempted),
        acknowledged=len(acknowledged),
        ok=len(ok),
        lost=len(sets["lost"]),
        unexpected=len(sets["unexpected"]),
        duplicated=len(sets["duplicated"]),
        recovered=len(ok - acknowledged),
        missing=len(sets["missing"]),
        untold=len(sets["untold"]),
        examples={name: tuple(sorted(some)[:5]) for name, some in sets.items() if some},
    )
