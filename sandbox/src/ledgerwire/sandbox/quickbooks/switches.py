"""Where QuickBooks differs by company or its documentation leaves a point open, a switch decides."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

_CHOICES: dict[str, set[str]] = {
    "tax_rounding": {"per_line", "per_rate"},
    "throttle_format": {"xml", "json"},
    "closed_period_code": {"6200", "6210"},
    "journal_unbalanced_code": {"2300", "6000"},
    "number_space": {"per_type", "sales_forms"},
    "maxresults_over": {"cap", "refuse"},
}


@dataclass(slots=True)
class Switches:
    """All switches with QuickBooks' most likely behaviour as default.

    `tax_rounding`: tax rounded on each line, or once per rate on the summed net. `refresh_overlap_seconds`: how long a
    rotated refresh value still works. `requestid_hours`: how long answers are replayed; `requestid_replays_faults`:
    refusals are replayed too. `throttle_format`: body of a 429. `number_space`: DocNumbers are unique by transaction
    type or over all sales forms. `bill_number_check`, `journal_number_check`: the company warns of duplicates.
    `duplicate_name_id`: Detail of a 6240 names the id. `explicit_total_tax`: a sent TotalTax without tax lines is
    honoured (US). `maxresults_over`: a MAXRESULTS over 1000 is capped or refused. `batch_reversed`: batch answers come
    in another order. `limits_enabled` with the four limits. `latency_seconds`: real delay before each answer.
    """

    tax_rounding: str = "per_line"
    refresh_overlap_seconds: int = 0
    requestid_hours: int = 24
    requestid_replays_faults: bool = False
    throttle_format: str = "xml"
    closed_period_code: str = "6210"
    journal_unbalanced_code: str = "6000"
    number_space: str = "per_type"
    bill_number_check: bool = False
    journal_number_check: bool = False
    duplicate_name_id: bool = True
    explicit_total_tax: bool = True
    maxresults_over: str = "cap"
    batch_reversed: bool = False
    limits_enabled: bool = True
    minute_limit: int = 500
    second_limit: int = 10
    concurrent_limit: int = 10
    batch_minute_limit: int = 40
    latency_seconds: float = 0.0

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Defaults with the given ones changed. Raises ValueError for an unknown name or value."""
        switches = cls()
        switches.set(values)
        return switches

    def set(self, values: Mapping[str, Any]) -> None:
        """Change switches by name. Raises ValueError for an unknown name or value; then nothing has changed."""
        defaults = {field.name: field.default for field in fields(self)}
        for name, value in values.items():
            if name not in defaults:
                raise ValueError(f"unknown switch {name!r}; known: {', '.join(sorted(defaults))}")
            _check(name, value, defaults[name])
        for name, value in values.items():
            setattr(self, name, value)


def _check(name: str, value: Any, default: Any) -> None:
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ValueError(f"switch {name!r} takes one of {sorted(_CHOICES[name])}")
        return
    wrong_flag = isinstance(default, bool) != isinstance(value, bool)
    if wrong_flag or not isinstance(value, int | float):
        raise ValueError(f"switch {name!r} takes a {type(default).__name__}")
