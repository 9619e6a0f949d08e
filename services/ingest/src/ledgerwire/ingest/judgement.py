"""What a verified callback is worth: a doorbell, or nothing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from ledgerwire.common.canonical import sha256_hex
from ledgerwire.connectwise.models import CallbackMessage
from ledgerwire.ingest.problems import CallbackRefused

INVOICE = "invoice"
_TEXT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """A callback as it will be stored.

    Attributes:
        dedupe_key: the message id, else the hash of the bytes; the same key is the same callback.
        source_id: the record's id in ConnectWise.
        ignored: why it makes no work, None if mapper is to look.
    """

    dedupe_key: str
    body_hash: str
    type: str
    action: str
    source_id: str
    member: str | None
    ignored: str | None


class _Entity(msgspec.Struct, rename="camel"):
    gl_batch: Any = None


def read_message(raw: bytes) -> CallbackMessage:
    """Decode a body; CallbackRefused CALLBACK_BODY_INVALID if it is no callback message."""
    try:
        return msgspec.json.decode(raw, type=CallbackMessage, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CallbackRefused("CALLBACK_BODY_INVALID", f"not a callback message: {type(error).__name__}") from error


def judge(message: CallbackMessage, raw: bytes, *, own_member: str | None, real_time: bool) -> Judged:
    """Decide what a verified message is worth; CallbackRefused if it names no record.

    Every action rings, also `deleted` (mapper finds the record gone). The entity in the message is never a source (M1).
    """
    if message.id is None or message.id <= 0:
        raise CallbackRefused("CALLBACK_BODY_INVALID", "the message names no record")
    body_hash = sha256_hex(raw)
    message_id = (message.message_id or "").strip()
    return Judged(
        dedupe_key=message_id[:_TEXT_LIMIT] or body_hash,
        body_hash=body_hash,
        type=(message.type or "")[:_TEXT_LIMIT].lower(),
        action=(message.action or "")[:_TEXT_LIMIT].lower(),
        source_id=str(message.id),
        member=message.member_id[:_TEXT_LIMIT] if message.member_id else None,
        ignored=_ignored(message, own_member, real_time=real_time),
    )


def _ignored(message: CallbackMessage, own_member: str | None, *, real_time: bool) -> str | None:
    if (message.type or "").lower() != INVOICE:
        return "type is not followed"
    if not real_time:
        return "real-time sync is off"
    if _is_ours(message, own_member) and _shows_batch(message.entity):
        return "own write"
    return None


def _is_ours(message: CallbackMessage, own_member: str | None) -> bool:
    return bool(own_member and message.member_id and message.member_id.casefold() == own_member.casefold())


def _shows_batch(entity: str | None) -> bool:
    """Whether the entity shows a GL batch: then this is the save that our own batch caused, and there is nothing to look at."""
    if not entity:
        return False
    try:
        return bool(msgspec.json.decode(entity, type=_Entity).gl_batch)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
