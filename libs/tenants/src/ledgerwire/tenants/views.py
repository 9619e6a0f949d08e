"""What the account use cases answer with; no secret is in any of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Applied:
    """What an account file changed. `changes` is empty when the file was already in force."""

    account_id: UUID
    name: str
    created: bool
    changes: tuple[str, ...]
    mapping_version: int


@dataclass(frozen=True, slots=True)
class ConsentView:
    """State of a consent: ok or revoked, since when its access token is good, how often it was rotated."""

    state: str
    state_detail: str | None
    expires_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """One connection. `secret` says only whether and since when there is one (A053)."""

    connection_id: UUID
    name: str
    kind: str
    config: dict[str, Any]
    secret: str
    state: str
    state_detail: str | None
    tested_at: datetime | None
    version: int
    training: bool
    consent: ConsentView | None = None


@dataclass(frozen=True, slots=True)
class CompanyView:
    """One ledger company and its PSA locations (empty = all)."""

    company_id: UUID
    name: str
    ledger: str
    locations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MappingView:
    """One mapping version; `effective_from` is the first document date it decides, None = every date."""

    version: int
    author: str
    reason: str
    created_at: datetime
    body_hash: str
    effective_from: date | None = None


@dataclass(frozen=True, slots=True)
class OptionView:
    """One option of an account: what it is set to, what it is unless somebody sets it, and who changed it last (A058).

    Attributes:
        default: None for a required option, which has none (`required`).
        author, changed_at, reason: of the last change; None where it never differed from its default.
        effective_from: the first document date that the last change decides; None = every date, or no mapping option.
        help: a page about it.
    """

    name: str
    value: Any
    default: Any
    required: bool = False
    author: str | None = None
    changed_at: datetime | None = None
    reason: str | None = None
    effective_from: date | None = None
    help: str | None = None

    @property
    def is_default(self) -> bool:
        return not self.required and self.value == self.default


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account as a person may see it."""

    account_id: UUID
    name: str
    status: str
    go_live_from: date | None
    settings: dict[str, Any]
    connections: tuple[ConnectionView, ...]
    companies: tuple[CompanyView, ...]
    mapping: MappingView | None


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """One connection of one account, as schedulers and lists see it; connection fields are None for an account without any."""

    account_id: UUID
    account_name: str
    status: str
    go_live_from: date | None
    connection_id: UUID | None
    connection_name: str | None
    kind: str | None

    @property
    def live(self) -> bool:
        return self.status == "live"
