"""ConnectWise in the planner's terms, and back: agreements, additions, companies, catalog products."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledgerwire.billing_sync.domain.agreements import Addition, Agreement, RowValues
from ledgerwire.billing_sync.domain.links import CatalogItem, Company
from ledgerwire.billing_sync.domain.readback import cancelled_date, last_day
from ledgerwire.billing_sync.failures import Failures
from ledgerwire.common.errors import Transient
from ledgerwire.common.money import ZERO
from ledgerwire.connectwise import ConnectWise
from ledgerwire.connectwise.agreements import AGREEMENTS, AdditionChange, NewAddition
from ledgerwire.connectwise.models import agreements as wire
from ledgerwire.connectwise.models.catalog import CatalogProduct
from ledgerwire.connectwise.models.companies import Company as CompanyRow

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Terms:
    """The tables an agreement's flags refer to: billing options by cycle, prepayment by type."""

    options: Mapping[int, str]
    prepaid: Mapping[int, bool]


async def terms(psa: ConnectWise) -> Terms:
    """Read the two tables."""
    cycles, types = await psa.agreements.billing_cycles(), await psa.agreements.types()
    return Terms(
        {cycle.id: cycle.billing_options or "" for cycle in cycles},
        {kind.id: bool(kind.pre_payment_flag) for kind in types},
    )


def agreement_of(row: wire.Agreement, tables: Terms) -> Agreement:
    """An agreement as the planner sees it. One without a first day has begun long ago."""
    kind = row.type.id if row.type else None
    cycle = row.billing_cycle.id if row.billing_cycle else None
    ends = [day for day in (row.ends, row.cancelled) if day is not None]
    return Agreement(
        id=row.id,
        name=row.name or f"agreement {row.id}",
        company_id=row.company_id or 0,
        start=row.starts or date.min,
        type_name=(row.type.name if row.type else None) or "",
        status=row.agreement_status or "Active",
        end=min(ends, default=None),
        billing_option=tables.options.get(cycle or 0, "NotRecurring" if row.bill_one_time_flag else "Monthly"),
        invoicing_cycle=row.invoicing_cycle or "CalendarYear",
        prorate=bool(row.prorate_flag),
        bills_prorated_additions=row.invoice_prorated_additions_flag is not False,
        bill_one_time=bool(row.bill_one_time_flag),
        type_prepayment=tables.prepaid.get(kind or 0, False),
        period_type=row.period_type or "Undefined",
        next_invoice=row.next_invoice,
        currency=(row.currency.iso_code if row.currency else None) or "",
        invoiced_once=row.invoiced_once,
    )


def addition_of(row: wire.Addition, agreement_id: int, *, cancelled_is_last_day: bool) -> Addition:
    """An addition as the planner sees it."""
    return Addition(
        id=row.id,
        agreement_id=agreement_id,
        product_id=row.product_id or 0,
        values=values_of(row, cancelled_is_last_day=cancelled_is_last_day),
        bill_customer=row.bill_customer or "Billable",
        description=row.invoice_description or "",
    )


def values_of(row: wire.Addition, *, cancelled_is_last_day: bool) -> RowValues:
    """What a row says."""
    return RowValues(
        row.quantity or ZERO,
        row.unit_price or ZERO,
        row.unit_cost or ZERO,
        row.effective or date.min,
        last_day(row.cancelled, is_last_day=cancelled_is_last_day),
        row.less_included or ZERO,
    )


def new_addition(values: RowValues, product_id: int, description: str, *, cancelled_is_last_day: bool) -> NewAddition:
    """The row to be made."""
    return NewAddition(
        product_id,
        values.quantity,
        values.unit_price,
        values.unit_cost,
        values.effective,
        cancelled_date(values.ends, is_last_day=cancelled_is_last_day),
        description,
    )


def change(before: RowValues, after: RowValues, *, cancelled_is_last_day: bool) -> AdditionChange:
    """What has to be replaced on a row; a date that is taken away is written as none."""
    return AdditionChange(
        quantity=after.quantity if after.quantity != before.quantity else None,
        unit_price=after.unit_price if after.unit_price != before.unit_price else None,
        unit_cost=after.unit_cost if after.unit_cost != before.unit_cost else None,
        effective=after.effective if after.effective != before.effective else None,
        cancelled=cancelled_date(after.ends, is_last_day=cancelled_is_last_day) if after.ends != before.ends else None,
        reopened=after.ends is None and before.ends is not None,
        less_included=after.less_included if after.less_included != before.less_included else None,
    )


def in_currency(agreement: Agreement, companies: Mapping[int, Company]) -> Agreement:
    """The agreement in its company's currency where it names none of its own."""
    company = companies.get(agreement.company_id)
    return agreement if agreement.currency or company is None else replace(agreement, currency=company.currency)


def company_of(row: CompanyRow) -> Company:
    """A company that may be linked."""
    currency = (row.currency.iso_code if row.currency else None) or ""
    return Company(
        row.id, row.name or f"company {row.id}", (row.status.name if row.status else None) or "", currency=currency
    )


def item_of(row: CatalogProduct) -> CatalogItem:
    """A catalog product that a SKU may be."""
    return CatalogItem(row.id, row.identifier or "", row.vendor_sku or "", not row.active, row.description or "")


@dataclass(frozen=True, slots=True)
class Additions:
    """The rows of agreements, and what the others could not be read for."""

    rows: Mapping[int, tuple[Addition, ...]]
    unread: Mapping[int, Transient]


async def additions_of(
    psa: ConnectWise,
    agreement_ids: Collection[int],
    *,
    cancelled_is_last_day: bool,
    besides: Mapping[int, Transient] | None = None,
) -> Additions:
    """Every addition of these agreements: one call each, several at once (ConnectWise has no list over agreements).

    Args:
        psa: the client.
        agreement_ids: of which the rows are wanted.
        cancelled_is_last_day: as of `SeatRules`.
        besides: agreements that are not to be read, and why not.

    Raises:
        Transient: ConnectWise itself does not answer, or none of the agreements can be read.
    """
    turn, failures = asyncio.Semaphore(_AT_ONCE), Failures()
    found: dict[int, tuple[Addition, ...]] = {}
    unread = {number: error for number, error in (besides or {}).items() if number in agreement_ids}

    async def one(agreement_id: int) -> None:
        async with turn:
            try:
                rows = await psa.agreements.additions(agreement_id)
            except Transient as error:
                unread[agreement_id] = error
                if failures.add(error, agreement_id):
                    await psa.can_read(AGREEMENTS)
                    failures.none()
                return
        failures.none()
        shown = (addition_of(row, agreement_id, cancelled_is_last_day=cancelled_is_last_day) for row in rows)
        found[agreement_id] = tuple(shown)

    await asyncio.gather(*(one(each) for each in agreement_ids if each not in unread))
    if unread and not found:
        raise next(iter(unread.values()))
    return Additions(found, unread)


async def companies(psa: ConnectWise, statuses: Sequence[str]) -> list[Company]:
    """Companies in these statuses (all when none are named)."""
    rows = await psa.all_companies()
    found: Iterable[Company] = (company_of(row) for row in rows if not row.deleted_flag)
    return [company for company in found if not statuses or company.status in statuses]
