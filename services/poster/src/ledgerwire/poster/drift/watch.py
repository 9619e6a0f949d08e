"""Look from time to time whether posted documents still are in the ledger as they were posted (D11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from ledgerwire.accounting.port import Ledger, ReadDocument
from ledgerwire.common.catalogue import Finding
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.figures import Counted, Figures
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.common.telemetry import DRIFTED_DOCUMENTS
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.poster import repository
from ledgerwire.poster.domain.batch import BatchState
from ledgerwire.poster.domain.posting import PostingEvent, PostingState, advance
from ledgerwire.poster.drift import repository as looks
from ledgerwire.poster.drift.domain.comparison import LINES, STATE, Drifted, Shown, drifted, in_words, only
from ledgerwire.poster.drift.records import Looked
from ledgerwire.poster.drift.sent import posted
from ledgerwire.poster.drift.shown import DELETED, shown
from ledgerwire.poster.ports import Clients
from ledgerwire.poster.record_group import tell
from ledgerwire.poster.records import Case
from ledgerwire.tenants.across import added_up
from ledgerwire.tenants.schedule import look_in_turn

WORK_KIND = "drift"
EVERY = timedelta(hours=1)
"""Pause between two looks at one connection, and at one document where there are few."""
LASTING = timedelta(days=100)
"""A document older than a quarter is history."""
AT_A_TIME = 500
"""Documents of one look: about a dozen calls to a ledger that lists them whole."""

_Seen = tuple[Drifted | None, Shown]
"""The drift, and what counts as posted from now on."""


class WatchLedger:
    """Handles the recurring row of a ledger connection. Poster's lease on it keeps every other work on it away meanwhile."""

    def __init__(self, clients: Clients, outbox: Outbox, *, every: Callable[[], timedelta] = lambda: EVERY) -> None:
        self._clients = clients
        self._outbox = outbox
        self._every = every

    async def __call__(self, group: Group) -> None:
        await look_in_turn(group, self._look, self._every)

    async def _look(self, group: Group, item: WorkItem) -> None:
        async with group.unit() as unit:
            some = await looks.to_look_at(
                unit, group.connection_id, every=self._every(), lasting=LASTING, limit=AT_A_TIME
            )
        if not some:
            return
        ledger = await self._clients.ledger(group.account_id, group.connection_id)
        by_item = (await ledger.reference_data()).rules.item_decides_account
        read = await _read(ledger, some)
        for looked in some:
            there = read.get(looked.ledger_id)
            now = shown(there, item_decides_account=by_item) if there is not None else DELETED
            seen = _compared(looked, now, item_decides_account=by_item)
            async with group.unit() as unit:
                await self._note(unit, group, item, looked, seen, ledger.name)

    async def _note(self, unit: Unit, group: Group, item: WorkItem, looked: Looked, seen: _Seen, ledger: str) -> None:
        found, kept = seen
        drift = _told(found) if found is not None else None
        news = drift != looked.told or (drift is not None) is not (looked.state is PostingState.DRIFTED)
        cases = await self._batched(unit, item, looked) if news or looked.past else []
        if news and not cases:
            return  # opened again meanwhile, all of them: what is there is looked at once that is settled
        await looks.put_look(unit, group.connection_id, looked, kept, drift)
        if news and found is not None:
            await self._drifted(unit, cases, looked, found, ledger)
        elif news:
            await self._restored(unit, cases, looked)
        elif looked.past:
            # one of those that share it has made it another; only that one's own work told that it is well again
            for case in cases:
                if case.decided.group_id is not None:
                    await tell(unit, self._outbox, case, "batched", case.warnings)

    async def _batched(self, unit: Unit, item: WorkItem, looked: Looked) -> list[Case]:
        """The records to tell of it. Who shares the document and has no batch yet hears of it from its own work (M17)."""
        items = [_own(item, record) for record in await looks.stands_for(unit, looked.posting_id)]
        cases = await repository.load_cases(unit, items)
        return [case for case in cases if case.batch is not None and case.batch.state is BatchState.BATCHED]

    async def _drifted(self, unit: Unit, cases: Sequence[Case], looked: Looked, found: Drifted, ledger: str) -> None:
        """A person decides; what was chosen before was about something else."""
        finding = Finding(
            found.drift.value,
            {"number": looked.number, "ledger": ledger, "changes": in_words(found.changes), "kind": _words(looked)},
        )
        if looked.state is PostingState.POSTED:
            state = advance(looked.state, PostingEvent.DRIFTED)
            # the most that were made about any of them: what was chosen for one is the others' past as well
            past = max(case.choices for case in cases)
            warnings = _warnings(cases[0], looked)
            await repository.set_posting(unit, looked.posting_id, state, findings=warnings, choices=past)
        changes = [asdict(change) for change in found.changes]
        for case in cases:
            await repository.add_timeline(unit, case.decided, "drifted", number=looked.number, changes=changes)
            await tell(unit, self._outbox, case, "stopped", [finding])

    async def _restored(self, unit: Unit, cases: Sequence[Case], looked: Looked) -> None:
        """Somebody put it back as it was."""
        state = advance(PostingState.DRIFTED, PostingEvent.FOUND_SAME)
        await repository.set_posting(unit, looked.posting_id, state, findings=_warnings(cases[0], looked))
        for case in cases:
            await repository.add_timeline(unit, case.decided, "drift_mended", number=looked.number)
            others = [one for one in case.postings if one.posting_id != looked.posting_id]
            if not any(one.state is PostingState.DRIFTED for one in others):
                await tell(unit, self._outbox, case, "batched", case.warnings)


def drifted_documents(database: Database) -> Counted:
    """The gauge of documents that drifted and wait for a person."""

    async def count() -> Figures:
        return {(code,): found for code, found in (await added_up(database, looks.drifted_by_code)).items()}

    return Counted(DRIFTED_DOCUMENTS, count)


async def _read(ledger: Ledger, some: Sequence[Looked]) -> dict[str, ReadDocument]:
    """Each document by the ledger's id: by number in few calls, and alone where it has that number no more."""
    read: dict[str, ReadDocument] = {}
    for kind in sorted({looked.kind for looked in some}):
        numbers = sorted({looked.number for looked in some if looked.kind is kind})
        read |= {one.found.ledger_id: one for one in await ledger.read_documents(kind, numbers)}
    for looked in some:
        if looked.ledger_id not in read:
            alone = await ledger.read_document(looked.kind, looked.ledger_id)
            if alone is not None:
                read[looked.ledger_id] = alone
    return read


def _own(item: WorkItem, record_id: UUID) -> WorkItem:
    """A record's own row in place of the connection's: each look is news of its own."""
    return replace(
        item,
        work_key=str(record_id),
        attempts=0,
        generation=0,
        causation_id=str(uuid4()),
        found_by=WORK_KIND,
        payload={"record_id": str(record_id)},
    )


def _compared(looked: Looked, now: Shown, *, item_decides_account: bool) -> _Seen:
    """The drift, and what counts as posted from now on: at the first look what is there, if it is what was posted."""
    if looked.before is not None:
        found = drifted(looked.before, now)
        # a first look that found drift knew only some fields: once these are put back, the others count from now on as well
        return found, looked.before if found is not None or LINES in looked.before else now
    expected: Shown = posted(looked, now, item_decides_account=item_decides_account)
    if looked.accepted:
        expected = only([STATE], expected)
    found = drifted(expected, only(list(expected), now))
    return found, now if found is None else expected


def _told(found: Drifted) -> Mapping[str, Any]:
    return {"code": found.drift.value, "changes": [asdict(change) for change in found.changes]}


def _warnings(case: Case, looked: Looked) -> Sequence[Finding]:
    return next((one.warnings for one in case.postings if one.posting_id == looked.posting_id), ())


def _words(looked: Looked) -> str:
    return str(looked.kind).replace("_", " ")
