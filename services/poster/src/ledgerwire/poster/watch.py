"""Look from time to time whether batched records still are: a batch taken apart in ConnectWise is noticed (M8, D11).

The same look settles the ledger connection's calls that nobody waits for any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.session import Unit
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.poster import repository
from ledgerwire.poster.domain.batch import BatchEvent, BatchState, advance
from ledgerwire.poster.domain.watched import SeenMark, Watched, judge_mark
from ledgerwire.poster.marks import about_batch, batched_marks, identifier, named
from ledgerwire.poster.ports import Clients, Psa
from ledgerwire.poster.record_group import RecordGroup, tell
from ledgerwire.poster.records import Case
from ledgerwire.tenants.schedule import look_in_turn

WORK_KIND = "watch"
EVERY = timedelta(minutes=15)
"""Pause between two looks at one connection, and at one record where there are few."""
LASTING = timedelta(days=100)
"""A batch older than a quarter is history: nobody takes it apart unnoticed."""
AT_A_TIME = 500

_CASES: dict[Watched, tuple[str, BatchEvent | None]] = {
    Watched.UNBATCHED: ("BATCH_DELETED_DOCUMENT_REMAINS", BatchEvent.DELETED),
    Watched.DELETED: ("RECORD_DELETED_DOCUMENT_REMAINS", BatchEvent.DELETED),
    Watched.REBATCHED: ("RECORD_REBATCHED", None),
}


class WatchBatches:
    """Handles the recurring row of a ledger connection."""

    def __init__(self, clients: Clients, outbox: Outbox, *, every: Callable[[], timedelta] = lambda: EVERY) -> None:
        self._clients = clients
        self._outbox = outbox
        self._every = every

    async def __call__(self, group: Group) -> None:
        await look_in_turn(group, self._look, self._every)

    async def _look(self, group: Group, item: WorkItem) -> None:
        async with group.unit() as unit:
            await repository.settle_left_open(unit, group.connection_id)
            ids = await repository.batched_to_watch(
                unit, group.connection_id, every=self._every(), lasting=LASTING, limit=AT_A_TIME
            )
            items = [replace(item, work_key=str(one), causation_id=f"{WORK_KIND}:{one}") for one in ids]
            cases = await repository.load_cases(unit, items)
        for psa_id in {case.decided.connectwise_connection_id for case in cases}:
            psa = await self._clients.psa(group.account_id, psa_id)
            for record_type in RecordType:
                some = [
                    case
                    for case in cases
                    if (case.decided.connectwise_connection_id, case.decided.record_type) == (psa_id, record_type)
                ]
                if some:
                    await self._compare(group, psa, record_type, some)

    async def _compare(self, group: Group, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> None:
        marks = {mark.source_id: mark for mark in await batched_marks(psa, record_type, named(cases))}
        ledger = await self._clients.ledger(group.account_id, group.connection_id)
        async with group.unit() as unit:
            await repository.batches_looked_at(unit, [case.decided.record_id for case in cases])
        for case in cases:
            mark = marks.get(case.decided.source_id)
            seen = SeenMark(mark.batch_name, mark.total) if mark is not None else None
            decided = case.decided
            found = judge_mark(seen, total=decided.source_total, decided=decided.decided)
            async with group.unit() as unit:
                await self._note(unit, case, found, seen, ledger.name)

    async def _note(self, unit: Unit, case: Case, found: Watched, seen: SeenMark | None, ledger: str) -> None:
        if found is Watched.REOPENED:
            await self._lost(unit, case)
        if found not in _CASES:
            return
        code, event = _CASES[found]
        if not any(item.ledger_id for item in case.postings):
            if event is not None and case.decided.wanted:
                await self._lost(unit, case)
                finding = about_batch("BATCH_DELETED_WITHOUT_DOCUMENT", case, ledger, seen)
                await tell(unit, self._outbox, case, "stopped", [finding])
            return
        if event is not None:
            state = advance(BatchState.BATCHED, event)
            await repository.set_batch(unit, case.decided, state, choices_seen=case.choices_done)
        await tell(unit, self._outbox, case, "stopped", [about_batch(code, case, ledger, seen)], once=event is None)

    @staticmethod
    async def _lost(unit: Unit, case: Case) -> None:
        """There is no batch any more, and nothing in the ledger to decide about: the record is as before its batch."""
        await repository.set_batch(unit, case.decided, advance(BatchState.BATCHED, BatchEvent.WANTED_AGAIN))
        await repository.add_timeline(unit, case.decided, "batch_gone", batch=identifier(case))


async def tell_unbatched(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> None:
    """Somebody rang for records whose batch is gone, and nothing is to be done that was chosen: said again.

    The one whose record is gone too, and whose documents a person had voided, has come to its end.
    """
    known = {mark.source_id for mark in await psa.marks(record_type, named(cases))}
    for case in cases:
        if case.only_to_void and not any(item.ledger_id for item in case.postings):
            told = {"number": case.decided.number, "ledger": group.ledger_name}
            await group.settle(case, "batched", [Finding("DOCUMENT_VOIDED", told)])
            continue
        there = case.decided.source_id in known
        code = "BATCH_DELETED_DOCUMENT_REMAINS" if there else "RECORD_DELETED_DOCUMENT_REMAINS"
        await group.settle(case, "stopped", [about_batch(code, case, group.ledger_name)])
