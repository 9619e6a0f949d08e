"""Expenses of one member and report decided together: one document of all, or none of them while one cannot go (M17)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from ledgerwire.mapper import looking
from ledgerwire.mapper.deciding import Decider, SharedTerms
from ledgerwire.mapper.domain.expense_documents import LeftOut, Share, explained, merged
from ledgerwire.mapper.domain.expense_groups import (
    Grouped,
    KnownGroup,
    Part,
    Way,
    divide,
    in_words,
    new_number,
    report_of,
)
from ledgerwire.mapper.domain.purchase_model import GroupTerms
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.expense_groups.hands import Hand, Sorted, Sorter, Wish, documents_of, goes
from ledgerwire.mapper.expense_groups.model import GroupChange, Member, StoredGroup, group_id_of, hash_of
from ledgerwire.mapper.expense_groups.waiting import goes_over_another_share, waits
from ledgerwire.mapper.looking import Look, is_mapping_choice
from ledgerwire.mapper.records import StoredRecord, StoredRevision

Numbers = Callable[[UUID, str], frozenset[str]]
"""The numbers that documents of a report have in a ledger company already, by the first of them."""


@dataclass(slots=True)
class Together:
    """What one look makes of expenses that share documents: all of it is written in one transaction.

    Attributes:
        looks: of every expense that is to be written, by record.
        changes: the groups as they are now.
        leaving: records that are in no group any more, unless a change names them.
        carriers: of a document that became another while none of its records goes: those that may bring it to poster.
        failed: what kept an expense from being decided.
        shared: the group of each record that goes.
        sent: what was read of the documents that all of it rests on: which records each owner's stands for.
    """

    looks: dict[UUID, Look] = field(default_factory=dict)
    changes: list[GroupChange] = field(default_factory=list)
    leaving: set[UUID] = field(default_factory=set)
    carriers: list[tuple[UUID, ...]] = field(default_factory=list)
    failed: dict[UUID, Exception] = field(default_factory=dict)
    shared: dict[UUID, GroupChange] = field(default_factory=dict)
    sent: dict[UUID, Collection[UUID]] = field(default_factory=dict)

    def has(self, record: UUID) -> bool:
        """Whether the record is among them."""
        return record in self.looks or record in self.failed

    @property
    def staying(self) -> set[UUID]:
        """Records that are in a changed document, or may carry it, as they were read."""
        return {one for change in self.changes for one, _ in change.members}.union(*self.carriers)


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a document has before it is known who is in it."""

    group: StoredGroup | None
    key: str
    number: str
    ledger_connection_id: UUID
    about: str
    reference: str

    @property
    def report_id(self) -> int:
        """The expense report that it is of."""
        return report_of(self.key)


class GroupDecider:
    """Decides the expenses in hand that share documents; the others are none of its business."""

    def __init__(
        self,
        decider: Decider,
        scope: tuple[UUID, UUID],
        latest: Mapping[UUID, StoredRevision],
        groups: Sequence[StoredGroup],
        alone: frozenset[UUID],
        *,
        live: bool,
    ) -> None:
        """`scope`: account and ConnectWise connection. `alone`: records whose own document is in the ledger, or may be."""
        self._decider = decider
        self._scope = scope
        self._latest = latest
        self._groups = {group.group_id: group for group in groups}
        self._members = {item.record_id: group for group in groups for item in group.members}
        self._standing = {record: group for group in groups for record in group.stands_for}
        self._alone = alone
        self._live = live
        self._read = Sorted()
        self.together = Together()

    def sort(self, hands: Sequence[Hand]) -> Sorted:
        """What each of them is to the documents of their reports, as far as the groups are known."""
        return Sorter(self._decider, self._latest, self._members, self._alone, self._standing).sort(hands)

    def decide(self, hands: Sequence[Hand], taken: Numbers) -> Together:
        """One look at all of them. `taken` tells which numbers a report's documents have."""
        self._read = read = self.sort(hands)
        together = self.together
        together.looks |= {record: look for record, look in read.looks.items() if self._is_news(record, look, hands)}
        together.failed |= read.failed
        parts = self._divided()
        place = {record: number for number, part in enumerate(parts) for record in part.members}
        for number, part in enumerate(parts):
            group = self._groups[part.known.group_id] if part.known else None
            self._part(part, group, self._kept(group, number, place), taken)
        with_parts = {part.known.group_id for part in parts if part.known}
        for group in self._groups.values():
            if group.group_id not in with_parts:
                self._rebuilt(_frame_of(group), group.dated, self._kept(group, len(parts), place), [])
        self._over_no_other_share([hand for hand in hands if hand.subject is not None])
        return together

    def _is_news(self, record: UUID, look: Look, hands: Sequence[Hand]) -> bool:
        """Whether a look at one that shares no document is written: not of one that nobody asked for and nothing knows."""
        rung = any(hand.rung and hand.record_id == record for hand in hands)
        return rung or record in self._members or any(item.stops for item in look.record.findings)

    def _divided(self) -> list[Part]:
        """Every expense that would go in its part, without those that have to wait in the document they would leave."""
        known = [self._known(group) for group in self._groups.values()]
        while True:
            parts = divide([self._grouped(wish) for wish in self._read.wishes.values()], known)
            of = {part.known.group_id: part.members for part in parts if part.known}
            if not any(self._wait_in(group, of.get(group.group_id, ())) for group in self._groups.values()):
                return parts  # else again: others may have counted on one that waits now

    def _wait_in(self, group: StoredGroup, part: Sequence[UUID]) -> list[UUID]:
        """Those that would leave a document that was sent while nobody tells poster: they would be posted twice (M8)."""
        wishes = self._read.wishes
        there = dict.fromkeys([item.record_id for item in group.members if item.sent] + sorted(group.stands_for))
        moving = [record for record in there if record in wishes and record not in part]
        stay = self._kept(group, -1, dict.fromkeys(moving, 0))
        if not moving or not stay or any(item.carries for item in stay):
            return []
        here = [wishes[record] for record in part]
        terms = self._terms(here, group, group.number)  # its day may stop who would go alone
        if any(goes(self._look(wish, terms), self._latest.get(wish.hand.record_id)) for wish in here):
            return []
        names = ", ".join(item.number for item in stay)
        for wish in [wishes.pop(record) for record in moving]:
            self.together.looks[wish.hand.record_id] = wish.alone
            if self._live and self._would_go(wish):
                about = in_words(report_of(group.key), wish.key.member)
                self._waits(wish.hand, wish.prepared.ledger.name, about, names)
        return moving

    def _would_go(self, wish: Wish) -> bool:
        return goes(wish.alone, self._latest.get(wish.hand.record_id))

    def _grouped(self, wish: Wish) -> Grouped:
        """One whose share is still in a document of the ledger is of that, or it would be posted a second time (M8)."""
        record = wish.hand.record_id
        group = self._members.get(record) or self._standing.get(record)
        return Grouped(record, wish.hand.number, wish.key, group.group_id if group else None)

    def _known(self, group: StoredGroup) -> KnownGroup:
        """A group without those left out: who is left gives it its key, so that none of them goes to another document."""
        known = group.known
        return replace(known, members=known.members - self._read.left_out.keys())

    def _kept(self, group: StoredGroup | None, number: int, place: Mapping[UUID, int]) -> list[Member]:
        """Members that stay in a document without going now: it was sent, and they neither left nor were left out (M8).

        One that could not be decided now stays too, as it was decided: in no group its share would be posted by itself.
        """
        out, failed = self._read.left_out, self._read.failed
        known = (
            [one for one in group.members if (one.sent or one.record_id in failed) and not one.without] if group else []
        )
        return [one for one in known if one.record_id not in out and place.get(one.record_id, number) == number]

    def _part(self, part: Part, group: StoredGroup | None, kept: Sequence[Member], taken: Numbers) -> None:
        wishes = [self._read.wishes[record] for record in part.members]
        frame = self._frame(part, group, wishes[0], taken)
        terms = self._terms(wishes, group, frame.number)
        self.together.looks |= {wish.hand.record_id: self._look(wish, terms) for wish in wishes}
        going = [wish for wish in wishes if self._goes(wish.hand.record_id)]
        stopped = [wish.hand for wish in wishes if wish not in going]
        waits_for = [*stopped, *(item.hand for item in self._read.blocking if item.holds_up(part.key))]
        if waits_for and not (group and group.sent):
            self._incomplete(going, waits_for)
            return
        self._read.left_out |= {hand.record_id: (hand, "is stopped") for hand in stopped}
        self._rebuilt(frame, terms.group.dated, kept, going)

    def _terms(self, wishes: Sequence[Wish], group: StoredGroup | None, number: str) -> SharedTerms:
        """What these share in their document: one that was sent keeps its day and its rate."""
        sent = group if group and group.sent and group.documents else None
        dated = sent.dated if sent else max(wish.dated for wish in wishes)
        choices = tuple(dict.fromkeys(item for wish in wishes for item in wish.prepared.record.choices))
        rate = next((item.currency_rate for item in sent.documents), None) if sent else None
        return SharedTerms(GroupTerms(number, dated), choices, rate)

    def _look(self, wish: Wish, terms: SharedTerms) -> Look:
        return self._decider.decide(wish.hand.record, wish.hand.subject, terms)

    def _frame(self, part: Part, group: StoredGroup | None, wish: Wish, taken: Numbers) -> _Frame:
        ledger = wish.prepared.route.ledger_connection_id
        if group is None:
            now = {change.number for change in self.together.changes if change.ledger_connection_id == ledger}
            number = new_number(part.key.number, taken(ledger, part.key.number) | now)
        else:
            number = group.number
        return _Frame(group, part.key.text, number, ledger, part.key.about, _reference(wish))

    def _incomplete(self, going: Sequence[Wish], waits_for: Sequence[Hand]) -> None:
        """Nothing of the report goes while one of it cannot: said on each of the others. Before go-live nothing goes anyway."""
        names = ", ".join(dict.fromkeys(hand.number for hand in waits_for))
        for wish in going if self._live else ():
            self._waits(wish.hand, wish.prepared.ledger.name, wish.key.about, names)

    def _over_no_other_share(self, listed: Sequence[Hand]) -> None:
        """Who would be batched over a share that is not its own waits for those who keep the document so: never told to poster."""
        together = self.together
        now = {record: (change, revision) for change in together.changes for record, revision in change.members}
        for hand in listed:
            record, look, group = hand.record_id, together.looks.get(hand.record_id), self._members.get(hand.record_id)
            if look is None or group is None or (record in together.leaving and record not in now):
                continue
            before = next((group, item.revision) for item in group.members if item.record_id == record)
            there, revision = now.get(record, before)
            if goes_over_another_share(look.record, there.documents, revision):
                names = ", ".join(item.number for item in group.members if item.record_id != record)
                about = in_words(report_of(group.key), look.record.customer or "")
                self._waits(hand, "the ledger", about, names)

    def _waits(self, hand: Hand, ledger: str, report: str, names: str) -> None:
        looks = self.together.looks
        looks[hand.record_id] = waits(hand, looks[hand.record_id], ledger, report, names)

    def _rebuilt(self, frame: _Frame, dated: date, kept: Sequence[Member], going: Sequence[Wish]) -> None:
        """The document of those that stay and those that go; none where nobody does, or where nothing is another than before."""
        group, ids = frame.group, {wish.hand.record_id for wish in going}
        before = {item.record_id for item in group.members} if group else set()
        stay = [item for item in kept if item.record_id not in ids]
        if group and group.sent and not going:
            stay = self._with_uncorrected(group, stay)
        gone = before - ids - {item.record_id for item in stay}
        self.together.leaving |= gone if going or (group and not group.sent) else set()
        if not going and not (gone and stay):
            if group and group.sent and not stay:
                self._emptied(frame, group, dated)
            return
        shares = [(item.record_id, item.revision, Share(item.number, item.share)) for item in stay]
        shares += [self._share(wish) for wish in going]
        change = self._change(frame, dated, shares)
        self.together.leaving |= gone
        self.together.changes.append(change)
        changed = group is None or group.revision != change.revision
        self._tell(change, [wish.hand.record_id for wish in going], changed=changed)
        if changed and not going:
            self.together.carriers.append(tuple(item.record_id for item in stay))

    def _with_uncorrected(self, group: StoredGroup, stay: Sequence[Member]) -> list[Member]:
        """Those that stay, with those left out whose share none of them can take out now: nobody brings a change to poster (M8).

        They neither end silently nor go otherwise: what is to stay unposted stops, unless a person skipped it; what goes without
        this document waits. The document is as it is in the ledger until one that stays goes again.
        """
        if not stay or any(item.carries for item in stay):
            return list(stay)
        looks, names = self.together.looks, ", ".join(item.number for item in stay)
        there = {item.record_id for item in stay}
        for item in group.members:
            if item.sent and item.record_id in self._read.left_out.keys() - there:
                there.add(item.record_id)
                if item.record_id not in looks:
                    continue
                look, hand = looks[item.record_id], self._read.left_out[item.record_id][0]
                if look.record.state is RecordState.SKIPPED:
                    looks[item.record_id] = looking.document_remains(look.record, *look.record.findings)
                elif look.record.state in looking.DECIDED:
                    about = in_words(report_of(group.key), look.record.customer or "")
                    self._waits(hand, "the ledger", about, names)
        return [item for item in group.members if item.record_id in there]

    def _emptied(self, frame: _Frame, group: StoredGroup, dated: date) -> None:
        """Nobody goes or stays in a document that was sent: it has to leave the ledger before its records end (M8, M19).

        What is to stay unposted stops. What is to be batched without a document keeps the group, which asks for none any more:
        poster batches it once what was sent is gone.
        """
        looks, out = self.together.looks, self._read.left_out
        there = [item for item in group.members if item.sent and not self._goes_elsewhere(item.record_id)]
        left = {item.record_id: looks[item.record_id].record for item in there if item.record_id in looks.keys() & out}
        for record_id, record in left.items():
            if record.state is RecordState.SKIPPED:
                looks[record_id] = looking.document_remains(record, *record.findings)
        without = [record_id for record_id, record in left.items() if record.state is RecordState.NO_EFFECT]
        if without:
            members = tuple((item.record_id, item.revision) for item in there)
            change = replace(self._change(frame, dated, []), members=members)
            self.together.leaving |= {item.record_id for item in group.members} - {record for record, _ in members}
            self.together.changes.append(change)
            self._tell(change, without, changed=group.revision != change.revision)

    def _goes(self, record: UUID) -> bool:
        look = self.together.looks.get(record)
        return look is not None and goes(look, self._latest.get(record))

    def _goes_elsewhere(self, record: UUID) -> bool:
        moved = record in self._read.wishes and record not in self._read.left_out
        return moved or self._goes(record)

    def _share(self, wish: Wish) -> tuple[UUID, int, Share]:
        """What an expense that goes adds, and the revision that says so."""
        look = self.together.looks[wish.hand.record_id]
        documents = documents_of(look, self._latest.get(wish.hand.record_id))
        if len(documents) != 1:
            raise AssertionError(f"{wish.hand.number}: an expense that goes has one document")
        return wish.hand.record_id, look.record.revision, Share(wish.hand.number, documents[0])

    def _change(self, frame: _Frame, dated: date, shares: Sequence[tuple[UUID, int, Share]]) -> GroupChange:
        group, only = frame.group, [share for _, _, share in shares]
        documents = merged(frame.number, frame.reference, only)
        found = hash_of(documents)
        left_out = [
            LeftOut(hand.number, why)
            for record, (hand, why) in self._read.left_out.items()
            if (hand.report_id or self._report_of(record)) == frame.report_id
        ]
        return GroupChange(
            group_id=group.group_id if group else group_id_of(*self._scope, frame.ledger_connection_id, frame.number),
            ledger_connection_id=frame.ledger_connection_id,
            number=frame.number,
            key=frame.key,
            dated=dated,
            revision=(group.revision if group else 0) + (group is None or group.documents_hash != found),
            documents=documents,
            documents_hash=found,
            trace=explained(frame.number, frame.about, only, left_out),
            members=tuple((record, revision) for record, revision, _ in shares),
        )

    def _report_of(self, record: UUID) -> int | None:
        group = self._members.get(record)
        return report_of(group.key) if group else None

    def _tell(self, change: GroupChange, going: Sequence[UUID], *, changed: bool) -> None:
        """Poster hears of all that go when it is to hear of one, or when the document is another (one carries it, all wait)."""
        looks = self.together.looks
        told = any(looks[record].announce for record in going) or (changed and self._live)
        for record in going:
            look = _announced(looks[record], afresh=changed) if told else looks[record]
            named = {**look.record.particulars, "document_number": change.number}
            looks[record] = replace(look, record=replace(look.record, particulars=named))
            self.together.shared[record] = change


def _frame_of(group: StoredGroup) -> _Frame:
    """Of a group of which nothing goes now: as it is."""
    about = next((item.reference for item in group.documents if item.reference), group.number)
    return _Frame(group, group.key, group.number, group.ledger_connection_id, about, about)


def _reference(wish: Wish) -> str:
    """Whose report it is where the document does not say so, and the account a bill of the card is settled from (A057)."""
    clearing = wish.prepared.source.settings.expenses.clearing_account if wish.key.way is Way.CARD else None
    whose = wish.key.member if wish.key.way in {Way.CARD, Way.JOURNAL} else ""
    parts = (whose, f"Expense report {wish.key.report_id}", f"paid from {clearing}" if clearing else "")
    return " / ".join(part for part in parts if part)


def _announced(look: Look, *, afresh: bool) -> Look:
    """The look, with poster told. `afresh`: the document is another, so that choices about the last one are past."""
    record = look.record if look.announce else told_again(look.record)
    if afresh:
        record = replace(record, choices=tuple(filter(is_mapping_choice, record.choices)))
    return replace(look, record=record, announce=True)


def told_again(record: StoredRecord) -> StoredRecord:
    """The record when poster is told of it once more: what it reported before does not hold any more."""
    return replace(
        record,
        announcements=record.announcements + 1,
        settled_outcome=None,
        settled_revision=None,
        settled_at=None,
        settled_findings=(),
    )
