"""Unposted products and their GL export: receipts, returns, stock adjustments and transfers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ledgerwire.connectwise.accounting import EXPORT_CHUNK, export_body
from ledgerwire.connectwise.conditions import Field, is_writable, text_chunks
from ledgerwire.connectwise.models.procurement import ProcurementExport, UnpostedProcurement
from ledgerwire.connectwise.session import Session

UNPOSTED = "/finance/accounting/unpostedprocurement"


async def unposted_by_id(session: Session, ids: Sequence[str]) -> list[UnpostedProcurement]:
    """The rows of the unposted list with these `unpostedProductId`s.

    An id that cannot be written as a condition (it holds both kinds of quotes) is looked for in the whole list.
    """
    wanted = [item for item in dict.fromkeys(ids) if is_writable(item)]
    rows: list[UnpostedProcurement] = []
    for chunk in text_chunks(wanted):
        rows += await session.rows(UNPOSTED, UnpostedProcurement, conditions=Field("unpostedProductId").in_(chunk))
    rest = set(ids) - set(wanted)
    if rest:
        rows += [row async for page in unposted_pages(session) for row in page if row.source_id in rest]
    return rows


async def unposted_by_invoice(session: Session, numbers: Sequence[str]) -> list[UnpostedProcurement]:
    """The rows of the unposted list with these vendor invoice numbers; one that no condition can name is not looked for."""
    rows: list[UnpostedProcurement] = []
    for chunk in text_chunks([number for number in numbers if is_writable(number)]):
        rows += await session.rows(UNPOSTED, UnpostedProcurement, conditions=Field("vendorInvoiceNumber").in_(chunk))
    return rows


def unposted_pages(session: Session) -> AsyncIterator[list[UnpostedProcurement]]:
    """The whole unposted list, forward only."""
    return session.forward(UNPOSTED, UnpostedProcurement)


async def export_procurement(session: Session, ids: Sequence[str]) -> ProcurementExport:
    """The GL export of these products. A preview: no batch is made, so it may be repeated."""
    parts: list[ProcurementExport] = []
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), EXPORT_CHUNK):
        body = export_body(products=wanted[start : start + EXPORT_CHUNK])
        parts.append(await session.post_read("/finance/accounting/export", body, ProcurementExport))
    return ProcurementExport(
        purchase_transactions=tuple(row for part in parts for row in part.purchases),
        adjustment_transactions=tuple(row for part in parts for row in part.adjustments),
        inventory_transfers=tuple(row for part in parts for row in part.transfers),
    )
