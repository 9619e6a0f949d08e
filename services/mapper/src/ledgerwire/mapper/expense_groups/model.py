"""A group of expenses as it is stored, and what one look makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from ledgerwire.common.canonical import canonical_bytes, sha256_hex
from ledgerwire.common.ledger.document import LedgerDocument
from ledgerwire.mapper.domain.expense_groups import KnownGroup
from ledgerwire.mapper.domain.trace import Trace


@dataclass(frozen=True, slots=True)
class Member:
    """A record that a group's document stands for, with the share of it that is in there.

    `source_id` is its id in ConnectWise. `sent`: the document in the ledger, or on its way, stands for it too. `without`: it
    has been decided since to have no document: its share is that of before. `carries`: batched, so that it can bring a changed
    document to poster without going itself.
    """

    record_id: UUID
    source_id: str
    number: str
    revision: int
    share: LedgerDocument
    sent: bool = False
    without: bool = False
    carries: bool = False


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """One group row with its members.

    `stands_for`: the records whose share is in its document in the ledger, or may be, also of those that have left the group while
    poster has not followed yet; and its records with a proved batch, whose share is to be there.
    """

    group_id: UUID
    ledger_connection_id: UUID
    number: str
    key: str
    dated: date
    revision: int
    documents: tuple[LedgerDocument, ...]
    documents_hash: str
    members: tuple[Member, ...]
    stands_for: frozenset[UUID]

    @property
    def sent(self) -> bool:
        """Whether its document is in the ledger, or may be."""
        return bool(self.stands_for)

    @property
    def known(self) -> KnownGroup:
        """The group as `divide` sees it."""
        members = frozenset(item.record_id for item in self.members)
        return KnownGroup(self.group_id, self.number, self.key, members, self.sent)


@dataclass(frozen=True, slots=True)
class GroupChange:
    """A group as it is to be stored: `members` are its records, each with the revision whose share is in the document.

    Without a document they are those for which the one in the ledger stands, each with its share of that.
    """

    group_id: UUID
    ledger_connection_id: UUID
    number: str
    key: str
    dated: date
    revision: int
    documents: tuple[LedgerDocument, ...]
    documents_hash: str
    trace: Trace
    members: tuple[tuple[UUID, int], ...]


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group as people are shown it: one document for these expenses, in words."""

    number: str
    trace: Trace
    documents: tuple[LedgerDocument, ...]


def group_id_of(account_id: UUID, connection_id: UUID, ledger_connection_id: UUID, number: str) -> UUID:
    """The id of a group: the same after any restart, replay or restore."""
    return uuid5(account_id, f"expense_group:{connection_id}:{ledger_connection_id}:{number}")


def hash_of(documents: tuple[LedgerDocument, ...]) -> str:
    """Equal documents, equal hash."""
    return sha256_hex(canonical_bytes(documents))
