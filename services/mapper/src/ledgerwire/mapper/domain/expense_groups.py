"""Which expenses are one document: those of one member and report that are paid to one payee in one way (M17). Pure.

Every expense is in exactly one part, and a part becomes one document. What is in a document once stays in it as long as it
belongs there: a group keeps its number whoever joins or leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from ledgerwire.mapper.domain.expenses import PERSONAL
from ledgerwire.mapper.domain.purchase_model import ExpenseInput
from ledgerwire.mapper.domain.settings import DocumentPer


class Way(StrEnum):
    """How the company comes to owe it; the letter stands in the document's number, so that the ways of a report differ.

    reimbursed: to the employee. card: to who pays for the company. owed: by the employee. journal: by export line and offset.
    """

    REIMBURSED = ""
    CARD = "C"
    OWED = "P"
    JOURNAL = "J"


@dataclass(frozen=True, slots=True)
class GroupKey:
    """What the expenses of one document have in common; `company` is the ledger company, `payee` its contact key."""

    company: str
    member_id: int
    member: str
    report_id: int
    way: Way
    payee: str
    currency: str
    mapping_version: int

    @property
    def text(self) -> str:
        """The key as it is stored and compared; what the member is called says nothing."""
        parts = (
            self.company,
            self.member_id,
            self.report_id,
            self.way,
            self.payee,
            self.currency,
            self.mapping_version,
        )
        return "|".join(map(str, parts))

    @property
    def number(self) -> str:
        """The number of the first document of this kind on the report."""
        return f"EXPR-{self.report_id}" + (f"-{self.way}" if self.way else "")

    @property
    def about(self) -> str:
        """What people call it."""
        return in_words(self.report_id, self.member)


def _but_for_version(key: str) -> str:
    return key.rpartition("|")[0]


def in_words(report_id: int, member: str) -> str:
    """A report as people know it."""
    return f"expense report {report_id} of {member}".rstrip()


def report_of(key: str) -> int:
    """The report that a stored key names."""
    return int(key.split("|")[2])


@dataclass(frozen=True, slots=True)
class Grouped:
    """One expense that is to be in a document with others. `group_id`: whose document it is in already."""

    record_id: UUID
    number: str
    key: GroupKey
    group_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that is there. `members` may be more than those in hand. `sent`: its document is in the ledger, or may be."""

    group_id: UUID
    number: str
    key: str
    members: frozenset[UUID] = frozenset()
    sent: bool = False

    def keeps(self, key: str, now: str) -> bool:
        """Whether one of its members whose key is `now` stays when the group's key is `key`.

        Once it was sent, another mapping version takes nobody out: what it stands for would be posted a second time.
        """
        return _but_for_version(now) == _but_for_version(key) if self.sent else now == key


@dataclass(frozen=True, slots=True)
class Part:
    """The expenses in hand of one document; `known` is None for a new one."""

    key: GroupKey
    members: tuple[UUID, ...]
    known: KnownGroup | None = None


def key_of(source: ExpenseInput, company: str, *, always: bool = False) -> GroupKey | None:
    """What a document of this expense would have in common; None where it goes by itself.

    `always`: it is in a document with others already, which a changed setting does not undo.
    """
    expense, settings = source.expense, source.settings.expenses
    if expense.report_id is None or not (always or settings.document_per is DocumentPer.REPORT):
        return None
    way, payee = _way(source)
    return GroupKey(
        company=company,
        member_id=expense.member_id,
        member=expense.member,
        report_id=expense.report_id,
        way=way,
        payee=payee,
        currency=expense.currency or source.reference.base_currency,
        mapping_version=source.mapping_version,
    )


def _way(source: ExpenseInput) -> tuple[Way, str]:
    expense = source.expense
    if source.pairs:
        return Way.JOURNAL, ""
    paid = expense.payment_type.casefold() in {name.casefold() for name in source.settings.expenses.company_paid_types}
    if expense.classification == PERSONAL:
        return Way.OWED, source.member.key
    if paid:
        return Way.CARD, source.clearing.key if source.clearing else ""
    return Way.REIMBURSED, source.member.key


def divide(grouped: Sequence[Grouped], known: Collection[KnownGroup]) -> list[Part]:
    """Every expense in exactly one part; each group in at most one, and each part with one key."""
    parts: dict[UUID, Part] = {}
    left: list[Grouped] = []
    for group in known:
        own = [item for item in grouped if item.group_id == group.group_id]
        key = _kept_key(group, own)
        stay = [item for item in own if key is not None and group.keeps(key.text, item.key.text)]
        left += [item for item in own if item not in stay]
        if key is not None:
            parts[group.group_id] = Part(key, _ids(stay), group)
    ids = {group.group_id for group in known}
    left += [item for item in grouped if item.group_id not in ids]
    new: list[Part] = []
    for text in dict.fromkeys(item.key.text for item in _ordered(left)):
        some = [item for item in left if item.key.text == text]
        open_group = _open(known, parts, text)
        if open_group is None:
            new.append(Part(some[0].key, _ids(some)))
        else:
            there = parts.get(open_group.group_id)
            members = (*there.members, *_ids(some)) if there else _ids(some)
            parts[open_group.group_id] = Part(some[0].key, members, open_group)
    return [*parts.values(), *new]


def _kept_key(group: KnownGroup, own: Sequence[Grouped]) -> GroupKey | None:
    """The key of those who keep the group: its own; where nobody has that any more, the one that most of them have now."""
    same = next((item.key for item in own if item.key.text == group.key), None)
    if same is not None:
        return same
    whole = not group.members - {item.record_id for item in own}
    some = [item for item in own if group.keeps(group.key, item.key.text)] or (list(own) if whole else [])
    counts = {
        key: sum(item.key.text == key for item in some) for key in dict.fromkeys(i.key.text for i in _ordered(some))
    }
    most = max(counts, key=lambda key: counts[key], default=None)
    return next((item.key for item in some if item.key.text == most), None)


def _open(known: Iterable[KnownGroup], parts: dict[UUID, Part], text: str) -> KnownGroup | None:
    """The group that takes expenses of a key: one that has it now, or had it and whom nobody gave another."""
    for group in sorted(known, key=lambda one: one.number):
        part = parts.get(group.group_id)
        if (part.key.text if part else group.key) == text:
            return group
    return None


def _ordered(items: Iterable[Grouped]) -> list[Grouped]:
    return sorted(items, key=lambda item: (len(item.number), item.number, item.record_id))


def _ids(items: Iterable[Grouped]) -> tuple[UUID, ...]:
    return tuple(item.record_id for item in _ordered(items))


def new_number(first: str, taken: Collection[str]) -> str:
    """The number of a new document: the first that no other one of the report has."""
    place, number = 1, first
    while number in taken:
        place += 1
        number = f"{first}-{place}"
    return number
