"""What every ConnectWise entity shares: lenient structs, references, and the two readings of a PSA date."""

from __future__ import annotations

import contextlib
import datetime as dt

import msgspec


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of all entities: every field may be absent or null, unknown fields are ignored, numbers are exact decimals.

    Encoding one with `canonical_bytes` and decoding it again gives an equal value.
    """


class Reference(Entity, frozen=True, kw_only=True):
    """A reference to another record; which of the names is filled depends on what it refers to."""

    id: int | None = None
    identifier: str | None = None
    name: str | None = None


class StatusReference(Reference, frozen=True, kw_only=True):
    """A billing status as an invoice shows it."""

    is_closed: bool | None = None


class CurrencyReference(Reference, frozen=True, kw_only=True):
    """A currency; `currency_code` is a text on references and an object on some older servers."""

    symbol: str | None = None
    currency_code: str | Reference | None = None
    currency_identifier: str | None = None
    number_of_decimals: int | None = None

    @property
    def iso_code(self) -> str | None:
        """The ISO 4217 code in capitals, None if the reference shows none."""
        code = self.currency_code
        if isinstance(code, Reference):
            code = code.identifier or code.name
        text = code or self.currency_identifier
        return text.strip().upper() if text and text.strip() else None


class Info(Entity, frozen=True, kw_only=True):
    """The `_info` map: who touched the record last, and when."""

    last_updated: str | None = None
    updated_by: str | None = None
    date_entered: str | None = None

    @property
    def updated_at(self) -> dt.datetime | None:
        return psa_moment(self.last_updated)


def psa_date(text: str | None) -> dt.date | None:
    """The calendar date of a PSA date text, never shifted by a zone (M14); None if blank or not a date.

    Accepts `2026-07-01` and the midnight timestamps (`2026-07-01T00:00:00Z`) that the API uses for calendar dates.
    """
    with contextlib.suppress(ValueError):
        return dt.date.fromisoformat((text or "").strip()[:10])
    return None


def psa_moment(text: str | None) -> dt.datetime | None:
    """The aware UTC moment of a PSA timestamp (a text without a zone is UTC); None if blank or not a timestamp."""
    with contextlib.suppress(ValueError):
        moment = dt.datetime.fromisoformat((text or "").strip())
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
    return None
