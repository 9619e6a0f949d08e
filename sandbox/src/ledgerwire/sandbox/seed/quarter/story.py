"""The quarter as a whole: its records, what the books must say afterwards, and what people do in the course of it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.interface_records import Procurement
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.seed.month import BusinessMonth
from ledgerwire.sandbox.seed.plan import Fix
from ledgerwire.sandbox.seed.quarter.expected import (
    ExpectedEntry,
    expect_expense,
    expect_invoice,
    expect_movement,
    expect_receipt,
)
from ledgerwire.sandbox.seed.quarter.faults import FAULTS, fixes, invoices_with_faults
from ledgerwire.sandbox.seed.quarter.gl_table import gl_tables
from ledgerwire.sandbox.seed.quarter.houses import HOUSES
from ledgerwire.sandbox.seed.quarter.invoices import Writer, quarter_of_invoices
from ledgerwire.sandbox.seed.quarter.payments import Settlement, settlements_of
from ledgerwire.sandbox.seed.quarter.procurement import quarter_of_procurement
from ledgerwire.sandbox.seed.quarter.records import Record, invoice_lines, number_drafts, record_tables
from ledgerwire.sandbox.seed.quarter.spending import quarter_of_expenses
from ledgerwire.sandbox.seed.quarter.tables import set_up

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wave:
    """The invoices that close in one month: `burst` at once on the 1st, the others one after another."""

    month: date
    burst: tuple[int, ...]
    later: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """A record with a planted cause: what it must stop with, where it is one, and what puts it right (None: nothing)."""

    record_type: str
    source_id: str
    number: str
    company: str
    fault: str
    codes: tuple[str, ...]
    settles: str
    only: str | None
    fix: Fix | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """Everything that the quarter adds to a scenario."""

    months: tuple[BusinessMonth, ...]
    tables: dict[str, list[Row]]
    lines: dict[int, list[InvoiceLine]]
    procurement: tuple[Procurement, ...]
    expenses: tuple[Expense, ...]
    entries: tuple[ExpectedEntry, ...]
    waves: tuple[Wave, ...]
    planted: tuple[Planted, ...]
    settlements: tuple[Settlement, ...]


def three_months(start: BusinessMonth) -> tuple[BusinessMonth, ...]:
    """The quarter that begins with a month."""
    second = BusinessMonth(start.day(32).replace(day=1))
    return start, second, BusinessMonth(second.day(32).replace(day=1))


def _waves(records: Sequence[Record], months: tuple[BusinessMonth, ...]) -> tuple[Wave, ...]:
    """What is dated before the quarter closes with its first month."""
    waves = []
    for position, month in enumerate(months):
        last = months[position + 1].start if position + 1 < len(months) else None
        own = [
            record
            for record in records
            if (position == 0 or record.draft.day >= month.start) and (last is None or record.draft.day < last)
        ]
        burst = tuple(record.invoice_id for record in own if record.draft.day == month.start)
        waves.append(Wave(month.start, burst, tuple(r.invoice_id for r in own if r.draft.day != month.start)))
    return tuple(waves)


def _planted(entries: Sequence[ExpectedEntry], quarter: BusinessMonth) -> tuple[Planted, ...]:
    known = fixes(quarter)
    made = []
    for entry in entries:
        if entry.fault is None:
            continue
        fault, fix = FAULTS[entry.fault], known.get(entry.fault)
        right = fix(int(entry.source_id)) if fix else None
        made.append(
            Planted(entry.record_type, entry.source_id, entry.number, entry.company, fault.name, fault.codes, fault.settles,
                    fault.only, right)
        )  # fmt: skip
    return tuple(made)


def tell(seed: int, start: BusinessMonth) -> Quarter:
    """The whole story; the same arguments give an equal one."""
    rng, months = random.Random(seed), three_months(start)  # noqa: S311 - reproducible, no secret
    drafts = quarter_of_invoices(rng, months)
    for house in HOUSES:
        drafts += invoices_with_faults(Writer(rng, house, months))
    records = number_drafts(sorted(drafts, key=lambda draft: draft.day))
    received, moved = quarter_of_procurement(rng, months)
    spent = quarter_of_expenses(rng, months)
    entries = (
        *(expect_invoice(record) for record in records),
        *(expect_receipt(each) for each in received),
        *(expect_movement(each) for each in moved),
        *(expect_expense(each) for each in spent),
    )
    return Quarter(
        months=months,
        tables={**set_up(), **gl_tables(), **record_tables(records)},
        lines={record.invoice_id: invoice_lines(record) for record in records},
        procurement=(*(each.fact for each in received), *(each.fact for each in moved)),
        expenses=tuple(each.fact for each in spent),
        entries=entries,
        waves=_waves(records, months),
        planted=_planted(entries, start),
        settlements=settlements_of(rng, entries),
    )
