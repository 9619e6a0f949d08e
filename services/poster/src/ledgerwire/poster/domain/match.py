"""Is the document that the ledger has the one we meant? Decides adoption, mismatch and foreign numbers (protocol step 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Meant:
    """What we sent, or would send."""

    contact_id: str
    document_date: date
    currency: str
    tax: Decimal
    total: Decimal
    line_count: int


@dataclass(frozen=True, slots=True)
class There:
    """What the ledger has under our number. Voided and deleted documents are `live` = False and never count."""

    ledger_id: str
    contact_id: str
    document_date: date
    currency: str
    tax: Decimal
    total: Decimal
    line_count: int
    live: bool
    draft: bool


class Match(StrEnum):
    """The outcome of a look-up."""

    ABSENT = "absent"
    SAME = "same"
    SAME_DRAFT = "same_draft"
    OURS_DIFFERS = "ours_differs"
    FOREIGN = "foreign"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class LookUp:
    """A match with the document it concerns."""

    match: Match
    ledger_id: str | None = None
    total: Decimal | None = None


def judge(
    meant: Meant, found: Sequence[There], *, we_sent_it: bool, known_id: str | None = None, unique: bool = True
) -> LookUp:
    """Compare what is there with what was meant.

    Args:
        meant: the document as composed.
        found: every document with our number, and ours where it is known and has another.
        unique: the ledger keeps the number of this kind unique. Where it does not, another contact's document with the same
            number is nothing to us, and one of the same contact is ours only if everything agrees (M16).
        we_sent_it: a submission of ours with this number has an open outcome. Then a live document of the same contact and
            date is ours with other figures (never created again); without it the number belongs to somebody else.
        known_id: the ledger's id of our document, where it is known: that one is ours whatever it shows, and counts alone.
    """
    live = [item for item in found if item.live and (unique or _concerns(meant, item, known_id))]
    live = [item for item in live if item.ledger_id == known_id] or live
    if not live:
        return LookUp(Match.ABSENT)
    if len(live) > 1:
        return LookUp(Match.SEVERAL)
    there = live[0]
    if _figures(there) == _figures(meant) and there.contact_id == meant.contact_id:
        return LookUp(Match.SAME_DRAFT if there.draft else Match.SAME, there.ledger_id, there.total)
    alike = there.contact_id == meant.contact_id and there.document_date == meant.document_date
    ours = there.ledger_id == known_id or (unique and we_sent_it and alike)
    return LookUp(Match.OURS_DIFFERS if ours else Match.FOREIGN, there.ledger_id, there.total)


def _concerns(meant: Meant, there: There, known_id: str | None) -> bool:
    return there.contact_id == meant.contact_id or there.ledger_id == known_id


def _figures(item: Meant | There) -> tuple[date, str, Decimal, Decimal, int]:
    return item.document_date, item.currency, item.tax, item.total, item.line_count
