"""Secrets of connections and consents: sealed for their row, opened only by name."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import msgspec

from ledgerwire.common.security import SealContext, SecretBox

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class ConnectWiseSecret:
    """What is secret about a PSA connection. The callback token is the last part of the address ConnectWise calls.

    `seats_private_key` is that of billing sync's own API member, "" where it has none.
    """

    private_key: str = field(repr=False)
    callback_token: str = field(repr=False)
    seats_private_key: str = field(default="", repr=False)


class SealedConsent(NamedTuple):
    """The sealed parts of a consent, as they are stored."""

    client_secret: bytes | None
    access_token: bytes | None
    refresh_token: bytes | None


def connection_place(connection_id: UUID) -> SealContext:
    """Where a connection's secret is stored."""
    return SealContext("tenants.connection", "secret", connection_id)


def consent_place(column: str, consent_id: UUID) -> SealContext:
    """Where one secret of a consent is stored."""
    return SealContext("tenants.consent", column, consent_id)


def seal_connection(box: SecretBox, connection_id: UUID, secret: ConnectWiseSecret) -> bytes:
    """Seal a PSA connection's secret."""
    return box.seal(msgspec.json.encode(secret), connection_place(connection_id))


def open_connection(box: SecretBox, connection_id: UUID, sealed: bytes) -> ConnectWiseSecret:
    """Open a PSA connection's secret; SealBrokenError if it is not this row's or the key is gone."""
    return msgspec.json.decode(box.open(sealed, connection_place(connection_id)), type=ConnectWiseSecret)


def seal_token(box: SecretBox, consent_id: UUID, column: str, token: str | None) -> bytes | None:
    """Seal one token of a consent; nothing stays nothing."""
    return None if token is None else box.seal(token.encode(), consent_place(column, consent_id))


def open_token(box: SecretBox, consent_id: UUID, column: str, sealed: bytes | None) -> str | None:
    """Open one token of a consent."""
    return None if sealed is None else box.open(sealed, consent_place(column, consent_id)).decode()


def new_callback_token() -> str:
    """An unguessable path token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def callback_token_hash(token: str) -> bytes:
    """What is stored of a path token to find its account; a plain hash suffices for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()
