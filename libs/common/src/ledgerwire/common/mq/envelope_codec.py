"""CloudEvents over AMQP in binary mode: attributes are headers with the prefix `cloudEvents:`, the data is the body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError

from ledgerwire.common.contracts.envelope import CONTENT_TYPE, Envelope
from ledgerwire.common.errors import Poison
from ledgerwire.common.mq.transport import Received

PREFIX: Final = "cloudEvents:"
_CARRIED_ELSEWHERE: Final = {"data", "datacontenttype"}


@dataclass(frozen=True, slots=True)
class WireMessage:
    """A message as AMQP carries it."""

    headers: dict[str, str]
    content_type: str
    body: bytes


def encode(envelope: Envelope) -> WireMessage:
    """The AMQP form of an envelope; attributes that are not set are left out."""
    attributes = envelope.model_dump(mode="json", exclude=_CARRIED_ELSEWHERE, exclude_none=True)
    headers = {f"{PREFIX}{name}": str(value) for name, value in attributes.items()}
    return WireMessage(headers, envelope.datacontenttype, envelope.data)


def decode(headers: Mapping[str, Any], content_type: str | None, body: bytes) -> Received:
    """What arrived, as an envelope where it is one; otherwise with the reason why not. Never raises."""
    shown = {str(name): _text(value) for name, value in headers.items()}
    attributes: dict[str, Any] = {
        name.removeprefix(PREFIX): value for name, value in shown.items() if name.startswith(PREFIX)
    }
    if not attributes:
        return Received(None, body, shown, Poison("it has no CloudEvents headers", code="NOT_A_CLOUD_EVENT"))
    if (content_type or CONTENT_TYPE).partition(";")[0].strip().lower() != CONTENT_TYPE:
        return Received(None, body, shown, Poison(f"content type {content_type}", code="NOT_A_CLOUD_EVENT"))
    try:
        return Received(Envelope.model_validate({**attributes, "data": body}), body, shown)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        return Received(None, body, shown, Poison(faults, code="NOT_A_CLOUD_EVENT"))


def _text(value: object) -> str:
    match value:
        case bytes() | bytearray():
            return bytes(value).decode("utf-8", errors="replace")
        case datetime():
            return value.replace(tzinfo=value.tzinfo or UTC).isoformat()
        case _:
            return str(value)
