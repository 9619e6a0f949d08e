"""Expenses that wait where they are: others on their report keep the document as it is (M8, M17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.mapper.domain.record import RecordEvent, RecordState, advance
from ledgerwire.mapper.expense_groups.hands import Hand
from ledgerwire.mapper.looking import DECIDED, Look
from ledgerwire.mapper.records import StoredRecord

INCOMPLETE = "EXPENSE_GROUP_INCOMPLETE"


def waits(hand: Hand, look: Look, ledger: str, report: str, names: str) -> Look:
    """The look at an expense that cannot go without those of these names: what poster has of it stays as it is."""
    before = hand.record
    params = {"number": hand.number, "customer": look.record.customer or "", "ledger": ledger}
    stopped = replace(
        look.record,
        state=advance(before.state, RecordEvent.STOPPED),
        findings=(Finding(INCOMPLETE, {**params, "report": report, "blocking": names}),),
        announcements=before.announcements,
        settled_outcome=before.settled_outcome,
        settled_revision=before.settled_revision,
        settled_at=before.settled_at,
        settled_findings=before.settled_findings,
    )
    return Look(stopped, RecordEvent.STOPPED.value, look.revision)


def goes_over_another_share(record: StoredRecord, documents: Sequence[LedgerDocument], revision: int) -> bool:
    """Whether poster would batch a record over a document that has the share of another revision.

    `documents`: of the group that it is in, with its share of `revision`; none where the shares cancel each other. One without
    effect is to be in none.
    """
    if record.state not in DECIDED or record.batched:
        return False
    if record.state is RecordState.NO_EFFECT:
        return bool(documents)
    return revision != record.revision
