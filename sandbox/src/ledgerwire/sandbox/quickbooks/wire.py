"""QuickBooks JSON and XML on the wire: exact numbers, local times with an offset."""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

Json = dict[str, Any]

SYSTEM = "quickbooks"
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
NAMESPACE = "http://schema.intuit.com/finance/v3"

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


def decode(body: bytes) -> Any:
    """Read JSON with fractions as exact `Decimal`. Raises ValueError when the bytes are no JSON document."""
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, InvalidOperation) as error:
        raise ValueError(str(error)) from error


def encode(value: Any) -> bytes:
    """Write JSON with each `Decimal` as a number in its own digits."""
    return _encoder.encode(value)


def number(value: Any) -> Decimal | None:
    """A number as clients send it: JSON number or numeric text; None stays None. Raises ValueError otherwise."""
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"not a number: {value!r}")  # noqa: TRY004 - a wrong value from outside, not a wrong call
    try:
        parsed = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"not a number: {value!r}") from error
    if not parsed.is_finite():
        raise ValueError(f"not a number: {value!r}")
    return parsed


def cents(value: Decimal) -> Decimal:
    """Round to whole cents, half up."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def day(value: Any) -> date:
    """A calendar date from ``2026-03-17``, with or without a time or offset behind it. Raises ValueError."""
    if not isinstance(value, str) or len(value) < 10:
        raise ValueError(f"not a date: {value!r}")
    return date.fromisoformat(value[:10])


def stamp(moment: datetime) -> str:
    """A moment as MetaData shows it: seconds and an offset."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def answer_time(moment: datetime) -> str:
    """A moment as the `time` member of an answer shows it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def value_of(reference: Any) -> str | None:
    """The id in a reference; None when there is none."""
    found = reference.get("value") if isinstance(reference, dict) else None
    return None if found is None or found == "" else str(found)


def exact(value: Any) -> Any:
    """Take floats and dates out of a seed: what was written 145.5 is meant to be exactly 145.5."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    return value


def to_xml(envelope: Json) -> bytes:
    """An answer as XML, as the API gives it to clients that do not ask for JSON."""
    members = dict(envelope)
    root = ET.Element("IntuitResponse", {"xmlns": NAMESPACE, "time": str(members.pop("time", ""))})
    for name, item in members.items():
        _element(root, name, item)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _element(parent: ET.Element, name: str, value: Any) -> None:
    if isinstance(value, list):
        for item in value:
            _element(parent, name, item)
        return
    element = ET.SubElement(parent, name)
    if not isinstance(value, dict):
        element.text = _text(value)
        return
    for key, item in value.items():
        if key == "value" and name.endswith("Ref"):
            element.text = _text(item)
        elif key in _ATTRIBUTES or (key == "name" and name.endswith("Ref")):
            element.set(key, _text(item))
        else:
            _element(element, key, item)


_ATTRIBUTES = frozenset(
    {"type", "code", "element", "domain", "sparse", "status", "startPosition", "maxResults", "totalCount", "bId"}
)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
