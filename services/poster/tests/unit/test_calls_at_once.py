"""Several calls go at once, never two that could meet, and none outlives the group that began it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ledgerwire.common.errors import LeaseLost
from ledgerwire.common.ledger.document import DocumentKind
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster import mark, submit
from ledgerwire.poster.send import Call


def call(*numbers: str, kind: DocumentKind = DocumentKind.BILL) -> Call:
    targets = [SimpleNamespace(document=SimpleNamespace(kind=kind, number=number)) for number in numbers]
    return Call(cast("Any", None), cast("Any", tuple(targets)))


class Pace:
    """Counts what is under way, and lets every call yield once in between."""

    def __init__(self) -> None:
        self.running = self.most = self.ended = 0

    async def step(self) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.running -= 1
        self.ended += 1


def test_calls_with_a_number_in_common_follow_each_other_in_order() -> None:
    first, other, again, last = call("A"), call("B"), call("A"), call("A", "C")
    credit = call("A", kind=DocumentKind.SUPPLIER_CREDIT)
    waves = submit._waves(iter([first, other, again, credit, last]))
    assert waves == [[first, other, credit], [again], [last]]


async def test_documents_that_go_one_a_call_are_sent_several_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()

    async def one(group: Any, ledger: Any, each: Call) -> None:
        await pace.step()

    monkeypatch.setattr(submit, "_submit", one)
    await submit._send_all(cast("Any", None), cast("Any", None), [call(str(number)) for number in range(50)])
    assert pace.ended == 50
    assert 1 < pace.most <= submit.CONCURRENT_CALLS


async def test_a_lease_lost_in_one_call_is_raised_after_the_others_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace()

    async def one(group: Any, ledger: Any, each: Call) -> None:
        if each.targets[0].document.number == "0":
            raise LeaseLost("served by another worker")
        await pace.step()

    monkeypatch.setattr(submit, "_submit", one)
    with pytest.raises(LeaseLost):
        await submit._send_all(cast("Any", None), cast("Any", None), [call(str(number)) for number in range(10)])
    assert (pace.ended, pace.running) == (9, 0)


class Leased:
    """A group whose lease is lost at the second batch."""

    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[None]:
        yield None

    async def ensure_lease(self, outlasts: Any) -> None:
        self.asked += 1
        if self.asked == 2:
            raise LeaseLost("served by another worker")


class Batches:
    """A PSA that takes its time over each batch."""

    call_time = timedelta(seconds=20)

    def __init__(self) -> None:
        self.pace = Pace()

    async def create_batch(self, record_type: RecordType, identifier: str, ids: Sequence[int]) -> None:
        await self.pace.step()


@pytest.mark.requirement("M7")
async def test_no_batch_call_goes_on_after_the_group_has_given_up_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*given: Any, **named: Any) -> None:
        return None

    async def all_of(unit: Any, cases: Sequence[Any]) -> frozenset[int]:
        return frozenset(case.decided.record_id for case in cases)

    for name in ("put_batches", "add_timeline"):
        monkeypatch.setattr(mark.repository, name, nothing)
    monkeypatch.setattr(mark.repository, "still_decided", all_of)
    monkeypatch.setattr(mark, "identifier", lambda case: "INV-1")
    cases = [
        SimpleNamespace(batch=None, decided=SimpleNamespace(record_id=one, processed_record_ids=(one,)))
        for one in range(6)
    ]
    psa = Batches()
    with pytest.raises(LeaseLost):
        await mark._create(cast("Any", Leased()), cast("Any", psa), RecordType.INVOICE, cast("Any", cases))
    assert (psa.pace.running, psa.pace.ended) == (0, 5)
