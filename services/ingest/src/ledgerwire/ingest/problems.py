"""What a caller of the callback address is told, by stable code (RFC 9457 shape, never a detail an attacker could use)."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.common.errors import LedgerwireError

_STATUS = {
    "CALLBACK_TOKEN_UNKNOWN": 401,
    "CALLBACK_SIGNATURE_BAD": 401,
    "CALLBACK_KEY_HOST_REFUSED": 401,
    "CALLBACK_COMPANY_DIFFERS": 401,
    "CALLBACK_BODY_INVALID": 400,
    "CALLBACK_TOO_LARGE": 413,
    "CALLBACK_KEY_UNAVAILABLE": 429,
    "CALLBACK_NOT_STORED": 429,
}
"""ConnectWise sends a callback again only after 404, 409, 419 and 429: so 429 where it should, and never 404."""
_TITLES = {
    "CALLBACK_TOKEN_UNKNOWN": "This address belongs to no account",
    "CALLBACK_SIGNATURE_BAD": "The signature is not valid",
    "CALLBACK_KEY_HOST_REFUSED": "The signing key is not at this account's ConnectWise",
    "CALLBACK_COMPANY_DIFFERS": "The message is another company's",
    "CALLBACK_BODY_INVALID": "The body is not a callback message",
    "CALLBACK_TOO_LARGE": "The body is too large",
    "CALLBACK_KEY_UNAVAILABLE": "The signing key cannot be fetched now; send it again",
    "CALLBACK_NOT_STORED": "The message could not be stored now; send it again",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The answer to a callback that was not taken."""

    code: str

    @property
    def status(self) -> int:
        return _STATUS[self.code]

    @property
    def title(self) -> str:
        return _TITLES[self.code]

    @property
    def send_again(self) -> bool:
        """Whether the sender should try again."""
        return self.status == 429


class CallbackRefused(LedgerwireError):  # noqa: N818 - what happened
    """A callback was not taken; nothing was stored or queued. The message is for the log."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.problem = Problem(code)
