"""What a sender is told whose post was not taken, by stable code (RFC 9457 shape)."""

from __future__ import annotations

from dataclasses import dataclass

from ledgerwire.common.errors import LedgerwireError

_ANSWERS = {
    "PUSH_KEY_REFUSED": (401, "A key is needed that is good for a source"),
    "SOURCE_UNKNOWN": (403, "The account has this source no more"),
    "PUSH_TOO_SLOW": (408, "The body did not arrive in time; send it again"),
    "IDEMPOTENCY_KEY_REUSED": (409, "Another post was taken under this idempotency key"),
    "PUSH_TOO_LARGE": (413, "The post is too large; send it in parts"),
    "PUSH_TYPE_REFUSED": (415, "Only JSON is taken, not compressed"),
    "PUSH_REFUSED": (422, "The post is not in the form of seats; nothing of it was kept"),
    "PUSH_BUSY": (503, "Too many posts are in hand; send it again"),
    "PUSH_NOT_STORED": (503, "The post could not be stored now; send it again"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """The answer to a post that was not taken; `detail` names the place in the post, never somebody else's data."""

    code: str
    detail: str = ""

    @property
    def status(self) -> int:
        return _ANSWERS[self.code][0]

    @property
    def title(self) -> str:
        return _ANSWERS[self.code][1]

    @property
    def send_again(self) -> bool:
        """Whether the same post is worth sending again."""
        return self.status in {408, 503}


class PushRefused(LedgerwireError):  # noqa: N818 - what happened
    """A post was not taken; nothing of it was kept."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or _ANSWERS[code][1], code=code)
        self.problem = Problem(code, detail)


def is_known(code: str) -> bool:
    """Whether a code has an answer of its own."""
    return code in _ANSWERS
