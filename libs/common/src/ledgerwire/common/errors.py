"""The five ways a piece of work can fail to finish; the class alone decides where it goes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ledgerwire.common.catalogue.finding import Finding

LIMITS = frozenset({"RATE_LIMITED", "CONNECTWISE_RATE_LIMITED"})
"""Codes of a wait that ends by itself, as the provider gives its calls again."""


class LedgerwireError(Exception):
    """Base of every error raised to a handler; `code` is stable and documented."""

    code: str = "INTERNAL"

    def __init__(self, message: str, *, code: str | None = None, detail: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.detail: dict[str, object] = dict(detail or {})


class Stopped(LedgerwireError):  # noqa: N818 - a destination, named as the state it leads to
    """A person must act: the record stops with problems from the catalogue."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        super().__init__(first.message, code=first.code, detail={"findings": [item.code for item in findings]})
        self.findings = tuple(findings)


class Waiting(LedgerwireError):  # noqa: N818 - as above
    """Nothing is wrong with the record: a dependency, a rate limit or a closed connection decides when it goes on.

    Attributes:
        until: aware UTC moment at which to look again; None parks the work until something wakes it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        until: datetime | None = None,
        after: timedelta | None = None,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, code=code, detail=detail)
        self.until = until
        self.after = after


class Transient(LedgerwireError):  # noqa: N818 - as above
    """Worth another try with back-off; `retry_after` is the server's own advice and wins over ours.

    `counts` is false where nothing failed and the server only asks to slow down: that never wears out the work's patience.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "TRANSIENT",
        retry_after: timedelta | None = None,
        detail: Mapping[str, object] | None = None,
        counts: bool = True,
    ) -> None:
        super().__init__(message, code=code, detail=detail)
        self.retry_after = retry_after
        self.counts = counts


class Ambiguous(LedgerwireError):  # noqa: N818 - as above
    """The outcome of a write is unknown: look before doing it again."""

    code = "OUTCOME_UNKNOWN"


class Poison(LedgerwireError):  # noqa: N818 - as above
    """A message that cannot be decoded, or of an unknown type or version: dead-lettered, never retried blindly."""

    code = "POISON"


class LeaseLost(LedgerwireError):  # noqa: N818 - as above
    """Another worker serves this connection now; whatever was about to be written is not."""

    code = "LEASE_LOST"


class ConfigurationError(LedgerwireError):
    """A setting or an account file is wrong; the message names field and value."""

    code = "CONFIGURATION"
