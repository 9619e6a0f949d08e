"""A mapping as a table of settings and values, for spreadsheets: what is exported reads back as the same mapping (D16).

A setting is a dotted path; what the account names itself stands in brackets: `tax.links[GST 10]`, `exclusions[Internal].
number_prefixes`. A bracket inside a name is doubled. A setting that holds a list has one row an element.
"""

from __future__ import annotations

import csv
import io
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ledgerwire.common.catalogue import Finding
from ledgerwire.common.errors import ConfigurationError, Stopped
from ledgerwire.tenants import yaml_text
from ledgerwire.tenants.mapping_file import MappingSection

Writer = Callable[[MappingSection], str]
"""Writes a mapping as the text of a file."""

COLUMNS = ("setting", "value")
_PART = re.compile(r"(?P<name>[a-z_0-9]+)(?:\[(?P<key>(?:[^\[\]]|\[\[|\]\])+)\])?(?:\.|$)")
_KEYED_BY = "name"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `place` says where it stands in the file, for messages."""

    setting: str
    value: str
    place: str = ""


def rows_of(mapping: MappingSection) -> list[Row]:
    """A mapping's settings as rows, in a fixed order; what is not set (None, empty) has no row."""
    return list(_rows("", type(mapping), mapping.model_dump(mode="json")))


def to_csv(mapping: MappingSection) -> str:
    """The table as CSV text with a header."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((row.setting, row.value) for row in rows_of(mapping))
    return out.getvalue()


def from_csv(text: str) -> MappingSection:
    """The mapping a table holds.

    Raises:
        Stopped: one MAPPING_... finding for each row that is wrong; nothing of the file counts then.
    """
    return from_rows(_read_csv(text))


def from_yaml(text: str) -> MappingSection:
    """The mapping a YAML text holds (the `mapping:` section of an account file, with or without that heading)."""
    try:
        content = yaml_text.load(text, "the file")
    except ConfigurationError as error:
        raise Stopped([Finding("MAPPING_FILE_UNREADABLE", {"place": "the file", "reason": str(error)})]) from None
    content = content.get("mapping", content) if len(content) == 1 else content
    return _checked(content, {})


def from_rows(rows: list[Row]) -> MappingSection:
    """The mapping that these rows say; see `from_csv`."""
    built = _Built()
    for row in rows:
        built.add(row)
    if built.findings:
        raise Stopped(built.findings)
    return _checked(built.content(), built.places)


def _read_csv(text: str) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = tuple(reader.fieldnames or ())
        if header == COLUMNS:
            return [_csv_row(line, reader.line_num) for line in reader]
        reason = f"the header is {', '.join(header) or 'empty'}, expected {', '.join(COLUMNS)}"
    except csv.Error as error:
        reason = str(error)
    raise Stopped([Finding("MAPPING_FILE_UNREADABLE", {"place": f"row {reader.line_num}", "reason": reason})])


def _csv_row(line: Mapping[str | None, Any], number: int) -> Row:
    if None in line or any(value is None for value in line.values()):
        raise csv.Error("a row has exactly a setting and a value")
    return Row(_trimmed(str(line["setting"])), str(line["value"]).strip(), f"row {number}")


def _trimmed(setting: str) -> str:
    """The setting as it is stored: names in brackets without spaces around them."""
    return re.sub(r"(?<!\[)\[\s+|\s+\](?!\])", lambda found: found[0].strip(), setting.strip())


# --- from a mapping to rows


def _rows(path: str, model: type[BaseModel], content: Mapping[str, Any]) -> Iterator[Row]:
    for name, info in model.model_fields.items():
        yield from _field_rows(f"{path}{name}", _Shape.of(info.annotation), content[name])


def _field_rows(path: str, shape: _Shape, value: Any) -> Iterator[Row]:
    if value is None:
        return
    if shape.kind == "section":
        yield from _rows(f"{path}.", shape.model, value)
    elif shape.kind == "sections":
        for item in value:
            rest = {name: part for name, part in item.items() if name != _KEYED_BY}
            inner = list(_rest_rows(f"{path}[{_quoted(item[_KEYED_BY])}].", shape.model, rest))
            yield from inner
    elif shape.kind == "named_sections":
        for key, item in value.items():
            yield from _rows(f"{path}[{_quoted(key)}].", shape.model, item)
    elif shape.kind == "links":
        yield from (Row(f"{path}[{_quoted(key)}]", _text(item)) for key, item in value.items())
    elif shape.kind == "list":
        yield from (Row(path, _text(item)) for item in value)
    else:
        yield Row(path, _text(value))


def _rest_rows(path: str, model: type[BaseModel], content: Mapping[str, Any]) -> Iterator[Row]:
    for name, info in model.model_fields.items():
        if name in content:
            yield from _field_rows(f"{path}{name}", _Shape.of(info.annotation), content[name])


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(key: str) -> str:
    return key.replace("[", "[[").replace("]", "]]")


def _unquoted(key: str) -> str:
    return key.replace("[[", "[").replace("]]", "]")


# --- what a field holds


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a field of a section holds, as far as its rows differ."""

    kind: str
    model: type[BaseModel] = BaseModel

    @classmethod
    def of(cls, annotation: Any) -> _Shape:
        """The shape of an annotation: value, list, links, section, sections (each with a name) or named_sections."""
        plain = _without_none(annotation)
        if _is_model(plain):
            return cls("section", plain)
        inner = [_without_none(item) for item in get_args(plain)]
        if get_origin(plain) is tuple:
            return cls("sections", inner[0]) if _is_model(inner[0]) else cls("list")
        if get_origin(plain) is dict:
            return cls("named_sections", inner[1]) if _is_model(inner[1]) else cls("links")
        return cls("value")


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in {Union, types.UnionType}:
        rest = [item for item in get_args(annotation) if item is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


# --- from rows to a mapping


@dataclass(slots=True)
class _Built:
    """Collects rows into nested content; remembers where each setting stood."""

    findings: list[Finding] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    _content: dict[str, Any] = field(default_factory=dict)
    _said: dict[str, Row] = field(default_factory=dict)
    _elements: dict[tuple[str, str], Row] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        steps = _steps(row.setting)
        shape = _resolve(steps)
        if steps is None or shape is None:
            near = get_close_matches(row.setting, _KNOWN, n=2, cutoff=0.5)
            self._wrong("MAPPING_SETTING_UNKNOWN", row, nearest=", ".join(near) or "none")
            return
        first = self._elements.get((row.setting, row.value)) if shape == "list" else self._said.get(row.setting)
        if first is not None:
            same = first.value == row.value
            code = "MAPPING_ROW_DUPLICATE" if same else "MAPPING_ROW_CONTRADICTS"
            self._wrong(code, row, other=first.place, other_value=first.value)
            return
        self._said.setdefault(row.setting, row)
        self._elements[row.setting, row.value] = row
        self.places.setdefault(row.setting, row.place)
        self._put(steps, row.value, many=shape == "list")

    def _wrong(self, code: str, row: Row, **params: str) -> None:
        base = {"place": row.place, "setting": row.setting, "value": row.value}
        self.findings.append(Finding(code, base | params))

    def _put(self, steps: list[tuple[str, str | None]], value: str, *, many: bool) -> None:
        level = self._content
        for name, key in steps[:-1]:
            level = level.setdefault(name, {})
            if key is not None:
                level = level.setdefault(key, {})
        name, key = steps[-1]
        if key is not None:
            level.setdefault(name, {})[key] = value
        elif many:
            level.setdefault(name, []).append(value)
        else:
            level[name] = value

    def content(self) -> dict[str, Any]:
        """Content as a section takes it: rules as lists with their name inside."""
        content = dict(self._content)
        for name, info in MappingSection.model_fields.items():
            if name in content and _Shape.of(info.annotation).kind == "sections":
                content[name] = [{_KEYED_BY: key, **rule} for key, rule in content[name].items()]
        return content


def _steps(setting: str) -> list[tuple[str, str | None]] | None:
    steps: list[tuple[str, str | None]] = []
    position = 0
    while position < len(setting):
        part = _PART.match(setting, position)
        if part is None:
            return None
        key = part["key"]
        steps.append((part["name"], None if key is None else _unquoted(key)))
        position = part.end()
    return None if not steps or setting.endswith(".") else steps


def _resolve(steps: list[tuple[str, str | None]] | None) -> str | None:
    """What the path leads to: "value" or "list"; None where it leads nowhere."""
    model: type[BaseModel] = MappingSection
    for index, (name, key) in enumerate(steps or ()):
        info = model.model_fields.get(name)
        if info is None:
            return None
        shape, last = _Shape.of(info.annotation), index == len(steps or ()) - 1
        keyed = shape.kind in {"links", "sections", "named_sections"}
        if keyed != (key is not None):
            return None
        if shape.kind in {"section", "sections", "named_sections"}:
            if last:
                return None
            model = shape.model
        elif not last:
            return None
        else:
            return "list" if shape.kind == "list" else "value"
    return None


def _known(path: str, model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        shape = _Shape.of(info.annotation)
        if shape.kind in {"section", "sections", "named_sections"}:
            yield from _known(f"{path}{name}{'' if shape.kind == 'section' else '[...]'}.", shape.model)
        else:
            yield f"{path}{name}{'[...]' if shape.kind == 'links' else ''}"


_KNOWN = tuple(_known("", MappingSection))


def _checked(content: Mapping[str, Any], places: Mapping[str, str]) -> MappingSection:
    try:
        return MappingSection.model_validate(content)
    except ValidationError as error:
        raise Stopped([_finding(item, places) for item in error.errors(include_url=False)]) from None


def _finding(item: Any, places: Mapping[str, str]) -> Finding:
    setting = ".".join(str(part) for part in item["loc"]) or "the mapping"
    place = next((place for name, place in places.items() if _plain(name) == _plain(setting)), f"setting {setting}")
    if item["type"] == "extra_forbidden":
        near = get_close_matches(setting, _KNOWN, n=2, cutoff=0.5)
        return Finding(
            "MAPPING_SETTING_UNKNOWN", {"place": place, "setting": setting, "nearest": ", ".join(near) or "none"}
        )
    value = "nothing" if item["type"] == "missing" else str(item["input"])[:60]
    reason = str(item["msg"]).removeprefix("Value error, ").rstrip(".")
    return Finding("MAPPING_VALUE_WRONG", {"place": place, "setting": setting, "value": value, "reason": reason})


def _plain(setting: str) -> str:
    """A path without the difference between brackets and dots."""
    return _unquoted(re.sub(r"[\[.]+", ".", setting)).replace("]", "").lower()
