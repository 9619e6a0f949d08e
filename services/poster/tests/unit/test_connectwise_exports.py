"""A batch is made only while a fresh export shows what was posted, for every type of record (M7, M16, M17)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledgerwire.common.canonical import from_canonical
from ledgerwire.connectwise.models import ExpenseExport, ProcurementExport, UnpostedProcurement
from ledgerwire.poster.connectwise_exports import expense_export, product_export

ROW = UnpostedProcurement(id=771, unposted_product_id="3-PS1-purchase", total=Decimal("120.50"))


def procurement(text: str) -> ProcurementExport:
    return from_canonical(text.encode(), ProcurementExport)


def expenses(text: str) -> ExpenseExport:
    return from_canonical(text.encode(), ExpenseExport)


@pytest.mark.requirement("M7", "M16")
def test_a_receipt_is_marked_with_its_lines_and_its_purchase_tax_rows() -> None:
    export = procurement(
        '{"purchaseTransactions": [{"id": "3-PS1-purchase", "total": 110, "purchaseDetail": [{"id": 11, "total": 100}],'
        ' "purchaseDetailTax": [{"id": "12", "total": 10}]}]}'
    )
    found = product_export("3-PS1-purchase", ROW, export)
    assert found.gl_lines == {"11": Decimal(100), "12": Decimal(10)}
    assert (found.gl_total, found.processed_record_ids) == (Decimal(110), frozenset({11, 12}))


@pytest.mark.requirement("M7", "M16")
def test_an_adjustment_is_marked_by_the_id_of_its_unposted_row() -> None:
    export = procurement(
        '{"adjustmentTransactions": [{"id": "1-adjustment", "adjustmentDetail": [{"total": 20}, {"cost": 5, "quantity": 3}]}]}'
    )
    found = product_export("1-adjustment", ROW, export)
    assert found.gl_lines == {"771": Decimal(35)}
    assert (found.gl_total, found.processed_record_ids) == (Decimal("120.50"), frozenset({771}))


@pytest.mark.requirement("M7", "M16")
def test_a_transfer_is_marked_on_both_its_sides() -> None:
    export = procurement('{"inventoryTransfers": [{"id": 21, "total": 40, "offset": {"id": 22, "total": -40}}]}')
    found = product_export("9-transfer", ROW, export)
    assert found.gl_lines == {"21": Decimal(40), "22": Decimal(40)}


@pytest.mark.requirement("M7", "M17")
def test_an_expense_is_marked_as_a_bill_or_as_lines_with_their_offsets() -> None:
    bill = expense_export("8", expenses('{"expenseBills": [{"detail": [{"id": [31, 32], "total": 55}]}]}'))
    assert bill.gl_lines == {"31": Decimal(55), "32": Decimal(55)}
    assert bill.gl_total == Decimal(55)
    line = expense_export("8", expenses('{"expenses": [{"id": 41, "total": 55, "offset": {"id": 42, "total": -55}}]}'))
    assert line.processed_record_ids == frozenset({41, 42})
