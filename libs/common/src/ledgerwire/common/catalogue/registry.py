"""The registry of causes: one entry a code, from which messages, `docs/errors.md` and the clerk's table are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a cause does to the record it is found on."""

    STOP = "stop"
    WARNING = "warning"
    INFO = "info"
    CONNECTION = "connection"


class Side(StrEnum):
    """Where the fix belongs (M2)."""

    CONNECTWISE = "ConnectWise"
    LEDGER = "ledger"
    LEDGERWIRE = "Ledgerwire"
    NONE = "nobody"


@dataclass(frozen=True, slots=True)
class Entry:
    """One cause.

    Attributes:
        message: template with {named} params: what is wrong, in a clerk's words.
        action: template: what to do.
        where: template: the place (menu path or command) where it is put right.
        who: clerk, account admin, ops.
        cause_params: params that tell two causes of the same code apart.
        source: the rule or requirement row it comes from.
    """

    code: str
    severity: Severity
    title: str
    message: str
    action: str
    where: str
    who: str
    side: Side
    cause_params: tuple[str, ...] = ()
    source: str = ""

    def render(self, params: Mapping[str, str]) -> str:
        """Fill the message; a param that is missing shows as `?` rather than failing a clerk's list."""
        return self.message.format_map(_Shown(params))

    def render_action(self, params: Mapping[str, str]) -> str:
        """Fill the action template in the same way."""
        return self.action.format_map(_Shown(params))

    def render_where(self, params: Mapping[str, str]) -> str:
        """Fill the place in the same way."""
        return self.where.format_map(_Shown(params))


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


_ENTRIES: dict[str, Entry] = {}


def register(*entries: Entry) -> None:
    """Add entries; a code stands for one cause only (ValueError on a second registration)."""
    for item in entries:
        if item.code in _ENTRIES:
            raise ValueError(f"{item.code} is registered twice")
        _ENTRIES[item.code] = item


def entry(code: str) -> Entry:
    """The entry of a code; KeyError if the catalogue does not have it."""
    return _ENTRIES[code]


def is_known(code: str) -> bool:
    """Whether the catalogue has a code."""
    return code in _ENTRIES


def entries() -> Iterator[Entry]:
    """All entries, by code."""
    return iter(sorted(_ENTRIES.values(), key=lambda item: item.code))
