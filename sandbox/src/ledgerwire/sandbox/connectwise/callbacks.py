"""Registering callbacks: what the vendor validates and what it fills in."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from ledgerwire.sandbox.connectwise.errors import invalid_field, invalid_object
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

_RESOURCE = "CallbackEntry"
_LEVELS: dict[str, frozenset[str]] = {
    "activity": frozenset({"owner", "status", "type", "company", "activity"}),
    "agreement": frozenset({"owner", "type", "company", "agreement"}),
    "company": frozenset({"owner", "status", "type", "territory", "company", "integratortag"}),
    "ticket": frozenset({"owner", "board", "status"}),
}
_OWNER_ONLY = (
    "configuration", "contact", "expense", "invoice", "member", "opportunity", "productcatalog", "project",
    "purchaseorder", "schedule", "site", "time",
)  # fmt: skip
LEVELS = _LEVELS | dict.fromkeys(_OWNER_ONLY, frozenset({"owner"}))


def _required(body: Row) -> None:
    errors = [
        {
            "code": "MissingRequiredField",
            "message": f"The {name} field is required.",
            "resource": _RESOURCE,
            "field": name,
        }
        for name in ("url", "objectId", "type", "level")
        if not body.get(name) and body.get(name) != 0
    ]
    if errors:
        raise invalid_object(_RESOURCE, errors)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid_field(_RESOURCE, "url", "Invalid URL")


def _check_unique(state: ConnectWiseState, entry: Row) -> None:
    key = ("type", "level", "objectId", "url")
    for other in state.tables["callbacks"].values():
        if other["id"] != entry.get("id") and all(other[name] == entry[name] for name in key):
            raise invalid_field(_RESOURCE, "objectId", "A matching callback entry already exists", "ObjectExists")


def checked_entry(state: ConnectWiseState, body: Any, member_id: int, existing: Row | None = None) -> Row:
    """A complete entry from what a client sent. Raises ApiError 400 as the vendor validates."""
    if not isinstance(body, dict):
        raise invalid_object(_RESOURCE, [])
    _required(body)
    _check_url(str(body["url"]))
    kind, level = str(body["type"]).lower(), str(body["level"]).lower()
    if kind not in LEVELS:
        raise invalid_field(_RESOURCE, "type", "Unrecognized callback type", "InvalidObject")
    if level not in LEVELS[kind]:
        raise invalid_field(_RESOURCE, "level", f"Unrecognized level for type {kind}", "InvalidObject")
    entry: Row = {
        **({"id": existing["id"], "_info": existing.get("_info", {})} if existing else {}),
        "description": body.get("description"),
        "url": body["url"],
        "objectId": 1 if level == "owner" else int(body["objectId"]),
        "type": kind,
        "level": level,
        "memberId": existing["memberId"] if existing else member_id,
        "payloadVersion": "3.0.0",
        "inactiveFlag": bool(body.get("inactiveFlag")),
        "isSoapCallbackFlag": bool(body.get("isSoapCallbackFlag")),
        "isSelfSuppressedFlag": bool(body.get("isSelfSuppressedFlag")),
        "connectWiseID": existing["connectWiseID"] if existing else str(uuid.uuid4()),
    }
    _check_unique(state, entry)
    return entry
