"""Where Xero's behaviour differs by organisation or is not settled by its documentation, a switch decides."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from ledgerwire.sandbox.xero.rules.rounding import ROUNDING_MODES, Rounding


@dataclass(slots=True)
class Switches:
    """All switches with Xero's most likely behaviour as default.

    `rounding`: "half_up" or "half_even" at half a cent. `rounding_amount`: the organisation has opted in to a rounding
    amount on documents. `due_date_required`: approval needs a due date. `approve_refused`: the connecting user may not
    approve, so what was asked AUTHORISED comes back DRAFT. `adviser`: the user may post between the two lock dates.
    `summarize_errors_default`: meaning of an absent summarizeErrors. `idempotency_mismatch`: "message" or "elements",
    where the text stands. `journal_account_unknown`: an account that is not there makes a manual journal an "error", or
    its line is "removed" with a warning. `journal_narration_filter`: lists of manual journals can be filtered by narration.
    `limits_enabled` with the four limits. `concurrent_retry_after`: Retry-After is sent on a
    concurrency refusal too. `latency_seconds`: real delay before each answer.
    """

    rounding: str = "half_up"
    rounding_amount: bool = False
    due_date_required: bool = True
    approve_refused: bool = False
    adviser: bool = False
    summarize_errors_default: bool = True
    idempotency_mismatch: str = "message"
    journal_account_unknown: str = "error"
    journal_narration_filter: bool = True
    limits_enabled: bool = True
    minute_limit: int = 60
    day_limit: int = 5_000
    app_minute_limit: int = 10_000
    concurrent_limit: int = 5
    concurrent_retry_after: bool = False
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

    def rounding_rule(self, unit_places: int) -> Rounding:
        """The rounding of a call that keeps so many decimals on unit prices."""
        return Rounding(ROUNDING_MODES[self.rounding], unit_places)


def _check(name: str, value: Any, default: Any) -> None:
    allowed = {
        "rounding": set(ROUNDING_MODES),
        "idempotency_mismatch": {"message", "elements"},
        "journal_account_unknown": {"error", "removed"},
    }
    if name in allowed and value not in allowed[name]:
        raise ValueError(f"switch {name!r} takes one of {sorted(allowed[name])}")
    is_number = isinstance(default, int | float) and not isinstance(default, bool)
    wrong_flag = isinstance(default, bool) != isinstance(value, bool)
    if wrong_flag or (is_number and not isinstance(value, int | float)):
        raise ValueError(f"switch {name!r} takes a {type(default).__name__}")
