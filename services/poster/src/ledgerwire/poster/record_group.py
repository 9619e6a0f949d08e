"""A claimed group of records with the one way to end a record: message, timeline and work row in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from ledgerwire.accounting.port import ItemSpec
from ledgerwire.common.catalogue import Finding, is_known
from ledgerwire.common.contracts.document_settled_v1 import DocumentSettledV1, SettledFinding
from ledgerwire.common.db.session import Unit
from ledgerwire.common.errors import LIMITS, Ambiguous, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.ids import message_id
from ledgerwire.common.ledger.document import ContactDecision
from ledgerwire.common.mq.outbox import Outbox, new_message
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.poster import repository
from ledgerwire.poster.domain.step import Step
from ledgerwire.poster.records import Case

Outcome = Literal["batched", "stopped", "draft", "waiting", "remap", "refresh"]

SHARED = frozenset(Step) - {Step.NOTHING, Step.ELSEWHERE, Step.BATCH, Step.PROVE, Step.UNBATCHED}
"""Steps about a document, which may be that of several records; the others are about the record."""

PATIENCE = 3
"""Failed attempts of one record after which people are told that it waits for a provider."""


class RecordGroup:
    """Wraps the engine's group and remembers, after each commit, which items are settled."""

    def __init__(self, group: Group, outbox: Outbox, ledger_name: str) -> None:
        self.ledger_name = ledger_name
        self._group = group
        self._outbox = outbox
        self._settled: set[str] = set()
        self._cases: dict[str, Case] = {}
        self._carried: dict[str, Case] = {}
        self.made_items: set[ItemSpec] = set()
        """Items that are known to be in the ledger since this group began."""
        self.contacts: dict[ContactDecision, str] = {}
        """Contacts that were resolved since this group began."""

    @property
    def account_id(self) -> UUID:
        return self._group.account_id

    @property
    def connection_id(self) -> UUID:
        return self._group.connection_id

    @property
    def fence(self) -> int:
        return self._group.fence

    def unit(self) -> AbstractAsyncContextManager[Unit]:
        """A fenced transaction on this account."""
        return self._group.unit()

    async def ensure_lease(self, outlasts: timedelta) -> None:
        """Raise LeaseLost unless the lease is ours for longer than `outlasts`."""
        await self._group.ensure_lease(outlasts)

    async def ensure_answered(self, path: str) -> None:
        """Raise Ambiguous while an earlier call to this path may still be at work: what is not there proves nothing before."""
        async with self.unit() as unit:
            if not await repository.answered(unit, self.connection_id, path):
                raise Ambiguous(f"{path} may still be on its way")

    def open_items(self) -> list[WorkItem]:
        """The items no committed transaction has settled yet."""
        return [item for item in self._group.items if item.work_key not in self._settled]

    def carry(self, case: Case | None) -> None:
        """A record as the transaction that was committed just now, under our lease, has left it; None: it must be read."""
        if case is not None:
            self._carried[case.item.work_key] = case

    async def cases(self) -> list[Case]:
        """The open items' records as their rows are now: read, as after a crash, unless the phase before left every one."""
        items = self.open_items()
        carried, self._carried = self._carried, {}
        if not items:
            return []
        if all(item.work_key in carried for item in items):
            cases = [carried[item.work_key] for item in items]
        else:
            async with self.unit() as unit:
                cases = await repository.load_cases(unit, items)
        self._cases = {case.item.work_key: case for case in cases}
        return cases

    def mates(self, item: WorkItem) -> list[Case]:
        """Those in hand whose next step is about the same document of several records (M17): they fare alike."""
        case = self._cases.get(item.work_key)
        if case is None or case.decided.group_id is None or case.step not in SHARED:
            return []
        open_keys = {one.work_key for one in self.open_items()}
        return [
            other
            for key, other in self._cases.items()
            if key in open_keys
            and key != item.work_key
            and other.decided.group_id == case.decided.group_id
            and other.step in SHARED
        ]

    async def done(self, unit: Unit, item: WorkItem) -> None:
        """The item is finished (unless a doorbell rang meanwhile)."""
        await self._group.done(unit, item)
        self._after(unit, item)

    async def again(
        self, unit: Unit, item: WorkItem, *, code: str, after: timedelta | None = None, until: datetime | None = None
    ) -> None:
        """Look at the item again later, and at those that share its document."""
        for each in (item, *(mate.item for mate in self.mates(item))):
            await self._group.again(unit, each, code=code, after=after, until=until)
            self._after(unit, each)

    async def fail(self, unit: Unit, item: WorkItem, error: Exception) -> None:
        """Route an error by its class."""
        await self._group.fail(unit, item, error)
        self._after(unit, item)

    async def delay(self, cases: Sequence[Case], error: Exception) -> None:
        """Route an error that these cases met together: what a person must clear stops them, the rest comes later."""
        open_keys = {item.work_key for item in self.open_items()}
        async with self.unit() as unit:
            for case in cases:
                if case.item.work_key in open_keys:
                    await self.delay_in(unit, case, error)

    async def delay_in(self, unit: Unit, case: Case, error: Exception) -> None:
        """The same for one case inside a transaction, and those that share its document.

        Who waits for long is told to people, once for each cause.
        """
        if isinstance(error, Stopped):
            await self.settle(case, "stopped", error.findings, in_unit=unit)
            return
        waits = isinstance(error, Waiting) and error.code not in LIMITS
        for each in (case, *self.mates(case.item)):
            # What was begun here of a record that is for another company now is no news of it: that one's work tells.
            if each.is_here and (waits or (isinstance(error, Waiting | Transient) and each.item.attempts >= PATIENCE)):
                await tell(unit, self._outbox, each, "waiting", [self._why(each, error)], once=True)
            await self.fail(unit, each.item, error)

    def _why(self, case: Case, error: Exception) -> Finding:
        code = error.code if isinstance(error, LedgerwireError) and is_known(error.code) else "TRANSIENT"
        params = {"number": case.decided.number, "ledger": self.ledger_name, "host": self.ledger_name}
        detail = error.detail if isinstance(error, LedgerwireError) else {}
        return Finding(code, params | {key: str(value) for key, value in detail.items()})

    async def settle(
        self,
        case: Case,
        outcome: Outcome,
        findings: Sequence[Finding] = (),
        *,
        in_unit: Unit | None = None,
        alone: bool = False,
    ) -> None:
        """Tell mapper how the revision ended and finish the work row, in `in_unit` or a transaction of its own.

        What stops a document stops every record that shares it, unless it is about this record `alone`.
        """
        mates = self.mates(case.item) if outcome == "stopped" and not alone else []
        if in_unit is not None:
            await self._settle_all(in_unit, [case, *mates], outcome, findings)
            return
        async with self.unit() as unit:
            await self._settle_all(unit, [case, *mates], outcome, findings)

    async def report(
        self, unit: Unit, case: Case, outcome: Outcome, findings: Sequence[Finding] = (), *, once: bool = False
    ) -> None:
        """Tell mapper where the revision stands; the work row goes on. `once`: not again while the same bell is answered."""
        for each in (case, *self.mates(case.item)):
            await tell(unit, self._outbox, each, outcome, findings, once=once)

    async def _settle_all(
        self, unit: Unit, cases: Sequence[Case], outcome: Outcome, findings: Sequence[Finding]
    ) -> None:
        for case in cases:
            await self._settle(unit, case, outcome, findings)

    async def _settle(self, unit: Unit, case: Case, outcome: Outcome, findings: Sequence[Finding]) -> None:
        if outcome == "stopped" and case.takes_back:
            named = {"number": case.decided.number, "ledger": self.ledger_name}
            findings = [*findings, Finding("DOCUMENT_NOT_CREDITED", named)]
        await tell(unit, self._outbox, case, outcome, findings)
        await self.done(unit, case.item)

    def _after(self, unit: Unit, item: WorkItem) -> None:
        key = item.work_key
        unit.after_commit(lambda: self._settled.add(key))


async def tell(
    unit: Unit, outbox: Outbox, case: Case, outcome: Outcome, findings: Sequence[Finding] = (), *, once: bool = False
) -> None:
    """Append the settled message of a revision and its timeline step to a transaction; see `RecordGroup.report`."""
    decided, said = case.decided, [outcome, *(item.code for item in findings)]
    message = new_message(
        DocumentSettledV1(
            record_id=decided.record_id,
            connection_id=decided.connectwise_connection_id,
            source_id=decided.source_id,
            revision=decided.revision,
            outcome=outcome,
            findings=tuple(SettledFinding(code=item.code, params=item.params) for item in findings),
        ),
        account_id=case.item.account_id,
        subject=str(decided.record_id),
        source="poster",
        correlation_id=decided.correlation_id,
        causation_id=case.item.causation_id,
        message_id=message_id(decided.record_id, decided.revision, case.item.causation_id, *said) if once else None,
    )
    if once and not await outbox.append(unit, message):
        return
    if not once:
        outbox.gather(unit, message)
    codes = [item.code for item in findings]
    await repository.add_timeline(unit, decided, outcome, revision=decided.revision, codes=codes)
