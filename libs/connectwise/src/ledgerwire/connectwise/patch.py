"""PATCH bodies: a bare array of operations on whole values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ledgerwire.common.canonical import wire_bytes


def replace(values: Mapping[str, Any]) -> bytes:
    """A PATCH body that replaces top-level fields; ValueError for a path inside an object.

    ConnectWise may answer 200 to a path inside a reference and change nothing, so references are replaced whole.
    """
    for path in values:
        if "/" in path.strip("/"):
            raise ValueError(f"{path!r} points inside an object; replace the whole object")
    return wire_bytes([{"op": "replace", "path": path, "value": value} for path, value in values.items()])
