"""The rows of a workbook (XLSX) by our fields: one sheet, cell by cell, never a formula, never more than a bound.

A cell is taken as it would be shown: a number to the fifteen digits that a spreadsheet keeps, a date as a date. What a formula
comes to is whatever the program that saved the file thought, so a row with one is not read.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from openpyxl import load_workbook  # type: ignore[import-untyped]

from ledgerwire.distributors.exports.layout import Layout
from ledgerwire.distributors.exports.table import (
    MOST_ROWS,
    UNREADABLE,
    RefusedFileError,
    TableRow,
    columns_of,
    rows_of,
)

MOST_UNPACKED: Final = 256 * 1024 * 1024
MOST_PARTS: Final = 2_000
MOST_COLUMNS: Final = 1_000
_KEPT: Final = 10**15
_UNREADABLE: Final = {"f": "a formula", "e": "an error"}
_BROKEN = (
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    EOFError,
    SyntaxError,
)
"""What the reader raises for a file that is not a workbook inside; a parse error of XML is a SyntaxError."""


def read_workbook(content: bytes, layout: Layout) -> list[TableRow]:
    """All rows of the layout's sheet that hold anything.

    Raises:
        RefusedFileError: no workbook, too large once unpacked, no such sheet, a column missing or there twice.
    """
    _check_size(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and extensions that are left out; values are not touched
            return _read(content, layout)
    except RefusedFileError:
        raise
    except _BROKEN as error:
        raise RefusedFileError(f"it is no workbook that can be read ({type(error).__name__})") from error


def _check_size(content: bytes) -> None:
    """A few kilobytes can unpack to gigabytes: what a part says it unpacks to is all that is ever read of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RefusedFileError("it is no workbook (XLSX)") from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise RefusedFileError(f"it unpacks to more than {MOST_UNPACKED // 1024 // 1024} MB")
    if any(part.flag_bits & 1 for part in parts):
        raise RefusedFileError("it is protected by a password")


def _read(content: bytes, layout: Layout) -> list[TableRow]:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        sheet = _sheet(book, layout.sheet)
        sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
        heading = next(_texts(sheet, layout, first=1, last=1, width=MOST_COLUMNS), (1, []))[1]
        while heading and not heading[-1]:
            heading.pop()
        # one more than the heading has: a row with more cells than that is told, and none can be wider
        rows = _texts(sheet, layout, first=2, last=None, width=len(heading) + 1)
        return rows_of(((number, _whole(cells, len(heading))) for number, cells in rows), columns_of(heading, layout))
    finally:
        book.close()


def _sheet(book: Any, wanted: str) -> Any:
    if not wanted:
        return book.worksheets[0]
    found = [sheet for sheet in book.worksheets if sheet.title.casefold() == wanted.casefold()]
    if not found:
        raise RefusedFileError(f"it has no sheet '{wanted}', but {', '.join(sheet.title for sheet in book.worksheets)}")
    return found[0]


def _texts(sheet: Any, layout: Layout, *, first: int, last: int | None, width: int) -> Iterator[tuple[int, list[str]]]:
    """Numbers and cells of rows."""
    for number, row in enumerate(sheet.iter_rows(min_row=first, max_row=last, max_col=width), first):
        if number > MOST_ROWS:
            raise RefusedFileError(f"it has more than {MOST_ROWS:,} rows")
        yield number, [_text(cell, layout) for cell in row]


def _whole(cells: list[str], width: int) -> list[str]:
    """A row is as wide as the heading unless something stands beside it."""
    return cells[:width] if not any(cells[width:]) else cells


def _text(cell: Any, layout: Layout) -> str:
    """A cell as the layout writes it: what is a number or a date needs no guess, whatever the locale of texts."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in _UNREADABLE:
        return UNREADABLE + _UNREADABLE[cell.data_type]
    if isinstance(value, datetime | date):
        return value.strftime(layout.dates[0])
    return _number(value, layout) if isinstance(value, int | float) else str(value)


def _number(value: int | float, layout: Layout) -> str:  # noqa: PYI041 - a whole number keeps all its digits
    """To the digits that a spreadsheet keeps; one with more is not what was meant."""
    if isinstance(value, bool):
        return str(value).lower()
    if abs(value) >= _KEPT:
        return f"{UNREADABLE}a number of more than fifteen digits, which a spreadsheet damages"
    return f"{value:.15g}".replace(".", layout.decimal_mark) if isinstance(value, float) else str(value)
