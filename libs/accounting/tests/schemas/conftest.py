"""What adapters send, held against the schemas that vendors publish.

The schemas are not part of this repository: they are looked for in `shared/reference/schemas` beside it, and these tests
are collected only where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

SCHEMAS = Path(__file__).resolve().parents[5] / "shared" / "reference" / "schemas"
INTUIT = SCHEMAS / "qbo_xsd"

collect_ignore = [] if INTUIT.is_dir() else ["test_quickbooks_bodies.py"]

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NUMBERS = frozenset({"decimal", "integer", "int", "long", "positiveInteger", "nonNegativeInteger"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Field:
    """A field of a complex type: its type's name, and whether JSON carries it as an array."""

    type_name: str
    many: bool


class IntuitSchema:
    """Intuit's XSDs, read as rules for JSON: the same names, the same enumerations, numbers and flags as such."""

    def __init__(self, folder: Path) -> None:
        self._complex: dict[str, ET.Element] = {}
        self._simple: dict[str, ET.Element] = {}
        self._elements: dict[str, ET.Element] = {}
        tables = {"complexType": self._complex, "simpleType": self._simple, "element": self._elements}
        for path in sorted(folder.glob("*.xsd")):
            for node in ET.parse(path).getroot():  # noqa: S314 - schemas that lie beside the project
                table = tables.get(node.tag.removeprefix(_XS))
                if table is not None:
                    table.setdefault(node.get("name", ""), node)

    @cached_property
    def _known(self) -> dict[str, dict[str, Field]]:
        return {}

    def problems(self, type_name: str, value: Any, path: str = "") -> Iterator[str]:
        """Every place where a value is not what its type allows."""
        place = path or type_name
        if type_name in self._complex:
            if not isinstance(value, dict):
                yield f"{place}: an object is expected"
                return
            fields = self._fields(type_name)
            for name, item in value.items():
                if name not in fields:
                    yield f"{place}.{name}: {type_name} has no such field"
                else:
                    yield from self._field(fields[name], item, f"{place}.{name}")
            return
        yield from self._scalar(type_name, value, place)

    def _field(self, field: Field, value: Any, place: str) -> Iterator[str]:
        if field.many != isinstance(value, list):
            yield f"{place}: {'an array' if field.many else 'no array'} is expected"
            return
        for item in value if isinstance(value, list) else [value]:
            yield from self.problems(field.type_name, item, place)

    def _scalar(self, type_name: str, value: Any, place: str) -> Iterator[str]:
        allowed = [node.get("value") for node in self._restrictions(type_name)]
        if allowed and value not in allowed:
            yield f"{place}: {value!r} is none of {', '.join(str(one) for one in allowed[:8])}"
        base = self._base(type_name)
        number = isinstance(value, Decimal | int) and not isinstance(value, bool)
        wrong = (
            (base in _NUMBERS and not number)
            or (base == "boolean" and not isinstance(value, bool))
            or (base == "date" and not _DAY.match(str(value)))
            or (base == "string" and not isinstance(value, str))
        )
        if wrong:
            yield f"{place}: {value!r} is no {base}"

    def _fields(self, type_name: str) -> dict[str, Field]:
        if type_name in self._known:
            return self._known[type_name]
        node, found = self._complex[type_name], {}
        self._known[type_name] = found
        for extension in node.iter(f"{_XS}extension"):
            base = _local(extension.get("base"))
            # A type with text of its own, such as a reference, has it under `value` in JSON.
            found |= self._fields(base) if base in self._complex else {"value": Field(base, many=False)}
        for element in node.iter(f"{_XS}element"):
            name = element.get("name") or _local(element.get("ref"))
            declared = element.get("type") or self._elements.get(name, element).get("type")
            found[name] = Field(_local(declared), element.get("maxOccurs", "1") != "1")
        for attribute in node.iter(f"{_XS}attribute"):
            found[attribute.get("name", "")] = Field(_local(attribute.get("type")), many=False)
        return found

    def _restrictions(self, type_name: str) -> list[ET.Element]:
        node = self._simple.get(type_name)
        return [] if node is None else list(node.iter(f"{_XS}enumeration"))

    def _base(self, type_name: str) -> str:
        node = self._simple.get(type_name)
        restriction = None if node is None else node.find(f"{_XS}restriction")
        return type_name if restriction is None else self._base(_local(restriction.get("base")))


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


@pytest.fixture(scope="session")
def intuit_schema() -> IntuitSchema:
    return IntuitSchema(INTUIT)
