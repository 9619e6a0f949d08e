"""Callback subscriptions: list, register, put right."""

from __future__ import annotations

from typing import Any

import msgspec

from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.errors import Ambiguous
from ledgerwire.connectwise import patch
from ledgerwire.connectwise.conditions import Field
from ledgerwire.connectwise.errors import Answer, Refused, unreadable
from ledgerwire.connectwise.models import Callback
from ledgerwire.connectwise.session import Session, decode

CALLBACKS = "/system/callbacks"
OWNER_OBJECT = 1
"""At level `owner` the server stores object 1 whatever was sent."""


async def list_callbacks(session: Session, url_contains: str) -> list[Callback]:
    """The subscriptions whose address contains a text."""
    return await session.rows(CALLBACKS, Callback, conditions=Field("url").contains(url_contains))


async def register_callback(
    session: Session, *, url: str, description: str, record_type: str, level: str, self_suppressed: bool
) -> Callback:
    """Subscribe; one subscription sends every action of the type.

    If ConnectWise says that a matching entry exists, that entry is returned as it stands (see `update_callback`).
    Raises Refused for anything else it does not accept and Ambiguous when the outcome is unknown.
    """
    body = {
        "description": description[:100],
        "url": url,
        "objectId": OWNER_OBJECT,
        "type": record_type,
        "level": level,
        "inactiveFlag": False,
        "isSelfSuppressedFlag": self_suppressed,
    }
    try:
        answer = await session.write("POST", CALLBACKS, wire_bytes(body))
    except Refused as error:
        if error.has("ObjectExists"):
            existing = await _matching(session, url, record_type, level)
            if existing is not None:
                return existing
        raise
    return _callback(answer, "POST", CALLBACKS)


async def _matching(session: Session, url: str, record_type: str, level: str) -> Callback | None:
    conditions = Field("type").eq(record_type) & Field("level").eq(level)
    rows = await session.rows(CALLBACKS, Callback, conditions=conditions)
    return next((row for row in rows if row.url == url), None)


async def update_callback(
    session: Session, callback_id: int, *, url: str | None, inactive: bool | None, self_suppressed: bool | None
) -> Callback:
    """Change a subscription and prove it: ConnectWise may answer 200 and change nothing, which is Ambiguous here."""
    values: dict[str, Any] = {"url": url, "inactiveFlag": inactive, "isSelfSuppressedFlag": self_suppressed}
    wanted = {name: value for name, value in values.items() if value is not None}
    path = f"{CALLBACKS}/{callback_id}"
    changed = _callback(await session.write("PATCH", path, patch.replace(wanted)), "PATCH", path)
    shown = {
        "url": changed.url,
        "inactiveFlag": changed.inactive_flag,
        "isSelfSuppressedFlag": changed.is_self_suppressed_flag,
    }
    if any(shown[name] != value for name, value in wanted.items()):
        raise Ambiguous(f"PATCH {path}: ConnectWise answered with another state than asked for")
    return changed


def _callback(answer: Answer, method: str, path: str) -> Callback:
    try:
        return decode(answer.body, Callback)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(answer, method=method, path=path, is_write=True) from error
