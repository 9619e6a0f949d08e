"""Mark the record batched in ConnectWise: checked again, named, made, and proved by reading back (M7, protocol step 4)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.crashpoints import reach
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import Ambiguous, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.record_type import RecordType
from ledgerwire.poster import points, repository
from ledgerwire.poster.domain.batch import BatchEvent, BatchState, advance
from ledgerwire.poster.domain.step import Step
from ledgerwire.poster.expense_groups import free_to_batch
from ledgerwire.poster.marks import (
    about_batch,
    batched_marks,
    by_another_name,
    identifier,
    named,
    says_nothing_of_lines,
)
from ledgerwire.poster.ports import Mark, Psa, Reexport
from ledgerwire.poster.record_group import RecordGroup
from ledgerwire.poster.records import Case

CONCURRENT_BATCHES = 4
COMMITTED_TOGETHER = 25
"""Batches that are begun in one transaction, before the first of them is sent, or settled in one."""


async def mark_batched(
    group: RecordGroup, ledger: Ledger, psa: Psa, record_type: RecordType, cases: Sequence[Case]
) -> None:
    """Batch these records of one type one by one and prove all marks with one read."""
    reach(points.BEFORE_REEXPORT)
    open_cases = await _prove(group, psa, record_type, [case for case in cases if _begun(case)])
    fresh = [case for case in cases if not _begun(case)]
    same, changed = await _compared(psa, record_type, [*open_cases, *fresh])
    # No export or another one: batched already, by our own late call or by a person, or truly changed (M7, M8).
    await settle_unlisted(group, psa, record_type, await _prove(group, psa, record_type, changed))
    due = await _without_batch(group, psa, record_type, same)
    sent = await _create(group, psa, record_type, await free_to_batch(group, ledger, record_type, due))
    for case, error in await _unproved(group, psa, record_type, sent):
        await _explain(group, psa, record_type, case, error)


async def settle_unlisted(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> None:
    """Records without a batch that cannot be batched now: mapper looks again, but where documents stand a person decides.

    A receipt or expense shows no batch: off the unposted list, with a document and no batch of ours, it was batched by hand.
    An invoice that is gone for good is settled when a person accepts what the ledger has of it (M8).
    """
    if not cases:
        return
    invoices = record_type is RecordType.INVOICE
    if invoices:
        there = frozenset(mark.source_id for mark in await psa.marks(record_type, named(cases)))
    else:
        there = await psa.unposted(record_type, [case.decided.source_id for case in cases])
    for case in cases:
        if case.decided.source_id in there or not any(item.ledger_id for item in case.postings):
            await group.settle(case, "remap")
        elif case.accepted and case.step is Step.BATCH:
            await _accepted(group, case, batched=not invoices)
        elif invoices:
            await group.settle(case, "remap")
        else:
            told = {"number": case.decided.number, "ledger": group.ledger_name}
            await group.settle(case, "stopped", [Finding("RECORD_OFF_THE_LIST", told)], alone=True)


async def _accepted(group: RecordGroup, case: Case, *, batched: bool) -> None:
    """What the ledger has counts: there is nothing left to mark in ConnectWise."""
    told = Finding("DOCUMENT_ACCEPTED", {"number": case.decided.number, "ledger": group.ledger_name})
    warnings = [warning for warning in case.warnings if warning.code != told.code]
    async with group.unit() as unit:
        if batched:
            state = advance(BatchState.BATCHING, BatchEvent.PROVED)
            await repository.put_batch(unit, case.decided, identifier(case), state)
        await repository.close_rounds(unit, [case])
        await repository.add_timeline(unit, case.decided, "accepted", number=case.decided.number)
        await group.settle(case, "batched", [*warnings, told], in_unit=unit)


async def prove_again(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> None:
    """Records that somebody rang for after their batch, or to have a deleted one's documents voided: what became of them (M8).

    Still batched; closed again after the batch was taken apart; or not there any more, which is what a person may answer.
    """
    marks = {item.source_id: item for item in await batched_marks(psa, record_type, named(cases))}
    for case in cases:
        mark = marks.get(case.decided.source_id)
        async with group.unit() as unit:
            if mark is None:
                await _record_gone(unit, case)
            elif case.batch is None or case.batch.state is not BatchState.BATCHED:
                await group.settle(case, "remap", in_unit=unit)  # it is there after all
            elif mark.batch_name is not None:
                await group.settle(case, "batched", [*case.warnings, *by_another_name(case, mark)], in_unit=unit)
            elif await repository.still_decided(unit, [case]):
                state = advance(BatchState.BATCHED, BatchEvent.WANTED_AGAIN)
                await repository.set_batch(unit, case.decided, state)
                await repository.add_timeline(unit, case.decided, "batch_gone", batch=identifier(case))


async def _record_gone(unit: Unit, case: Case) -> None:
    """The record is not in ConnectWise: nothing will ever be batched; the next step is what a person chose since."""
    state = advance(case.batch.state if case.batch is not None else BatchState.DUE, BatchEvent.DELETED)
    await repository.put_batch(unit, case.decided, identifier(case), state)
    await repository.set_batch(unit, case.decided, state, choices_seen=case.choices_done)
    await repository.add_timeline(unit, case.decided, "record_gone", batch=identifier(case))


def _begun(case: Case) -> bool:
    return case.batch is not None and case.batch.state in {BatchState.BATCHING, BatchState.INCOMPLETE}


async def _compared(psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Export again: the records whose GL entries are what was posted, and those that differ or have no export now."""
    if not cases:
        return [], []
    numbers = {case.decided.source_id: case.decided.number for case in cases}
    now = {item.source_id: item for item in await psa.reexport(record_type, numbers)}
    same = [case for case in cases if _same_export(case, now.get(case.decided.source_id))]
    return same, [case for case in cases if case not in same]


def _same_export(case: Case, fresh: Reexport | None) -> bool:
    decided = case.decided
    return (
        fresh is not None
        and not decided.share_is_old  # the document has other figures, whatever the export shows
        and fresh.gl_lines == decided.gl_lines
        and fresh.gl_total == decided.gl_total
        and fresh.processed_record_ids == frozenset(decided.processed_record_ids)
    )


async def _without_batch(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> list[Case]:
    """Those of which no batch stands that was begun before; its name is for one batch only (M7)."""
    standing = [case for case in cases if _begun(case) and await psa.batch_exists(identifier(case))]
    await _half(group, psa, record_type, standing)
    return [case for case in cases if case not in standing]


async def _create(
    group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]
) -> list[tuple[Case, LedgerwireError | None]]:
    gate = asyncio.Semaphore(CONCURRENT_BATCHES)

    async def one(case: Case) -> tuple[Case, LedgerwireError | None]:
        name = identifier(case)
        async with gate:
            reach(points.BATCHING_COMMITTED)
            await group.ensure_lease(psa.call_time)
            try:
                await psa.create_batch(record_type, name, case.decided.processed_record_ids)
            except (Ambiguous, Transient, Waiting, Stopped) as error:
                return case, error
        reach(points.BATCH_SENT)
        return case, None

    sent: list[tuple[Case, LedgerwireError | None]] = []
    for start in range(0, len(cases), COMMITTED_TOGETHER):
        some = await _commit_batching(group, cases[start : start + COMMITTED_TOGETHER])
        # Every call is waited for, whatever another one met: none may go on once the lease is given back.
        ended = await asyncio.gather(*(one(case) for case in some), return_exceptions=True)
        for result in ended:
            if isinstance(result, BaseException):
                raise result
        sent += [result for result in ended if not isinstance(result, BaseException)]
    return sent


async def _commit_batching(group: RecordGroup, cases: Sequence[Case]) -> list[Case]:
    """Some in one transaction: one that is not sent after all is looked for like one that was.

    Returns those that still are as they were read; one that a person held meanwhile, or that has a newer revision, is not begun.
    """
    async with group.unit() as unit:
        decided = await repository.still_decided(unit, cases)
        cases = [case for case in cases if case.decided.record_id in decided]
        if not cases:
            return []
        await repository.put_batches(unit, [(case.decided, identifier(case), _sent(case), None) for case in cases])
        for case in cases:
            await repository.add_timeline(unit, case.decided, "batching", batch=identifier(case))
    return cases


def _sent(case: Case) -> BatchState:
    state = case.batch.state if case.batch is not None else BatchState.DUE
    return advance(BatchState.DUE if state is BatchState.INCOMPLETE else state, BatchEvent.SENT)


async def _prove(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> list[Case]:
    """Settle the records that bear a mark; return the others.

    One of which nothing was posted is another when its figures changed: like any that a person batched (M1).
    """
    unproved = await _unproved(group, psa, record_type, [(case, None) for case in cases])
    return [case for case, _ in unproved]


async def _unproved(
    group: RecordGroup, psa: Psa, record_type: RecordType, sent: Sequence[tuple[Case, LedgerwireError | None]]
) -> list[tuple[Case, LedgerwireError | None]]:
    if not sent:
        return []
    marks = {item.source_id: item for item in await psa.marks(record_type, named(case for case, _ in sent))}
    marked = [key for key, mark in marks.items() if mark.batch_name is not None]
    listed = await psa.unposted(record_type, marked) if marked else frozenset()
    reach(points.MARK_PROVED)
    rest: list[tuple[Case, LedgerwireError | None]] = []
    proved: list[tuple[Case, Mark]] = []
    for case, error in sent:
        mark = marks.get(case.decided.source_id)
        if mark is None or mark.batch_name is None or case.decided.source_id in listed:
            rest.append((case, error))
        elif mark.total is not None and mark.total != case.decided.source_total:
            if any(item.ledger_id for item in case.postings):
                await group.settle(case, "stopped", [about_batch("RECORD_REBATCHED", case, group.ledger_name, mark)])
            else:
                rest.append((case, error))
        elif says_nothing_of_lines(case, mark):
            await group.settle(case, "remap")
        else:
            proved.append((case, mark))
    for start in range(0, len(proved), COMMITTED_TOGETHER):
        await _batched(group, proved[start : start + COMMITTED_TOGETHER])
    return rest


async def _batched(group: RecordGroup, proved: Sequence[tuple[Case, Mark]]) -> None:
    """Settle records whose mark was read, in one transaction."""
    state = advance(BatchState.BATCHING, BatchEvent.PROVED)
    async with group.unit() as unit:
        named_so = [(case.decided, identifier(case), state, mark.batch_id) for case, mark in proved]
        await repository.put_batches(unit, named_so)
        await repository.close_rounds(unit, [case for case, _ in proved])
        for case, mark in proved:
            found = [*case.warnings, *by_another_name(case, mark)]
            await repository.add_timeline(unit, case.decided, "proved", batch=mark.batch_name, batch_id=mark.batch_id)
            await group.settle(case, "batched", found, in_unit=unit)
    reach(points.SETTLED)


async def _explain(
    group: RecordGroup, psa: Psa, record_type: RecordType, case: Case, error: LedgerwireError | None
) -> None:
    """No mark after the call: half a batch, a refusal, or a call that never arrived."""
    name = identifier(case)
    if await psa.batch_exists(name):
        await _half(group, psa, record_type, [case])
        return
    if isinstance(error, Stopped):
        await group.settle(case, "stopped", error.findings)
        return
    async with group.unit() as unit:
        await repository.put_batch(unit, case.decided, name, advance(BatchState.BATCHING, BatchEvent.ABSENT))
        await group.delay_in(unit, case, error or Transient(f"batch {name} did not appear", code="BATCH_ABSENT"))


async def _half(group: RecordGroup, psa: Psa, record_type: RecordType, cases: Sequence[Case]) -> None:
    """Their batches are there, but the records did not bear them: they do by now, or never will."""
    for case in await _prove(group, psa, record_type, cases):
        name = identifier(case)
        told = {"number": case.decided.number, "ledger": group.ledger_name, "batch": name}
        async with group.unit() as unit:
            await repository.put_batch(unit, case.decided, name, advance(BatchState.BATCHING, BatchEvent.HALF))
            await group.settle(case, "stopped", [Finding("BATCH_INCOMPLETE", told)], in_unit=unit)
