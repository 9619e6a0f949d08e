"""Faults by name: armed by a test or a person, taken by the server that they hit."""

import itertools
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

TRANSPORT_FAULTS = frozenset(
    {"timeout_after_commit", "429", "500_before", "500_after", "half_body", "html_page", "slow"},
)
SERVER_FAULTS = frozenset(
    {"revoked_token", "closed_period", "wrong_total", "approve_refused", "hidden_error", "500_midway"},
)
CALLBACK_FAULTS = frozenset({"duplicate_callback", "lost_callback", "reordered_callback"})
KNOWN_FAULTS = TRANSPORT_FAULTS | SERVER_FAULTS | CALLBACK_FAULTS


@dataclass(frozen=True, slots=True)
class Fault:
    """One armed fault.

    It skips its first `after` matching calls, then fires `times` times (None: until cleared). `body_regex` is looked for in what
    was sent, by transport faults only.
    Raises ValueError for a name that no server honours or a pattern that does not compile.
    """

    name: str
    system: str
    method: str | None = None
    path_regex: str | None = None
    times: int | None = 1
    after: int = 0
    params: dict[str, Any] = field(default_factory=dict)
    body_regex: str | None = None

    def __post_init__(self) -> None:
        if self.name not in KNOWN_FAULTS:
            raise ValueError(f"unknown fault {self.name!r}; known: {', '.join(sorted(KNOWN_FAULTS))}")
        for name, pattern in (("path_regex", self.path_regex), ("body_regex", self.body_regex)):
            try:
                re.compile(pattern or "")
            except re.error as error:
                raise ValueError(f"{name}: {error}") from error

    def matches(self, system: str, method: str, path: str, body: bytes = b"") -> bool:
        """Whether a call is one this fault is meant for."""
        return (
            self.system == system
            and (self.method is None or self.method.upper() == method.upper())
            and (self.path_regex is None or re.search(self.path_regex, path) is not None)
            and (self.body_regex is None or re.search(self.body_regex.encode(), body) is not None)
        )


@dataclass(slots=True)
class _Armed:
    number: int
    fault: Fault
    to_skip: int
    left: int | None
    fired: int = 0

    def take(self) -> bool:
        if self.to_skip > 0:
            self.to_skip -= 1
            return False
        if self.left is not None:
            if self.left <= 0:
                return False
            self.left -= 1
        self.fired += 1
        return True


class Faults:
    """The set of armed faults of one sandbox."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._numbers = itertools.count(1)

    def add(self, fault: Fault) -> int:
        """Arm a fault; returns its number for `clear`."""
        armed = _Armed(next(self._numbers), fault, to_skip=fault.after, left=fault.times)
        self._armed.append(armed)
        return armed.number

    def clear(self, name: str | None = None, number: int | None = None) -> int:
        """Disarm all faults, those of a name, or one by number; returns how many went."""
        kept = [
            armed
            for armed in self._armed
            if (name is not None and armed.fault.name != name) or (number is not None and armed.number != number)
        ]
        gone = len(self._armed) - len(kept)
        self._armed = kept
        return gone

    def take(
        self, system: str, method: str, path: str, names: Collection[str] | None = None, body: bytes = b""
    ) -> Fault | None:
        """The first armed fault that fires for this call, counted down; None when none does."""
        for armed in self._armed:
            if names is not None and armed.fault.name not in names:
                continue
            if armed.fault.matches(system, method, path, body) and armed.take():
                return armed.fault
        return None

    def list(self) -> list[dict[str, Any]]:
        """Armed faults with their counts, JSON-ready."""
        return [
            {"number": armed.number, **asdict(armed.fault), "left": armed.left, "fired": armed.fired}
            for armed in self._armed
        ]
