"""What a look at a batched record's mark means."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgerwire.poster.domain.watched import SeenMark, Watched, judge_mark

TOTAL = Decimal("110.00")


@pytest.mark.requirement("M8", "D11")
@pytest.mark.parametrize(
    ("mark", "decided", "found"),
    [
        (SeenMark("INV-1", TOTAL), True, Watched.AS_IT_WAS),
        (SeenMark("BY-HAND", TOTAL), True, Watched.AS_IT_WAS),
        (SeenMark("BY-HAND", Decimal(99)), True, Watched.REBATCHED),
        (SeenMark("INV-1", Decimal(99)), True, Watched.REBATCHED),
        (SeenMark("BY-HAND", None), True, Watched.AS_IT_WAS),
        (SeenMark(None, TOTAL), True, Watched.UNBATCHED),
        (SeenMark(None, TOTAL), False, Watched.REOPENED),
        (None, True, Watched.DELETED),
    ],
)
def test_a_batch_that_is_gone_is_told_from_a_record_that_is_open_again(
    mark: SeenMark | None, decided: bool, found: Watched
) -> None:
    assert judge_mark(mark, total=TOTAL, decided=decided) is found
