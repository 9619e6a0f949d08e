"""The half-year: every month what was sold is planned and applied, ConnectWise invoices, and the three sides are compared."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from uuid import UUID

from ledgerwire.billing_sync.bootstrap import open_seats
from ledgerwire.billing_sync.desk import SeatsDesk
from ledgerwire.billing_sync.domain.reconciliation import Cause
from ledgerwire.billing_sync.report import SeatReport, as_csv
from ledgerwire.billing_sync.stored import StoredPlan
from ledgerwire.cli.demo.account_file import account_content, write
from ledgerwire.cli.demo.stage import LOGS, REPORT_FILE, clear, founded
from ledgerwire.cli.failures import Exit
from ledgerwire.cli.hosting import sandbox_process
from ledgerwire.cli.output import Output
from ledgerwire.cli.record_desk import account_named
from ledgerwire.cli.seats.market import LAST_MONTH, QUIET, Deal, Market, credit, market
from ledgerwire.cli.seats.office import Office
from ledgerwire.cli.workplace import embedded_workplace, tenants_database
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.embedded import remove_postgres
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.money import round_half_up
from ledgerwire.common.security import SecretBox
from ledgerwire.common.settings import Settings, load_settings
from ledgerwire.tenants import accounts
from ledgerwire.tenants.account_file import read_account_file

SEATS_DATA = Path(".seats")
SOURCE = "distributor"
MARKUP = Decimal(25)
FIRST_PLAN = date(2025, 12, 28)
MISTAKES_ON = date(2026, 4, 10)
FIRST_LEAK, LAST_LEAK = 5, LAST_MONTH
LOWERED = Decimal(2)
CREDIT = Decimal("30.00")
PATIENCE_SECONDS, PAUSE_SECONDS = 300.0, 3.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Leak:
    """A planted leak: what the reconciliation has to say about it."""

    customer: str
    product: str
    period: str
    cause: Cause
    amount: Decimal


@dataclass(slots=True)
class _Tally:
    steps: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    invoices: int = 0
    invoiced: Decimal = Decimal(0)
    planned_again: int = 0
    refused: int = 0
    calls_without_change: int = 0


async def carry(output: Output, directory: Path, *, seed: int, customers: int, skus: int, keep: bool) -> Exit:
    """Run the half-year and write its report; OFF where anything is not as it should be."""
    began = monotonic()
    await clear(directory)
    founded(directory)
    output.remark(f"Setting up PostgreSQL and the sandbox in {directory} ...")
    arguments = ["--tls", "--tls-dir", str(directory / "tls"), "--seed", str(seed)]
    async with (
        sandbox_process(directory / LOGS, arguments) as line,
        embedded_workplace(load_settings(), directory, owner=True, fast=True) as settings,
        Office(said := await line()) as office,
    ):
        story = _HalfYear(output, office, settings, directory, market(seed, customers, skus))
        await story.found(said)
        report, off = await story.run(began)
    if not keep:
        await remove_postgres(directory / "postgres")
    (directory / REPORT_FILE).write_text(json.dumps(report, indent=2, default=str) + "\n")
    output.result(report, *(off or ["Bought, on the agreements and invoiced agree, except where a leak was planted."]))
    return Exit.OFF if off else Exit.DONE


class _HalfYear:
    """One run."""

    def __init__(self, output: Output, office: Office, settings: Settings, directory: Path, sold: Market) -> None:
        self._output = output
        self._office = office
        self._settings = settings
        self._directory = directory
        self._market = sold
        self._clock = FixedClock(datetime.combine(FIRST_PLAN, time(9), UTC))
        self._companies: dict[str, dict[str, Any]] = {}
        self._agreements: dict[str, tuple[int, int]] = {}
        self._tally = _Tally()
        self._leaks: list[Leak] = []

    async def found(self, line: Mapping[str, Any]) -> None:
        """Agreements in ConnectWise, and the account with its links."""
        await self._office.unhurried()
        await self._office.on(FIRST_PLAN)
        companies = [row for row in await self._office.rows("companies") if not row.get("deletedFlag")]
        for customer, company in zip(self._market.customers[:-1], companies, strict=False):
            self._companies[customer.id] = company
            self._agreements[customer.id] = await self._office.agreements(company)
        content = account_content(line, await self._office.mapping())
        content["connectwise"]["seats"] = dict(line["connectwise"]["seats"])
        content["seats"] = self._section()
        write(self._directory / "account.yaml", content)
        async with tenants_database(self._settings) as database:
            box = SecretBox.from_settings(self._settings)
            file = read_account_file(self._directory / "account.yaml")
            await accounts.apply(database, box, file, author="story", reason="first version")

    def _section(self) -> dict[str, Any]:
        customers, agreements = [], []
        for customer, company in self._companies.items():
            customers.append({"source": SOURCE, "customer": customer, "company": company["id"]})
            monthly, annual = self._agreements[customer]
            for motion, agreement in (("seat-monthly", monthly), ("azure", monthly), ("seat-annual", annual)):
                agreements.append({"company": company["id"], "motion": motion, "agreement": agreement})
        filed = {"category": "Cloud Subscriptions", "subcategory": "Cloud Subscriptions", "type": "Service"}
        return {
            "since": "2026-01-01",
            "sources": [{"name": SOURCE, "kind": "push"}],
            "products": {**filed, "taxable": True},
            "price": {"basis": "markup", "value": str(MARKUP)},
            "customers": customers,
            "agreements": agreements,
            "policies": {"edits": "keep", "decreases": "negative-row", "one_time": "copy"},
        }

    async def run(self, began: float) -> tuple[dict[str, Any], list[str]]:
        """All months; the report and what is off."""
        ready = monotonic()
        account_id, _ = await account_named(self._settings, None)
        async with open_seats(self._settings, self._clock) as desk:
            await self._synchronized(desk, account_id, FIRST_PLAN)
            await self._billed(date(2026, 1, 1))
            for month in range(1, LAST_MONTH + 2):
                await self._synchronized(desk, account_id, date(2026, month, 7))
                if month == MISTAKES_ON.month:
                    await self._mistakes()
                await self._billed(date(2026, month + 1, 1))
            before = desk.count.calls
            last = await allowed(partial(desk.plan, account_id))
            self._tally.calls_without_change = desk.count.calls - before
            months = date(2026, 1, 1), date(2026, LAST_MONTH, 30)
            report = await allowed(partial(desk.reconcile, account_id, *months))
        (self._directory / "reconciliation.csv").write_bytes(as_csv(report))
        return self._report(report, last, began, ready)

    async def _synchronized(self, desk: SeatsDesk, account_id: UUID, day: date) -> None:
        await self._office.on(day)
        self._clock.at = datetime.combine(day, time(9), UTC)
        await desk.push(account_id, SOURCE, self._market.as_of(day))
        plan = await allowed(partial(desk.plan, account_id))
        applied = await allowed(partial(desk.apply, account_id))
        again = await allowed(partial(desk.plan, account_id))
        self._tally.steps.update(stored.step.kind.value for stored in plan.steps)
        self._tally.findings.update(finding.code for finding in (*plan.all_findings, *applied.findings))
        self._tally.planned_again += len(again.steps)
        self._tally.refused += applied.refused
        self._output.remark(f"{day}: {len(plan.steps)} steps, {applied.written} written, {len(again.steps)} left.")

    async def _billed(self, until: date) -> None:
        await self._office.on(until)
        self._clock.at = datetime.combine(until, time(9), UTC)
        ours = {number for each in self._agreements.values() for number in each}
        companies = {company["id"] for company in self._companies.values()}
        rows = await self._office.rows("agreements")
        ours |= {row["id"] for row in rows if row["company"]["id"] in companies and "Annual seats" in row["name"]}
        made = await self._office.bill(until, sorted(ours))
        self._tally.invoices += len(made)
        self._tally.invoiced += sum((Decimal(str(row["subtotal"])) for row in made), Decimal(0))

    async def _mistakes(self) -> None:
        """What people and the distributor get wrong in April: four leaks, and a customer that nobody ever linked."""
        await self._office.on(MISTAKES_ON)
        deals = [self._deal_of(place) for place in range(QUIET)]
        lowered, stray, silenced, credited = deals[0], deals[1], deals[2], deals[3]
        row = await self._row(lowered)
        quantity = Decimal(str(row["quantity"])) - LOWERED
        await self._change(lowered, row, "quantity", str(quantity))
        self._plant(lowered, Cause.EDITED_BY_HAND, LOWERED * _price(lowered))
        row = await self._row(silenced)
        await self._change(silenced, row, "billCustomer", "DoNotBill")
        self._plant(silenced, Cause.NOT_INVOICED, Decimal(silenced.changes[0].seats) * _price(silenced))
        await self._stray(stray)
        self._market.credits.append(credit(credited, date(2026, 5, 3), CREDIT))
        self._plant(credited, Cause.CREDIT_NOT_PASSED_ON, -CREDIT, last=5)
        for deal in self._market.deals:
            if deal.customer == self._market.customers[-1].id:
                amount = round_half_up(_price(deal) * deal.changes[0].seats)
                for month in range(1, LAST_MONTH + 1):
                    name = self._market.customers[-1].name
                    self._leaks.append(Leak(name, deal.name, f"2026-{month:02}", Cause.NOT_MAPPED, amount))

    async def _stray(self, deal: Deal) -> None:
        """An addition for a product that its company never bought."""
        owned = {each.sku for each in self._market.deals if each.customer == deal.customer}
        other = next(each for each in self._market.deals if each.sku not in owned and each.changes[0].day.month == 1)
        products = {row.get("vendorSku"): row["id"] for row in await self._office.rows("catalog")}
        body = {
            "product": {"id": products[other.sku]},
            "quantity": 4,
            "unitPrice": "11.50",
            "unitCost": "9.00",
            "billCustomer": "Billable",
            "effectiveDate": "2026-05-01T00:00:00Z",
        }
        await self._office.connectwise(
            "POST", f"/finance/agreements/{self._agreements[deal.customer][0]}/additions", body
        )
        self._plant(deal, Cause.NOT_SOLD, Decimal("-46.00"), product=other.name)

    def _deal_of(self, place: int) -> Deal:
        customer = self._market.customers[place].id
        return next(deal for deal in self._market.deals if deal.customer == customer)

    def _plant(
        self, deal: Deal, cause: Cause, amount: Decimal, *, last: int = LAST_LEAK, product: str | None = None
    ) -> None:
        name = str(self._companies[deal.customer]["name"])
        for month in range(FIRST_LEAK, last + 1):
            self._leaks.append(Leak(name, product or deal.name, f"2026-{month:02}", cause, round_half_up(amount)))

    async def _row(self, deal: Deal) -> dict[str, Any]:
        products = {row.get("vendorSku"): row["id"] for row in await self._office.rows("catalog")}
        agreement = self._agreements[deal.customer][0]
        rows = await self._office.rows("additions")
        return next(
            row for row in rows if row["agreementId"] == agreement and row["product"]["id"] == products[deal.sku]
        )

    async def _change(self, deal: Deal, row: Mapping[str, Any], name: str, value: str) -> None:
        path = f"/finance/agreements/{self._agreements[deal.customer][0]}/additions/{row['id']}"
        await self._office.connectwise("PATCH", path, [{"op": "replace", "path": name, "value": value}])

    def _report(
        self, report: SeatReport, last: StoredPlan, began: float, ready: float
    ) -> tuple[dict[str, Any], list[str]]:
        found = {
            Leak(row.place.customer, row.place.product, f"{row.place.period:%Y-%m}", row.cause, row.difference)
            for row in report.leaks
        }
        planted = set(self._leaks)
        off = [f"not found: {leak}" for leak in sorted(planted - found, key=str)]
        off += [f"not planted: {leak}" for leak in sorted(found - planted, key=str)]
        if self._tally.planned_again:
            off.append(f"{self._tally.planned_again} steps were planned again after their plan was applied")
        if self._tally.refused:
            off.append(f"{self._tally.refused} steps were refused")
        if report.two_way:
            off.append(report.two_way)
        compared = {
            "customers": len(self._market.customers),
            "skus": len(self._market.products),
            "subscriptions": len(self._market.deals),
            "steps": dict(sorted(self._tally.steps.items())),
            "findings": dict(sorted(self._tally.findings.items())),
            "invoices": self._tally.invoices,
            "invoiced": str(self._tally.invoiced),
            "places_compared": report.places,
            "leaks_planted": len(planted),
            "leaks_found": len(planted & found),
            "leaked": str(sum((leak.amount for leak in found), Decimal(0))),
            "planned_again": self._tally.planned_again,
            "steps_at_the_end": len(last.steps),
            "calls_without_change": self._tally.calls_without_change,
            "seconds_setup": round(ready - began, 1),
            "seconds_run": round(monotonic() - ready, 1),
            "off": off,
        }
        return compared, off


async def allowed(act: Callable[[], Awaitable[T]]) -> T:
    """Do it as soon as ConnectWise allows: when it asks to slow down, the same is asked again after a pause."""
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return await act()
        except (Waiting, Transient):
            if monotonic() > deadline:
                raise
            await asyncio.sleep(PAUSE_SECONDS)


def _price(deal: Deal) -> Decimal:
    return round_half_up(deal.cost * (100 + MARKUP) / 100)
