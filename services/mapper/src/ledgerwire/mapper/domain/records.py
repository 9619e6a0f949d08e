"""Records of every type as the rest of the service handles them: one way in, and what each is known by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledgerwire.common.money import ZERO, total
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.expenses import map_expense
from ledgerwire.mapper.domain.model import MappingInput, Result
from ledgerwire.mapper.domain.procurement import map_procurement
from ledgerwire.mapper.domain.purchase_model import ExpenseInput, Pair, ProcurementInput, Row
from ledgerwire.mapper.domain.revision import fingerprint_facts, plain

AnyInput = MappingInput | ProcurementInput | ExpenseInput
"""The mapping input of any type of record."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record of any type is known by.

    Attributes:
        party: whom it is about, in lists and messages.
        dated: the date that go-live and mapping versions go by.
        fingerprint: facts whose canonical bytes are hashed: a record with other ones is another decision.
        processed_record_ids: every GL id a batch of it needs, in order.
        gl_lines: GL id -> amount as exported; ids that share one amount have it each.
        gl_total: total of the export's header. source_total: of the record itself.
    """

    number: str
    party: str
    dated: date
    fingerprint: object
    processed_record_ids: tuple[int, ...]
    gl_lines: dict[str, str]
    gl_total: Decimal
    source_total: Decimal


def map_any(source: AnyInput) -> Result:
    """What a record becomes in the ledger, or why it does not."""
    if isinstance(source, MappingInput):
        return map_record(source)
    if isinstance(source, ProcurementInput):
        return map_procurement(source)
    return map_expense(source)


def facts_of(source: AnyInput) -> Facts:
    """What a record is known by."""
    if isinstance(source, MappingInput):
        return _of_invoice(source)
    if isinstance(source, ProcurementInput):
        return _of_product(source)
    return _of_expense(source)


def dated_of(source: AnyInput) -> date:
    """The date that go-live and mapping versions go by."""
    if isinstance(source, MappingInput):
        return source.invoice.document_date
    return source.product.dated if isinstance(source, ProcurementInput) else source.expense.dated


def party_of(source: AnyInput) -> str:
    """Whom a record is about, in lists and messages."""
    if isinstance(source, MappingInput):
        return source.company.name
    if isinstance(source, ProcurementInput):
        return source.party.company.name if source.party else source.product.description
    return source.expense.member


def number_of(source: AnyInput) -> str:
    """What messages call a record."""
    if isinstance(source, MappingInput):
        return source.invoice.number
    return source.product.number if isinstance(source, ProcurementInput) else source.expense.number


def _of_invoice(source: MappingInput) -> Facts:
    export = source.export
    lines = export.lines if export else ()
    return Facts(
        number=number_of(source),
        party=party_of(source),
        dated=dated_of(source),
        fingerprint=fingerprint_facts(source),
        processed_record_ids=tuple(sorted({*export.header_ids, *(line.entry_id for line in lines)})) if export else (),
        gl_lines={str(line.entry_id): plain(line.total) for line in lines},
        gl_total=export.header_total if export else ZERO,
        source_total=source.invoice.total,
    )


def _of_product(source: ProcurementInput) -> Facts:
    product, receipt = source.product, source.receipt
    rows = (*receipt.rows, *receipt.taxes) if receipt else ()
    adjusted = source.adjustment or ()
    own_id = (product.row_id,) if adjusted and product.row_id is not None else ()
    ids = {*own_id, *_ids(rows), *_ids(source.transfers)}
    adjustment = {str(entry): plain(total(line.total for line in adjusted)) for entry in own_id}
    header = (receipt.vendor_invoice_number, receipt.vendor_invoice_date, receipt.packing_slip) if receipt else ()
    fingerprint = (
        product.source_id,
        product.number,
        plain(product.total),
        product.dated,
        product.vendor_id,
        source.term.name if source.term else "",
        header,
        _lines(rows),
        _pairs(source.transfers),
        tuple((plain(line.quantity), plain(line.total), line.account, line.stock_account) for line in adjusted),
    )
    return Facts(
        number=number_of(source),
        party=party_of(source),
        dated=dated_of(source),
        fingerprint=fingerprint,
        processed_record_ids=tuple(sorted(ids)),
        gl_lines={**_amounts(rows), **_pair_amounts(source.transfers), **adjustment},
        gl_total=receipt.header_total if receipt else product.total,
        source_total=product.total,
    )


def _of_expense(source: ExpenseInput) -> Facts:
    expense = source.expense
    fingerprint = (
        expense.source_id,
        plain(expense.total),
        plain(expense.tax),
        expense.dated,
        expense.member_id,
        expense.classification,
        expense.payment_type,
        _lines(source.bill),
        _pairs(source.pairs),
    )
    return Facts(
        number=number_of(source),
        party=party_of(source),
        dated=dated_of(source),
        fingerprint=fingerprint,
        processed_record_ids=tuple(sorted({*_ids(source.bill), *_ids(source.pairs)})),
        gl_lines={**_amounts(source.bill), **_pair_amounts(source.pairs)},
        gl_total=total(row.line.total for row in source.bill) + total(pair.total for pair in source.pairs),
        source_total=expense.total,
    )


def _ids(rows: Iterable[Row | Pair]) -> set[int]:
    return {entry for row in rows for entry in row.ids}


def _amounts(rows: Iterable[Row]) -> dict[str, str]:
    return {str(entry): plain(row.line.total) for row in rows for entry in row.ids}


def _pair_amounts(pairs: Iterable[Pair]) -> dict[str, str]:
    return {str(entry): plain(pair.total) for pair in pairs for entry in pair.ids}


def _lines(rows: Iterable[Row]) -> tuple[object, ...]:
    """The rows in id order, so that the order of an export means nothing."""
    lines = ((row.ids, row.line) for row in rows)
    return tuple(
        sorted(
            (
                ids,
                line.gl_type,
                plain(line.total),
                line.account,
                line.cost_account,
                line.stock_account,
                line.gl_class,
                line.product or "",
                line.tax_xref or line.tax_code or "",
            )
            for ids, line in lines
        )
    )


def _pairs(pairs: Iterable[Pair]) -> tuple[object, ...]:
    return tuple(
        sorted(
            (pair.ids, plain(pair.total), pair.account, pair.offset_account, plain(pair.offset_total)) for pair in pairs
        )
    )
