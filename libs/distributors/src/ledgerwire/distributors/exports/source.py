"""A source of seats over the files in a folder, all of one layout."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from ledgerwire.common.seats import ChargeLine, RowProblem, SourceCustomer, SourceProduct, SubscriptionSnapshot
from ledgerwire.distributors.exports.cells import RefusedRowError
from ledgerwire.distributors.exports.layout import Layout
from ledgerwire.distributors.exports.rows import ReadRow, customer_of, read_row
from ledgerwire.distributors.exports.standing import standing
from ledgerwire.distributors.exports.table import RefusedFileError, read_table
from ledgerwire.distributors.port import Part, Period


@dataclass(slots=True)
class _Read:
    """All files, once. A later file replaces what an earlier one says under the same key."""

    customers: dict[str, SourceCustomer] = field(default_factory=dict)
    products: dict[str, SourceProduct] = field(default_factory=dict)
    subscriptions: dict[str, SubscriptionSnapshot] = field(default_factory=dict)
    charges: dict[str, ChargeLine] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)

    def take(self, row: ReadRow) -> None:
        self.customers[row.customer.id] = row.customer
        self.products[row.product.sku] = row.product
        if row.charge is not None:
            self.charges[row.charge.key] = row.charge
        if row.subscription is not None:
            self.subscriptions[row.subscription.id] = row.subscription


class ExportSource:
    """A `SeatSource` over the files of a folder, read in the order of their names.

    The files are read when customers are asked for; the other questions are answered from that reading. A row that
    cannot be read is a problem of its customer; a file that cannot be read leaves everything incomplete.
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
        complete = all(problem.customer_id for problem in read.problems)
        return Part(tuple(read.customers.values()), tuple(read.problems), complete)

    async def products(self) -> Part[SourceProduct]:
        return Part(tuple((await self._known()).products.values()))

    async def subscriptions(self, customer: SourceCustomer) -> Part[SubscriptionSnapshot]:
        read = await self._known()
        given = [row for row in read.subscriptions.values() if row.customer_id == customer.id]
        derived = standing(row for row in read.charges.values() if row.customer_id == customer.id)
        return Part((*given, *derived))

    async def charges(self, period: Period) -> Part[ChargeLine]:
        rows = (await self._known()).charges.values()
        return Part(tuple(row for row in rows if row.charge_start <= period.last and row.charge_end >= period.first))

    async def _known(self) -> _Read:
        if self._read is None:
            self._read = await asyncio.to_thread(self._read_all)
        return self._read

    def _read_all(self) -> _Read:
        read = _Read()
        files = sorted(path for path in self._folder.glob("*.csv") if path.is_file())
        if not files:
            read.problems.append(self._refused_file(self._folder.name, "the folder holds no file"))
        for path in files:
            try:
                self._read_file(path, read)
            except (RefusedFileError, OSError) as error:
                reason = str(error) if isinstance(error, RefusedFileError) else "it cannot be opened"
                read.problems.append(self._refused_file(path.name, reason))
        return read

    def _read_file(self, path: Path, read: _Read) -> None:
        for row in read_table(path.read_bytes(), self._layout):
            try:
                read.take(read_row(self._layout, row))
            except RefusedRowError as error:
                place = f"{row.number} of {path.name}"
                params = (("source", self._name), ("row", place), ("reason", str(error)))
                customer = customer_of(self._layout, row)
                read.problems.append(RowProblem(f"row {place}", "BS_SOURCE_ROW_REFUSED", params, customer))

    def _refused_file(self, name: str, reason: str) -> RowProblem:
        params = (("source", self._name), ("file", name), ("reason", reason))
        return RowProblem(name, "BS_SOURCE_FILE_REFUSED", params)
