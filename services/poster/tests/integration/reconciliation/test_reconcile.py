"""What a reconciliation says of a month: against both simulated vendors, read afresh, with all services at work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.e2e.world import World, open_world

from ledgerwire.common.clock import FixedClock
from ledgerwire.common.settings import Settings
from ledgerwire.poster.reconciliation import canonical
from ledgerwire.poster.reconciliation.bootstrap import open_reconciliation
from ledgerwire.poster.reconciliation.desk import CompanyUnknownError
from ledgerwire.poster.reconciliation.domain.model import Bucket, Report

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
FINE, NO_EFFECT, CREDIT, VOIDED, CHANGED, UNBATCHED, DOUBLED = 39001, 39043, 39050, 39002, 39003, 39004, 39005
OPENED, UNHEARD = 39006, 39009
CLOSED = (FINE, NO_EFFECT, CREDIT, VOIDED, CHANGED, UNBATCHED, DOUBLED, OPENED)


async def reconciled(world: World, company: str | None = None, *, later: timedelta = timedelta(0)) -> Report:
    desk = replace(open_reconciliation(world.settings), clock=FixedClock(datetime.now(UTC) + later))
    try:
        return await desk.reconcile(world.account_id, *YEAR, company)
    finally:
        await desk.close()


def buckets(report: Report) -> dict[int, str]:
    return {int(row.record.source_id): row.bucket.value for row in report.rows}


def document(world: World, invoice_id: int) -> dict:
    [found] = world.documents(world.number(invoice_id))
    return found


async def delete_batch_of(world: World, invoice_id: int) -> None:
    name = world.batch_name(invoice_id)
    [batch] = [row["id"] for row in world.psa.state.tables["batches"].values() if row["batchIdentifier"] == name]
    await world.as_person("DELETE", f"/finance/accounting/batches/{batch}")


@pytest.mark.requirement("D1")
async def test_each_closed_invoice_is_where_a_person_would_put_it(settings: Settings, tmp_path: Path) -> None:
    async with open_world(settings, tmp_path) as world:
        stopping = next(one for one in world.sandbox.world.scenario.plan if "CONTACT_BILLING_MISSING" in one.codes)
        await world.close(*CLOSED, stopping.invoice_id)
        await world.settled(*CLOSED)
        await world.stopped(stopping.invoice_id, "CONTACT_BILLING_MISSING")

        clean = await reconciled(world)
        expected = dict.fromkeys(CLOSED, "posted_once") | {NO_EFFECT: "no_effect", stopping.invoice_id: "stopped"}
        assert buckets(clean) == expected
        assert clean.clean
        assert not clean.complete
        once = [total for total in clean.totals() if total.bucket is Bucket.POSTED_ONCE]
        assert [total.source for total in once] == [total.ledger for total in once]
        assert sum(total.records for total in clean.totals()) == len(expected)

        await world.stop("ingest", "mapper", "poster")
        document(world, VOIDED)["Status"] = "VOIDED"
        document(world, CHANGED)["Total"] += Decimal("0.01")
        await delete_batch_of(world, UNBATCHED)
        copied = {**document(world, DOUBLED), "InvoiceID": "0a0a0a0a-0000-4000-8000-000000000001"}
        world.ledger.add("invoices", copied)
        unknown = {**copied, "InvoiceID": "0a0a0a0a-0000-4000-8000-000000000002", "InvoiceNumber": "INV-9999"}
        world.ledger.add("invoices", unknown)
        own = {**copied, "InvoiceID": "0a0a0a0a-0000-4000-8000-000000000003", "InvoiceNumber": "HAND-1"}
        world.ledger.add("invoices", own)
        await delete_batch_of(world, OPENED)
        world.set_status(OPENED, "GL Reload")
        await world.close(UNHEARD)

        assert buckets(await reconciled(world))[UNHEARD] == "in_flight"
        found = await reconciled(world, later=timedelta(days=1))
        del expected[OPENED]
        assert buckets(found) == expected | {
            VOIDED: "batched_not_posted",
            CHANGED: "amount_differs",
            UNBATCHED: "posted_not_batched",
            DOUBLED: "twice",
            UNHEARD: "missing",
        }
        strays = {(row.document.number, row.reason.value) for row in found.strays}
        assert strays == {("INV-9999", "no_record"), (world.number(OPENED), "record_open")}
        assert not found.clean
        assert canonical.report_hash(found) == canonical.report_hash(await reconciled(world, later=timedelta(days=2)))
        assert canonical.report_hash(found) != canonical.report_hash(clean)
        with pytest.raises(CompanyUnknownError, match="Harbourline IT Pty Ltd"):
            await reconciled(world, "Nobody Ltd")


@pytest.mark.requirement("D1")
async def test_a_database_that_forgot_everything_still_finds_each_invoice_posted_once(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_world(settings, tmp_path) as world:
        await world.close(FINE, CREDIT)
        await world.settled(FINE, CREDIT)
        await world.stop("ingest", "mapper", "poster")
        tables = "mapper.revision, mapper.record, poster.posting, poster.document_record, poster.batch"
        await world.rows(f"TRUNCATE {tables}")
        found = await reconciled(world)
    assert buckets(found) == {FINE: "posted_once", CREDIT: "posted_once"}
    assert [row.detail for row in found.rows] == ["not in our own rows"] * 2
    assert found.complete


@dataclass(frozen=True)
class EarlierPsa:
    """ConnectWise, where what is read of a whole period was read before these invoices were batched."""

    psa: Any
    unbatched: tuple[int, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.psa, name)

    async def invoices_dated(self, first: date, last: date) -> list[Any]:
        rows = await self.psa.invoices_dated(first, last)
        return [msgspec.structs.replace(row, gl_batch=None) if row.id in self.unbatched else row for row in rows]


@dataclass(frozen=True)
class EarlierClients:
    clients: Any
    unbatched: tuple[int, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clients, name)

    async def connectwise(self, *ids: Any) -> EarlierPsa:
        return EarlierPsa(await self.clients.connectwise(*ids), self.unbatched)


@pytest.mark.requirement("D1")
async def test_what_is_batched_while_it_is_read_is_read_again_before_anything_is_said(
    settings: Settings, tmp_path: Path
) -> None:
    async with open_world(settings, tmp_path) as world:
        invoices = (FINE, NO_EFFECT, UNBATCHED)
        await world.close(*invoices)
        await world.settled(*invoices)
        await world.stop("ingest", "mapper", "poster")
        await delete_batch_of(world, UNBATCHED)
        desk = open_reconciliation(world.settings)
        racing = replace(
            desk,
            clients=EarlierClients(desk.clients, invoices),
            clock=FixedClock(datetime.now(UTC) + timedelta(days=1)),
        )
        try:
            found = await racing.reconcile(world.account_id, *YEAR)
        finally:
            await desk.close()
    assert buckets(found) == {FINE: "posted_once", NO_EFFECT: "no_effect", UNBATCHED: "posted_not_batched"}
