"""Xero's JSON on the wire: exact numbers and Microsoft dates."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

ZERO_GUID = "00000000-0000-0000-0000-000000000000"

_quote = json.encoder.encode_basestring_ascii
_MS_DATE = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")


class NotAJsonBodyError(ValueError):
    """The request body cannot be read as JSON (Xero: PostDataInvalidException)."""


def decode(body: bytes) -> Any:
    """Read JSON with every number as an exact `Decimal`.

    Raises:
        NotAJsonBodyError: the bytes are no JSON document.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotAJsonBodyError(str(error)) from error


def encode(value: Any) -> bytes:
    """Write JSON: `Decimal` as a number with its own digits, dates as ``/Date(ms+0000)/``."""
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts).encode("ascii")


def ms_date(value: date) -> str:
    """Give a calendar date or an aware time the form ``/Date(1439434356790+0000)/``."""
    return f"/Date({_milliseconds(value)}+0000)/"


def iso_midnight(value: date) -> str:
    """The companion form of a calendar date, as in DateString: ``2026-03-17T00:00:00``."""
    return f"{value.isoformat()}T00:00:00"


def iso_seconds(value: datetime) -> str:
    """A UTC time without a zone, as in UpdatedDateUTCString: ``2026-03-17T08:30:00``."""
    return value.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()


def parse_date(value: Any) -> date:
    """Read a calendar date as clients send it: ``2026-03-17``, with a time, or ``/Date(ms)/``.

    Raises:
        ValueError: the value is none of these.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise ValueError("not a date")  # noqa: TRY004 - a wrong value from outside, not a wrong call
    matched = _MS_DATE.match(value)
    if matched:
        return datetime.fromtimestamp(int(matched.group(1)) // 1000, tz=UTC).date()
    return datetime.fromisoformat(value).date()


def _milliseconds(value: date) -> int:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    delta = moment - epoch
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _write(value: Any, parts: list[str]) -> None:
    if isinstance(value, dict):
        _write_object(value, parts)
    elif isinstance(value, list | tuple):
        _write_array(value, parts)
    else:
        parts.append(_scalar(value))


def _write_object(value: Json, parts: list[str]) -> None:
    separator = "{"
    for key, item in value.items():
        parts.append(f"{separator}{_quote(key)}:")
        _write(item, parts)
        separator = ","
    parts.append("{}" if separator == "{" else "}")


def _write_array(value: list[Any] | tuple[Any, ...], parts: list[str]) -> None:
    separator = "["
    for item in value:
        parts.append(separator)
        _write(item, parts)
        separator = ","
    parts.append("[]" if separator == "[" else "]")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _quote(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, date):
        return _quote(ms_date(value))
    raise TypeError(f"{type(value).__name__} has no place in Xero's JSON")
