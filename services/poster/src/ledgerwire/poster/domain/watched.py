"""Is a batched record still batched? What a look at its mark in ConnectWise means (M8, D11)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Watched(StrEnum):
    """What became of a batched record.

    as_it_was: nothing to do. reopened: the batch is gone and the record is open: the next close decides. unbatched: the
    batch is gone, the record is as closed as before. rebatched: another batch, other figures. deleted: no record any more.
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


def judge_mark(mark: SeenMark | None, *, batch: str, total: Decimal, decided: bool) -> Watched:
    """Compare a mark with the batch that was proved.

    Args:
        mark: what is there now; None when the record is not.
        batch: the name of our batch.
        total: the record's total as posted.
        decided: the record is still closed and decided as far as mapper knows.
    """
    if mark is None:
        return Watched.DELETED
    if mark.batch_name is None:
        return Watched.UNBATCHED if decided else Watched.REOPENED
    other = mark.batch_name != batch and mark.total is not None and mark.total != total
    return Watched.REBATCHED if other else Watched.AS_IT_WAS
