"""Poster's use case: take a group of records one step at a time until each is batched, stopped or waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import LeaseLost
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.model import Group
from ledgerwire.poster.domain.posting import PostingState
from ledgerwire.poster.domain.step import Step
from ledgerwire.poster.look_up import differs, look_up, recheck_drafts
from ledgerwire.poster.mark import mark_batched
from ledgerwire.poster.ports import Clients, Psa
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case
from ledgerwire.poster.submit import post

NEXT_STEP = timedelta(seconds=1)

Phase = Callable[[Sequence[Case]], Awaitable[None]]


class PostRecords:
    """Handles groups of records of one ledger connection.

    Each phase settles the records it stops or delays; what it moved forward is read again for the next phase, so that every
    phase starts from committed rows only, exactly as after a crash.
    """

    def __init__(self, clients: Clients, outbox: Outbox) -> None:
        self._clients = clients
        self._outbox = outbox

    async def __call__(self, group: Group) -> None:
        ledger = await self._clients.ledger(group.account_id, group.connection_id)
        tracked = RecordGroup(group, self._outbox, ledger.name)
        await ledger.reference_data()  # the rates that composing needs; cached by the adapter
        psas: dict[str, Psa] = {}

        async def psa_of(case: Case) -> Psa:
            key = case.decided.connectwise_connection_id
            if str(key) not in psas:
                psas[str(key)] = await self._clients.psa(group.account_id, key)
            return psas[str(key)]

        async def post_phase(cases: Sequence[Case]) -> None:
            for psa, some in await _by_psa(cases, psa_of):
                await post(tracked, ledger, psa, some)

        async def batch_phase(cases: Sequence[Case]) -> None:
            for psa, some in await _by_psa(cases, psa_of):
                await mark_batched(tracked, psa, some)

        await self._run(tracked, Step.LOOK, lambda cases: look_up(tracked, ledger, cases))
        await self._run(tracked, Step.POST, post_phase)
        # A number the ledger says is taken is looked up at once: it may be our own document.
        await self._run(tracked, Step.LOOK, lambda cases: look_up(tracked, ledger, cases))
        await self._run(tracked, Step.RECHECK_DRAFT, lambda cases: recheck_drafts(tracked, ledger, cases))
        await self._run(tracked, Step.BATCH, batch_phase)
        await self._finish(tracked)

    async def _run(self, tracked: RecordGroup, step: Step, phase: Phase) -> None:
        cases = [case for case in await tracked.cases() if case.step is step]
        if not cases:
            return
        try:
            await phase(cases)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - one phase's failure must not keep the other phases' records waiting
            open_keys = {item.work_key for item in tracked.open_items()}
            async with tracked.unit() as unit:
                for case in cases:
                    if case.item.work_key in open_keys:
                        await tracked.fail(unit, case.item, error)

    async def _finish(self, tracked: RecordGroup) -> None:
        cases = await tracked.cases()
        known = {case.item.work_key for case in cases}
        for case in cases:
            if case.step is Step.MISMATCHED:
                await tracked.settle(case, "stopped", [_mismatch(case, tracked.ledger_name)])
        async with tracked.unit() as unit:
            for case in cases:
                if case.step is Step.NOTHING:
                    await tracked.done(unit, case.item)
            for item in tracked.open_items():
                if item.work_key not in known:
                    # No revision is there any more: nothing to post, and a later doorbell makes a new row.
                    await tracked.done(unit, item)
        async with tracked.unit() as unit:
            for item in tracked.open_items():
                await tracked.again(unit, item, code="NEXT_STEP", after=NEXT_STEP)


def _mismatch(case: Case, ledger_name: str) -> Finding:
    posting = next(item for item in case.postings if item.state is PostingState.MISMATCHED)
    return differs(posting, posting.ledger_total, ledger_name)


async def _by_psa(cases: Sequence[Case], psa_of: Callable[[Case], Awaitable[Psa]]) -> list[tuple[Psa, list[Case]]]:
    grouped: dict[int, tuple[Psa, list[Case]]] = {}
    for case in cases:
        psa = await psa_of(case)
        grouped.setdefault(id(psa), (psa, []))[1].append(case)
    return list(grouped.values())
