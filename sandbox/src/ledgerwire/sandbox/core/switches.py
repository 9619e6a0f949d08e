"""Switches of a simulated vendor: what tenants differ in or documents leave open, set by name while it runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

import msgspec


@dataclass(slots=True)
class SwitchBoard:
    """Base of a vendor's switches: each field is one, its type what it takes, its default the likeliest behaviour."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Defaults with the given ones changed. Raises ValueError for an unknown name or a value it does not take."""
        board = cls()
        board.change(values)
        return board

    def as_dict(self) -> dict[str, Any]:
        """Name to value."""
        return asdict(self)

    def change(self, changes: Mapping[str, Any]) -> None:
        """Set switches by name. Raises ValueError for an unknown name or a value it does not take; then none is set."""
        kinds = get_type_hints(type(self))
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(kinds))}")
            _check(name, kinds[name], value)
        for name, value in changes.items():
            setattr(self, name, value)


def _check(name: str, kind: Any, value: Any) -> None:
    choices = get_args(kind) if get_origin(kind) is Literal else ()
    if choices:
        if value not in choices:
            raise ValueError(f"switch {name!r} takes one of {', '.join(choices)}")
        return
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ValueError(f"switch {name!r}: {error}") from error
