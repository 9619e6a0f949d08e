"""What a run over many seat lines costs: calls to ConnectWise and memory. Run: python -m benchmarks.seats_cost [lines].

A year's worth of customers stands in a sandbox of its own and a database of its own, both on loopback. The first run
takes over what stands there, three find nothing to do, the last has a few changes. One JSON line comes out.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from pydantic import SecretStr

from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.cli.workplace import tenants_database
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.ids import account_id
from ledgerwire.common.seats import Frequency, SourceCustomer, SourceProduct, SubscriptionSnapshot
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings
from ledgerwire.common.testing import postgres
from ledgerwire.common.testing.run import TestRun
from ledgerwire.distributors.push import Push
from ledgerwire.sandbox.connectwise.app import create_connectwise
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Credentials
from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import make_tls
from ledgerwire.sandbox.seed import build
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import AccountFile

LINES_EACH, CHANGED_EVERY = 25, 100
SOURCE, TODAY = "distributor", date(2026, 3, 20)
MOMENT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def sold(lines: int, *, changed: bool = False) -> Push:
    """So many subscriptions, 25 to a customer; with `changed` every hundredth has two seats more."""
    customers = lines // LINES_EACH
    people = tuple(SourceCustomer(f"tenant-{number}", f"Tenant {number}") for number in range(customers))
    products = tuple(SourceProduct(f"SKU-{number}", f"Product {number}") for number in range(LINES_EACH))
    base = SubscriptionSnapshot("", "", "", "", Decimal(10), Frequency.MONTHLY, date(2026, 3, 1), currency="AUD")
    rows = []
    for number in range(lines):
        customer, product = divmod(number, LINES_EACH)
        more = changed and number % CHANGED_EVERY == 0
        rows.append(
            replace(
                base,
                id=f"sub-{number}",
                customer_id=f"tenant-{customer}",
                sku=f"SKU-{product}",
                name=f"Product {product}",
                unit_cost=Decimal("18.00"),
                quantity=Decimal(12 if more else 10),
                changed_on=date(2026, 4, 5) if more else None,
            )
        )
    return Push(people, products, tuple(rows), ())


def stocked(lines: int) -> ConnectWiseState:
    """A ConnectWise with a company and an agreement for each customer, and every product in its catalog."""
    clock = VirtualClock(MOMENT)
    state = ConnectWiseState(clock=clock, journal=Journal(clock, bodies=False), credentials=Credentials.derive(1))
    scenario = build(1)
    state.load(scenario.state_tables(), scenario.invoice_lines)
    state.switches.requests_per_minute = 0
    company, product = state.tables["companies"][250], state.tables["catalog"][3]
    products = [
        state.insert("catalog", {**product, "identifier": f"SKU-{number}", "vendorSku": f"SKU-{number}"}, 1)
        for number in range(LINES_EACH)
    ]
    for number in range(lines // LINES_EACH):
        name = f"Tenant {number}"
        row = state.insert("companies", {**company, "identifier": f"T{number}", "name": name}, 1)
        agreement = state.insert(
            "agreements",
            {
                "name": f"Seats {number}",
                "type": {"id": 2, "name": "Cloud Monthly"},
                "company": {"id": row["id"], "name": name},
                "startDate": "2025-12-01T00:00:00Z",
                "noEndingDateFlag": True,
                "cancelledFlag": False,
                "billingCycle": {"id": 1},
                "invoicingCycle": "CalendarYear",
                "prorateFlag": True,
                "invoiceProratedAdditionsFlag": True,
                "periodType": "Future",
                "nextInvoiceDate": "2026-03-01T00:00:00Z",
                "agreementStatus": "Active",
                "currency": company["currency"],
            },
            1,
        )
        for sold_as in products:
            state.insert("additions", _addition(agreement["id"], sold_as), 1)
    return state


def _addition(agreement: int, product: dict[str, Any]) -> dict[str, Any]:
    """Ten seats as somebody entered them before: they are taken over, not written again."""
    return {
        "parentId": agreement,
        "agreementId": agreement,
        "product": {"id": product["id"], "identifier": product["identifier"]},
        "quantity": Decimal(10),
        "lessIncluded": Decimal(0),
        "unitPrice": Decimal("22.00"),
        "unitCost": Decimal("18.00"),
        "billCustomer": "Billable",
        "effectiveDate": "2026-03-01T00:00:00Z",
    }


async def prepared(settings: Settings, state: ConnectWiseState, base_url: str, ca_file: Path) -> UUID:
    """The account with a link for each customer."""
    keys, seats = state.credentials, state.credentials.for_seats()
    links, chosen = [], []
    for row in state.tables["agreements"].values():
        if str(row["name"]).startswith("Seats "):
            number, company = str(row["name"]).removeprefix("Seats "), row["company"]["id"]
            links.append({"source": SOURCE, "customer": f"tenant-{number}", "company": company})
            chosen.append({"company": company, "motion": "seat-monthly", "agreement": row["id"]})
    xero = {"tenant_id": "t", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    place = {"site": base_url.removeprefix("https://"), "on_premise": True, "ca_file": str(ca_file)}
    content = {
        "account": "cost",
        "connectwise": {
            **place,
            "company_id": keys.company_id,
            "public_key": keys.public_key,
            "private_key": keys.private_key,
            "client_id": keys.client_id,
            "seats": {"public_key": seats.public_key, "private_key": seats.private_key},
        },
        "companies": [{"name": "Books", "package": "xero", "connection": xero}],
        "mapping": {"tax": {"untaxed_type": "E"}, "rounding": {"account": "860", "tax_type": "B"}},
        "seats": {
            "since": "2026-01-01",
            "sources": [{"name": SOURCE, "kind": "push"}],
            "products": {"taxable": True},
            "price": {"basis": "fixed", "value": "22.00"},
            "customers": links,
            "agreements": chosen,
        },
    }
    async with tenants_database(settings) as database:
        file = AccountFile.model_validate(content)
        await accounts.apply(database, SecretBox.from_settings(settings), file, author="cost", reason="cost")
    return account_id("cost")


async def run(desk: SeatsDesk, account: UUID, state: ConnectWiseState, push: Push) -> dict[str, object]:
    """Post, plan and apply; the calls of each by what they were for."""
    await desk.push(account, SOURCE, push)
    seen, count = len(state.journal), desk.count
    before, began = count.calls, time.monotonic()
    plan = await desk.plan(account)
    planned, written, seconds = count.calls, count.writes, time.monotonic() - began
    kinds = Counter(_kind(entry.as_dict()) for entry in state.journal.entries()[seen:])
    done = await desk.apply(account)
    return {
        "steps": len(plan.steps),
        "written": done.written,
        "refused": done.refused,
        "plan_calls": planned - before,
        "plan_calls_by_kind": dict(kinds),
        "plan_seconds": round(seconds, 1),
        "writes": count.writes - written,
        "apply_calls": count.calls - planned,
        "apply_seconds": round(time.monotonic() - began - seconds, 1),
    }


def _kind(entry: dict[str, Any]) -> str:
    parts = [part for part in str(entry.get("path", "")).split("?")[0].split("/") if part and not part.isdigit()]
    return parts[-1] if parts else "other"


async def measure(lines: int) -> dict[str, object]:
    """All runs, with the memory that is held after each that changes nothing."""
    servers = TestRun.begin()
    try:
        admin = await asyncio.to_thread(postgres.postgres_url, servers)
        await postgres.create_database(admin, "cost", await asyncio.to_thread(postgres.template_database, servers))
        with tempfile.TemporaryDirectory() as directory:
            tls = make_tls(Path(directory))
            state = stocked(lines)
            async with serve(create_connectwise(state, Faults()).app, tls=tls) as served:
                state.site.base_url = served.base_url
                return await _measured(postgres.settings_for(admin, "cost"), state, served.base_url, tls.ca_file, lines)
    finally:
        await asyncio.to_thread(servers.end)


async def _measured(
    settings: Settings, state: ConnectWiseState, base_url: str, ca_file: Path, lines: int
) -> dict[str, object]:
    key = SecretStr(f"k1:{base64.b64encode(bytes(32)).decode()}")
    settings = settings.model_copy(update={"encryption_keys": key})
    account = await prepared(settings, state, base_url, ca_file)
    result: dict[str, object] = {"lines": lines, "agreements": lines // LINES_EACH}
    async with open_seats(settings, FixedClock(MOMENT)) as desk:
        result["first"] = await run(desk, account, state, sold(lines))
        held = []
        for _ in range(3):
            result["no_change"] = await run(desk, account, state, sold(lines))
            held.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        result["change"] = await run(desk, account, state, sold(lines, changed=True))
    return {**result, "resident_mib_after_each_run": held}


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    print(json.dumps(asyncio.run(measure(lines))))


if __name__ == "__main__":
    main()
