"""Poster's use case: take a group of records one step at a time until each is batched, stopped or waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from ledgerwire.common.errors import LeaseLost, LedgerwireError, Transient, Waiting
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.work.model import Group
from ledgerwire.poster.domain.step import Step
from ledgerwire.poster.look_up import (
    clear_leftovers,
    look_up,
    recheck_drafts,
    recheck_mismatched,
    stop_elsewhere,
)
from ledgerwire.poster.mark import mark_batched
from ledgerwire.poster.ports import Clients, Psa
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case
from ledgerwire.poster.submit import post

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
        try:
            await ledger.reference_data()  # the rates that composing needs; cached by the adapter
        except LedgerwireError as error:
            await tracked.delay(await tracked.cases(), error)
            await self._finish(tracked)
            return
        psas: dict[UUID, Psa] = {}

        async def psa_of(case: Case) -> Psa:
            key = case.decided.connectwise_connection_id
            if key not in psas:
                psas[key] = await self._clients.psa(group.account_id, key)
            return psas[key]

        async def post_phase(cases: Sequence[Case]) -> None:
            for psa, some in await _by_psa(cases, psa_of):
                await post(tracked, ledger, psa, some)

        async def batch_phase(cases: Sequence[Case]) -> None:
            for psa, some in await _by_psa(cases, psa_of):
                await mark_batched(tracked, psa, some)

        await self._run(tracked, Step.ELSEWHERE, lambda cases: stop_elsewhere(tracked, cases))
        await self._run(tracked, Step.LOOK, lambda cases: look_up(tracked, ledger, cases))
        await self._run(tracked, Step.LEFTOVER, lambda cases: clear_leftovers(tracked, ledger, cases))
        await self._run(tracked, Step.MISMATCHED, lambda cases: recheck_mismatched(tracked, ledger, cases))
        await self._run(tracked, Step.POST, post_phase)
        # A number the ledger says is taken is looked up at once: it may be our own document.
        await self._run(tracked, Step.LOOK, lambda cases: look_up(tracked, ledger, cases))
        await self._run(tracked, Step.RECHECK_DRAFT, lambda cases: recheck_drafts(tracked, ledger, cases))
        await self._run(tracked, Step.BATCH, batch_phase)
        await self._finish(tracked)

    async def _run(self, tracked: RecordGroup, step: Step, phase: Phase) -> None:
        cases = [case for case in await tracked.cases() if case.step is step]
        if cases:
            await self._attempt(tracked, step, cases, phase)

    async def _attempt(self, tracked: RecordGroup, step: Step, cases: Sequence[Case], phase: Phase) -> None:
        """Run a phase; what a wait for the provider interrupts comes later, any other fault is found one by one."""
        try:
            await phase(cases)
        except LeaseLost:
            raise
        except (Waiting, Transient) as error:
            await tracked.delay(cases, error)
        except Exception as error:  # noqa: BLE001 - one record's fault must not stop, or bury, the others of its group
            if len(cases) == 1:
                await tracked.delay(cases, error)
                return
            # Read again first: what the phase already committed for some of them must not be done a second time.
            for case in await tracked.cases():
                if case.step is step:
                    await self._attempt(tracked, step, [case], phase)

    async def _finish(self, tracked: RecordGroup) -> None:
        cases = await tracked.cases()
        known = {case.item.work_key for case in cases}
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
                await tracked.fail(unit, item, Transient("a next step is due", code="NEXT_STEP"))


async def _by_psa(cases: Sequence[Case], psa_of: Callable[[Case], Awaitable[Psa]]) -> list[tuple[Psa, list[Case]]]:
    grouped: dict[int, tuple[Psa, list[Case]]] = {}
    for case in cases:
        psa = await psa_of(case)
        grouped.setdefault(id(psa), (psa, []))[1].append(case)
    return list(grouped.values())
