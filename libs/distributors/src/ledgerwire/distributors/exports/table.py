"""The rows of a delimited file by our fields, with their numbers as a spreadsheet shows them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ledgerwire.distributors.exports.layout import Layout, folded

MOST_ROWS: Final = 500_000
UNREADABLE: Final = "\x00"
"""Begins what stands in place of a cell that has no value of its own; no text has it."""


class RefusedFileError(Exception):
    """A file that is not what its layout says; the text says why."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row.

    Attributes:
        number: line in the file, the heading being 1.
        values: cell by field; headings without a field are left out.
        key: hash of the whole row and of how often it stood above.
        whole: it has as many cells as the heading.
    """

    number: int
    values: dict[str, str]
    key: str
    whole: bool


def read_table(content: bytes, layout: Layout) -> list[TableRow]:
    """All rows that hold anything.

    Raises:
        RefusedFileError: another encoding, no heading, a column missing or there twice.
    """
    try:
        text = content.decode(layout.encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise RefusedFileError(f"it is not {layout.encoding} (byte {error.start})") from error
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)
    try:
        columns = columns_of(next(reader, []), layout)
        return rows_of(((reader.line_num, cells) for cells in reader), columns)
    except csv.Error as error:
        raise RefusedFileError(f"line {reader.line_num}: {error}") from error


def columns_of(heading: Sequence[str], layout: Layout) -> tuple[dict[str, int], int]:
    """Place by field, and how many cells a row has. Raises RefusedFileError for a column missing or there twice."""
    counted = Counter(folded(cell) for cell in heading if cell.strip())
    places = {folded(cell): place for place, cell in enumerate(heading)}
    found: dict[str, int] = {}
    for name, aliases in layout.columns.items():
        match = next((folded(alias) for alias in aliases if folded(alias) in places), None)
        if match is None:
            continue
        if counted[match] > 1:
            raise RefusedFileError(f"the column {heading[places[match]]} is there twice")
        found[name] = places[match]
    missing = sorted(layout.columns[name][0] for name in layout.required - found.keys() if name in layout.columns)
    if missing:
        raise RefusedFileError(f"no column {', '.join(missing)}")
    return found, len(heading)


def rows_of(numbered: Iterable[tuple[int, Sequence[str]]], columns: tuple[dict[str, int], int]) -> list[TableRow]:
    """Rows that hold anything, from their numbers and cells."""
    found, width = columns
    rows: list[TableRow] = []
    seen: Counter[str] = Counter()
    for number, cells in numbered:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) >= MOST_ROWS:
            raise RefusedFileError(f"it has more than {MOST_ROWS:,} rows")
        digest = sha256("\x1f".join(cells).encode()).hexdigest()[:32]
        seen[digest] += 1
        values = {name: cells[place] for name, place in found.items() if place < len(cells)}
        rows.append(TableRow(number, values, f"{digest}-{seen[digest]}", len(cells) == width))
    return rows
