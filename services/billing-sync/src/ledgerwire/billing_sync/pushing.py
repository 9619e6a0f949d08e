"""Posts of distributors and scripts: whose key it is, whether it was taken before, and keeping it; all in one transaction."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from ledgerwire.billing_sync.repository import pushes
from ledgerwire.billing_sync.requesting import request_sync
from ledgerwire.common.canonical import sha256_hex
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.mq.outbox import Outbox
from ledgerwire.distributors.push import Push, receive
from ledgerwire.tenants.read import AccountContext, account_for_service
from ledgerwire.tenants.seat_sources import PushSourceSection

KEY_PREFIX = "lwp_"
RECEIPTS_KEPT = timedelta(days=30)
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose key a request has."""

    account_id: UUID
    source: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a post: its rows, how many of them were new or changed, and whether it had been taken before."""

    rows: int
    changed: int
    repeated: bool = False


class Pushing:
    """The use cases behind the push address and its keys."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def sender(self, key: str) -> Sender | None:
        """Whose a key is, None for one that nobody has."""
        async with self._database.system() as unit:
            found = await pushes.source_of_key(unit, _hashed(key))
        return None if found is None else Sender(*found)

    async def take(self, sender: Sender, body: bytes, *, idempotency_key: str = "", look_now: bool = False) -> Taken:
        """Keep a post, all of it or nothing. The same post under the same key is answered as it was, and changes nothing.

        Args:
            sender: whose key it came with.
            body: JSON of `Push`.
            idempotency_key: the sender's own name for this post, "" for none.
            look_now: this was the last post for now: plan at once instead of at the next daily look.

        Raises:
            ConfigurationError: PUSH_REFUSED, SOURCE_UNKNOWN, or IDEMPOTENCY_KEY_REUSED for another post under the same key.
        """
        digest, push = sha256_hex(body), await asyncio.to_thread(Push.decoded, body)
        async with self._database.account(sender.account_id) as unit:
            account = await _checked(unit, sender.source)
            await pushes.take_turn(unit, sender.source)
            before = await pushes.receipt(unit, sender.source, idempotency_key) if idempotency_key else None
            if before is not None and before.body_hash != digest:
                raise ConfigurationError("this key was used for another post", code="IDEMPOTENCY_KEY_REUSED")
            if before is not None:
                return Taken(before.rows, before.changed, repeated=True)
            got = await receive(unit, sender.source, push)
            if idempotency_key:
                counts = got.rows, got.changed
                await pushes.keep_receipt(unit, sender.source, idempotency_key, digest, counts, RECEIPTS_KEPT)
            if look_now:
                await request_sync(unit, self._outbox, account, requested_by="push", source=sender.source)
        return Taken(got.rows, got.changed)

    async def make_key(self, account_id: UUID, source: str, by: str, *, keep_others: bool = False) -> str:
        """A new key for a push source; only its hash is kept, so nobody can be told it again.

        Raises:
            ConfigurationError: SOURCE_UNKNOWN, the account has no push source of that name.
        """
        key = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
        async with self._database.account(account_id) as unit:
            await _checked(unit, source)
            if not keep_others:
                await pushes.drop_keys(unit, source)
            await pushes.add_key(unit, source, _hashed(key), by)
        return key

    async def drop_keys(self, account_id: UUID, source: str) -> int:
        """No key of a source is good any more; how many there were."""
        async with self._database.account(account_id) as unit:
            return await pushes.drop_keys(unit, source)


async def _checked(unit: Unit, source: str) -> AccountContext:
    account = await account_for_service(unit)
    sources = account.seats.sources if account.seats else ()
    if source not in {each.name for each in sources if isinstance(each, PushSourceSection)}:
        raise ConfigurationError(f"the account has no push source {source!r}", code="SOURCE_UNKNOWN")
    return account


def _hashed(key: str) -> bytes:
    """What is stored of a key; a plain hash suffices for 256 random bits."""
    return sha256(key.encode()).digest()
