"""JSON as the PSA speaks it: exact decimals, absent instead of null."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)


def encode(value: Any) -> bytes:
    """JSON bytes; a Decimal becomes a number with its own digits and never passes through float."""
    return _encoder.encode(value)


def decode(body: bytes) -> Any:
    """Decoded JSON with fractions as Decimal. Raises ValueError for anything that is not JSON."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from error


def without_nulls(value: Any) -> Any:
    """The value with null members left out at every depth, as the PSA answers."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def timestamp(moment: datetime) -> str:
    """A moment as `yyyy-MM-ddTHH:mm:ssZ`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date) -> str:
    """A calendar date as the PSA writes it: midnight, with the Z that means nothing."""
    return f"{day.isoformat()}T00:00:00Z"
