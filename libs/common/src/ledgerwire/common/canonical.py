"""Canonical bytes: the same value always gives the same bytes, so that hashes and comparisons mean something."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_ENCODER = msgspec.json.Encoder(order="deterministic", decimal_format="string")
_WIRE = msgspec.json.Encoder(order=None, decimal_format="number")
_VENDOR = msgspec.json.Decoder(float_hook=Decimal)


def canonical_bytes(value: object) -> bytes:
    """Encode dataclasses, mappings, decimals (as strings), dates and UUIDs deterministically as UTF-8 JSON."""
    return _ENCODER.encode(value)


def from_canonical(data: bytes, kind: type[T]) -> T:
    """Decode canonical bytes to `kind`; raises msgspec.ValidationError when they do not fit."""
    return msgspec.json.decode(data, type=kind)


def wire_bytes(value: object) -> bytes:
    """Encode a vendor payload as JSON with decimals as exact JSON numbers, keys in the order given."""
    return _WIRE.encode(value)


def from_vendor(data: bytes) -> Any:
    """Decode vendor JSON with every fraction as an exact Decimal; raises msgspec.DecodeError on anything else."""
    return _VENDOR.decode(data)


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of `data` as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()
