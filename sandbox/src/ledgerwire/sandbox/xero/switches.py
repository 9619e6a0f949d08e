"""Where Xero's behaviour differs by organisation or is not settled by its documentation, a switch decides."""

from dataclasses import dataclass
from typing import Literal

from ledgerwire.sandbox.core.switches import SwitchBoard
from ledgerwire.sandbox.xero.rules.rounding import ROUNDING_MODES, Rounding


@dataclass(slots=True)
class Switches(SwitchBoard):
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

    rounding: Literal["half_up", "half_even"] = "half_up"
    rounding_amount: bool = False
    due_date_required: bool = True
    approve_refused: bool = False
    adviser: bool = False
    summarize_errors_default: bool = True
    idempotency_mismatch: Literal["message", "elements"] = "message"
    journal_account_unknown: Literal["error", "removed"] = "error"
    journal_narration_filter: bool = True
    limits_enabled: bool = True
    minute_limit: int = 60
    day_limit: int = 5_000
    app_minute_limit: int = 10_000
    concurrent_limit: int = 5
    concurrent_retry_after: bool = False
    latency_seconds: float = 0.0

    def rounding_rule(self, unit_places: int) -> Rounding:
        """The rounding of a call that keeps so many decimals on unit prices."""
        return Rounding(ROUNDING_MODES[self.rounding], unit_places)
