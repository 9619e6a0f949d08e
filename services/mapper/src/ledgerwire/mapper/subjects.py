"""A record as ConnectWise shows it now, whatever its type: what one look needs to know of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
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


class Listed(Protocol):
    """A row of one of ConnectWise's unposted lists, as far as they have the same columns."""

    @property
    def id(self) -> int | None: ...

    @property
    def total(self) -> Decimal | None: ...

    @property
    def date_closed(self) -> str | None: ...


def as_listed(
    record: StoredRecord,
    row: Listed,
    *,
    number: str,
    customer: str,
    kind: str,
    dated: date | None,
    currency: str | None,
    shown: Mapping[str, str],
) -> StoredRecord:
    """The row of a record with what its unposted list shows; a column that is empty there keeps what was known."""
    return replace(
        record,
        number=number,
        customer=customer or record.customer,
        invoice_type=kind or record.invoice_type,
        record_date=dated or record.record_date,
        total=row.total if row.total is not None else record.total,
        currency=currency or record.currency,
        unposted_id=row.id,
        closed_at=row.date_closed,
        particulars={**record.particulars, **shown},
    )


@dataclass(frozen=True, slots=True)
class Subjects:
    """The records of a group that ConnectWise shows; one that vanished is left out."""

    found: dict[Key, Subject] = field(default_factory=dict)

    def get(self, key: Key) -> Subject | None:
        return self.found.get(key)

    def __iter__(self) -> Iterator[Subject]:
        return iter(self.found.values())
