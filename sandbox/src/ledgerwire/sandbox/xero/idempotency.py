"""The Idempotency-Key store: one answer per key for six minutes, errors included.

Keys belong to the app, not to the organisation; method, address and body must be the same
(developer documentation "Idempotent requests").
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

KEY_LIFE = timedelta(minutes=6)
KEY_LENGTH = 128


@dataclass(frozen=True, slots=True)
class Stored:
    """A kept answer."""

    request: bytes
    first_call: datetime
    status: int
    body: bytes
    content_type: str


class KeyMismatchError(Exception):
    """The key was used with another request in the last six minutes."""


class IdempotencyStore:
    """Answers by (app, key)."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Stored] = {}

    def find(self, client_id: str, key: str, request: bytes, now: datetime) -> Stored | None:
        """The answer to replay; None when the key is new or its six minutes are over.

        Raises:
            KeyMismatchError: the same key came with another request.
        """
        stored = self._answers.get((client_id, key))
        if stored is None or now - stored.first_call >= KEY_LIFE:
            return None
        if stored.request != request:
            raise KeyMismatchError(key)
        return stored

    def keep(self, client_id: str, key: str, answer: Stored) -> None:
        """Keep an answer under its key and let old ones go."""
        if len(self._answers) > 5_000:
            self._answers = {
                known: kept for known, kept in self._answers.items() if answer.first_call - kept.first_call < KEY_LIFE
            }
        self._answers[client_id, key] = answer


def fingerprint(method: str, url: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    return hashlib.sha256(b"\0".join((method.encode(), url.encode(), body))).digest()
