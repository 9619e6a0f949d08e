"""What a group of waiting invoices costs at both providers: one call each for its batch, and a handful for all together."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from tests.e2e.processes import eventually
from tests.e2e.world import World, open_world

from ledgerwire.common.db.engine import open_database
from ledgerwire.common.schema import ServiceSchema
from ledgerwire.common.settings import Settings
from ledgerwire.common.work.model import Doorbell, Priority
from ledgerwire.common.work.store import WorkStore
from ledgerwire.mapper.handlers import MAP, work_key

TO_COPY = 39003
TOGETHER = 20
READS = {"invoices", "unpostedinvoices", "export", "companies", "contacts", "catalog"}
"""Calls about records; set-up tables are read once in ten minutes."""


async def rung(world: World, ids: list[int]) -> None:
    """Closed while nobody listened; then found together, as by a sweep."""
    listeners, world.psa.state.listeners = world.psa.state.listeners, []
    for invoice_id in ids:
        world.set_status(invoice_id, "Closed")
    world.psa.state.listeners = listeners
    mapper = open_database(world.settings, "mapper")
    async with mapper.system() as unit:
        await WorkStore(ServiceSchema("mapper")).ring(unit, [bell(world, one) for one in ids])
    await mapper.close()


async def waiting(world: World) -> bool:
    [row] = await world.rows("SELECT count(*) AS n FROM poster.work WHERE kind = 'post'")
    return bool(row["n"] == TOGETHER)


def bell(world: World, invoice_id: int) -> Doorbell:
    record = world.record_id(invoice_id)
    payload = {"record_id": str(record), "source_id": str(invoice_id), "record_type": "invoice"}
    return Doorbell(
        world.account_id,
        world.psa_connection,
        work_key(record),
        MAP,
        Priority.BULK,
        str(uuid4()),
        "sweep",
        payload=payload,
    )


@pytest.mark.requirement("D19")
async def test_a_group_in_bulk_costs_a_batch_each_and_ten_reads_at_connectwise_and_one_call_to_xero(
    settings: Settings, tmp_path: Path
) -> None:
    patient = {"lease_seconds": 30.0, "ledger_timeout_seconds": 30.0}  # a group that is interrupted is read again
    async with open_world(settings, tmp_path, services=("mapper", "poster"), **patient) as world:
        ids = world.copies(TO_COPY, TOGETHER, batched=False)
        since = len(world.sandbox.world.journal)
        async with world.held_back("poster"):
            async with world.held_back("mapper"):
                await rung(world, ids)
            await eventually(lambda: waiting(world), "all of them wait for poster")
        await world.settled(*ids)
        entries = world.sandbox.world.journal.entries("connectwise", since_seq=since, kind="http")
        calls = Counter(one.path.rstrip("/").rsplit("/", 1)[-1] for one in entries)
        assert calls["batches"] == TOGETHER
        assert sum(calls[name] for name in READS) <= 10, calls
        assert len([one for one in world.journal("xero", "PUT", "/Invoices") if one.seq > since]) == 1
        assert not [one for one in entries if one.status == 429]
        assert len(world.documents()) == len(set(world.batches())) == TOGETHER
