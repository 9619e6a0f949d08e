"""What never enters the journal: credentials in headers and in bodies."""

import re
from collections.abc import Iterable

_SECRET_HEADERS = frozenset({"authorization", "cookie", "set-cookie", "proxy-authorization"})
_NAMES = rb"client_secret|refresh_token|access_token|id_token|token|signing_key|private_key|code_verifier"
_JSON = re.compile(rb'(\\?"(?:' + _NAMES + rb')\\?"\s*:\s*\\?")[^"\\]*')
_FORM = re.compile(rb"((?:^|&)(?:" + _NAMES + rb")=)[^&]*")
_HINTS = (b"token", b"secret", b"signing_key", b"private_key", b"code_verifier")
REDACTED = "[redacted]"


def redact_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as a mapping with lower-case names, secrets replaced."""
    return {name.lower(): REDACTED if name.lower() in _SECRET_HEADERS else value for name, value in headers}


def redact_body(body: bytes) -> bytes:
    """The body with the values of secret fields replaced (JSON, JSON within JSON, or form)."""
    if not any(hint in body for hint in _HINTS):
        return body
    replacement = rb"\g<1>" + REDACTED.encode()
    return _FORM.sub(replacement, _JSON.sub(replacement, body))
