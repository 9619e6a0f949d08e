"""The expenses of a look that may share a document, and what each of them is to it: goes, keeps it back, or is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import Stopped
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.mapper import looking
from ledgerwire.mapper.deciding import Decider, Prepared
from ledgerwire.mapper.domain.expense_groups import GroupKey, key_of
from ledgerwire.mapper.domain.purchase_model import ExpenseInput
from ledgerwire.mapper.domain.record import RecordEvent, RecordState
from ledgerwire.mapper.expense_groups.model import StoredGroup
from ledgerwire.mapper.looking import Look
from ledgerwire.mapper.records import StoredRecord, StoredRevision
from ledgerwire.mapper.subjects import Subject

GOES = frozenset({RecordState.MAPPED, RecordState.HELD})
"""States of a look that may have a document; held is what an account makes of any that is not live yet."""

_WHY = {
    RecordState.NO_EFFECT: "moves nothing",
    RecordState.SKIPPED: "is left out by a rule or the first day",
    RecordState.OPEN: "is not on the unposted list",
}


@dataclass(frozen=True, slots=True)
class Hand:
    """One expense in hand. `rung`: somebody asked for it; others are looked at because they are on its report.

    `subject` is None for one that is not on the unposted list, `report_id` then too.
    """

    record: StoredRecord
    subject: Subject | None
    report_id: int | None
    rung: bool

    @property
    def record_id(self) -> UUID:
        return self.record.record_id

    @property
    def number(self) -> str:
        """What people call it."""
        return self.record.number or f"EXP-{self.record.source_id}"


@dataclass(frozen=True, slots=True)
class Wish:
    """An expense on the list that would share a document: its key, and how it would go by itself."""

    hand: Hand
    prepared: Prepared
    key: GroupKey
    alone: Look

    @property
    def dated(self) -> date:
        """The expense's own date."""
        return self.alone.record.record_date or date.min


@dataclass(frozen=True, slots=True)
class Blocking:
    """An expense for which its report waits; without a key it cannot be told which document it would be in."""

    hand: Hand
    key: GroupKey | None = None

    def holds_up(self, key: GroupKey) -> bool:
        """Whether a document of this key waits for it."""
        return self.key.text == key.text if self.key else self.hand.report_id == key.report_id


@dataclass(slots=True)
class Sorted:
    """The expenses in hand, each as what it is.

    Attributes:
        wishes: would share a document, or stop.
        blocking: their report waits for them as long as it is not sent.
        left_out: of the report, but not in a document; with the reason.
        looks: what has to be written of those that are not wishes.
        failed: what kept an expense from being decided.
    """

    wishes: dict[UUID, Wish] = field(default_factory=dict)
    blocking: list[Blocking] = field(default_factory=list)
    left_out: dict[UUID, tuple[Hand, str]] = field(default_factory=dict)
    looks: dict[UUID, Look] = field(default_factory=dict)
    failed: dict[UUID, Exception] = field(default_factory=dict)


def documents_of(look: Look, latest: StoredRevision | None) -> tuple[LedgerDocument, ...]:
    """What the look decided, or the latest revision where the look says the same."""
    decided = look.revision.decided if look.revision else latest.decided if latest else None
    return decided.documents if decided is not None else ()


def goes(look: Look, latest: StoredRevision | None) -> bool:
    """Whether the look ends in a document."""
    free = look.record.state in GOES and look.record.hold_reason is None
    return free and bool(documents_of(look, latest))


class Sorter:
    """Tells of each expense what it is to the document of its report."""

    def __init__(
        self,
        decider: Decider,
        latest: Mapping[UUID, StoredRevision],
        members: Mapping[UUID, StoredGroup],
        alone: frozenset[UUID],
        standing: Collection[UUID],
    ) -> None:
        """`alone`: records whose own document is in the ledger, or may be: they go on by themselves.

        `standing`: those for which the document of a group stands there, whether they are in the group now or not.
        """
        self._decider = decider
        self._latest = latest
        self._members = members
        self._alone = alone
        self._standing = standing
        self.found = Sorted()

    def sort(self, hands: Iterable[Hand]) -> Sorted:
        """Every hand as what it is; none of them raises."""
        for hand in hands:
            if hand.record.state is RecordState.ONBOARDED and not hand.rung:
                continue
            group = self._members.get(hand.record_id)
            if hand.record.hold_reason is not None and hand.record.state is not RecordState.HELD:
                self.found.left_out[hand.record_id] = (hand, "was skipped by a person")
            elif hand.subject is None:
                self._off_the_list(hand, group)
            elif group is not None or hand.record_id not in self._alone:
                self._listed(hand, sticky=group is not None or hand.record_id in self._standing)
        return self.found

    def _off_the_list(self, hand: Hand, group: StoredGroup | None) -> None:
        """One that left the list before a document with it was sent is not in it; a document that was sent keeps it (M8)."""
        if group is None or hand.record.hold_reason is not None:
            return
        look = self._decider.decide(hand.record, None)
        if not any(item.sent for item in group.members if item.record_id == hand.record_id):
            params = {"number": hand.number, "customer": hand.record.customer or "", "ledger": "the ledger"}
            look = looking.found(hand.record, RecordEvent.FOUND_OPEN, Finding("NOT_ON_UNPOSTED_LIST", params))
            self.found.left_out[hand.record_id] = (hand, _WHY[RecordState.OPEN])
        self.found.looks[hand.record_id] = look

    def _listed(self, hand: Hand, *, sticky: bool) -> None:
        try:
            prepared = self._decider.prepare(hand.record, hand.subject)
            if isinstance(prepared, Look):
                self._unready(hand, prepared)
            else:
                self._prepared(hand, prepared, sticky=sticky)
        except Stopped as error:
            self._unready(hand, looking.found(hand.record, RecordEvent.STOPPED, *error.findings))
        except Exception as error:  # noqa: BLE001 - its class decides the destination of this one; its report waits
            self.found.failed[hand.record_id] = error
            self.found.blocking.append(Blocking(hand))

    def _unready(self, hand: Hand, look: Look) -> None:
        """One that cannot be read: its report waits for it."""
        if hand.report_id is not None and hand.record.hold_reason is None:
            self.found.looks[hand.record_id] = look
        self.found.blocking.append(Blocking(hand))

    def _prepared(self, hand: Hand, prepared: Prepared, *, sticky: bool) -> None:
        source = prepared.source
        company = str(prepared.route.ledger_connection_id)
        key = key_of(source, company, always=sticky) if isinstance(source, ExpenseInput) else None
        if key is None and not sticky:
            return
        if hand.record.hold_reason is not None:
            self.found.blocking.append(Blocking(hand, key))
            return
        look = self._decider.conclude(prepared)
        going = goes(look, self._latest.get(hand.record_id))
        to_share = going or look.record.state is RecordState.STOPPED
        if key is None and to_share and self._was_sent(hand.record_id):
            self.found.looks[hand.record_id] = self._of_no_report(hand, prepared)
        elif key is not None and to_share:
            self.found.wishes[hand.record_id] = Wish(hand, prepared, key, look)
        else:
            self.found.looks[hand.record_id] = look
            held_without = look.record.state is RecordState.HELD and not going
            state = RecordState.NO_EFFECT if held_without else look.record.state
            self.found.left_out[hand.record_id] = (hand, _WHY.get(state, "is stopped"))

    def _was_sent(self, record: UUID) -> bool:
        """Whether a document that stands, or may, in the ledger has its share, or is to have it."""
        group = self._members.get(record)
        return record in self._standing or (group is not None and group.sent)

    @staticmethod
    def _of_no_report(hand: Hand, prepared: Prepared) -> Look:
        """Whose document it belongs to cannot be told: it stays in the one that was sent, by itself it would be posted twice (M8)."""
        if hand.subject is None:
            raise AssertionError(f"{hand.number}: an expense with a mapping input was read")
        finding = hand.subject.unreadable(prepared.ledger.name, "expense report")
        return looking.found(prepared.record, RecordEvent.STOPPED, finding)
