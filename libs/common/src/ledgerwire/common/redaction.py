"""Takes secrets out of what is logged or stored for operators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

MASK: Final = "[redacted]"

_SECRET_KEY = re.compile(
    r"authori[sz]ation|cookie|passw(or)?d|passphrase|private[-_]?key|public[-_]?key|secret|(?<![a-z])token(?!_?type)|_token$|"
    r"api[-_]?key|credential|encryption_?key|signing_?key|client_?assertion",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(?P<name>[\w-]*(?:password|passwd|secret|token|private[-_]?key|public[-_]?key|api[-_]?key)[\w-]*"
    r"\\*[\"']?\s*[=:]\s*\\*[\"']?)[^\s\"'&,;}\\]{3,}",
    re.IGNORECASE,
)
_URL_PASSWORD = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+@", re.IGNORECASE)
_CALLBACK_PATH = re.compile(r"(/callbacks/[a-z]+/)[A-Za-z0-9_-]+")
_SUSPECT = re.compile(r"://|/callbacks/|bearer|basic|passw|secret|token|key", re.IGNORECASE)
"""Every text that one of the patterns above would change has one of these; most texts have none."""


@lru_cache(maxsize=4096)
def is_secret_key(key: str) -> bool:
    """True for names whose values are never shown, whatever they hold."""
    return _SECRET_KEY.search(key) is not None


def redact_text(value: str) -> str:
    """The text with credentials, passwords in addresses and callback path tokens masked."""
    if _SUSPECT.search(value) is None:
        return value
    value = _URL_PASSWORD.sub(rf"\g<scheme>{MASK}@", value)
    value = _CALLBACK_PATH.sub(rf"\g<1>{MASK}", value)
    value = _BEARER.sub(rf"\g<1> {MASK}", value)
    return _ASSIGNED.sub(rf"\g<name>{MASK}", value)


def redact(value: Any, depth: int = 0) -> Any:
    """The value with secrets masked by key and by pattern, to any depth that a log line has."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if depth > 8:
        return MASK
    if isinstance(value, Mapping):
        return {
            str(key): MASK if is_secret_key(str(key)) and item not in {None, ""} else redact(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth + 1) for item in value]
    return value
