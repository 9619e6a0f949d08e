"""The account's connections as carrying payments sees them, over the tenants library."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from ledgerwire.accounting.port import Ledger
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.connectwise.payments import Payments
from ledgerwire.poster.payments.domain.model import OnForeignCash
from ledgerwire.poster.payments.ports import Terms
from ledgerwire.tenants.clients import ConnectionClients


class AccountConnections:
    """Implements the `Clients` port."""

    def __init__(self, clients: ConnectionClients) -> None:
        self._clients = clients

    async def terms(self, account_id: UUID, connection_id: UUID) -> Terms:
        account = await self._clients.account(account_id)
        company = account.company_of_ledger(connection_id)
        if company is None:
            raise ConfigurationError(f"account {account.name!r} has no company with ledger {connection_id}")
        chosen = account.sync.payments
        return Terms(
            enabled=account.live and chosen.enabled,
            interval=timedelta(seconds=chosen.interval_seconds),
            since=account.go_live_from,
            psa_connection=company.connectwise_connection_id,
            credit_type=chosen.credit_type,
            on_foreign_cash=OnForeignCash(chosen.on_connectwise_payment),
            locations=frozenset(company.location_ids) if company.location_ids else None,
        )

    async def ledger(self, account_id: UUID, connection_id: UUID) -> Ledger:
        return await self._clients.ledger(account_id, connection_id)

    async def payments(self, account_id: UUID, connection_id: UUID) -> Payments:
        return (await self._clients.connectwise(account_id, connection_id)).payments
