"""One invoice in several files: lines without an id of their own are counted once, or not at all where files disagree.

A line without an id is known by the text of its row. Exported once more with another column or another way of writing numbers,
every row of an invoice is a new one to us and would be billed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ledgerwire.common.seats import ChargeLine
from ledgerwire.distributors.standing import belongs_to

_Bill = tuple[str, str, str]
"""Invoice, customer and subscription."""


@dataclass(frozen=True, slots=True, order=True)
class TwoFiles:
    """An invoice whose lines for a customer are not the same in two files."""

    invoice: str
    customer_id: str
    first: str
    second: str


@dataclass(slots=True)
class InvoicesOnce:
    """Charges of files, taken in one after the other.

    Attributes:
        charges: what counts, by key. A later file replaces what an earlier one says under the same id.
        disagreeing: invoices that nobody can tell the lines of; each is for a person, and its customer waits.
    """

    charges: dict[str, ChargeLine] = field(default_factory=dict)
    disagreeing: set[TwoFiles] = field(default_factory=set)
    _told_by: dict[_Bill, tuple[str, dict[str, ChargeLine]]] = field(default_factory=dict)

    def take(self, file: str, lines: Mapping[str, ChargeLine]) -> None:
        """Take in the lines of a file, by key."""
        bills: dict[_Bill, dict[str, ChargeLine]] = {}
        for key, line in lines.items():
            if line.identified or not line.invoice:
                self.charges[key] = line
            else:
                bills.setdefault((line.invoice, line.customer_id, belongs_to(line)), {})[key] = line
        for bill, own in bills.items():
            first, told = self._told_by.setdefault(bill, (file, own))
            if told.keys() == own.keys():
                self.charges |= own
            elif _money(told.values()) != _money(own.values()):
                self.disagreeing.add(TwoFiles(bill[0], bill[1], first, file))


def _money(lines: Iterable[ChargeLine]) -> Counter[tuple[object, ...]]:
    """What lines charge, however they are written."""
    return Counter(
        (line.sku, line.kind, line.quantity, line.subtotal, line.currency, line.charge_start, line.charge_end)
        for line in lines
    )
