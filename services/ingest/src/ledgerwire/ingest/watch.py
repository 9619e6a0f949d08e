"""Looks after the callback: ConnectWise switches it off after three bad days and tells nobody."""

from __future__ import annotations

import structlog

from ledgerwire.common.clock import Clock
from ledgerwire.common.crashpoints import declare, reach
from ledgerwire.common.errors import LeaseLost, LedgerwireError
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.ingest import repository
from ledgerwire.ingest.registration import callback_url, ensure_callback, save
from ledgerwire.ingest.tenancy import Tenancy, UnknownConnectionError
from ledgerwire.tenants.schedule import SCHEDULED, pause_after

WORK_KIND = "watch"
REGISTERED = declare("ingest.callback_registered", "ConnectWise has our callback, nothing of it is committed")

_log = structlog.get_logger(__name__)


class WatchCallback:
    """Handles the scheduled `watch` row of a connection."""

    def __init__(self, tenancy: Tenancy, public_url: str, clock: Clock) -> None:
        self._tenancy = tenancy
        self._public_url = public_url
        self._clock = clock

    async def __call__(self, group: Group) -> None:
        for item in group.items:
            try:
                await self._check(group, item)
            except LeaseLost:
                raise
            except LedgerwireError as error:
                _log.warning("watch.failed", code=error.code, why=str(error), connection=str(group.connection_id))
                async with group.unit() as unit:
                    await group.again(unit, item, code=error.code, after=pause_after(error))

    async def _check(self, group: Group, item: WorkItem) -> None:
        try:
            tenant = await self._tenancy.tenant(group.account_id, group.connection_id, fresh=True)
        except UnknownConnectionError:
            async with group.unit() as unit:
                await group.done(unit, item)
            return
        if not tenant.terms.register_callback:
            async with group.unit() as unit:
                await group.again(unit, item, code=SCHEDULED, after=tenant.terms.sweep_every)
            return
        async with group.unit() as unit:
            known = await repository.registration(unit, group.connection_id)
        url = callback_url(self._public_url, tenant.callback_token)
        checked = await ensure_callback(tenant.psa, url, was_registered=known is not None)
        reach(REGISTERED)
        async with group.unit() as unit:
            await save(unit, tenant, checked, self._clock.now())
            await group.again(unit, item, code=SCHEDULED, after=tenant.terms.sweep_every)
        self._tenancy.forget(group.connection_id)  # who our own member is may be known only now
