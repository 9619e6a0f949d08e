"""Is a batched record still batched? What a look at its mark in ConnectWise means (M8, D11)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Watched(StrEnum):
    """What became of a batched record.

    as_it_was: nothing to do. reopened: the batch is gone and the record is open: the next close decides. unbatched: the
    batch is gone, the record is as closed as before. rebatched: in a batch again, ours or another, with other figures.
    deleted: no record any more.
    """

    AS_IT_WAS = "as_it_was"
    REOPENED = "reopened"
    UNBATCHED = "unbatched"
    REBATCHED = "rebatched"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class SeenMark:
    """What ConnectWise shows of the record now: its batch, and its total where it shows one."""

    batch_name: str | None
    total: Decimal | None


def judge_mark(mark: SeenMark | None, *, total: Decimal, decided: bool) -> Watched:
    """Compare a mark with what was posted and proved. The batch's name proves nothing: a person may rebatch into ours.

    Args:
        mark: what is there now; None when the record is not.
        total: the record's total as posted.
        decided: the record is still closed and decided as far as mapper knows.
    """
    if mark is None:
        return Watched.DELETED
    if mark.batch_name is None:
        return Watched.UNBATCHED if decided else Watched.REOPENED
    return Watched.REBATCHED if mark.total is not None and mark.total != total else Watched.AS_IT_WAS
