"""How long one tenant's single invoice takes while another's 50,000 records wait, beside the same invoice with nobody waiting.

    python -m benchmarks.fairness [--waiting 50000] [--real 2000] [--runs 5]

Ingest, mapper and poster are processes of their own over a private RabbitMQ. The other tenant has a ConnectWise and a Xero of
its own, which enforce their limits; its waiting work is loaded by COPY, the first rows of it closed invoices that are really
posted and batched meanwhile, the rest ids that ConnectWise is asked for. A run closes one invoice, whose callback is sent, and
waits until ConnectWise shows the batch and mapper that it is settled. Afterwards each tenant's invoices are looked for in
its books. Prints one JSON object; exits 1 when a run took longer than five seconds or a book is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import structlog
import yaml
from benchmarks import waiting_rows
from benchmarks.stage import load_average, open_stage
from benchmarks.verification import any_fault, verified
from benchmarks.waiting_rows import NOWHERE
from tests.e2e.vendors import Vendors
from tests.e2e.world import World

from ledgerwire.cli.demo.account_file import account_content
from ledgerwire.common.embedded.process import until
from ledgerwire.common.ids import AccountId, ConnectionId, account_id, connection_id
from ledgerwire.common.security import SecretBox
from ledgerwire.sandbox.server import Sandbox, SandboxOptions
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import parse_account_file

BAR_SECONDS = 5.0
TO_COPY = 39003
OTHER = "The busy tenant"


@dataclass
class Busy:
    """The tenant whose work waits."""

    vendors: Vendors
    ids: list[int]

    @property
    def account(self) -> AccountId:
        return account_id(OTHER)

    @property
    def connection(self) -> ConnectionId:
        return connection_id(self.account, "connectwise")

    @property
    def batched(self) -> list[int]:
        """Its invoices that bear a batch by now."""
        return [one for one in self.ids if self.vendors.batch_name(one) is not None]

    def wrong(self) -> list[int]:
        """Batched ones that are not in its ledger exactly once, with their total."""
        held = Counter((row["InvoiceNumber"], row["Total"]) for row in self.vendors.documents())
        return [one for one in self.batched if held[self.vendors.number(one), self.vendors.invoice(one)["total"]] != 1]


async def main(waiting: int, real: int, runs: int) -> dict[str, Any]:
    """Measure alone, load, measure beside, verify."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with AsyncExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        options = SandboxOptions(tls=True, tls_dir=directory / "busy", journal_bodies=False)
        stage = await stack.enter_async_context(open_stage(directory))
        sandbox = await stack.enter_async_context(Sandbox.start(options))
        world = stage.world
        world.ledger.switches.change(
            {"limits_enabled": False}
        )  # one invoice after the other is no bulk: not what is measured
        busy = await _busy_tenant(world, sandbox, real)
        for service in ("ingest", "mapper", "poster"):
            await world.spawned(service)
        measured = world.copies(TO_COPY, 2 * (runs + 1), batched=False)
        single = iter(measured)
        alone = [await _one(world, next(single)) for _ in range(runs + 1)][1:]
        loaded = await _load(world, busy, waiting)
        await _under_way(busy)
        beside = [await _one(world, next(single)) for _ in range(runs + 1)]
        done = len(busy.batched)
        left = await world.rows("SELECT count(*) AS n FROM mapper.work WHERE account_id = $1", busy.account)
        return {
            "waiting_loaded": loaded,
            "waiting_left": left[0]["n"],
            "batched_beside": done,
            "wrong_beside": len(busy.wrong()),
            **await verified(world, world.rows, [world.account_id], measured),
            "alone_seconds": _spread(alone),
            "beside_seconds": _spread(beside),
            "times_alone": round(statistics.median(beside) / statistics.median(alone), 2),
            "bar_seconds": BAR_SECONDS,
            "load_average": load_average(),
        }


async def _busy_tenant(world: World, sandbox: Sandbox, real: int) -> Busy:
    """Another account, live, with vendors of its own and so many closed invoices that nobody was told of."""
    content = account_content(sandbox.describe(), sandbox.world.scenario.account)
    content |= {"account": OTHER, "sync": {"sweep_interval_seconds": 3600, "sweep_min_age_seconds": 3600}}
    box = SecretBox.from_settings(world.settings)
    await accounts.apply(world.tenants, box, parse_account_file(yaml.safe_dump(content)), author="bench", reason="load")
    for connection in (await accounts.show(world.tenants, OTHER)).connections:
        await accounts.record_test(world.tenants, OTHER, connection, ok=True, detail="by the benchmark")
    vendors = Vendors(sandbox)
    ids = vendors.copies(TO_COPY, real, batched=False)
    state = vendors.psa.state
    listeners, state.listeners = state.listeners, []
    for invoice_id in ids:
        vendors.set_status(invoice_id, "Closed")
    state.listeners = listeners
    return Busy(vendors, ids)


async def _load(world: World, busy: Busy, waiting: int) -> int:
    """The work rows by COPY, the real invoices first; then the account goes live."""
    live_from = busy.vendors.sandbox.world.scenario.account["go_live_from"]
    await accounts.go_live(world.tenants, OTHER, date.fromisoformat(str(live_from)))
    settings = world.settings
    parts = urlsplit(settings.database_admin_url)
    connection = await asyncpg.connect(urlunsplit(parts._replace(path=urlsplit(settings.database_url).path)))
    try:
        numbers = [*busy.ids, *range(NOWHERE, NOWHERE + waiting - len(busy.ids))]
        await waiting_rows.load(connection, busy.account, busy.connection, numbers)
    finally:
        await connection.close()
    return len(numbers)


async def _under_way(busy: Busy) -> None:
    async def moving() -> bool:
        return len(busy.batched) >= 20

    if not await until(moving, seconds=120, every=0.1):
        raise TimeoutError("the other tenant's backlog does not move")


async def _one(world: World, invoice_id: int) -> float:
    """Seconds from closing an invoice, which calls back, until its batch is seen and its record settled."""
    started = perf_counter()
    world.set_status(invoice_id, "Closed")
    await world.settled(invoice_id, seconds=120)
    taken = perf_counter() - started
    assert world.batch_name(invoice_id) is not None
    return taken


def failed(result: dict[str, Any]) -> bool:
    """Whether a run took too long, or one of both tenants' books is wrong."""
    wrong = any_fault(result) or bool(result["wrong_beside"])
    return wrong or result["beside_seconds"]["max"] > BAR_SECONDS


def _spread(values: list[float]) -> dict[str, float]:
    return {"p50": round(statistics.median(values), 3), "max": round(max(values), 3)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--real", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    result = asyncio.run(main(chosen.waiting, chosen.real, chosen.runs))
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
