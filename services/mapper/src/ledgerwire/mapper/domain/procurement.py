"""Receipts become bills, returns supplier credits, adjustments and transfers journals (M16). Entry: `map_procurement`."""

from __future__ import annotations

from ledgerwire.mapper.domain import receipts, stock
from ledgerwire.mapper.domain.exclusion import excluded
from ledgerwire.mapper.domain.model import Ignored, Mapped, NoEffect, Result, StoppedResult
from ledgerwire.mapper.domain.parts import Case
from ledgerwire.mapper.domain.purchase_model import PURCHASE, ProcurementInput

PROCUREMENT = "procurement"


def map_procurement(source: ProcurementInput) -> Result:
    """What one receipt or stock movement becomes in the ledger, or why it does not. Pure: same input, same bytes."""
    product = source.product
    case = Case(
        number=product.number,
        party=source.party.company.name if source.party else product.description,
        ledger=source.ledger,
        settings=source.settings,
        reference=source.reference,
        choices=source.choices,
        rounding_used=source.rounding_used,
    )
    if not source.settings.procurement.enabled:
        return Ignored("excluded", case.finding("RECORD_TYPE_OFF", kind="Procurement"))
    verdict = excluded(case, PROCUREMENT, kind=product.kind, company_id=product.vendor_id)
    if isinstance(verdict, Ignored):
        return verdict
    if not product.listed:
        return Ignored("unlisted", case.finding("NOT_ON_UNPOSTED_LIST"))
    if not _exported(source):
        _missing(case, source)
        return StoppedResult(tuple(case.findings), case.trace.build())
    return verdict or _map(case, source)


def _map(case: Case, source: ProcurementInput) -> Result:
    made = receipts.document(case, source) if source.product.kind == PURCHASE else stock.document(case, source)
    if case.is_stopped():
        return StoppedResult(tuple(item for item in case.findings if item.stops), case.trace.build())
    if made is None:
        return NoEffect(tuple(case.findings), case.trace.build())
    return Mapped((made,), tuple(case.findings), case.trace.build())


def _exported(source: ProcurementInput) -> bool:
    if source.product.kind == PURCHASE:
        return source.receipt is not None and bool(source.receipt.rows)
    return bool(source.transfers or source.adjustment)


def _missing(case: Case, source: ProcurementInput) -> None:
    """Why ConnectWise exports nothing: a vendor without a number, else a mapping that was not there at the close."""
    party = source.party
    if source.product.kind == PURCHASE and party is not None and not source.product.vendor_number:
        case.add("VENDOR_NUMBER_MISSING", vendor=party.company.name)
        return
    kinds = {PURCHASE: "purchases (P, RP)", "Adjustment": "inventory adjustments (IA)"}
    case.add("GL_ENTRIES_MISSING", mapping=kinds.get(source.product.kind, "inventory transfers (IT)"))
