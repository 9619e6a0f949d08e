"""What poster needs from outside; bootstrap gives the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from ledgerwire.accounting.port import Ledger


@dataclass(frozen=True, slots=True)
class Mark:
    """What ConnectWise says of a record after a batch: its batch, if any."""

    invoice_id: int
    batch_id: int | None
    batch_name: str | None


@dataclass(frozen=True, slots=True)
class Reexport:
    """The GL export of a record read just now."""

    invoice_id: int
    gl_lines: dict[int, Decimal]
    gl_total: Decimal
    processed_record_ids: frozenset[int]


class Psa(Protocol):
    """What poster asks of ConnectWise. Writes raise Ambiguous when their outcome is unknown."""

    async def unposted(self, invoice_ids: Sequence[int]) -> frozenset[int]:
        """Which of these invoices stand on the unposted list now (M1)."""
        ...

    async def reexport(self, numbers: Mapping[int, str]) -> Sequence[Reexport]:
        """Export these invoices (id -> invoice number) again (M7); the ones no longer exportable are left out."""
        ...

    async def create_batch(self, identifier: str, processed_record_ids: Sequence[int]) -> None:
        """Make a batch of these GL ids."""
        ...

    async def batch_exists(self, identifier: str) -> bool:
        """Whether a batch of this name is there."""
        ...

    async def marks(self, invoice_ids: Sequence[int]) -> Sequence[Mark]:
        """Read the records' batch marks, all in one go."""
        ...


class Clients(Protocol):
    """Opens the connections of an account; instances are cached by the implementation."""

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        """The ledger company behind an accounting connection."""
        ...

    async def psa(self, account_id: UUID, connection_id: UUID) -> Psa:
        """ConnectWise behind a PSA connection."""
        ...
