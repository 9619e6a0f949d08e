"""What the vendor leaves open, as switches: each default is the reading the rest of the sandbox tests."""

from dataclasses import dataclass, field
from typing import Literal

from ledgerwire.sandbox.core.switches import SwitchBoard


@dataclass(slots=True)
class Switches(SwitchBoard):
    """Behaviours that differ between tenants or are unconfirmed; changed at run time through the control API."""

    export_joins_segments: bool = False
    """All segments packed into `accountNumber`, none in `glClass`."""
    export_header_total: Literal["signed", "absolute"] = "signed"
    """Whether a credit memo's header total is negative."""
    split_receivable: bool = False
    """Net and tax as two receivable entries, so that `glEntryIds` holds two ids."""
    batch_unknown_ids: Literal["reject", "ignore"] = "reject"
    """What a batch does with processedRecordIds that are gone or already batched."""
    closed_batch_delete: Literal["refuse", "allow"] = "refuse"
    """Whether a batch closed in the user interface may be deleted."""
    purchase_quantity: Literal["signed", "negated"] = "signed"
    """Exported quantities of receipts as received, or negative as those of sales are."""
    vendor_without_number: Literal["export", "skip"] = "export"
    """Whether the export leaves out receipts of a vendor that has no vendor number."""
    expense_tax: Literal["separate", "included"] = "separate"
    """The tax of an expense as entries of its own (ET), or inside its one amount."""
    expense_amounts: Literal["with_tax", "without_tax"] = "with_tax"
    """Whether the amount of an expense, as entered and as listed, contains its tax."""
    expenses_listed_from: Literal["ApprovedByTierOne", "ApprovedByTierTwo"] = "ApprovedByTierOne"
    """The approval from which an expense stands on the unposted list."""
    payment_rows: Literal["one_of_money", "one", "many"] = "one_of_money"
    """Payment rows an invoice takes: one of money beside its credits, one in all, or any number."""
    signing_key_doubly_encoded: bool = False
    """The key endpoint answers a JSON string that itself holds JSON."""
    callback_suffix: Literal["glued", "query"] = "glued"
    """`glued`: record id then `&action=` appended to the URL text; `query`: a full query is appended."""
    retry_keeps_message_id: bool = True
    """Whether a retried callback carries the same MessageId."""
    retry_after_timeout: bool = False
    """Whether a receiver's timeout is retried like a 429."""
    client_id_required: bool = True
    """A call without `clientId` is refused with 401."""
    bad_auth_as_404: bool = False
    """Wrong credentials answered as an unknown route, as some cloud hosts do."""
    codebase_alias: bool = True
    """`v4_6_release` routes as well as the codebase from company info."""
    unknown_company_404: bool = False
    """Company info for an unknown company: 404 instead of 200 with null."""
    status_is_closed_filter: bool = True
    """`status/isClosed` may be used in conditions."""
    forward_only_end: Literal["empty", "missing"] = "empty"
    """The Link header after the last forward-only page."""
    requests_per_minute: int = 1000
    """Above this, 429 with Retry-After; 0 for no limit."""
    rate_limit_retry_after: int = 30
    """Seconds announced by that 429."""
    max_url_length: int = 2000
    """Longer request targets get 414."""
    latency_seconds: float = 0.0
    """Added to every answer."""
    addition_last_day: Literal["inclusive", "exclusive"] = "inclusive"
    """Whether an addition is still billed for its cancelled date."""
    advance_period_types: list[str] = field(default_factory=lambda: ["Future", "Both", "Undefined"])
    """Agreements of these period types are invoiced for the period to come; the others for the one that ended."""
    copy_takes_additions: bool = False
    """Whether the copy of an agreement brings its additions along."""
    my_security_open: bool = True
    """Whether any API member may read its own rights; otherwise 403."""
    enforce_accounting_role: bool = False
    """Whether the accounting API member's role applies; that of seat billing always does."""
    denied: list[str] = field(default_factory=list)
    """Path prefixes after `/apis/3.0` that the API member's role refuses with 403."""
