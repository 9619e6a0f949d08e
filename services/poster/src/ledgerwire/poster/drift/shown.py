"""What a ledger shows of a document, field by field: payments on it are no change, and neither is what it computes anew."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ledgerwire.accounting.port import ReadDocument, ReadLine
from ledgerwire.common.ledger.document import SALES
from ledgerwire.poster.drift.domain.comparison import IN_THE_BOOKS, LINES, STATE, Shown

DELETED: Shown = {STATE: "deleted"}


def shown(read: ReadDocument, *, item_decides_account: bool) -> dict[str, str]:
    """The fields of a document as it is there now.

    `item_decides_account`: a sales line's account is the one its item has today, which says nothing about the document.
    """
    found = read.found
    fields = {
        STATE: "voided" if not found.live else "draft" if found.draft else IN_THE_BOOKS,
        "number": found.number,
        "date": found.document_date.isoformat(),
        "due date": read.due_date.isoformat() if read.due_date else "",
        "contact": found.contact_id,
        "currency": found.currency,
        "net": money(found.net),
        "tax": money(found.tax),
        "total": money(found.total),
        LINES: str(len(read.lines)),
    }
    own_account = not (item_decides_account and found.kind in SALES)
    for place, line in enumerate(read.lines, 1):
        fields |= {f"line {place} {name}": value for name, value in _line(line, own_account=own_account)}
    return fields


def _line(line: ReadLine, *, own_account: bool) -> Iterator[tuple[str, str]]:
    yield "description", line.description
    yield "quantity", f"{line.quantity.normalize():f}"
    yield "net", money(line.net)
    if own_account:
        yield "account", line.account_code
    yield "tax type", line.tax_type
    yield "item", line.item_code or ""
    yield "tracking", ", ".join(sorted(f"{item.category}: {item.option}" for item in line.tracking))


def money(amount: Decimal) -> str:
    """An amount as it is compared: nothing has no sign."""
    return f"{amount:z.2f}"
