"""Named points at which a process can be told to die, so that "safe after a crash at any step" is a test, not a hope.

A point is reached by name on every pass; unless that name was armed (setting LEDGERWIRE_CRASH_AT) nothing happens. Armed, the
process kills itself with SIGKILL: no handler, no flush, no rollback runs, as in a real power cut.
"""

from __future__ import annotations

import os
import signal

POINTS: dict[str, str] = {}
_armed: dict[str, int] = {}


def declare(name: str, meaning: str) -> str:
    """Register a point under a unique name; returns the name, to be kept as a constant beside its use."""
    if name in POINTS:
        raise ValueError(f"crash point {name} is declared twice")
    POINTS[name] = meaning
    return name


def arm(spec: str) -> None:
    """Arm one point: `name` dies at the first pass, `name:3` at the third. An empty text disarms all."""
    _armed.clear()
    if spec:
        name, _, count = spec.partition(":")
        _armed[name] = int(count or 1)


def reach(name: str) -> None:
    """Pass the point; dies here if it was armed and its count is used up."""
    if name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
