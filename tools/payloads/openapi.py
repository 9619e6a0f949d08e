"""A reader of OpenAPI 3.0 documents and a small validator: enough for Xero's published Accounting API, cycles included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml

Json = dict[str, Any]
Side = Literal["request", "response"]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MS_DATE = re.compile(r"/Date\(-?\d+([+-]\d{4})?\)/")
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, Decimal),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a message differs from the published contract."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path of the document."""

    method: str
    template: str
    spec: Json
    parameters: dict[tuple[str, str], Json]


class Document:
    """One OpenAPI document."""

    def __init__(self, content: Json) -> None:
        self._content = content
        self._paths = [(re.compile(_pattern(path) + "$"), path, item) for path, item in content["paths"].items()]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a YAML file."""
        with path.open(encoding="utf-8") as opened:
            return cls(yaml.load(opened, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe

    def operation(self, method: str, path: str) -> Operation | None:
        """What the document says of this call; None when it does not know it."""
        for pattern, template, item in self._paths:
            if pattern.match(path) and method.lower() in item:
                spec = item[method.lower()]
                listed = [self.resolved(one) for one in (*item.get("parameters", ()), *spec.get("parameters", ()))]
                return Operation(method, template, spec, {(one["in"], one["name"]): one for one in listed})
        return None

    def resolved(self, node: Json) -> Json:
        """A node, or what it refers to."""
        while "$ref" in node:
            found: Any = self._content
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def violations(self, schema: Json, value: Any, side: Side, where: str = "body") -> Iterator[Violation]:
        """Where a value differs from a schema; a member that the schema does not name counts as a difference."""
        schema = self.resolved(schema)
        if value is None and side == "response":
            return
        kind = schema.get("type") or ("object" if "properties" in schema else None)
        if kind and not _is_of(kind, value):
            yield Violation(where, f"{kind} expected, {type(value).__name__} found")
            return
        yield from _scalar(schema, value, side, where)
        if isinstance(value, dict) and "properties" in schema:
            yield from self._members(schema, value, side, where)
        if isinstance(value, list) and "items" in schema:
            for place, item in enumerate(value):
                yield from self.violations(schema["items"], item, side, f"{where}[{place}]")

    def _members(self, schema: Json, value: Json, side: Side, where: str) -> Iterator[Violation]:
        properties = schema["properties"]
        if side == "request":
            yield from (
                Violation(f"{where}.{name}", "required and absent")
                for name in schema.get("required", ())
                if name not in value
            )
        for name, item in value.items():
            if name not in properties:
                yield Violation(f"{where}.{name}", "not in the schema")
                continue
            yield from self.violations(properties[name], item, side, f"{where}.{name}")


def query_violations(operation: Operation, query: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[Violation]:
    """Where the parameters of a call differ from those of its operation."""
    named = {name: spec for (place, name), spec in operation.parameters.items() if place == "query"}
    for name, value in query.items():
        if name not in named:
            yield Violation(f"query {name}", "not a parameter of this operation")
        elif not _spells(named[name].get("schema", {}).get("type", "string"), value):
            yield Violation(f"query {name}", f"{value!r} is no {named[name]['schema']['type']}")
    sent = {name.casefold() for name in headers}
    for (place, name), spec in operation.parameters.items():
        if place == "header" and spec.get("required") and name.casefold() not in sent:
            yield Violation(f"header {name}", "required and absent")


def _pattern(path: str) -> str:
    return re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))


def _is_of(kind: str, value: Any) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _TYPES[kind])


def _scalar(schema: Json, value: Any, side: Side, where: str) -> Iterator[Violation]:
    if "enum" in schema and value not in schema["enum"] and str(value) not in {str(one) for one in schema["enum"]}:
        yield Violation(where, f"{value!r} is not one of {', '.join(map(str, schema['enum']))}")
    if not isinstance(value, str):
        return
    if len(value) > schema.get("maxLength", len(value)):
        yield Violation(where, f"{len(value)} characters, at most {schema['maxLength']}")
    if schema.get("format") == "uuid" and not _UUID.fullmatch(value):
        yield Violation(where, f"{value!r} is no UUID")
    if schema.get("x-is-msdate") or schema.get("x-is-msdate-time"):
        yield from _dated(value, side, where)


def _dated(value: str, side: Side, where: str) -> Iterator[Violation]:
    if side == "response":
        if not _MS_DATE.fullmatch(value):
            yield Violation(where, f"{value!r} is no /Date(…)/")
        return
    try:
        date.fromisoformat(value)
    except ValueError:
        yield Violation(where, f"{value!r} is no calendar date")


def _spells(kind: str, value: str) -> bool:
    if kind == "boolean":
        return value.lower() in {"true", "false"}
    return value.isdigit() if kind == "integer" else True
