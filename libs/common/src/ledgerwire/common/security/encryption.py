"""Encryption at rest: AES-256-GCM, bound to the place a secret is stored in, with keys that can be rotated."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledgerwire.common.errors import ConfigurationError, LedgerwireError
from ledgerwire.common.settings import Settings

_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_MAX = 32
_SETTING = "LEDGERWIRE_ENCRYPTION_KEYS"


class SealBrokenError(LedgerwireError):
    """A stored secret was altered, moved to another row or column, or sealed with a key that is gone."""

    code = "SEAL_BROKEN"


@dataclass(frozen=True, slots=True)
class SealContext:
    """Where a secret is stored; a sealed value opens there and nowhere else."""

    table: str
    column: str
    row: UUID

    def associated_data(self, key_id: bytes) -> bytes:
        """The bytes that are authenticated with the secret."""
        return b"\0".join((key_id, self.table.encode(), self.column.encode(), self.row.bytes))


class SecretBox:
    """Seals with the first key and opens with any. A sealed value is: length of key id, key id, nonce, ciphertext, tag."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """Take the keys in order of preference; ConfigurationError if there are none or one is malformed."""
        if not keys:
            raise ConfigurationError(f"{_SETTING} is empty: secrets cannot be stored without a key")
        for key_id, key in keys.items():
            if len(key) != _KEY_BYTES or not 0 < len(key_id.encode()) <= _KEY_ID_MAX:
                raise ConfigurationError(f"{_SETTING}: key {key_id!r} must have an id and exactly {_KEY_BYTES} bytes")
        self._keys = {key_id.encode(): AESGCM(key) for key_id, key in keys.items()}
        self._current = next(iter(self._keys))

    @classmethod
    def from_settings(cls, settings: Settings) -> SecretBox:
        """The box of this installation; ConfigurationError when no key is set or one cannot be read."""
        return cls(read_keys(settings.encryption_keys.get_secret_value()))

    def seal(self, plain: bytes, context: SealContext) -> bytes:
        """Encrypt with the current key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, plain, context.associated_data(self._current))
        return bytes([len(self._current)]) + self._current + nonce + sealed

    def open(self, sealed: bytes, context: SealContext) -> bytes:
        """Decrypt; SealBrokenError if the value was altered or is not from this place, or its key is unknown."""
        length = sealed[0] if sealed else 0
        key_id, rest = sealed[1 : 1 + length], sealed[1 + length :]
        key = self._keys.get(key_id)
        if key is None:
            named = key_id.decode(errors="replace")
            raise SealBrokenError(
                f"{context.table}.{context.column}: sealed with key {named!r}, which is not in {_SETTING}"
            )
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context.associated_data(key_id))
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError(f"{context.table}.{context.column} of {context.row} cannot be opened") from error

    def is_current(self, sealed: bytes) -> bool:
        """Whether the value was sealed with the key used now; others are to be sealed again during a rotation."""
        return sealed[1 : 1 + sealed[0]] == self._current


def read_keys(text: str) -> dict[str, bytes]:
    """Parse `id:base64,id:base64`; ConfigurationError names a malformed entry by its id, never its key."""
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, separator, encoded = entry.partition(":")
        if not separator or key_id in keys:
            raise ConfigurationError(f"{_SETTING}: entries look like id:base64 and each id stands once")
        try:
            keys[key_id] = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ConfigurationError(f"{_SETTING}: key {key_id!r} is not base64") from error
    return keys


def new_key(key_id: str) -> str:
    """A fresh random key as the setting takes it."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()}"
