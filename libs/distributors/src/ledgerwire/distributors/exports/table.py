"""The rows of a delimited file by our fields, with their numbers as a spreadsheet shows them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from ledgerwire.distributors.exports.layout import Layout, folded


class Reader(Protocol):
    """What the standard library's reader offers."""

    @property
    def line_num(self) -> int: ...

    def __iter__(self) -> Iterator[list[str]]: ...


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
        columns = _columns(next(reader, []), layout)
        return _rows(reader, columns)
    except csv.Error as error:
        raise RefusedFileError(f"line {reader.line_num}: {error}") from error


def _columns(heading: list[str], layout: Layout) -> tuple[dict[str, int], int]:
    """Place by field, and how many cells a row has."""
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


def _rows(reader: Reader, columns: tuple[dict[str, int], int]) -> list[TableRow]:
    found, width = columns
    rows: list[TableRow] = []
    seen: Counter[str] = Counter()
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        digest = sha256("\x1f".join(cells).encode()).hexdigest()[:32]
        seen[digest] += 1
        values = {name: cells[place] for name, place in found.items() if place < len(cells)}
        rows.append(TableRow(reader.line_num, values, f"{digest}-{seen[digest]}", len(cells) == width))
    return rows
