"""What poster knows of a posted document when it looks whether it still is as posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledgerwire.common.ledger.document import DocumentKind, LedgerDocument
from ledgerwire.poster.domain.posting import PostingState


@dataclass(frozen=True, slots=True)
class Looked:
    """A posted document and the last look at it.

    Attributes:
        basis: which edition of which document it is; with another one the last look counts no more.
        before: what the ledger showed when it was as posted, or as a person accepted it; None before the first look.
        told: the drift that people were told about, None when it was as posted.
        answered: the ledger took it as it was sent, and said so.
        past: people were told of a drift, and what was done since has settled it.
        accepted: a person decided about it, so that it may have other figures than it was decided with.
    """

    posting_id: UUID
    kind: DocumentKind
    number: str
    ledger_id: str
    state: PostingState
    document: LedgerDocument
    contact_id: str | None
    ledger_total: Decimal | None
    basis: str
    before: Mapping[str, str] | None = None
    told: Mapping[str, Any] | None = None
    answered: bool = False
    past: bool = False
    accepted: bool = False
