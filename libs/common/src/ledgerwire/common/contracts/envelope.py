"""The wire envelope: CloudEvents 1.0 attributes as both transports carry them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

CONTENT_TYPE: Final = "application/json"
SOURCE_PREFIX = "ledgerwire/"


class Data(BaseModel):
    """Base of every message body: ids and small facts, never objects; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Envelope(BaseModel):
    """One message. `data` stays bytes: only the consumer that knows the type decodes it.

    Attributes:
        type: message type with its version, for example `record.closed.v1`.
        subject: the record id the message is about.
        accountid: the tenant; carried so that a consumer can scope its transaction before decoding the body.
        correlationid: the same id through the whole life of a record.
        causationid: id of the message or receipt that led to this one.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    type: Annotated[str, StringConstraints(pattern=r"^[a-z]+\.[a-z_]+\.v[0-9]+$")]
    subject: str
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = CONTENT_TYPE
    dataschema: str
    accountid: UUID
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    data: bytes

    @property
    def occurred_at(self) -> datetime:
        return self.time
