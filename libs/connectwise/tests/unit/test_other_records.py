"""Unposted products and expenses: how they are asked for, and what servers may write in the answers."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from ledgerwire.common.record_type import RecordType
from ledgerwire.connectwise.conditions import IN_LIST_CHARS, encode, text_chunks
from ledgerwire.connectwise.models import (
    ExpenseExport,
    ProcurementExport,
    UnpostedExpense,
    UnpostedProcurement,
    entry_ids,
)
from ledgerwire.connectwise.session import decode
from ledgerwire.connectwise.testing import ScriptedServer, reply, scripted_client

ROW = b"""{"id": 901, "unpostedProductId": "3-PS881-purchase", "procurementType": "Purchase",
 "purchaseOrder": {"id": 3, "name": "PO1003"}, "vendor": {"id": 300, "name": "Ingram Micro"}, "total": 110.00,
 "vendorInvoiceDate": "2026-02-10T00:00:00Z", "dateClosed": "2026-02-11T10:00:00Z", "unheardOf": 1}"""


@pytest.mark.requirement("A120")
def test_a_product_is_known_by_its_text_id_and_its_orders_number() -> None:
    row = decode(ROW, UnpostedProcurement)
    assert (row.source_id, row.purchase_order.number, row.vendor_invoice_date.isoformat()) == (
        "3-PS881-purchase", "PO1003", "2026-02-10",
    )  # fmt: skip
    assert row.closed_at is not None


@pytest.mark.requirement("M16", "M7")
def test_lines_and_tax_rows_of_a_receipt_give_the_ids_of_its_batch() -> None:
    answer = b"""{"purchaseTransactions": [{"id": "3-PS881-purchase", "total": 110.005,
      "purchaseDetail": [{"id": 71, "total": 100.00}, {"id": "72", "total": 5, "glTypeId": "PF"}],
      "purchaseDetailTax": [{"id": 73, "total": 5.005}]}], "adjustmentTransactions": null}"""
    [purchase] = decode(answer, ProcurementExport).purchases
    assert purchase.processed_record_ids == (71, 72, 73)
    assert purchase.total == Decimal("110.005")


@pytest.mark.requirement("M16")
def test_an_adjustment_names_its_gl_type_in_a_spelling_of_its_own() -> None:
    answer = b"""{"adjustmentTransactions": [{"id": "1-adjustment", "glTypeID": "IA",
      "adjustmentDetail": [{"quantity": -2, "total": -80.00, "inventoryAccountNumber": "630"}]}],
      "inventoryTransfers": [{"id": "81", "total": 40, "offset": {"id": 82, "total": -40}}]}"""
    export = decode(answer, ProcurementExport)
    assert (export.adjustments[0].gl_type_id, export.adjustments[0].details[0].quantity) == ("IA", -2)
    offset = export.transfers[0].offset
    assert (entry_ids(export.transfers[0].id), entry_ids(offset.id if offset else None)) == ((81,), (82,))


@pytest.mark.requirement("M17", "M7")
@pytest.mark.parametrize("ids", ["[601, 602]", '["601", "602"]', '"601,602"'])
def test_the_ids_of_an_expense_line_come_as_an_array_or_a_text(ids: str) -> None:
    answer = b'{"expenseBills": [{"id": 9, "detail": [{"id": %s, "total": 100.00}]}], "expenses": []}' % ids.encode()
    assert decode(answer, ExpenseExport).bills[0].details[0].ids == (601, 602)


@pytest.mark.requirement("M17")
def test_an_expense_in_the_journal_style_has_an_offset() -> None:
    answer = b'{"expenses": [{"id": 601, "total": 100, "offset": {"id": 602, "accountNumber": "855", "total": -100}}]}'
    [line] = decode(answer, ExpenseExport).lines
    assert (line.ids, line.offset.ids if line.offset else (), line.offset and line.offset.account_number) == (
        (601,), (602,), "855",
    )  # fmt: skip


@pytest.mark.requirement("A121")
def test_the_tax_levels_of_an_expense_are_those_with_an_amount() -> None:
    row = decode(
        b'{"id": 873, "expenseDetailId": 9001, "classification": "Personal", "stateTaxXref": "GST", "stateTaxAmount": 10,'
        b' "countyTaxXref": "PST", "countyTaxAmount": 0}',
        UnpostedExpense,
    )
    assert (row.source_id, row.classification, row.tax_levels) == ("9001", "Personal", (("GST", Decimal(10)),))


def test_ids_that_are_no_numbers_are_told() -> None:
    assert entry_ids(None) == ()
    with pytest.raises(ValueError, match="invalid literal"):
        entry_ids("a")


async def test_products_are_asked_for_by_quoted_ids() -> None:
    server = ScriptedServer(reply([json.loads(ROW)]))
    async with scripted_client(server) as psa:
        rows = await psa.unposted_procurement(["3-PS881-purchase", "4-O'Neill-purchase"])
    assert [row.source_id for row in rows] == ["3-PS881-purchase"]
    conditions = server.seen[0].url.params["conditions"]
    assert conditions == 'unpostedProductId in ("3-PS881-purchase","4-O\'Neill-purchase")'


async def test_an_id_that_no_condition_can_name_is_looked_for_in_the_whole_list() -> None:
    odd = {"id": 5, "unpostedProductId": "4-5'6\"-purchase"}
    server = ScriptedServer(reply([json.loads(ROW), odd]))
    async with scripted_client(server) as psa:
        rows = await psa.unposted_procurement([str(odd["unpostedProductId"])])
    assert [row.source_id for row in rows] == [odd["unpostedProductId"]]
    assert "conditions" not in server.seen[0].url.params


def test_texts_are_counted_as_they_are_encoded() -> None:
    texts = [f"{number}-Tür und Tor-purchase" for number in range(200)]
    chunks = list(text_chunks(texts))
    assert [text for chunk in chunks for text in chunk] == texts
    assert all(len(encode(",".join(f'"{text}"' for text in chunk))) <= IN_LIST_CHARS for chunk in chunks)


@pytest.mark.parametrize(
    ("ask", "flag", "ids"),
    [
        ("export_procurement", "exportProductsFlag", ["3-PS881-purchase"]),
        ("export_expenses", "exportExpensesFlag", [9001]),
        ("export_invoices", "exportInvoicesFlag", [39005]),
    ],
)
async def test_an_export_names_its_records_and_asks_for_nothing_else(ask: str, flag: str, ids: list[object]) -> None:
    server = ScriptedServer(reply({}))
    async with scripted_client(server) as psa:
        await getattr(psa, ask)(ids)
    body = json.loads(server.seen[0].content)
    flags = {name for name in body if name.startswith("export") and body[name]}
    assert flags == {flag}
    assert [value for name, value in body.items() if name.startswith("included") and value] == [ids]


async def test_nothing_asked_for_is_nothing_exported() -> None:
    server = ScriptedServer()
    async with scripted_client(server) as psa:
        assert (await psa.export_procurement([])).purchases == ()
        assert (await psa.export_expenses([])).bills == ()
    assert server.seen == []


@pytest.mark.requirement("M7")
@pytest.mark.parametrize(
    ("record_type", "flag"),
    [
        (RecordType.INVOICE, "exportInvoicesFlag"),
        (RecordType.PROCUREMENT, "exportProductsFlag"),
        (RecordType.EXPENSE, "exportExpensesFlag"),
    ],
)
async def test_a_batch_carries_the_flag_of_its_type_alone(record_type: RecordType, flag: str) -> None:
    server = ScriptedServer(reply({}, 201))
    async with scripted_client(server) as psa:
        await psa.create_batch("PO-1003-ab12cd", [71, 72, 73], record_type)
    body = json.loads(server.seen[0].content)
    assert {name for name in body if name.startswith("export") and body[name]} == {flag}
    assert body["processedRecordIds"] == [71, 72, 73]
