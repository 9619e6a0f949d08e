"""Poster's use case: take a group of records one step at a time until each is batched, stopped or waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.errors import LeaseLost, LedgerwireError, Transient, Waiting
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.record_type import RecordType
from ledgerwire.common.work.model import Group
from ledgerwire.poster import chosen, look_up
from ledgerwire.poster.domain.step import Step
from ledgerwire.poster.mark import mark_batched, prove_again
from ledgerwire.poster.other_company import leave_other_company
from ledgerwire.poster.ports import Clients, Psa
from ledgerwire.poster.record_group import SHARED, RecordGroup
from ledgerwire.poster.records import Case
from ledgerwire.poster.removal import take_out_chosen
from ledgerwire.poster.submit import post
from ledgerwire.poster.watch import tell_unbatched

Phase = Callable[[Sequence[Case]], Awaitable[None]]
OfPsa = Callable[[Psa, RecordType, Sequence[Case]], Awaitable[None]]

ROUNDS = 8
"""Times that the steps are gone through for one group: a record with several documents takes one round for each."""


class PostRecords:
    """Handles groups of records of one ledger connection.

    Each phase settles the records it stops or delays; what it moved forward is read again for the next phase, so that every
    phase starts from committed rows only, exactly as after a crash. Only where the phase itself committed, under our lease,
    all that there is of every record, nothing is read: the next phase makes sure in its own transaction that each is decided.
    """

    def __init__(self, clients: Clients, outbox: Outbox) -> None:
        self._clients = clients
        self._outbox = outbox

    async def __call__(self, group: Group) -> None:
        ledger = await self._clients.ledger(group.account_id, group.connection_id)
        tracked = RecordGroup(group, self._outbox, ledger.name)
        cases = await tracked.cases()
        try:
            await ledger.reference_data()  # the rates that composing needs; cached by the adapter
        except LedgerwireError as error:
            # What has nothing to do here, as it went to another company meanwhile, waits for nothing either.
            await tracked.delay([case for case in cases if case.step is not Step.NOTHING], error)
        else:
            cases = await self._rounds(tracked, self._phases(tracked, ledger), cases)
        await self._finish(tracked, cases)

    def _phases(self, tracked: RecordGroup, ledger: Ledger) -> list[tuple[Step, Phase]]:
        """What is done for each step, in the order in which most records take them."""
        psas: dict[UUID, Psa] = {}

        async def psa_of(case: Case) -> Psa:
            key = case.decided.connectwise_connection_id
            if key not in psas:
                psas[key] = await self._clients.psa(tracked.account_id, key)
            return psas[key]

        def by_psa(phase: OfPsa) -> Phase:
            async def run(cases: Sequence[Case]) -> None:
                for psa, record_type, some in await _by_psa(cases, psa_of):
                    await phase(psa, record_type, some)

            return run

        def of_ledger(phase: Callable[[RecordGroup, Ledger, Sequence[Case]], Awaitable[None]]) -> Phase:
            return lambda cases: phase(tracked, ledger, cases)

        looked_up = of_ledger(look_up.look_up)
        return [
            (Step.ELSEWHERE, lambda cases: leave_other_company(tracked, self._clients, cases)),
            (Step.PROVE, by_psa(lambda psa, kind, cases: prove_again(tracked, psa, kind, cases))),
            (Step.UNBATCHED, by_psa(lambda psa, kind, cases: tell_unbatched(tracked, psa, kind, cases))),
            (Step.LOOK, looked_up),
            (Step.VOID, of_ledger(take_out_chosen)),
            (Step.REVERSE, of_ledger(chosen.take_back)),
            (Step.ACCEPT, of_ledger(chosen.accept)),
            (Step.ADOPT, of_ledger(chosen.adopt)),
            (Step.LEFTOVER, of_ledger(look_up.clear_leftovers)),
            (Step.MISMATCHED, of_ledger(look_up.recheck_mismatched)),
            (Step.POST, by_psa(lambda psa, kind, cases: post(tracked, ledger, psa, kind, cases))),
            # A number the ledger says is taken is looked up at once: it may be our own document.
            (Step.LOOK, looked_up),
            (Step.RECHECK_DRAFT, of_ledger(look_up.recheck_drafts)),
            (Step.STILL_THERE, of_ledger(look_up.recheck_posted)),
            (Step.BATCH, by_psa(lambda psa, kind, cases: mark_batched(tracked, ledger, psa, kind, cases))),
        ]

    async def _rounds(
        self, tracked: RecordGroup, phases: Sequence[tuple[Step, Phase]], cases: list[Case]
    ) -> list[Case]:
        """Go through the steps until no record takes one any more; rows are read again only after a step that was taken."""
        for _ in range(ROUNDS):
            taken = False
            for step, phase in phases:
                some = leading([case for case in cases if case.step is step])
                if some:
                    await self._attempt(tracked, step, some, phase)
                    cases, taken = await tracked.cases(), True
            if not taken:
                break
        return cases

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
            await self._one_by_one(tracked, step, phase)

    async def _one_by_one(self, tracked: RecordGroup, step: Step, phase: Phase) -> None:
        """Each record alone, read again before: what was committed for it, or for one that shares its document, stays done."""
        tried: set[str] = set()
        while True:
            due = leading([case for case in await tracked.cases() if case.step is step])
            case = next((one for one in due if one.item.work_key not in tried), None)
            if case is None:
                return
            tried.add(case.item.work_key)
            await self._attempt(tracked, step, [case], phase)

    async def _finish(self, tracked: RecordGroup, cases: Sequence[Case]) -> None:
        open_keys = {item.work_key for item in tracked.open_items()}
        if not open_keys:
            return
        known = {case.item.work_key for case in cases}
        async with tracked.unit() as unit:
            for case in cases:
                if case.step is Step.NOTHING and case.item.work_key in open_keys:
                    await tracked.done(unit, case.item)
            for item in tracked.open_items():
                if item.work_key not in known:
                    # No revision is there any more: nothing to post, and a later doorbell makes a new row.
                    await tracked.done(unit, item)
        left = tracked.open_items()
        if not left:
            return
        async with tracked.unit() as unit:
            for item in left:
                await tracked.fail(unit, item, Transient("a next step is due", code="NEXT_STEP"))


def leading(cases: Sequence[Case]) -> list[Case]:
    """Of the records that share a document (M17) one takes the step that is about it; the others see what came of it."""
    led: set[UUID] = set()
    found: list[Case] = []
    for case in cases:
        group = case.decided.group_id if case.step in SHARED else None
        if group is None or group not in led:
            found.append(case)
        if group is not None:
            led.add(group)
    return found


async def _by_psa(
    cases: Sequence[Case], psa_of: Callable[[Case], Awaitable[Psa]]
) -> list[tuple[Psa, RecordType, list[Case]]]:
    grouped: dict[tuple[int, RecordType], tuple[Psa, RecordType, list[Case]]] = {}
    for case in cases:
        psa, kind = await psa_of(case), case.decided.record_type
        grouped.setdefault((id(psa), kind), (psa, kind, []))[2].append(case)
    return list(grouped.values())
