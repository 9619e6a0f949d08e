"""A ledger document as an outsider reads it, whatever the package."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ledgerwire.sandbox.seed.expected import Tracking
from ledgerwire.sandbox.seed.quarter.expected import DocumentKind


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A line; in a journal a debit is positive. `tracking` is sorted by category."""

    account: str
    item: str | None
    tracking: Tracking
    net: Decimal
    tax_type: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A document in its last known form.

    `number` is its number, a journal's first words; `told` everything else it says about where it comes from. `tax` is None
    where the ledger shows no tax of its own (journals). `live_since` is the exchange that first showed it approved.
    """

    company: str
    id: str
    kind: DocumentKind
    number: str
    told: str
    contact: str
    date: dt.date | None
    due_date: dt.date | None
    currency: str
    lines: tuple[PaperLine, ...]
    tax: Decimal
    total: Decimal
    status: str
    live_since: int | None


@dataclass(frozen=True, slots=True)
class Money:
    """Cash and credits that settled one sales document: by day of the last payment, and by the credit's number."""

    cash: Decimal
    credits: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class LedgerView:
    """All papers that still count, and what settled the sales documents, by (company, number)."""

    papers: tuple[Paper, ...]
    settled: Mapping[tuple[str, str], Money]
