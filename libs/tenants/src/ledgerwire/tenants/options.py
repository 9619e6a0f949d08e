"""Every option of an account with its default, and who changed it last: read from the versions of mapping and settings (A058, D16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from ledgerwire.common.canonical import from_canonical
from ledgerwire.common.db.session import Database, Unit
from ledgerwire.common.errors import ConfigurationError
from ledgerwire.common.ids import account_id
from ledgerwire.tenants.account_file import SyncSection
from ledgerwire.tenants.mapping_file import MappingSection, Section
from ledgerwire.tenants.repository import accounts as rows
from ledgerwire.tenants.seats_file import SeatsSection
from ledgerwire.tenants.views import OptionView

BILLING_STATUSES = "docs/guide/billing-statuses.md"
_ANY = TypeAdapter(Any)
HOLD = OptionView(
    name="hold.billing_status",
    value="an open billing status in ConnectWise",
    default="an open billing status in ConnectWise",
    help=BILLING_STATUSES,
)
"""How finance keeps an invoice back before it is closed. It is set in ConnectWise, on the invoice itself (A114, A115)."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    name: str
    value: Any
    default: Any
    required: bool


@dataclass(frozen=True, slots=True)
class _Version:
    """All options of one area after one change."""

    author: str
    reason: str
    at: datetime
    effective_from: date | None
    leaves: dict[str, _Leaf]


async def options(database: Database, name: str) -> list[OptionView]:
    """Every option of the account; ConfigurationError if there is none of that name."""
    async with database.account(account_id(name)) as unit:
        account = await rows.account(unit)
        if account is None:
            raise ConfigurationError(f"there is no account {name!r}", code="ACCOUNT_UNKNOWN")
        mappings, settings = await _mappings(unit), await _settings(unit)
        now = _set_to(account.settings)
    found = [_seen(leaf, mappings) for leaf in (mappings[-1].leaves.values() if mappings else ())]
    return [HOLD, *(_seen(leaf, settings) for leaf in now.values()), *found]


async def _mappings(unit: Unit) -> list[_Version]:
    """Oldest first."""
    return [
        _Version(
            row.author, row.reason, row.created_at, row.effective_from, _by_name("mapping", MappingSection, _of(row))
        )
        for row in reversed(await rows.mappings(unit))
    ]


def _of(row: Any) -> dict[str, Any]:
    return MappingSection.model_validate(from_canonical(row.body, dict[str, Any])).model_dump(
        mode="json", by_alias=True
    )


async def _settings(unit: Unit) -> list[_Version]:
    return [
        _Version(row.author, row.reason, row.created_at, None, _set_to(row.settings))
        for row in await rows.settings_versions(unit)
    ]


def _set_to(settings: Mapping[str, Any]) -> dict[str, _Leaf]:
    seats = settings.get("seats")
    found = _by_name("sync", SyncSection, settings["sync"])
    return found | (_by_name("seats", SeatsSection, seats) if seats is not None else {})


def _by_name(prefix: str, section: type[Section], values: Mapping[str, Any]) -> dict[str, _Leaf]:
    return {leaf.name: leaf for leaf in leaves(prefix, section, values)}


def leaves(prefix: str, section: type[Section], values: Mapping[str, Any]) -> Iterator[_Leaf]:
    """Every option of a section by its path in the account file, sections in it opened; what is not written has its default."""
    for field_name, field in section.model_fields.items():
        key = field.alias or field_name
        path = f"{prefix}.{key}"
        default = (
            None
            if field.is_required()
            else _ANY.dump_python(field.get_default(call_default_factory=True), mode="json", by_alias=True)
        )
        value = values.get(key, default)
        inner = _section_in(field)
        if inner is not None and isinstance(value, Mapping):
            yield from leaves(path, inner, value)
        else:
            yield _Leaf(path, value, default, field.is_required())


def _section_in(field: FieldInfo) -> type[Section] | None:
    """The section that a field holds, be it optional; a field that may hold one of several is one option."""
    kinds = get_args(field.annotation) if get_origin(field.annotation) in {Union, UnionType} else (field.annotation,)
    sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Section)]
    return sections[0] if len(sections) == 1 else None


def _seen(leaf: _Leaf, versions: Sequence[_Version]) -> OptionView:
    """An option with the last version in which it became what it is."""
    last: _Version | None = None
    before = leaf.default
    for version in versions:
        then = version.leaves.get(leaf.name)
        value = then.value if then is not None else leaf.default
        if value != before:
            last, before = version, value
    changed = last is not None and (before == leaf.value)
    return OptionView(
        name=leaf.name,
        value=leaf.value,
        default=leaf.default,
        required=leaf.required,
        author=last.author if last and changed else None,
        changed_at=last.at if last and changed else None,
        reason=last.reason if last and changed else None,
        effective_from=last.effective_from if last and changed else None,
    )
