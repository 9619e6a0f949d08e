"""A record as ConnectWise shows it now, whatever its type: what one look needs to know of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.ledger.document import ContactRole
from ledgerwire.common.record_type import RecordType
from ledgerwire.mapper.composing import Earlier, LedgerReads, Settings
from ledgerwire.mapper.domain.records import AnyInput
from ledgerwire.mapper.records import StoredRecord

Key = tuple[RecordType, str]
"""Type and id in ConnectWise."""


@dataclass(frozen=True, slots=True)
class ContactKey:
    """A contact that the record may need: its key without currency, and the document's currency where it is known."""

    key: str
    currency: str | None
    role: ContactRole = ContactRole.CUSTOMER


class Subject(Protocol):
    """One record in hand."""

    @property
    def location_id(self) -> int | None:
        """The location that routes it to a ledger company."""
        ...

    @property
    def location_name(self) -> str:
        """The location as people call it."""
        ...

    @property
    def dated(self) -> date | None:
        """The date that mapping versions go by."""
        ...

    @property
    def to_map(self) -> bool:
        """Whether it stands on the unposted list, so that the ledger is needed."""
        ...

    def contact_keys(self, settings: Settings | None) -> tuple[ContactKey, ...]:
        """The contacts that deciding it under these settings may need."""
        ...

    def described(self, record: StoredRecord) -> StoredRecord:
        """The row with what ConnectWise shows now: what lists and the sweep read."""
        ...

    def compose(self, ledger: LedgerReads, settings: Settings, earlier: Earlier) -> AnyInput:
        """The mapping input; UnreadableError where it lacks what mapping cannot do without."""
        ...

    def unreadable(self, ledger: str, field: str) -> Finding:
        """The finding for a record that lacks a field."""
        ...


@dataclass(frozen=True, slots=True)
class Subjects:
    """The records of a group that ConnectWise shows; one that vanished is left out."""

    found: dict[Key, Subject] = field(default_factory=dict)

    def get(self, key: Key) -> Subject | None:
        return self.found.get(key)

    def __iter__(self) -> Iterator[Subject]:
        return iter(self.found.values())
