"""Partner Center behind the port."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import httpx

from ledgerwire.common.errors import LedgerwireError, Transient, Waiting
from ledgerwire.common.seats import ChargeLine, RowProblem, SourceCustomer, SourceProduct, SubscriptionSnapshot
from ledgerwire.distributors.exports.cells import RefusedRowError
from ledgerwire.distributors.exports.layouts import MICROSOFT_RECONCILIATION
from ledgerwire.distributors.exports.rows import read_row
from ledgerwire.distributors.partnercenter.client import Json, OpenBlobs, PartnerCenterClient, Sleep
from ledgerwire.distributors.partnercenter.config import PartnerCenterConfig
from ledgerwire.distributors.partnercenter.exports import billed_lines, unbilled_lines
from ledgerwire.distributors.partnercenter.reading import customer_of, subscription_of, table_rows
from ledgerwire.distributors.partnercenter.tokens import SignIn
from ledgerwire.distributors.port import Part, Period

_CYCLE = timedelta(days=31)
"""A monthly charge reaches this far into the month after its invoice's."""


def build_partner_center(
    name: str,
    config: PartnerCenterConfig,
    http: httpx.AsyncClient,
    sign_in: SignIn,
    sleep: Sleep = asyncio.sleep,
    open_blobs: OpenBlobs | None = None,
) -> PartnerCenterSource:
    """A source over one partner tenant; `sleep` lets time pass between polls and after a 429."""
    return PartnerCenterSource(name, PartnerCenterClient(config, http, sign_in, sleep, open_blobs))


class PartnerCenterSource:
    """A `SeatSource`: customers and subscriptions by REST v1, lines by the export of Graph v2."""

    def __init__(self, name: str, client: PartnerCenterClient) -> None:
        self._name = name
        self._client = client
        self._by_order: dict[tuple[str, str, str], str] = {}

    @property
    def name(self) -> str:
        return self._name

    async def customers(self) -> Part[SourceCustomer]:
        found: list[SourceCustomer] = []
        pages = 0
        try:
            async for page in self._client.items("/customers", {"size": str(self._client.config.page_size)}):
                pages += 1
                found += [customer for row in page if (customer := customer_of(row)) is not None]
        except LedgerwireError as error:
            if not pages:
                raise
            return Part(tuple(found), (self._stopped(f"customers page {pages + 1}", error),), complete=False)
        return Part(tuple(found))

    async def products(self) -> Part[SourceProduct]:
        return Part(())

    async def subscriptions(self, customer: SourceCustomer) -> Part[SubscriptionSnapshot]:
        found: list[SubscriptionSnapshot] = []
        problems: list[RowProblem] = []
        async for page in self._client.items(f"/customers/{customer.id}/subscriptions", {}):
            for row in page:
                try:
                    found.append(subscription_of(row, customer.id))
                except (KeyError, ValueError, ArithmeticError):
                    place = f"subscription {row.get('id', '?')} of {customer.name}"
                    problems.append(self._refused(place, "it lacks an id, seats, a cycle or a start", customer.id))
        self._by_order |= {(customer.id, held.order_id, held.sku): held.id for held in found if held.order_id}
        return Part(tuple(found), tuple(problems))

    async def charges(self, period: Period) -> Part[ChargeLine]:
        rows: list[Json] = []
        problems: list[RowProblem] = []
        invoices = await self._invoices(period, problems)
        for place, invoice in enumerate([*invoices, "last", "current"]):
            unbilled = place >= len(invoices)
            try:
                rows += await (unbilled_lines if unbilled else billed_lines)(self._client, invoice)
            except LedgerwireError as error:
                if not place and isinstance(error, Waiting):
                    raise
                problems.append(self._stopped(f"unbilled lines ({invoice})" if unbilled else invoice, error))
        complete = not problems
        lines = self._lines(rows, problems)
        inside = (line for line in lines if line.charge_start <= period.last and line.charge_end >= period.first)
        return Part(tuple(inside), tuple(problems), complete)

    async def _invoices(self, period: Period, problems: list[RowProblem]) -> list[str]:
        """Numbers of the invoices whose lines may touch a period; legacy ones have no export."""
        found: list[str] = []
        async for page in self._client.items("/invoices", {}):
            for row in page:
                number = str(row.get("id", ""))
                try:
                    touches = not number.startswith("D") and _may_touch(row, period)
                except (ValueError, OverflowError):
                    problems.append(self._stopped(number, Transient("The invoice's period is no date")))
                    continue
                found += [number] if touches else []
        return found

    def _lines(self, rows: list[Json], problems: list[RowProblem]) -> list[ChargeLine]:
        found: list[ChargeLine] = []
        for row in table_rows(rows):
            try:
                line = read_row(MICROSOFT_RECONCILIATION, row).charge
            except RefusedRowError as error:
                customer = row.values.get("customer_id", "").removeprefix("org:").casefold()
                problems.append(self._refused(f"{row.number} of the lines charged", str(error), customer))
                continue
            if line is not None:
                found.append(self._joined(line))
        return found

    def _joined(self, line: ChargeLine) -> ChargeLine:
        """The line under its subscription's own id: what the file calls it is not always that."""
        known = self._by_order.get((line.customer_id, line.order_id, line.sku))
        return replace(line, subscription_id=known) if known and not line.subscription_id else line

    def _stopped(self, place: str, error: LedgerwireError) -> RowProblem:
        params = (("source", self._name), ("place", place), ("reason", error.code))
        return RowProblem(place, "BS_SOURCE_INCOMPLETE", params)

    def _refused(self, place: str, reason: str, customer_id: str) -> RowProblem:
        params = (("source", self._name), ("row", place), ("reason", reason))
        return RowProblem(f"row {place}", "BS_SOURCE_ROW_REFUSED", params, customer_id)


def _may_touch(invoice: Json, period: Period) -> bool:
    """Whether lines of an invoice may; none of one without a billing period do. Raises ValueError for days that are none."""
    names = ("billingPeriodStartDate", "billingPeriodEndDate")
    first, last = (str(invoice.get(name) or "")[:10] for name in names)
    if not first or not last:
        return False
    return date.fromisoformat(first) <= period.last and date.fromisoformat(last) + _CYCLE >= period.first
