"""Workbooks of distributors: the same rows as a CSV file gives, and nothing that only looks like them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook  # type: ignore[import-untyped]

from ledgerwire.common.catalogue import entries
from ledgerwire.common.seats import Completeness, RowProblem, SeatReading
from ledgerwire.distributors.exports import LAYOUTS, ExportSource, Layout
from ledgerwire.distributors.exports import workbook as reader
from ledgerwire.distributors.port import Period, read_source

NOW = datetime(2026, 4, 8, 6, tzinfo=UTC)
ALL = Period(date(2026, 1, 1), date(2026, 12, 31))
HEADING = [
    "id", "invoiceId", "companyId", "companyName", "subscriptionId", "sku", "productName", "type", "term", "quantity", "cost",
    "costTotal", "currencyCode", "startPeriod", "endPeriod",
]  # fmt: skip
GOOD: list[Any] = [
    "i-1", "inv", "c-1", "Harbour", "s-1", "MST-1", "Basic", "subscription", "Monthly", 10, 5.25, 52.5, "USD",
    datetime(2026, 3, 1), "2026-03-31",  # noqa: DTZ001 - a cell has no zone
]  # fmt: skip
PAX8 = LAYOUTS["pax8-invoice-items"]


def book(*rows: list[Any], sheet: str = "Items") -> bytes:
    made = Workbook()
    made.active.title = sheet
    for row in (HEADING, *rows):
        made.active.append(row)
    made.create_sheet("Notes").append(["not", "ours"])
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def changed(name: str, value: Any) -> list[Any]:
    return [value if heading == name else cell for heading, cell in zip(HEADING, GOOD, strict=True)]


async def read(folder: Path, content: bytes, layout: Layout = PAX8) -> SeatReading:
    (folder / "file.XLSX").write_bytes(content)
    return await read_source(ExportSource("Pax8", folder, layout), ALL, NOW)


def sentence(problem: RowProblem) -> str:
    [entry] = [item for item in entries() if item.code == problem.code]
    return entry.render(dict(problem.params))


@pytest.mark.requirement("B33")
async def test_numbers_and_dates_of_a_workbook_are_exact(tmp_path: Path) -> None:
    computed = changed("costTotal", 0.1 + 0.2)
    computed[0] = "i-2"
    reading = await read(tmp_path, book(GOOD, [], computed))
    assert (reading.problems, reading.completeness) == ((), Completeness.COMPLETE)
    first, second = sorted(reading.charges, key=lambda line: line.key)
    assert (first.quantity, first.unit_price, first.subtotal) == (Decimal(10), Decimal("5.25"), Decimal("52.5"))
    assert (first.charge_start, first.charge_end) == (date(2026, 3, 1), date(2026, 3, 31))
    assert str(second.subtotal) == "0.3"


async def test_a_number_is_one_whatever_the_locale_of_texts(tmp_path: Path) -> None:
    layout = replace(PAX8, decimal_mark=",", dates=("%d.%m.%Y",))
    typed = changed("costTotal", "1.052,50")
    typed[0], typed[-1] = "i-2", "31.03.2026"
    number = [*GOOD[:-1], "31.03.2026"]
    reading = await read(tmp_path, book(number, typed), layout)
    assert reading.problems == ()
    assert sorted(line.subtotal for line in reading.charges) == [Decimal("52.5"), Decimal("1052.50")]


@pytest.mark.requirement("F1")
@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("costTotal", "=J2*K2", "subtotal is a formula"),
        ("companyName", '="Harbour"', "customer_name is a formula"),
        ("costTotal", "#DIV/0!", "subtotal is an error"),
        (
            "subscriptionId",
            1.23457e15,
            "subscription_id is a number of more than fifteen digits, which a spreadsheet damages",
        ),
        ("quantity", 2.5, "quantity 2.5 is not a whole number of seats"),
    ],
)
async def test_a_cell_that_is_no_value_is_its_rows_problem(tmp_path: Path, name: str, value: Any, reason: str) -> None:
    bad = changed(name, value)
    bad[0] = "i-2"
    reading = await read(tmp_path, book(GOOD, bad))
    assert len(reading.charges) == 1
    [problem] = reading.problems
    assert (problem.code, problem.customer_id) == ("BS_SOURCE_ROW_REFUSED", "c-1")
    assert sentence(problem).startswith(f"Row 3 of file.XLSX of Pax8 was left out: {reason}.")
    assert reading.unsure == {"c-1"}


async def test_the_sheet_is_the_declared_one(tmp_path: Path) -> None:
    content = book(GOOD, sheet="Lines")
    assert len((await read(tmp_path, content, replace(PAX8, sheet="lines"))).charges) == 1
    reading = await read(tmp_path, content, replace(PAX8, sheet="Charges"))
    [problem] = reading.problems
    assert "it has no sheet 'Charges', but Lines, Notes" in sentence(problem)


def repacked(content: bytes, **parts: bytes) -> bytes:
    """A workbook with the first sheet replaced."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(
                name, parts.get("sheet", old.read(name)) if name == "xl/worksheets/sheet1.xml" else old.read(name)
            )
    return held.getvalue()


@pytest.mark.requirement("F1")
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"id;companyId\n", "it is no workbook (XLSX)"),
        (book(GOOD)[:-40], "it is no workbook (XLSX)"),
        (repacked(book(GOOD), sheet=b"<worksheet><sheetData>"), "it is no workbook that can be read"),
        (repacked(book(GOOD), sheet=b"0" * (reader.MOST_UNPACKED + 1)), "it unpacks to more than 256 MB"),
    ],
    ids=["text", "cut off", "broken inside", "bomb"],
)
async def test_what_is_no_workbook_is_refused_whole(tmp_path: Path, content: bytes, reason: str) -> None:
    reading = await read(tmp_path, content)
    [problem] = reading.problems
    assert problem.code == "BS_SOURCE_FILE_REFUSED"
    assert reason in sentence(problem)
    assert (reading.charges, reading.completeness) == ((), Completeness.PARTIAL)


async def test_a_heading_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    made = Workbook()
    made.active.append([name for name in HEADING if name != "costTotal"])
    held = io.BytesIO()
    made.save(held)
    [problem] = (await read(tmp_path, held.getvalue())).problems
    assert "no column costTotal" in sentence(problem)


async def test_a_row_far_down_or_far_right_costs_no_memory(tmp_path: Path) -> None:
    row = b'<row r="2000000000"><c r="ZZZ2000000000" t="n"><v>1</v></c></row>'
    heading = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADING).encode()
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        + heading
        + b"</row>"
        + row
        + b"</sheetData></worksheet>"
    )
    [problem] = (await read(tmp_path, repacked(book(), sheet=sheet))).problems
    assert "it has more than 500,000 rows" in sentence(problem)
