"""How many records wait for a person, by cause, over all accounts (R14 for stopped records)."""

from __future__ import annotations

from ledgerwire.common.catalogue.revisions import AFTER_THE_BATCH
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.figures import Counted, Figures
from ledgerwire.common.telemetry import STOPPED_RECORDS
from ledgerwire.mapper.figures.repository import stuck_by_code
from ledgerwire.tenants.across import added_up


def stopped_records(database: Database, service: str) -> Counted:
    """The gauge of stopped and dead records; a record with two causes counts under both."""

    async def stuck(unit: Unit) -> dict[str, int]:
        return await stuck_by_code(unit, sorted(AFTER_THE_BATCH))

    async def count() -> Figures:
        return {(service, cause): records for cause, records in (await added_up(database, stuck)).items()}

    return Counted(STOPPED_RECORDS, count)
