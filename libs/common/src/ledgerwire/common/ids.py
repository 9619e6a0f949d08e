"""Typed identifiers; every id that must survive a restore is derived from facts, never random."""

from __future__ import annotations

import hashlib
from typing import NewType
from uuid import UUID, uuid5

AccountId = NewType("AccountId", UUID)
ConnectionId = NewType("ConnectionId", UUID)
CompanyId = NewType("CompanyId", UUID)
RecordId = NewType("RecordId", UUID)
PostingId = NewType("PostingId", UUID)
SubmissionId = NewType("SubmissionId", UUID)

_LEDGERWIRE = UUID("6f1c2d9e-5d0b-5f1e-9a77-3f0d7c1a9b42")


def account_id(name: str) -> AccountId:
    """The id of the account called `name` (names are unique and read-only after registration)."""
    return AccountId(uuid5(_LEDGERWIRE, f"account:{name}"))


def connection_id(account: AccountId, name: str) -> ConnectionId:
    """The id of one account's connection by its name in the account file."""
    return ConnectionId(uuid5(account, f"connection:{name}"))


def company_id(account: AccountId, name: str) -> CompanyId:
    """The id of one account's ledger company by its name in the account file."""
    return CompanyId(uuid5(account, f"company:{name}"))


def record_id(account: AccountId, connection: ConnectionId, record_type: str, source_id: str) -> RecordId:
    """The id of a PSA record: the same record has the same id after any restart, replay or restore."""
    return RecordId(uuid5(account, f"record:{connection}:{record_type}:{source_id}"))


def posting_id(record: RecordId, ordinal: int, kind: str) -> PostingId:
    """The id of the `ordinal`-th ledger document of a record; revisions update it, they do not make another."""
    return PostingId(uuid5(record, f"posting:{ordinal}:{kind}"))


def message_id(*parts: object) -> UUID:
    """A message id derived from what the message announces, so that saying it twice is one message."""
    return uuid5(_LEDGERWIRE, "message:" + ":".join(str(part) for part in parts))


def idempotency_key(tenant: str, submission: SubmissionId) -> str:
    """The provider's idempotency key of one submission: 64 hex characters, unique over tenants (Xero's scope is the app)."""
    return hashlib.sha256(f"{tenant}:{submission}".encode()).hexdigest()


def short_hex(record: RecordId, length: int = 6) -> str:
    """The first `length` hex digits of a record id, as used in batch names (M7)."""
    return record.hex[:length]
