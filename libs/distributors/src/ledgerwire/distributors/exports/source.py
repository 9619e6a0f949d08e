"""A source of seats over the files in a folder, all of one layout."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ledgerwire.common.seats import ChargeLine, RowProblem, SourceCustomer, SourceProduct, SubscriptionSnapshot
from ledgerwire.distributors.exports.cells import RefusedRowError
from ledgerwire.distributors.exports.invoices import InvoicesOnce, TwoFiles
from ledgerwire.distributors.exports.layout import Layout, RowKind
from ledgerwire.distributors.exports.rows import ReadRow, customer_of, read_row
from ledgerwire.distributors.exports.table import RefusedFileError, TableRow, read_table
from ledgerwire.distributors.exports.workbook import read_workbook
from ledgerwire.distributors.port import Part, Period
from ledgerwire.distributors.standing import belongs_to, standing

READERS: Final[Mapping[str, Callable[[bytes, Layout], list[TableRow]]]] = {
    ".csv": read_table,
    ".txt": read_table,
    ".xlsx": read_workbook,
    ".xlsm": read_workbook,
}
"""How a file is read, by the end of its name."""
MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(slots=True)
class _Read:
    """All files, once. A later file replaces what an earlier one says under the same id."""

    customers: dict[str, SourceCustomer] = field(default_factory=dict)
    products: dict[str, SourceProduct] = field(default_factory=dict)
    subscriptions: dict[str, SubscriptionSnapshot] = field(default_factory=dict)
    billed: InvoicesOnce = field(default_factory=InvoicesOnce)
    problems: list[RowProblem] = field(default_factory=list)
    held: dict[str, list[SubscriptionSnapshot]] = field(default_factory=dict)

    def group(self) -> None:
        """Bring subscriptions to their customers: those that are listed, and those that charges alone show."""
        for each in (*self.subscriptions.values(), *standing(self.billed.charges.values())):
            self.held.setdefault(each.customer_id, []).append(each)

    @property
    def complete(self) -> bool:
        """Whether what is missing is known by its customer."""
        return all(problem.customer_id for problem in self.problems)

    def take(self, row: ReadRow, charges: dict[str, ChargeLine]) -> None:
        """Take a row in; its charge goes to those of its file."""
        self.customers[row.customer.id] = row.customer
        self.products[row.product.sku] = row.product
        if row.charge is not None:
            charges[row.charge.key] = replace(row.charge, subscription_id=belongs_to(row.charge))
        if row.subscription is not None:
            self.subscriptions[row.subscription.id] = row.subscription


class ExportSource:
    """A `SeatSource` over the files of a folder, read in the order of their names.

    The files are read when customers are asked for; the other questions are answered from that reading. A row that
    cannot be read is a problem of its customer; a file that cannot be read leaves everything incomplete. Problems are told
    with what the files list: with the charges, or with the customers whose subscriptions they are.
    """

    def __init__(self, name: str, folder: Path, layout: Layout) -> None:
        self._name = name
        self._folder = folder
        self._layout = layout
        self._read: _Read | None = None

    @property
    def name(self) -> str:
        return self._name

    async def customers(self) -> Part[SourceCustomer]:
        self._read = read = await asyncio.to_thread(self._read_all)
        if self._layout.rows is RowKind.CHARGE:
            return Part(tuple(read.customers.values()))
        return Part(tuple(read.customers.values()), tuple(read.problems), read.complete)

    async def products(self) -> Part[SourceProduct]:
        return Part(tuple((await self._known()).products.values()))

    async def subscriptions(self, customer: SourceCustomer) -> Part[SubscriptionSnapshot]:
        return Part(tuple((await self._known()).held.get(customer.id, ())))

    async def charges(self, period: Period) -> Part[ChargeLine]:
        if self._layout.rows is not RowKind.CHARGE:
            return Part(())
        read = await self._known()
        inside = (row for row in read.billed.charges.values() if period.touches(row.charge_start, row.charge_end))
        return Part(tuple(inside), tuple(read.problems), read.complete)

    async def _known(self) -> _Read:
        if self._read is None:
            self._read = await asyncio.to_thread(self._read_all)
        return self._read

    def _read_all(self) -> _Read:
        read = _Read()
        files = sorted(path for path in self._folder.glob("*") if path.suffix.casefold() in READERS and path.is_file())
        if not files:
            read.problems.append(self._refused_file(self._folder.name, "the folder holds no file"))
        for path in files:
            try:
                self._read_file(path, read)
            except (RefusedFileError, OSError) as error:
                reason = str(error) if isinstance(error, RefusedFileError) else "it cannot be opened"
                read.problems.append(self._refused_file(path.name, reason))
        read.problems += [self._two_files(each) for each in sorted(read.billed.disagreeing)]
        read.group()
        return read

    def _read_file(self, path: Path, read: _Read) -> None:
        charges: dict[str, ChargeLine] = {}
        for row in self._rows(path):
            try:
                read.take(read_row(self._layout, row), charges)
            except RefusedRowError as error:
                place = f"{row.number} of {path.name}"
                params = (("source", self._name), ("row", place), ("reason", str(error)))
                customer = customer_of(self._layout, row)
                read.problems.append(RowProblem(f"row {place}", "BS_SOURCE_ROW_REFUSED", params, customer))
        read.billed.take(path.name, charges)

    def _two_files(self, each: TwoFiles) -> RowProblem:
        names = (("first", each.first), ("second", each.second))
        params = (("source", self._name), ("invoice", each.invoice), ("customer", each.customer_id), *names)
        return RowProblem(each.second, "BS_INVOICE_IN_TWO_FILES", params, each.customer_id)

    def _rows(self, path: Path) -> list[TableRow]:
        if path.stat().st_size > MOST_BYTES:
            raise RefusedFileError(f"it is larger than {MOST_BYTES // 1024 // 1024} MB")
        return READERS[path.suffix.casefold()](path.read_bytes(), self._layout)

    def _refused_file(self, name: str, reason: str) -> RowProblem:
        params = (("source", self._name), ("file", name), ("reason", reason))
        return RowProblem(name, "BS_SOURCE_FILE_REFUSED", params)
