"""Figures that only an account's own transaction can see, added up over all accounts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ledgerwire.common.db.session import Database, Unit
from ledgerwire.tenants.read import all_connections


async def added_up(database: Database, count: Callable[[Unit], Awaitable[Mapping[str, float]]]) -> dict[str, float]:
    """Name -> sum over every account with a connection of what `count` finds in a transaction of its own."""
    async with database.system() as unit:
        accounts = {entry.account_id for entry in await all_connections(unit) if entry.connection_id is not None}
    total: dict[str, float] = {}
    for account_id in sorted(accounts):
        async with database.account(account_id) as unit:
            for name, figure in (await count(unit)).items():
                total[name] = total.get(name, 0) + figure
    return total
