"""Turning request bodies into field changes: PUT, PATCH and the coercions that the vendor allows."""

import copy
from decimal import Decimal, InvalidOperation
from typing import Any

from ledgerwire.sandbox.connectwise.errors import bad_request, invalid_field
from ledgerwire.sandbox.connectwise.fields import Kind, fields_of
from ledgerwire.sandbox.connectwise.references import resolve
from ledgerwire.sandbox.connectwise.state import ConnectWiseState, Row

_PATCHED_INSIDE = frozenset({"country/id"})
_OPERATIONS = frozenset({"add", "replace", "remove"})


def _coerce(entity: str, name: str, kind: Kind, value: Any) -> Any:
    """Numbers and booleans may come as text."""
    try:
        if kind == "i" and isinstance(value, str):
            return int(value)
        if kind == "n" and isinstance(value, str):
            return Decimal(value)
    except (ValueError, InvalidOperation):
        raise invalid_field(entity, name, f"The {name} field wants a number.") from None
    if kind == "b" and isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if kind == "b" and value is not None and not isinstance(value, bool):
        raise invalid_field(entity, name, f"The {name} field wants true or false.")
    return value


def accepted_fields(state: ConnectWiseState, table: str, entity: str, body: Any) -> Row:
    """The known fields of a POST or PUT body, coerced and with references resolved; unknown ones are ignored.

    Raises ApiError 400 for a body that is no object or a reference to nothing.
    """
    if not isinstance(body, dict):
        raise bad_request(f"A {entity} is an object.")
    kinds = fields_of(entity)
    return {
        name: resolve(state, table, name, _coerce(entity, name, kinds[name], value))
        for name, value in body.items()
        if name in kinds and name != "id"
    }


def patched_fields(state: ConnectWiseState, table: str, entity: str, row: Row, body: Any) -> Row:
    """The changes that a bare array of operations makes; None removes a field.

    A path inside a reference is answered as if it had worked and changes nothing, as the vendor does.
    Raises ApiError 400 for anything but such an array and for unknown fields.
    """
    if not isinstance(body, list):
        raise bad_request("The body of a PATCH is an array of operations.")
    changes: Row = {}
    for operation in body:
        if not isinstance(operation, dict) or operation.get("op") not in _OPERATIONS:
            raise bad_request("An operation has op add, replace or remove, a path and a value.")
        _apply(state, table, entity, {**row, **changes}, changes, operation)
    return changes


def _apply(state: ConnectWiseState, table: str, entity: str, row: Row, changes: Row, operation: Row) -> None:
    path = str(operation.get("path", "")).removeprefix("/")
    name, *rest = path.split("/")
    kind = fields_of(entity).get(name)
    if kind is None:
        raise invalid_field(entity, name, f"'{path}' is not a field of {entity}.")
    if not rest:
        value = None if operation["op"] == "remove" else operation.get("value")
        changes[name] = resolve(state, table, name, _coerce(entity, name, kind, value))
    elif kind == "l" and rest[0].isdigit():
        changes[name] = _patched_list(entity, path, row.get(name) or [], operation, rest)
    elif path in _PATCHED_INSIDE:
        changes[name] = {**(row.get(name) or {}), rest[0]: operation.get("value")}


def _patched_list(entity: str, path: str, current: list[Any], operation: Row, rest: list[str]) -> list[Any]:
    elements = copy.deepcopy(current)
    index = int(rest[0])
    if operation["op"] == "add" and len(rest) == 1:
        elements.insert(index, operation.get("value"))
        return elements
    if index >= len(elements):
        raise invalid_field(entity, path, "The array has no such element.")
    if len(rest) == 1 and operation["op"] == "remove":
        del elements[index]
    elif len(rest) == 1:
        elements[index] = operation.get("value")
    else:
        elements[index][rest[1]] = operation.get("value")
    return elements
