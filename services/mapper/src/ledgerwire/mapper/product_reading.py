"""From the GL export of products to the domain's facts. Pure; a row without id or amount could never be batched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

from ledgerwire.connectwise import models as psa
from ledgerwire.mapper import reading
from ledgerwire.mapper.domain.model import GlLine
from ledgerwire.mapper.domain.purchase_model import Pair, Receipt, Row, StockLine
from ledgerwire.mapper.references import code_of, text_of


def receipt_of(
    exported: Sequence[psa.PurchaseTransaction], row: psa.UnpostedProcurement, catalog: Mapping[int, psa.CatalogItem]
) -> Receipt | None:
    """The receipt of a row, None where nothing is exported of it; raises UnreadableError."""
    if not exported:
        return None
    if len(exported) > 1:
        raise reading.UnreadableError("export of its own (two transactions share its id)")
    one = exported[0]
    return Receipt(
        rows=tuple(_bought(line, catalog) for line in one.details),
        taxes=tuple(_taxed(line) for line in one.taxes),
        header_total=one.total if one.total is not None else cast("Decimal", row.total),
        document_number=text_of(one.document_number),
        vendor_invoice_number=text_of(one.vendor_invoice_number or row.vendor_invoice_number),
        vendor_invoice_date=one.vendor_invoice_date or row.vendor_invoice_date,
        packing_slip=text_of(one.packing_slip),
        freight_slip=text_of(one.freight_packing_slip),
        due_days=reading.days(one.due_days),
        terms_xref=text_of(one.billing_terms_xref) or None,
        tax_code=code_of(one.tax_code or row.tax_code),
        tax_percent=one.tax_group_rate,
        freight_taxable=bool(one.purchase_header_freight_taxable_flag or row.tax_freight_flag),
    )


def _ids(line: psa.PurchaseDetail | psa.PurchaseDetailTax) -> tuple[int, ...]:
    try:
        ids = line.ids
    except ValueError as error:
        raise reading.UnreadableError("readable GL entry id") from error
    if not ids or line.total is None:
        raise reading.UnreadableError("GL entry id" if not ids else "GL entry amount")
    return ids


def _bought(line: psa.PurchaseDetail, catalog: Mapping[int, psa.CatalogItem]) -> Row:
    ids = _ids(line)
    product = catalog.get(line.item.id or 0) if line.item else None
    facts = GlLine(
        entry_id=ids[0],
        gl_type=text_of(line.gl_type_id),
        account=text_of(line.account_number),
        gl_class=text_of(line.gl_class),
        total=line.total or Decimal(0),
        description=text_of(line.item_description or line.description or line.memo),
        quantity=line.quantity,
        price=line.cost if line.cost is not None else line.item_cost,
        non_product_id=text_of(line.gl_item_id) or None,
        product=text_of(line.item.identifier if line.item else None) or None,
        taxable=bool(line.taxable),
        tax_code=code_of(line.tax_code),
        tax_xref=text_of(line.tax_code_xref) or None,
        cost_account=text_of(line.cost_account_number),
        stock_account=text_of(line.inventory_account_number),
        drop_shipped=bool(line.drop_shipped_flag),
        product_class=product.product_class if product else None,
    )
    return Row(facts, ids)


def _taxed(line: psa.PurchaseDetailTax) -> Row:
    ids = _ids(line)
    facts = GlLine(
        entry_id=ids[0],
        gl_type=text_of(line.gl_type_id),
        account=text_of(line.account_number),
        gl_class=text_of(line.gl_class),
        total=line.total or Decimal(0),
        description=text_of(line.description or line.memo) or "Tax",
        tax_code=code_of(line.tax_code),
        tax_xref=text_of(line.tax_code_xref) or None,
        tax_percent=line.tax_rate_percent,
    )
    return Row(facts, ids)


def adjustment_of(exported: Sequence[psa.AdjustmentTransaction]) -> tuple[StockLine, ...]:
    """The items of a stock adjustment; raises UnreadableError for one without an amount."""
    lines = []
    for each in exported:
        for line in each.details:
            amount = line.total
            if amount is None and line.cost is not None and line.quantity is not None:
                amount = line.cost * line.quantity
            if amount is None:
                raise reading.UnreadableError("adjustment amount")
            lines.append(
                StockLine(
                    description=text_of(line.description or line.memo or each.adjustment_description),
                    quantity=line.quantity or Decimal(0),
                    total=amount,
                    account=text_of(line.account_number or each.account_number or line.cost_account_number),
                    stock_account=text_of(line.inventory_account_number),
                    gl_class=text_of(line.gl_class or each.gl_class),
                )
            )
    return tuple(lines)


def transfers_of(exported: Sequence[psa.InventoryTransfer]) -> tuple[Pair, ...]:
    """The moved items of a transfer, each with its offset; raises UnreadableError."""
    return tuple(_transfer(line) for line in exported)


def _transfer(line: psa.InventoryTransfer) -> Pair:
    offset = line.offset
    if offset is None or line.total is None or offset.total is None:
        raise reading.UnreadableError("transfer with both sides")
    try:
        ids = (*psa.entry_ids(line.id), *psa.entry_ids(offset.id))
    except ValueError as error:
        raise reading.UnreadableError("readable GL entry id") from error
    return Pair(
        ids=tuple(dict.fromkeys(ids)),
        description=text_of(line.item_description or line.description or line.memo),
        account=text_of(line.account_number or line.inventory_account_number),
        total=line.total,
        offset_account=text_of(offset.account_number),
        offset_total=offset.total,
        gl_class=text_of(line.gl_class),
        offset_class=text_of(offset.gl_class),
    )
