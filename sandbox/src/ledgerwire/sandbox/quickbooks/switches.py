"""Where QuickBooks differs by company or its documentation leaves a point open, a switch decides."""

from dataclasses import dataclass
from typing import Literal

from ledgerwire.sandbox.core.switches import SwitchBoard


@dataclass(slots=True)
class Switches(SwitchBoard):
    """All switches with QuickBooks' most likely behaviour as default.

    `tax_rounding`: tax rounded on each line, or once per rate on the summed net. `refresh_overlap_seconds`: how long a
    rotated refresh value still works. `requestid_hours`: how long answers are replayed; `requestid_replays_faults`:
    refusals are replayed too. `throttle_format`: body of a 429. `number_space`: DocNumbers are unique by transaction
    type or over all sales forms. `bill_number_check`, `journal_number_check`: the company warns of duplicates.
    `duplicate_name_id`: Detail of a 6240 names the id. `explicit_total_tax`: a sent TotalTax without tax lines is
    honoured (US). `maxresults_over`: a MAXRESULTS over 1000 is capped or refused. `batch_reversed`: batch answers come
    in another order. `limits_enabled` with the four limits. `latency_seconds`: real delay before each answer.
    """

    tax_rounding: Literal["per_line", "per_rate"] = "per_line"
    refresh_overlap_seconds: int = 0
    requestid_hours: int = 24
    requestid_replays_faults: bool = False
    throttle_format: Literal["xml", "json"] = "xml"
    closed_period_code: Literal["6210", "6200"] = "6210"
    journal_unbalanced_code: Literal["6000", "2300"] = "6000"
    number_space: Literal["per_type", "sales_forms"] = "per_type"
    bill_number_check: bool = False
    journal_number_check: bool = False
    duplicate_name_id: bool = True
    explicit_total_tax: bool = True
    maxresults_over: Literal["cap", "refuse"] = "cap"
    batch_reversed: bool = False
    limits_enabled: bool = True
    minute_limit: int = 500
    second_limit: int = 10
    concurrent_limit: int = 10
    batch_minute_limit: int = 40
    latency_seconds: float = 0.0
