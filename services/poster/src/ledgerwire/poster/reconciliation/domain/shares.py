"""One document for several records, seen as one share for each: every record is judged, and counted, exactly once (M17). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from ledgerwire.poster.reconciliation.domain.model import OwnDocument, OwnRecord, SeenDocument, Wanted, signed


@dataclass(frozen=True, slots=True)
class Share:
    """What one record adds to a document: the document that it alone would be."""

    record_id: UUID
    source_id: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one document. `document` is None where together they move nothing, so that there is none."""

    group_id: UUID
    company: str
    document: Wanted | None
    shares: tuple[Share, ...]


def split(
    groups: Iterable[Group], claims: Sequence[OwnDocument], seen: Sequence[SeenDocument]
) -> tuple[list[OwnDocument], list[SeenDocument]]:
    """Claims and documents with those of groups in shares; they add up to what the ledger shows.

    A document that differs from its shares differs in the first of them. One that our rows have forgotten is the group's
    whose number, kind and total it has.
    """
    by_id = {group.group_id: group for group in groups}
    wanted = {(group.company, group.document): group for group in by_id.values() if group.document is not None}
    claimed = {(item.company, item.ledger_id): item for item in claims}
    own: list[OwnDocument] = []
    shown: list[SeenDocument] = []
    for document in seen:
        claim = claimed.get(document.key)
        forgotten = wanted.get((document.company, document.as_wanted))
        group = by_id.get(claim.record_id) if claim is not None else forgotten
        if group is None or not group.shares or (claim is not None and not claim.counts):
            shown.append(document)
            own += [claim] if claim is not None else []
            continue
        for share, part in zip(group.shares, _parts(group, document), strict=True):
            shown.append(part)
            own.append(OwnDocument(share.record_id, part.company, part.kind, part.number, part.ledger_id))
    named = {(item.company, item.ledger_id) for item in own} | {document.key for document in seen}
    return own + [item for item in claims if (item.company, item.ledger_id) not in named], shown


def _parts(group: Group, document: SeenDocument) -> list[SeenDocument]:
    own = [signed(share.wanted.kind, share.wanted.total) for share in group.shares]
    difference = document.amount - sum(own, Decimal(0))
    first = signed(group.shares[0].wanted.kind, difference)
    return [
        replace(
            document,
            ledger_id=f"{document.ledger_id}/{share.source_id}",
            kind=share.wanted.kind,
            total=share.wanted.total + (first if place == 0 else 0),
        )
        for place, share in enumerate(group.shares)
    ]


def standing(own: Mapping[UUID, OwnRecord], groups: Iterable[Group]) -> dict[UUID, OwnRecord]:
    """Our rows, where a record whose group moves nothing wants no document."""
    nothing = {share.record_id for group in groups if group.document is None for share in group.shares}
    return {
        record: replace(known, state="no_effect", wanted=()) if record in nothing and known.wanted else known
        for record, known in own.items()
    }
