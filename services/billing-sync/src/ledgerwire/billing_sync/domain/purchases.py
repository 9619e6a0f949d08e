"""Which charge lines are purchases of their own, and which may be one purchase that several documents show.

A line is known by the source's own id. Without one it is known by what it says and by how often one document says it: a
document that names a purchase twice bills it twice. The same line on two documents may be a second purchase, or the first one
on a corrected invoice: as many as one document names are surely bought, the rest is a person's to tell.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.billing_sync.domain.preview import days_shown
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.money import ZERO
from ledgerwire.common.seats import ChargeLine

_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line that was surely charged; `key` stays the same however often, and on whatever document, it is read.

    Attributes:
        read_as: keys of every line that may be this one.
    """

    key: str
    line: ChargeLine
    read_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Lines of which nobody can tell from the source whether they are counted already.

    Attributes:
        counted: the amount that is taken for surely charged.
        left_out: the lines that are not.
    """

    counted: Decimal
    left_out: tuple[ChargeLine, ...]

    def finding(self, customer: str, product: str) -> Finding:
        """As a clerk reads it."""
        first = self.left_out[0]
        amount = sum((line.subtotal for line in self.left_out), ZERO)
        params = {"customer": customer, "product": product, "days": days_shown(first.charge_start, first.charge_end)}
        params |= {"amount": f"{amount:,.2f} {first.currency}".strip(), "counted": f"{self.counted:,.2f}"}
        params["invoices"] = ", ".join(
            sorted({line.invoice or "unbilled" for line in self.left_out}, key=invoice_order)
        )
        return Finding("BS_PURCHASE_IN_DOUBT", params)


def told_apart(lines: Iterable[ChargeLine]) -> tuple[list[Purchase], list[Doubt]]:
    """The purchases among lines, in order of their days; and what may be one of them seen again."""
    purchases: dict[str, Purchase] = {}
    alike: dict[str, dict[str, dict[str, ChargeLine]]] = defaultdict(lambda: defaultdict(dict))
    for line in lines:
        if line.identified:
            purchases.setdefault(line.key, Purchase(line.key, line))
        else:
            alike[says(line)][line.invoice].setdefault(line.key, line)
    doubts = []
    for content, documents in alike.items():
        fullest = max(documents, key=lambda invoice: (len(documents[invoice]), invoice_order(invoice)))
        sure = list(documents[fullest].values())
        read_as = tuple(sorted({key for lines in documents.values() for key in lines}))
        for number, line in enumerate(sure, 1):
            purchases[f"{content}-{number}"] = Purchase(f"{content}-{number}", line, read_as)
        billed = sorted((name for name in documents if name and name != fullest), key=invoice_order)
        others = [line for name in billed for line in documents[name].values()]
        others = others if fullest else others[len(sure) :]  # what was unbilled is billed by now on any of them
        if others:
            doubts.append(Doubt(sum((line.subtotal for line in sure), ZERO), tuple(others)))
    return sorted(purchases.values(), key=lambda each: (each.line.charge_start, each.key)), doubts


def says(line: ChargeLine) -> str:
    """A digest of what a line says apart from its id and its document."""
    amounts = (line.quantity, line.subtotal, line.unit_price)
    told = (line.kind, line.charge_start, line.charge_end, *(_plain(amount) for amount in amounts), line.currency)
    text = (line.reference_id, line.order_id, line.credit_reason, " ".join(line.name.casefold().split()))
    return hashlib.sha256("\x1f".join(map(str, (*told, *text))).encode()).hexdigest()[:24]


def invoice_order(number: str) -> tuple[tuple[int, str], ...]:
    """Invoice numbers in the order they were given: G99 before G100, what is not billed yet before all."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in _DIGITS.split(number) if part)


def in_one_document(lines: Sequence[ChargeLine]) -> dict[str, list[ChargeLine]]:
    """Lines by invoice, in the order of those, each line once."""
    documents: dict[str, dict[str, ChargeLine]] = defaultdict(dict)
    for line in lines:
        documents[line.invoice].setdefault(line.key, line)
    return {invoice: list(documents[invoice].values()) for invoice in sorted(documents, key=invoice_order)}


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount.normalize():f}"
