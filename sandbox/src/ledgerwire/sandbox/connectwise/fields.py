"""The published field names of each entity and the kind of value each holds."""

from functools import cache
from importlib import resources
from typing import Literal

Kind = Literal["i", "n", "b", "s", "t", "r", "l"]
"""Integer, number, boolean, string, moment, reference, list."""

AUDIT_FIELDS: dict[str, Kind] = {"lastUpdated": "t", "dateEntered": "t", "updatedBy": "s", "enteredBy": "s"}
"""Filterable on every entity although they are shown only under `_info`."""


@cache
def _catalog() -> dict[str, dict[str, Kind]]:
    catalog: dict[str, dict[str, Kind]] = {}
    current: dict[str, Kind] = {}
    text = resources.files(__package__ or "").joinpath("fields.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("["):
            current = catalog.setdefault(line.strip("[]"), {})
            continue
        for word in line.split():
            name, _, kind = word.partition(":")
            current[name] = kind  # type: ignore[assignment]
    return catalog


def fields_of(entity: str) -> dict[str, Kind]:
    """Field name to kind for an entity. Raises KeyError for one the sandbox does not know."""
    return _catalog()[entity]
