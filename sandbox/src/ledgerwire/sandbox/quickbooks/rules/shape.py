"""Which properties an entity has, and which kind of value each takes."""

from functools import cache
from importlib.resources import files
from typing import Any

from ledgerwire.sandbox.quickbooks.refusals import refuse, required
from ledgerwire.sandbox.quickbooks.wire import Json, day, number

_DETAILS = {
    "SalesItemLineDetail",
    "AccountBasedExpenseLineDetail",
    "ItemBasedExpenseLineDetail",
    "JournalEntryLineDetail",
    "DiscountLineDetail",
    "TaxLineDetail",
    "TxnTaxDetail",
}


@cache
def properties() -> dict[str, dict[str, str]]:
    """Property to kind of value (text, number, flag, date, ref, list, object) by entity and line detail."""
    text = files("ledgerwire.sandbox.quickbooks").joinpath("fields.txt").read_text("utf-8")
    table: dict[str, dict[str, str]] = {}
    for row in text.splitlines():
        name, *fields = row.split()
        split = [field.partition(":") for field in fields]
        table[name] = {key: kind or "text" for key, _, kind in split}
    return table


def checked(name: str, sent: Any) -> Json:
    """What was sent with its numbers read and its nulls left out.

    Raises:
        RefusedError: 2010 unknown property, 2040/2070/2090 a value of the wrong kind, 2020 a required one missing.
    """
    if not isinstance(sent, dict):
        raise refuse("2010", f"{name} must be an object", name)
    known = properties()[name]
    result: Json = {}
    for key, value in sent.items():
        if key not in known:
            raise refuse("2010", f"Property Name:{key} specified is unsupported or invalid", key)
        blank = value is None or (value == "" and known[key] != "text")  # clients send "" for what they leave out
        if not blank:
            result[key] = _value(key, known[key], value)
    return result


def _value(key: str, kind: str, value: Any) -> Any:
    if key in _DETAILS:
        return checked(key, value)
    if key in {"Line", "TaxLine"}:
        return [checked("Line", line) for line in _list(key, value)]
    if key == "LinkedTxn":
        return [_link(link) for link in _list(key, value)]
    if kind == "number":
        return _number(key, value)
    if kind == "date":
        return _day(key, value)
    return _plain(key, kind, value)


def _plain(key: str, kind: str, value: Any) -> Any:
    if kind == "flag":
        if isinstance(value, bool) or value in {"true", "false"}:
            return value in {True, "true"}
        raise refuse("2010", f"Property Name:{key} takes true or false", key)
    if kind == "ref":
        if isinstance(value, dict) and isinstance(value.get("value"), str | None):
            return value
        raise refuse("2010", f"Property Name:{key} takes an object with a textual value", key)
    if kind == "list":
        return _list(key, value)
    if kind == "text" and isinstance(value, dict | list | bool):
        raise refuse("2040", f"Invalid string. Supplied value:{value}", key)
    return str(value) if kind == "text" else value


def _number(key: str, value: Any) -> Any:
    try:
        return number(value)
    except ValueError as error:
        raise refuse("2090", f"Invalid number. Supplied value:{value}", key) from error


def _day(key: str, value: Any) -> str:
    try:
        return day(value).isoformat()
    except ValueError as error:
        raise refuse("2070", f"Invalid date, expected YYYY-MM-DD. Supplied value:{value}", key) from error


def _list(key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refuse("2010", f"Property Name:{key} takes an array", key)
    return value


def _link(value: Any) -> Json:
    link = checked("LinkedTxn", value)
    for name in ("TxnId", "TxnType"):
        if name not in link:
            raise required(f"LinkedTxn.{name}")
    return link


def limit(key: str, value: Any, longest: int, shortest: int = 0) -> None:
    """Refuse text outside its length: 2050."""
    length = len(str(value or ""))
    if not shortest <= length <= longest:
        raise refuse("2050", f"Min:{shortest} Max:{longest} supported. Supplied length:{length}", key)
