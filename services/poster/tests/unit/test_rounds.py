"""The steps of a group: what was read is read again only after a step was taken, and a step that leads nowhere ends."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from ledgerwire.poster.domain.step import Step
from ledgerwire.poster.handlers import ROUNDS, PostRecords, leading


class Records:
    """A group whose records take the steps they are given, one after the other."""

    def __init__(self, *ways: Sequence[Step]) -> None:
        self.ways = [list(way) for way in ways]
        self.reads = 0

    async def cases(self) -> list[Any]:
        self.reads += 1
        return self.now()

    def now(self) -> list[Any]:
        alone = SimpleNamespace(group_id=None)
        return [SimpleNamespace(step=way[0], way=way, decided=alone) for way in self.ways if way]


async def go(records: Records, *steps: Step) -> list[Step]:
    taken: list[Step] = []

    def phase(step: Step) -> Any:
        async def run(cases: Sequence[Any]) -> None:
            taken.extend(case.way.pop(0) for case in cases)

        return step, run

    handler = PostRecords(cast("Any", None), cast("Any", None))
    left = await handler._rounds(cast("Any", records), [phase(step) for step in steps], records.now())
    assert left == records.now()
    return taken


async def test_a_plain_record_is_read_again_after_each_step_and_no_more() -> None:
    records = Records([Step.POST, Step.BATCH], [Step.POST, Step.BATCH])
    assert await go(records, *Step) == [Step.POST, Step.POST, Step.BATCH, Step.BATCH]
    assert records.reads == 2


async def test_a_record_with_several_documents_takes_a_round_for_each() -> None:
    records = Records([Step.POST, Step.POST, Step.VOID, Step.POST, Step.BATCH])
    assert len(await go(records, Step.VOID, Step.POST, Step.BATCH)) == 5


async def test_a_step_that_never_ends_is_left_for_the_next_claim() -> None:
    records = Records([Step.POST] * (ROUNDS + 5))
    assert len(await go(records, Step.POST)) == ROUNDS


@pytest.mark.requirement("M17")
def test_of_records_that_share_a_document_one_takes_the_step_about_it_and_each_its_own_batch() -> None:
    one, other = uuid4(), uuid4()

    def case(step: Step, group: UUID | None) -> Any:
        return SimpleNamespace(step=step, decided=SimpleNamespace(group_id=group))

    posting = [case(Step.POST, group) for group in (one, one, other, None, None)]
    assert leading(posting) == [posting[0], posting[2], posting[3], posting[4]]
    batching = [case(Step.BATCH, one), case(Step.BATCH, one)]
    assert leading(batching) == batching


@pytest.mark.requirement("M17", "R3")
async def test_after_a_fault_records_go_one_by_one_and_each_is_read_again_before_its_turn() -> None:
    report, sent = uuid4(), list[str]()
    steps = dict.fromkeys(("expense", "mate", "invoice", "poison"), Step.POST)

    class Shared:
        async def cases(self) -> list[Any]:
            owners = {"expense": report, "mate": report}
            return [
                SimpleNamespace(
                    step=step, item=SimpleNamespace(work_key=key), decided=SimpleNamespace(group_id=owners.get(key))
                )
                for key, step in steps.items()
            ]

        async def delay(self, cases: Sequence[Any], error: Exception) -> None:
            assert (len(cases), str(error)) == (1, "poison")

    async def send(cases: Sequence[Any]) -> None:
        keys = [case.item.work_key for case in cases]
        if "poison" in keys:
            raise ValueError("poison")
        sent.extend(keys)
        steps[keys[0]] = Step.BATCH
        if keys == ["expense"]:
            steps["mate"] = Step.LOOK  # its document is under way

    handler, records = PostRecords(cast("Any", None), cast("Any", None)), Shared()
    await handler._attempt(cast("Any", records), Step.POST, await records.cases(), send)
    assert sent == ["expense", "invoice"]
    assert steps == {"expense": Step.BATCH, "mate": Step.LOOK, "invoice": Step.BATCH, "poison": Step.POST}
