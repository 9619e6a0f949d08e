"""The expected ledger: what a bookkeeper would write by hand from the invoices, before any GL entry exists.

Worked out from quantities, prices, tax rates and the posting guide only. Nothing here reads the PSA's GL table, its
export or a line of the product; that is what makes the books check worth something.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ledgerwire.sandbox.seed import posting_guide as guide
from ledgerwire.sandbox.seed.draft import Draft, DraftLine
from ledgerwire.sandbox.seed.records import Record
from ledgerwire.sandbox.seed.tax import NO_TAX_TYPE, UNTAXED_TYPE

Tracking = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """One line in the document's own sign. `item` is None and `tracking` empty on a rounding line."""

    account: str
    item: str | None
    tracking: Tracking
    net: Decimal
    tax_type: str


@dataclass(frozen=True, slots=True)
class ExpectedRecord:
    """What one closed invoice must end as.

    Amounts are the document's own (a credit note is positive); `source_total` is the invoice's signed total.
    `kind` is "none" and `lines` empty where nothing is posted (M4).
    """

    invoice_id: int
    number: str
    kind: Literal["invoice", "credit_note", "none"]
    contact: str
    date: dt.date
    due_date: dt.date
    currency: str
    lines: tuple[ExpectedLine, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    source_total: Decimal
    state: Literal["posted", "no_effect"]


def _tax_type(draft: Draft, line: DraftLine) -> str:
    return draft.tax_code.ledger_type if draft.tax_code and line.taxable else UNTAXED_TYPE


def _line(record: Record, line: DraftLine, sign: int) -> ExpectedLine:
    stream = line.stream
    tracking = ((guide.BUSINESS_LINE, stream.business_line), (guide.LOCATION, record.draft.bill_to.location))
    return ExpectedLine(stream.account, line.item, tracking, sign * line.net, _tax_type(record.draft, line))


def _moves_nothing(lines: tuple[ExpectedLine, ...]) -> bool:
    """Whether a document nets to zero on every account and tracking (M4)."""
    sums: dict[tuple[str, Tracking], Decimal] = {}
    for line in lines:
        key = (line.account, line.tracking)
        sums[key] = sums.get(key, Decimal(0)) + line.net
    return not any(sums.values())


def expect(record: Record) -> ExpectedRecord:
    """The ledger's side of one invoice: the kind follows the total (M3), the difference to print goes to Rounding."""
    draft = record.draft
    sign = -1 if draft.total < 0 else 1
    lines = tuple(_line(record, line, sign) for line in draft.lines)
    rounding = sign * (draft.net - draft.line_sum)
    if rounding:
        lines += (ExpectedLine(guide.ROUNDING, None, (), rounding, NO_TAX_TYPE),)
    nothing = draft.total == 0 and _moves_nothing(lines)
    return ExpectedRecord(
        invoice_id=record.invoice_id,
        number=record.number,
        kind="none" if nothing else "credit_note" if sign < 0 else "invoice",
        contact=draft.bill_to.name,
        date=draft.day,
        due_date=draft.due_date,
        currency="AUD",
        lines=() if nothing else lines,
        net=abs(draft.net),
        tax=abs(draft.tax),
        total=abs(draft.total),
        source_total=draft.total,
        state="no_effect" if nothing else "posted",
    )
