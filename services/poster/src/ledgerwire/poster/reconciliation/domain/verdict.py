"""The bucket of a closed record: what ConnectWise, the ledger and our rows say together. Pure, total, exactly one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.common.ledger.document import SALES, DocumentKind
from ledgerwire.poster.reconciliation.domain.model import (
    INVOICE,
    Bucket,
    ClosedRecord,
    Concern,
    OwnRecord,
    Row,
    SeenDocument,
)

_LEFT_OUT = frozenset({"EXCLUDED_BY_RULE", "SKIPPED"})
_UNKNOWN = OwnRecord("unknown")
Part = tuple[DocumentKind, str, Decimal]
"""Kind, currency and total of a document."""

Verdict = tuple[Bucket, str]


@dataclass(frozen=True, slots=True)
class _Expected:
    """What the ledger is to show for a record.

    An invoice is worth what ConnectWise shows now, whatever was decided earlier; all else comes from the latest revision.
    `all_known` is false while nothing is decided: then only the sales document of an invoice can be expected.
    """

    parts: Counter[Part]
    all_known: bool

    def of(self, record: ClosedRecord, found: Sequence[SeenDocument]) -> Counter[Part]:
        """The documents that can be compared; each is in its own currency: a journal is not in that of a foreign sale."""
        return Counter(_part(record, item) for item in found if self.all_known or item.kind in SALES)

    def kinds(self) -> Counter[DocumentKind]:
        """How many of each kind."""
        return _kinds(self.parts)


def judge(record: ClosedRecord, own: OwnRecord | None, documents: Sequence[SeenDocument], *, ours: bool = False) -> Row:
    """The verdict on one record and the documents that stand for it; `ours`: a posting of ours names one of them."""
    known = own or _UNKNOWN
    found = tuple(sorted(documents, key=lambda item: (item.kind, item.number, item.ledger_id)))
    bucket, detail = (None if ours else _left_alone(record, known)) or (
        _with_documents(record, known, found) if found else _without(record, known)
    )
    return Row(bucket, record, found, () if bucket.concern is Concern.SETTLED else known.codes, detail)


def _left_alone(record: ClosedRecord, own: OwnRecord) -> Verdict | None:
    """Records that are none of our business, whatever the ledger shows that we did not put there."""
    earlier = record.before_go_live or own.state == "onboarded" or "BEFORE_GO_LIVE" in own.codes
    if earlier and not own.wanted:
        return Bucket.ONBOARDED, ""
    left_out = not _LEFT_OUT.isdisjoint(own.codes)
    if left_out and (own.state == "skipped" or (own.state == "no_effect" and record.batched)):
        return Bucket.EXCLUDED, ""
    return None


def _with_documents(record: ClosedRecord, own: OwnRecord, found: Sequence[SeenDocument]) -> Verdict:
    expected = _expected(record, own)
    there = expected.of(record, found)
    if _too_many(_kinds(there), expected):
        return Bucket.TWICE, f"{len(found)} documents: {', '.join(item.number for item in found)}"
    moving = own.moving and not record.batched
    if _differs(record, found, there, expected):
        return (Bucket.IN_FLIGHT, "an update is under way") if moving else (Bucket.AMOUNT_DIFFERS, "")
    lacking = expected.kinds() - _kinds(there)
    if lacking:
        named = " and ".join(str(kind).replace("_", " ") for kind in sorted(lacking))
        return (Bucket.IN_FLIGHT, "") if moving else (Bucket.MISSING, f"its {named} is not in the ledger")
    if record.batched:
        return Bucket.POSTED_ONCE, "" if own is not _UNKNOWN else "not in our own rows"
    if own.moving:
        return Bucket.IN_FLIGHT, "a draft waits for approval" if any(item.draft for item in found) else ""
    return _off_the_list(record) or (Bucket.POSTED_NOT_BATCHED, "")


def _without(record: ClosedRecord, own: OwnRecord) -> Verdict:
    if record.batched:
        return _batched_without(record, own)
    left = None if own.moving or record.fresh else _off_the_list(record)
    if left is not None:
        return left
    if own.state == "held":
        return Bucket.HELD, ""
    if own.state in {"stopped", "dead"} or own.outcome == "stopped":
        return Bucket.STOPPED, "a fault of ours" if own.state == "dead" else ""
    if own.moving or record.fresh:
        return Bucket.IN_FLIGHT, ""
    return Bucket.MISSING, "nobody works on it" if own is not _UNKNOWN else "we never heard of it"


def _off_the_list(record: ClosedRecord) -> Verdict | None:
    """What the unposted list alone tells of a receipt, stock movement or expense: somebody took it off."""
    return (Bucket.LEFT_THE_LIST, "left the list, not batched by us") if record.off_list else None


def _batched_without(record: ClosedRecord, own: OwnRecord) -> Verdict:
    """A batch and no document. That 0.00 moves nothing is decided, not seen: it may move deferred revenue (M4)."""
    nothing = record.total == 0
    if own.state == "no_effect" and (nothing or record.record_type != INVOICE):
        return Bucket.NO_EFFECT, ""
    if nothing and own.wanted is None and own.moving:
        return Bucket.IN_FLIGHT, ""
    if nothing and own is _UNKNOWN:
        return Bucket.STOPPED, "0.00, batched, and not decided by us"
    return Bucket.BATCHED_NOT_POSTED, _whose_batch(own)


def _whose_batch(own: OwnRecord) -> str:
    if own is _UNKNOWN:
        return "we never heard of it"
    if "ALREADY_BATCHED" in own.codes:
        return "batched by somebody else"
    if own.outcome == "batched":
        return "batched by us, and no document of it is in the ledger"
    return "in a batch that our rows do not know"


def _expected(record: ClosedRecord, own: OwnRecord) -> _Expected:
    parts: Counter[Part] = Counter()
    invoice = record.record_type == INVOICE
    if invoice:
        kind = DocumentKind.CREDIT_NOTE if record.total < 0 else DocumentKind.SALES_INVOICE
        parts[kind, record.currency, abs(record.total)] = 1
    for item in own.wanted or ():
        if not invoice or item.kind not in SALES:
            parts[item.kind, item.currency, item.total] += 1
    return _Expected(parts, own.wanted is not None)


def _part(record: ClosedRecord, item: SeenDocument) -> Part:
    """A document as it is compared; a sale agrees in its currency where one side shows none."""
    unknown = not item.currency or (item.kind in SALES and not record.currency)
    return item.kind, record.currency if unknown else item.currency, item.total


def _too_many(there: Counter[DocumentKind], expected: _Expected) -> bool:
    wanted = expected.kinds()
    if sum(there[kind] for kind in SALES) > max(1, sum(wanted[kind] for kind in SALES)):
        return True
    return any(count > wanted[kind] for kind, count in there.items() if kind not in SALES)


def _differs(record: ClosedRecord, found: Sequence[SeenDocument], there: Counter[Part], expected: _Expected) -> bool:
    if not expected.all_known and record.record_type != INVOICE:
        foreign = any(item.is_foreign_to(record) for item in found)
        return foreign or sum((item.amount for item in found), Decimal(0)) != record.total
    return bool(there - expected.parts)


def _kinds(parts: Counter[Part]) -> Counter[DocumentKind]:
    kinds: Counter[DocumentKind] = Counter()
    for (kind, _, _), count in parts.items():
        kinds[kind] += count
    return kinds
