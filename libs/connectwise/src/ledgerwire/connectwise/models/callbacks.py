"""Callback subscriptions and the message a callback delivers."""

from __future__ import annotations

import msgspec

from ledgerwire.connectwise.models.base import Entity


class Callback(Entity, frozen=True, kw_only=True):
    """One callback subscription. One subscription sends every action (added, updated, deleted)."""

    id: int
    description: str | None = None
    url: str | None = None
    object_id: int | None = None
    type: str | None = None
    level: str | None = None
    member_id: int | None = None
    inactive_flag: bool | None = None
    is_self_suppressed_flag: bool | None = None


class CallbackMetadata(msgspec.Struct, frozen=True):
    """Where the signing key of a message can be fetched; not trusted before the URL rules have passed."""

    key_url: str | None = None


class CallbackMessage(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The body of a delivery. `entity` is JSON inside a string, partial, and null on delete: a hint, never a source."""

    action: str | None = None
    callback_object_rec_id: int | None = None
    company_id: str | None = None
    entity: str | None = None
    from_url: str | None = None
    id: int | None = msgspec.field(default=None, name="ID")
    member_id: str | None = None
    message_id: str | None = None
    metadata: CallbackMetadata | None = None
    type: str | None = None


class SystemInfo(Entity, frozen=True, kw_only=True):
    """`GET /system/info`: the server's own version."""

    version: str | None = None
    is_cloud: bool | None = None
    server_time_zone: str | None = None
    cloud_region: str | None = None


class CompanyInfo(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """The unauthenticated company look-up; `codebase` comes with a trailing slash, `is_cloud` as a text."""

    company_name: str | None = None
    codebase: str | None = None
    version_code: str | None = None
    version_number: str | None = None
    company_id: str | None = msgspec.field(default=None, name="CompanyID")
    is_cloud: str | bool | None = None
    site_url: str | None = None
