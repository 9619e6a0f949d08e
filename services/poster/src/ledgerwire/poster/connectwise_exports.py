"""The GL export of receipts, stock movements and expenses in the terms of a stored revision: what a batch may mark (M7, M16, M17)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from decimal import Decimal

from ledgerwire.connectwise.client import ConnectWise
from ledgerwire.connectwise.models import ExpenseExport, ExportTransaction, ProcurementExport, UnpostedProcurement
from ledgerwire.connectwise.models.procurement import entry_ids
from ledgerwire.poster.ports import Reexport

ZERO = Decimal(0)
AT_ONCE = 4
"""Reads under way at once."""
_Amounts = dict[str, Decimal]


def of_invoice(source_id: str, transaction: ExportTransaction) -> Reexport:
    """An invoice's transaction: its lines, tax rows included, and the header's entries."""
    return Reexport(
        source_id=source_id,
        gl_lines={str(row.id): row.total or ZERO for row in transaction.details if row.id is not None},
        gl_total=transaction.total or ZERO,
        processed_record_ids=frozenset(transaction.processed_record_ids),
    )


async def products(client: ConnectWise, source_ids: Sequence[str]) -> list[Reexport]:
    """Export these products again; one that has left the unposted list, or is not exported, is left out."""
    rows = {str(row.source_id): row for row in await client.unposted_procurement(source_ids)}
    wanted = [source_id for source_id in source_ids if source_id in rows]
    together = await client.export_procurement(wanted) if wanted else ProcurementExport()
    found: list[Reexport] = []
    for source_id in wanted:
        own = _of_product(together, source_id)
        # A transfer's rows name their lines, not the product: exported alone, whatever comes belongs to it.
        export = own if own.purchases or own.adjustments else await client.export_procurement([source_id])
        product = product_export(source_id, rows[source_id], export)
        if product.processed_record_ids:
            found.append(product)
    return found


def _of_product(export: ProcurementExport, source_id: str) -> ProcurementExport:
    return ProcurementExport(
        purchase_transactions=tuple(item for item in export.purchases if str(item.id) == source_id),
        adjustment_transactions=tuple(item for item in export.adjustments if str(item.id) == source_id),
    )


def product_export(source_id: str, row: UnpostedProcurement, export: ProcurementExport) -> Reexport:
    """One receipt, adjustment or transfer: lines with purchase tax rows; an adjustment by the id of its unposted row."""
    amounts: _Amounts = {}
    for purchase in export.purchases:
        for line in purchase.details:
            amounts |= _each(line.ids, line.total)
        for tax in purchase.taxes:
            amounts |= _each(tax.ids, tax.total)
    for transfer in export.transfers:
        offset = entry_ids(transfer.offset.id) if transfer.offset is not None else ()
        amounts |= _each((*entry_ids(transfer.id), *offset), transfer.total)
    if export.adjustments and row.id is not None:
        lines = [line for each in export.adjustments for line in each.details]
        amounts[str(row.id)] = sum((_amount(line.total, line.quantity, line.cost) for line in lines), ZERO)
    header = next((item.total for item in export.purchases if item.total is not None), row.total)
    return Reexport(source_id, amounts, header or ZERO, frozenset(map(int, amounts)))


def _amount(total: Decimal | None, quantity: Decimal | None, cost: Decimal | None) -> Decimal:
    return total if total is not None else (quantity or ZERO) * (cost or ZERO)


async def expenses(client: ConnectWise, source_ids: Sequence[str]) -> list[Reexport]:
    """Export these expenses again, each by itself: a line of an export does not name the expense it is of."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(source_id: str) -> Reexport:
        async with gate:
            return expense_export(source_id, await client.export_expenses([int(source_id)]))

    found = await asyncio.gather(*map(one, source_ids))
    return [each for each in found if each.processed_record_ids]


def expense_export(source_id: str, export: ExpenseExport) -> Reexport:
    """One expense, as a bill's lines or as lines with their offsets."""
    amounts: _Amounts = {}
    billed = [line for bill in export.bills for line in bill.details]
    for line in billed:
        amounts |= _each(line.ids, line.total)
    for pair in export.lines:
        amounts |= _each((*pair.ids, *(pair.offset.ids if pair.offset is not None else ())), pair.total)
    totals = [line.total or ZERO for line in billed] + [pair.total or ZERO for pair in export.lines]
    return Reexport(source_id, amounts, sum(totals, ZERO), frozenset(map(int, amounts)))


def _each(ids: Iterable[int], total: Decimal | None) -> _Amounts:
    """Ids that share one amount have it each."""
    return {str(entry): total or ZERO for entry in ids}
