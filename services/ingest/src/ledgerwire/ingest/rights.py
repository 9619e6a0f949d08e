"""Ask once a day whether the API member still may read what the way of a record needs, before a record finds out (D18)."""

from __future__ import annotations

from datetime import timedelta

import structlog

from ledgerwire.common.errors import LeaseLost, LedgerwireError
from ledgerwire.common.work.model import Group, WorkItem
from ledgerwire.connectwise.connectivity import Connectivity, Result, probe
from ledgerwire.ingest.tenancy import Tenancy, UnknownConnectionError
from ledgerwire.tenants.schedule import SCHEDULED, cause_of, pause_after

WORK_KIND = "rights"
FIRST_AFTER = timedelta(minutes=5)
"""An account is tested when it is connected."""
EVERY = timedelta(days=1)
WHILE_LACKING = timedelta(minutes=15)

_CODES = {
    Result.LACKS_ACCESS: "PERMISSION_MISSING",
    Result.BAD_KEY: "CONNECTWISE_UNAUTHORISED",
    Result.COMPANY_NOT_FOUND: "CONNECTWISE_COMPANY_NOT_FOUND",
    Result.TLS_FAILURE: "TLS_FAILURE",
    Result.UNREACHABLE: "UNREACHABLE",
}

_log = structlog.get_logger(__name__)


def judged(found: Connectivity) -> str:
    """What the row says of a probe: SCHEDULED, or the cause; the rights that are missing are named."""
    if found.ok:
        return SCHEDULED
    code = _CODES[found.result]
    return f"{code}[area={', '.join(found.lacking)}]" if found.lacking else code


class ProbeRights:
    """Handles the recurring row of a ConnectWise connection; what it met last stands in the row."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy

    async def __call__(self, group: Group) -> None:
        for item in group.items:
            try:
                await self._probe(group, item)
            except UnknownConnectionError:
                async with group.unit() as unit:
                    await group.done(unit, item)
            except LeaseLost:
                raise
            except LedgerwireError as error:
                async with group.unit() as unit:
                    await group.again(unit, item, code=cause_of(error), after=pause_after(error))

    async def _probe(self, group: Group, item: WorkItem) -> None:
        tenant = await self._tenancy.tenant(group.account_id, group.connection_id, fresh=True)
        found = await probe(tenant.psa)
        cause = judged(found)
        if not found.ok:
            _log.warning("rights.lacking", account=tenant.account_name, cause=cause, why=found.detail)
        async with group.unit() as unit:
            await group.again(unit, item, code=cause, after=EVERY if found.ok else WHILE_LACKING)
