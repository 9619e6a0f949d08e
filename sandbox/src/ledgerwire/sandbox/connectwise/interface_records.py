"""What the accounting interface holds: frozen GL entries, and the records of which they are the ledger's side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from ledgerwire.sandbox.connectwise.expenses import Expense
from ledgerwire.sandbox.connectwise.lines import InvoiceLine
from ledgerwire.sandbox.connectwise.receipts import Receipt, ReceiptLine
from ledgerwire.sandbox.connectwise.stock_movements import Adjustment, StockLine, Transfer

RecordKind = Literal["invoice", "procurement", "expense"]
Procurement = Receipt | Adjustment | Transfer


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """A record of the interface: `id` is the billing log id, the unposted product id or the expense detail id."""

    kind: RecordKind
    id: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class GlEntry:
    """One general ledger entry as frozen when its record closed; `amount` is a debit when positive."""

    id: int
    record: RecordKey
    gl_type: str
    amount: Decimal
    description: str
    segments: Mapping[str, str]
    cogs: Mapping[str, str]
    product_id: str | None
    inventory: str | None
    sales_code: str | None
    gl_account_id: int
    line: InvoiceLine | None = None
    tax_level: int | None = None
    receipt_line: ReceiptLine | None = None
    stock_line: StockLine | None = None
    account: str | None = None
    """The account where it is not the one of the segments, as with goods that go to stock or to cost."""
    offset: "GlEntry | None" = None
    """The other side, where the interface pairs entries."""


@dataclass(slots=True)
class InterfaceRecord:
    """A receipt, stock movement or approved expense on its way through the accounting interface.

    `entries` are those that a batch names; `header` is the side that no batch names (accounts payable). `batch` is
    set while every entry is in a batch; `unbatched` remembers the one it was taken out of.
    """

    key: RecordKey
    fact: Procurement | Expense
    row_id: int
    closed_at: str
    entries: list[GlEntry] = field(default_factory=list)
    details: list[GlEntry] = field(default_factory=list)
    header: GlEntry | None = None
    batch: dict[str, Any] | None = None
    unbatched: dict[str, Any] | None = None
