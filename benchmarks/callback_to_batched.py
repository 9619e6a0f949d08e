"""How long one signed callback takes to become a batched record: p50 and p95, on this machine, as it is now.

    python -m benchmarks.callback_to_batched [--runs 20] [--broker rabbitmq] [--breakdown]

Sandbox without delay, embedded PostgreSQL, all services in this process; over a private RabbitMQ where asked. Each run closes
one invoice in silence, then sends its callback to ingest as `curl` would, and waits until ConnectWise shows the batch.
Afterwards every invoice is looked for in both books and among our records. Prints one JSON object; exits 1 when one is not
there once, or p95 is a second or more.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx
import structlog
from benchmarks.verification import any_fault, verified
from tests.e2e.test_hostile_callbacks import Delivery
from tests.e2e.world import World, open_world

from ledgerwire.common.embedded.process import until
from ledgerwire.common.testing import postgres, rabbit
from ledgerwire.common.testing.run import TestRun
from ledgerwire.sandbox.connectwise.state import Saved

TARGET_SECONDS = 1.0
TO_COPY = 39003
WARM_UP = 3
_EXACTLY = 0.002


async def main(runs: int, broker: str, *, breakdown: bool) -> dict[str, Any]:
    """Measure; the figures in seconds."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    run = TestRun.begin()
    try:
        admin = await asyncio.to_thread(postgres.postgres_url, run)
        template = await asyncio.to_thread(postgres.template_database, run)
        await postgres.create_database(admin, "benchmark", template)
        settings = postgres.settings_for(admin, "benchmark")
        with tempfile.TemporaryDirectory() as directory:
            address = await asyncio.to_thread(rabbit.broker_url, run, "main") if broker == "rabbitmq" else broker
            usual: dict[str, Any] = {
                "lease_seconds": 30.0,
                "ledger_timeout_seconds": 30.0,
                "ledger_settle_seconds": 30.0,
            }
            async with open_world(settings, Path(directory), broker=address, **usual) as world:
                return await _measure(world, runs, breakdown=breakdown)
    finally:
        await asyncio.to_thread(run.end)


async def _measure(world: World, runs: int, *, breakdown: bool) -> dict[str, Any]:
    # the measured ledger allows 60 calls a minute: pace is not what is measured here
    world.ledger.switches.change({"limits_enabled": False})
    world.psa.state.switches.requests_per_minute = 0
    ids = world.copies(TO_COPY, runs + WARM_UP, batched=False)
    answers, ends = [], []
    steps: dict[str, list[float]] = defaultdict(list)
    async with httpx.AsyncClient(trust_env=False) as client:
        for number, invoice_id in enumerate(ids):
            await world.rows("DELETE FROM tenants.budget")
            answered, batched = await _one(world, client, invoice_id)
            if number >= WARM_UP:
                answers.append(answered)
                ends.append(batched)
                if breakdown:
                    await _explain(world, invoice_id, steps)
    figures = {"runs": runs, "answered": _spread(answers), "batched": _spread(ends), "target_p95": TARGET_SECONDS}
    if breakdown:
        figures["seconds_to_step"] = {name: round(statistics.median(values), 4) for name, values in steps.items()}
        figures["calls_per_record"] = _calls(world, len(ids))
    return figures | await verified(world, world.rows, [world.account_id], ids)


async def _one(world: World, client: httpx.AsyncClient, invoice_id: int) -> tuple[float, float]:
    delivery = _closed_in_silence(world, invoice_id)
    headers = {"x-content-signature": delivery.signature, "content-type": "application/json"}
    started = perf_counter()
    answer = await client.post(delivery.url, content=delivery.body, headers=headers)
    answered = perf_counter() - started
    answer.raise_for_status()

    async def marked() -> bool:
        return world.batch_name(invoice_id) is not None

    if not await until(marked, seconds=60, every=_EXACTLY):
        raise TimeoutError(f"invoice {invoice_id} was not batched within a minute")
    return answered, perf_counter() - started


def _closed_in_silence(world: World, invoice_id: int) -> Delivery:
    state = world.psa.state
    listeners, state.listeners = state.listeners, []
    world.set_status(invoice_id, "Closed")
    state.listeners = listeners
    [callback] = state.tables["callbacks"].values()
    saved = Saved("invoices", invoice_id, "updated", 152, world.invoice(invoice_id))
    message = world.psa.callbacks._message(callback, "invoice", saved)  # noqa: SLF001 - exactly what ConnectWise sends
    return Delivery(message.url, message.body, message.signature)


async def _explain(world: World, invoice_id: int, steps: dict[str, list[float]]) -> None:
    await world.settled(invoice_id)
    query = " UNION ALL ".join(
        f"SELECT at, step FROM {name}.timeline WHERE record_id = $1" for name in ("ingest", "mapper", "poster")
    )
    way = await world.rows(f"{query} ORDER BY at", world.record_id(invoice_id))
    for row in way:
        steps[row["step"]].append((row["at"] - way[0]["at"]).total_seconds())


def _calls(world: World, records: int) -> dict[str, float]:
    """Vendor calls per record, by method and the path's last part."""
    counts: dict[str, int] = defaultdict(int)
    for entry in world.sandbox.world.journal.entries(kind="http"):
        counts[f"{entry.system} {entry.method} {entry.path.rstrip('/').rsplit('/', 1)[-1]}"] += 1
    return {name: round(count / records, 1) for name, count in sorted(counts.items()) if count >= records // 2}


def _spread(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": round(cuts[49], 4), "p95": round(cuts[94], 4), "max": round(max(values), 4)}


def failed(result: dict[str, Any]) -> bool:
    """Whether an invoice is not where it must be, once, or one in twenty took a second."""
    return any_fault(result) or result["batched"]["p95"] >= TARGET_SECONDS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--broker", default="local", choices=["local", "rabbitmq"])
    parser.add_argument("--breakdown", action="store_true")
    chosen = parser.parse_args()
    result = asyncio.run(main(chosen.runs, chosen.broker, breakdown=chosen.breakdown))
    print(json.dumps(result))
    sys.exit(1 if failed(result) else 0)
