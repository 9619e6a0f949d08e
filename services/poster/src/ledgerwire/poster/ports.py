"""What poster needs from outside; bootstrap gives the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.record_type import RecordType


@dataclass(frozen=True, slots=True)
class Mark:
    """What ConnectWise says of a record now: its batch, if any, and its total where it shows one (invoices)."""

    source_id: str
    batch_id: int | None
    batch_name: str | None
    total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Reexport:
    """The GL export of a record read just now, in the same terms as the revision that mapper stored."""

    source_id: str
    gl_lines: dict[str, Decimal]
    gl_total: Decimal
    processed_record_ids: frozenset[int]


class Psa(Protocol):
    """What poster asks of ConnectWise, for one type of record at a time. Writes raise Ambiguous when their outcome is unknown."""

    @property
    def call_time(self) -> timedelta:
        """The longest one call takes, answer included."""
        ...

    async def unposted(self, record_type: RecordType, source_ids: Sequence[str]) -> frozenset[str]:
        """Which of these records stand on the unposted list now (M1)."""
        ...

    async def reexport(self, record_type: RecordType, numbers: Mapping[str, str]) -> Sequence[Reexport]:
        """Export these records (id -> document number) again (M7); the ones no longer exportable are left out."""
        ...

    async def create_batch(self, record_type: RecordType, identifier: str, processed_record_ids: Sequence[int]) -> None:
        """Make a batch of these GL ids."""
        ...

    async def batch_exists(self, identifier: str) -> bool:
        """Whether a batch of this name is there."""
        ...

    async def batch_closed(self, identifier: str) -> bool:
        """Whether a batch of this name is there and closed: what it marks can be changed no more."""
        ...

    async def marks(self, record_type: RecordType, batches: Mapping[str, str]) -> Sequence[Mark]:
        """Read the batch marks of these records (id -> the batch name we gave it); a record that is gone is left out.

        Only invoices carry a mark. Another record is marked when a batch of our name is there and it is off the unposted list.
        """
        ...


class Clients(Protocol):
    """Opens the connections of an account; instances are cached by the implementation."""

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        """The ledger company behind an accounting connection."""
        ...

    async def psa(self, account_id: UUID, connection_id: UUID) -> Psa:
        """ConnectWise behind a PSA connection."""
        ...
