"""The sources of seats in an account file: posts, files of a folder, Microsoft Partner Center; declared, never guessed."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    Discriminator,
    Field,
    SecretStr,
    StringConstraints,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ledgerwire.common.seats import ChargeKind, Frequency, SubscriptionStatus
from ledgerwire.distributors.exports import LAYOUTS, Layout, RowKind, check_layout, needed
from ledgerwire.tenants.hosts import blob_host, microsoft_url
from ledgerwire.tenants.mapping_file import Code, Section

PARTNER_CENTER = "partner-center"
Currency = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")]
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


class PushSourceSection(Section):
    """A distributor or a script posts what was sold, with a key that `ledgerwire seats key` makes."""

    name: Code
    kind: Literal["push"] = "push"


class LayoutSection(Section):
    """A file's headings, locale and words: of its own, or where they differ from a layout that is known by name.

    `columns` names the headings of a field, the first that is there is read; words are compared in lower case.
    """

    rows: RowKind | None = None
    columns: dict[str, tuple[Code, ...]] = Field(default_factory=dict)
    required: tuple[str, ...] | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str | None = None
    decimal_mark: Literal[".", ","] | None = None
    dates: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    end_is_exclusive: bool | None = None
    signed_quantity: bool | None = None
    kinds: dict[str, ChargeKind] = Field(default_factory=dict)
    frequencies: dict[str, Frequency] = Field(default_factory=dict)
    statuses: dict[str, SubscriptionStatus] = Field(default_factory=dict)
    kind_by_default: ChargeKind | None = None
    frequency_by_default: Frequency | None = None
    currency: Currency | None = None

    @field_validator("columns", mode="before")
    @classmethod
    def _one_heading(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {name: [given] if isinstance(given, str) else given for name, given in value.items()}

    @field_validator("encoding")
    @classmethod
    def _encoding(cls, value: str | None) -> str | None:
        try:
            return None if value is None else codecs.lookup(value).name
        except LookupError:
            raise ValueError("this is no encoding") from None


class FilesSourceSection(Section):
    """The CSV and XLSX files of a folder, all of one layout: known by name, varied, or declared here."""

    name: Code
    kind: Literal["files"]
    folder: Path
    layout: str = ""
    mapping: LayoutSection = LayoutSection()
    sheet: str = ""

    @model_validator(mode="after")
    def _laid_out(self) -> FilesSourceSection:
        layout_of(self)
        return self


class PartnerCenterSourceSection(Section):
    """One partner tenant and the sign-in that reaches it: an app, and a person who consented to it.

    Addresses are Microsoft's own unless the server is on premise. `blob_hosts` names the hosts that exports are loaded from,
    where they are not in Azure's blob storage. The secrets are in the file alone: what is stored of a source has none.
    """

    name: Code
    kind: Literal["partner-center"]
    tenant: str = "organizations"
    currency: Currency
    client_id: Code
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    on_premise: bool = False
    base_url: str | None = None
    graph_url: str | None = None
    token_url: str | None = None
    blob_hosts: tuple[str, ...] = ()
    ca_file: Path | None = None
    page_size: Annotated[int, Field(ge=1, le=500)] = 500

    @field_validator("tenant")
    @classmethod
    def _tenant(cls, value: str) -> str:
        if not _TENANT.fullmatch(value):
            raise ValueError("a tenant is an id or a domain")
        return value

    @field_validator("base_url", "graph_url", "token_url")
    @classmethod
    def _url(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else microsoft_url(value, on_premise=bool(info.data.get("on_premise")))

    @field_validator("blob_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(blob_host(host, on_premise=bool(info.data.get("on_premise"))) for host in value)


def _kind(value: Any) -> str:
    said = value.get("kind", "push") if isinstance(value, dict) else getattr(value, "kind", "push")
    return str(said)


SeatSourceSection = Annotated[
    Annotated[PushSourceSection, Tag("push")]
    | Annotated[FilesSourceSection, Tag("files")]
    | Annotated[PartnerCenterSourceSection, Tag("partner-center")],
    Discriminator(
        _kind,
        custom_error_type="source_kind",
        custom_error_message="kind is push, files or partner-center",
    ),
]
"""One source: what it needs depends on its kind, which is `push` where none is named."""
SOURCE_KINDS = frozenset({"push", "files", PARTNER_CENTER})


def layout_of(section: FilesSourceSection) -> Layout:
    """How the files of a source are read; ValueError for an unknown name, or a mapping that no row could be read by."""
    given, words = section.mapping, {"kinds", "frequencies", "statuses", "columns"}
    if section.layout and section.layout not in LAYOUTS:
        raise ValueError(f"layout {section.layout!r} is not known: {', '.join(sorted(LAYOUTS))}, or declare a mapping")
    if not section.layout and given.rows is None:
        raise ValueError("a layout is named, or a mapping says its rows (charge or subscription) and columns")
    base = LAYOUTS.get(section.layout) or Layout(section.name, given.rows or RowKind.CHARGE, {}, frozenset())
    plain = {name: value for name in given.model_fields_set - words if (value := getattr(given, name)) is not None}
    if "required" in plain:
        plain["required"] = frozenset(plain["required"])
    layout = replace(
        base,
        **plain,
        columns={**base.columns, **given.columns},
        kinds={**base.kinds, **_lower(given.kinds)},
        frequencies={**base.frequencies, **_lower(given.frequencies)},
        statuses={**base.statuses, **_lower(given.statuses)},
        sheet=section.sheet,
    )
    check_layout(layout)
    return replace(layout, required=layout.required | needed(layout))


def _lower(words: Mapping[str, Any]) -> dict[str, Any]:
    return {word.casefold(): meaning for word, meaning in words.items()}
