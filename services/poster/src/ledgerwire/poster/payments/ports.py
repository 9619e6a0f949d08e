"""What carrying payments needs from outside; bootstrap gives the real ones."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.db.session import Unit
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments.domain.model import OnForeignCash


@dataclass(frozen=True, slots=True)
class Terms:
    """The account's settings for one ledger connection.

    Attributes:
        enabled: the account is live and payments are switched on.
        since: the onboarding date; what moved before it is left alone.
        locations: ConnectWise locations whose invoices belong to this ledger, None for all.
    """

    enabled: bool
    interval: timedelta
    since: date | None
    psa_connection: UUID
    credit_type: str
    on_foreign_cash: OnForeignCash
    locations: frozenset[int] | None = None

    def takes(self, location_id: int | None) -> bool:
        """Whether an invoice of a location belongs to this ledger."""
        return self.locations is None or location_id in self.locations


class Clients(Protocol):
    """Opens the connections of an account; instances are cached by the implementation."""

    async def terms(self, account_id: UUID, connection_id: UUID) -> Terms:
        """The settings as they are now; ConfigurationError for a connection that is no company's ledger."""
        ...

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        """The ledger company behind an accounting connection."""
        ...

    async def payments(self, account_id: UUID, connection_id: UUID) -> Payments:
        """The payments of a PSA connection."""
        ...


class Turn(Protocol):
    """One turn at a ledger connection, under its lease. A work group is one; so is a command's own lease."""

    account_id: UUID
    connection_id: UUID

    @property
    def fence(self) -> int:
        """The lease's fencing number."""
        ...

    def unit(self) -> AbstractAsyncContextManager[Unit]:
        """A transaction on the account that raises LeaseLost if the lease is not ours any more."""
        ...

    async def ensure_lease(self, outlasts: timedelta) -> None:
        """Raise LeaseLost unless the lease is ours for longer than `outlasts` (call before a write)."""
        ...
