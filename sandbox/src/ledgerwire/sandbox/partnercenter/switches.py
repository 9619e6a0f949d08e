"""Where Partner Center's documents leave a point open or contradict themselves, a switch decides."""

from dataclasses import dataclass
from typing import Literal

from ledgerwire.sandbox.core.switches import SwitchBoard


@dataclass(slots=True)
class Switches(SwitchBoard):
    """All switches with the likeliest behaviour as default.

    `rounding`: changes of seats rounded at the end and cancellations and conversions by the unit, as the documents print
    them, or one way for all. `short_cycle`: a first cycle cut short is a share of the cycle's days or of 365.
    `subscription_etags`: new-commerce subscriptions carry an etag. `joined_ids`: lines carry the id of the subscription
    (else only the order joins). `numbers_as_text`: amounts of lines are strings. `visible_after_minutes`: how long a new
    subscription stays unseen. `page_size`: the most customers on a page. `calls_per_minute`. `invoice_day`: day of the
    next month from which a month is invoiced. `export_polls`, `export_retry_after`: how often an export is still running,
    and the wait it advises; `export_changes`: the data changes that often while it is fetched. `blob_lines`: lines of a
    blob. `sas_minutes`: life of a blob's address. `manifest_by_link`: the manifest stands at an address of its own.
    `mfa_missing`: signed-in calls lack the proof of MFA. `rotates`: each refresh replaces the refresh token.
    """

    rounding: Literal["as_printed", "at_end", "unit_first"] = "as_printed"
    short_cycle: Literal["cycle_days", "year_365"] = "cycle_days"
    subscription_etags: bool = False
    joined_ids: bool = True
    numbers_as_text: bool = False
    visible_after_minutes: int = 0
    page_size: int = 500
    calls_per_minute: int = 500
    invoice_day: int = 8
    export_polls: int = 1
    export_retry_after: int = 1
    export_changes: int = 0
    blob_lines: int = 500
    sas_minutes: int = 30
    manifest_by_link: bool = False
    mfa_missing: bool = False
    rotates: bool = True
