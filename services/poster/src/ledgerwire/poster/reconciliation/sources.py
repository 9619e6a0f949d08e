"""ConnectWise as it is now: the closed records of a period, and what became of others.

Invoices are listed by date. Receipts, stock movements and expenses can only be seen while they stand on their unposted
list; one of ours that has left it is batched where a batch of ours took it, else somebody took it off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from ledgerwire.common.ids import AccountId, ConnectionId, record_id
from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.models import (
    BillingStatus,
    Invoice,
    UnpostedExpense,
    UnpostedInvoice,
    UnpostedProcurement,
)
from ledgerwire.poster.reconciliation.domain.model import AT_REST, INVOICE, ClosedRecord, Stray, signed
from ledgerwire.poster.reconciliation.repository import RecordRow
from ledgerwire.tenants.read import AccountContext


class Psa(Protocol):
    """What is read of ConnectWise; its client has it."""

    async def invoices_dated(self, first: date, last: date) -> list[Invoice]: ...
    async def invoices_numbered(self, numbers: Sequence[str]) -> list[Invoice]: ...
    async def invoices(self, ids: Sequence[int]) -> list[Invoice]: ...
    async def billing_statuses(self) -> list[BillingStatus]: ...
    async def unposted_invoices(self, ids: Sequence[int] | None = None) -> list[UnpostedInvoice]: ...
    async def unposted_procurement(self, ids: Sequence[str] | None = None) -> list[UnpostedProcurement]: ...
    async def unposted_expenses(self, ids: Sequence[int] | None = None) -> list[UnpostedExpense]: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A receipt, stock movement or expense on its unposted list."""

    record_type: RecordType
    source_id: str
    number: str
    customer: str
    dated: date | None
    total: Decimal
    currency: str
    location_id: int | None
    closed_at: datetime | None


@dataclass(slots=True)
class Shown:
    """What ConnectWise shows of a period; `types` are those whose lists were read."""

    types: Sequence[RecordType] = ()
    invoices: list[Invoice] = field(default_factory=list)
    closed_statuses: frozenset[int] = frozenset()
    closed_at: dict[int, datetime | None] = field(default_factory=dict)
    listed: dict[tuple[str, str], Listed] = field(default_factory=dict)

    def is_closed(self, invoice: Invoice) -> bool:
        """Whether the invoice's status closes it: its own flag, else the billing status's."""
        status = invoice.status
        if status is None:
            return False
        return status.is_closed if status.is_closed is not None else status.id in self.closed_statuses


async def read(psa: Psa, types: Sequence[RecordType], first: date, last: date) -> Shown:
    """Read the period afresh. Raises what the client raises."""
    shown = Shown(types)
    statuses, shown.invoices, unposted = await asyncio.gather(
        psa.billing_statuses(), psa.invoices_dated(first, last), psa.unposted_invoices()
    )
    shown.closed_statuses = frozenset(item.id for item in statuses if item.closed_flag)
    shown.closed_at = _closed_at(unposted)
    if RecordType.PROCUREMENT in types:
        shown.listed |= _by_key(map(_product, await psa.unposted_procurement()))
    if RecordType.EXPENSE in types:
        shown.listed |= _by_key(map(_expense, await psa.unposted_expenses()))
    return shown


async def _reread(psa: Psa, before: Shown, records: Sequence[ClosedRecord]) -> Shown:
    """Only these records, by their ids."""
    shown = Shown(before.types, closed_statuses=before.closed_statuses)
    ids: dict[str, list[str]] = {}
    for record in records:
        ids.setdefault(record.record_type, []).append(record.source_id)
    if invoices := [int(one) for one in ids.get(INVOICE, ())]:
        shown.invoices = await psa.invoices(invoices)
        shown.closed_at = _closed_at(await psa.unposted_invoices(invoices))
    if products := ids.get(RecordType.PROCUREMENT):
        shown.listed |= _by_key(map(_product, await psa.unposted_procurement(products)))
    if expenses := ids.get(RecordType.EXPENSE):
        shown.listed |= _by_key(map(_expense, await psa.unposted_expenses([int(one) for one in expenses])))
    return shown


def _closed_at(rows: Iterable[UnpostedInvoice]) -> dict[int, datetime | None]:
    return {row.invoice_id: row.closed_at for row in rows if row.invoice_id is not None}


def _by_key(rows: Iterable[Listed]) -> dict[tuple[str, str], Listed]:
    return {(row.record_type, row.source_id): row for row in rows}


def _product(row: UnpostedProcurement) -> Listed:
    order = (row.purchase_order.number if row.purchase_order else None) or ""
    return Listed(
        RecordType.PROCUREMENT,
        str(row.source_id),
        (row.vendor_invoice_number or order or str(row.source_id)).strip(),
        (row.vendor.name if row.vendor else None) or row.description or "",
        row.vendor_invoice_date or row.purchase_date,
        row.total or Decimal(0),
        _currency(row),
        row.location_id,
        row.closed_at,
    )


def _expense(row: UnpostedExpense) -> Listed:
    return Listed(
        RecordType.EXPENSE,
        str(row.source_id),
        f"EXP-{row.source_id}",
        (row.member.name if row.member else None) or "",
        row.date_expense,
        row.total or Decimal(0),
        _currency(row),
        row.location_id,
        row.closed_at,
    )


def _currency(row: UnpostedProcurement | UnpostedExpense | Invoice) -> str:
    return (row.currency.iso_code if row.currency else None) or ""


@dataclass(frozen=True, slots=True)
class Records:
    """Turns what ConnectWise shows into closed records of an account."""

    account: AccountContext
    shown: Shown
    first: date
    last: date
    now: datetime
    announced: frozenset[UUID] = frozenset()
    """Records that ingest has told mapper of, and mapper has not heard it yet."""

    def id_of(self, record_type: str, source_id: str) -> UUID:
        """The id that every service gives a record."""
        psa = ConnectionId(self.account.psa.connection_id)
        return record_id(AccountId(self.account.account_id), psa, record_type, source_id)

    def ids(self) -> list[UUID]:
        """The records that ConnectWise shows, open ones too."""
        invoices = [self.id_of(INVOICE, str(item.id)) for item in self.shown.invoices]
        return invoices + [self.id_of(*key) for key in self.shown.listed]

    def closed(self, own: Mapping[UUID, RecordRow]) -> list[ClosedRecord]:
        """The closed ones of the period."""
        found = [self._invoice(item, own) for item in self.shown.invoices if self._counts(item)]
        rows = {(row.record_type, row.source_id): row for row in own.values() if row.record_type != INVOICE}
        for key, listed in self.shown.listed.items():
            known = rows.pop(key, None)
            dated = self._dated(listed, known)
            if self.first <= dated <= self.last:
                found.append(self._listed(listed, dated, known))
        off = [(row, row.dated or row.recorded) for row in rows.values()]
        return found + [self._unlisted(row, dated) for row, dated in off if self.first <= dated <= self.last]

    async def again(self, psa: Psa, records: Sequence[ClosedRecord]) -> Records:
        """These records alone, as ConnectWise shows them now: while we read on, the services went on."""
        return replace(self, shown=await _reread(psa, self.shown, records))

    def _dated(self, listed: Listed, known: RecordRow | None) -> date:
        """The day of a listed record; one of which nobody knows any stands in whatever period is asked for."""
        closed = listed.closed_at.date() if listed.closed_at else None
        recorded = known.recorded if known else None
        return (known.dated if known else None) or listed.dated or closed or recorded or self.first

    def _counts(self, invoice: Invoice) -> bool:
        """Closed by its status, in a batch, or on the unposted list: what mapper posts and a person may have batched."""
        return self.shown.is_closed(invoice) or invoice.gl_batch is not None or invoice.id in self.shown.closed_at

    def _invoice(self, invoice: Invoice, own: Mapping[UUID, RecordRow]) -> ClosedRecord:
        known = own.get(self.id_of(INVOICE, str(invoice.id)))
        bill_to = invoice.bill_to_company or invoice.company
        location = invoice.location_id if invoice.location_id is not None else _id(invoice)
        dated = invoice.date or self.first
        return ClosedRecord(
            record_id=self.id_of(INVOICE, str(invoice.id)),
            record_type=INVOICE,
            source_id=str(invoice.id),
            number=(invoice.invoice_number or "").strip(),
            customer=((bill_to.name or bill_to.identifier) if bill_to else None) or "",
            dated=dated,
            currency=_currency(invoice) or (known.currency if known else ""),
            total=invoice.total or Decimal(0),
            company=self._company(known, location),
            batched=invoice.gl_batch is not None,
            batch=(invoice.gl_batch.name if invoice.gl_batch else None) or "",
            before_go_live=self.account.is_before_go_live(dated),
            fresh=self._fresh(INVOICE, str(invoice.id), self.shown.closed_at.get(invoice.id)),
        )

    def _listed(self, listed: Listed, dated: date, known: RecordRow | None) -> ClosedRecord:
        currency, total = _decided(known) or (_currency_of(known) or listed.currency, listed.total)
        return ClosedRecord(
            record_id=self.id_of(listed.record_type, listed.source_id),
            record_type=listed.record_type,
            source_id=listed.source_id,
            number=known.number if known and known.number else listed.number,
            customer=listed.customer,
            dated=dated,
            currency=currency,
            total=total,
            company=self._company(known, listed.location_id),
            batched=False,
            before_go_live=self.account.is_before_go_live(dated),
            fresh=self._fresh(listed.record_type, listed.source_id, listed.closed_at),
        )

    def _unlisted(self, row: RecordRow, dated: date) -> ClosedRecord:
        """One that only our rows know; it has left its list if that was read."""
        currency, total = _decided(row) or (row.currency, row.total)
        return ClosedRecord(
            record_id=row.record_id,
            record_type=row.record_type,
            source_id=row.source_id,
            number=row.number,
            customer=row.customer,
            dated=dated,
            currency=currency,
            total=total,
            company=self._company(row, None),
            batched=row.batched,
            before_go_live=self.account.is_before_go_live(dated),
            fresh=self._fresh(row.record_type, row.source_id, None),
            off_list=not row.batched and row.record_type in self.shown.types,
        )

    def _company(self, known: RecordRow | None, location: int | None) -> str:
        if known is not None and known.ledger_connection_id is not None:
            company = self.account.company_of_ledger(known.ledger_connection_id)
        else:
            company = self.account.company_for_location(location)
        return company.name if company else ""

    def _fresh(self, record_type: str, source_id: str, closed_at: datetime | None) -> bool:
        """Whether a message about it is under way, or a sweep need not have found it yet."""
        if self.id_of(record_type, source_id) in self.announced:
            return True
        sync = self.account.sync
        within = timedelta(seconds=sync.sweep_interval_seconds + sync.sweep_min_age_seconds) + AT_REST
        return closed_at is not None and self.now - closed_at < within

    async def whereabouts(self, psa: Psa, others: Sequence[RecordRow]) -> dict[UUID, Stray]:
        """What became of invoices of ours that are not closed in the period; one of another period has no entry."""
        numbered = {
            int(row.source_id): row for row in others if row.record_type == INVOICE and row.source_id.isdecimal()
        }
        there = {item.id: item for item in await psa.invoices(list(numbered))} if numbered else {}
        found = {row.record_id: Stray.RECORD_GONE for number, row in numbered.items() if number not in there}
        opened = [item for item in there.values() if not self._counts(item)]
        return found | {numbered[item.id].record_id: Stray.RECORD_OPEN for item in opened}

    async def of_numbers(self, psa: Psa, numbers: Sequence[str]) -> dict[str, Stray]:
        """Which of these numbers no invoice has, or an open one; a closed one of another period has no entry."""
        rows = await psa.invoices_numbered(numbers) if numbers else []
        states: dict[str, bool] = {}
        for row in rows:
            number = (row.invoice_number or "").strip().casefold()
            states[number] = states.get(number, False) or self._counts(row)
        found: dict[str, Stray] = {}
        for number in numbers:
            counts = states.get(number.strip().casefold())
            if not counts:
                found[number] = Stray.NO_RECORD if counts is None else Stray.RECORD_OPEN
        return found


def _id(invoice: Invoice) -> int | None:
    return invoice.location.id if invoice.location else None


def _currency_of(known: RecordRow | None) -> str:
    return known.currency if known else ""


def _decided(known: RecordRow | None) -> tuple[str, Decimal] | None:
    """Currency and total of what a receipt's or expense's GL entries were made into (M11), None while nothing is decided.

    A journal is in base currency, whatever ConnectWise lists (M15); what is in another currency is not added.
    """
    if known is None or not known.own.wanted:
        return None
    currency = known.own.wanted[0].currency
    mine = [item for item in known.own.wanted if item.currency == currency]
    return currency, sum((signed(item.kind, item.total) for item in mine), Decimal(0))
