"""JSON as Partner Center and Graph write it."""

from typing import Any

import msgspec

SYSTEM = "partnercenter"
Json = dict[str, Any]

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """Exact decimals as numbers, dates as ISO 8601."""
    return _ENCODER.encode(value)


class RefusedError(Exception):
    """A call that is refused: HTTP status, the vendor's code (text in JSON) and its words."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code
        self.description = description
