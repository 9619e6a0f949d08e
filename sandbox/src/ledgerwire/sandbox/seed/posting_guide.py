"""The bookkeeper's posting guide: where each kind of sale belongs in the ledger.

This is the one page that the expected ledger is worked out from. The PSA's GL table (`gl_table.py`) is meant to say
the same and was typed in by other people: where it does not, an invoice of this month stops.
"""

from dataclasses import dataclass
from typing import Literal

BUSINESS_LINE = "Business Line"
LOCATION = "Location"

RECEIVABLE = "610"
GST_ACCOUNT = "820"
DEFERRED = "812"
ROUNDING = "860"

Kind = Literal["R", "RA", "AP", "RP", "RE", "RD", "SD"]


@dataclass(frozen=True, slots=True)
class Stream:
    """A kind of sale: its GL type, account and business line; `item` is its Non-Product ID (None: the product code)."""

    kind: Kind
    account: str
    business_line: str
    item: str | None = None
    category: str | None = None
    agreement_type: str | None = None
    work_role: str | None = None


STREAMS = {
    "managed": Stream("RA", "200", "Managed Services", "MANAGED", agreement_type="Managed"),
    "security": Stream("RA", "200", "Managed Services", "MANAGED-SEC", agreement_type="Managed Security"),
    "backup": Stream("RA", "210", "Backup", "BACKUP", agreement_type="Backup"),
    "managed_seat": Stream("AP", "200", "Managed Services", category="Managed Seats", agreement_type="Managed"),
    "cloud_seat": Stream("AP", "205", "Cloud", category="Cloud Subscriptions", agreement_type="Cloud Monthly"),
    "cloud_year": Stream("AP", "206", "Cloud", category="Annual Subscriptions", agreement_type="Cloud Annual"),
    "backup_storage": Stream("AP", "210", "Backup", category="Backup Storage", agreement_type="Backup"),
    "labour": Stream("R", "220", "Service Desk", "LABOUR", work_role="Engineer"),
    "senior_labour": Stream("R", "220", "Service Desk", "LABOUR", work_role="Senior Engineer"),
    "project_labour": Stream("R", "240", "Projects", "PROJECT-LABOUR", work_role="Project Engineer"),
    "project_fee": Stream("R", "240", "Projects", "PROJECT-FEE", work_role="Project Milestone"),
    "hardware": Stream("RP", "230", "Hardware", category="Hardware"),
    "other": Stream("RP", "260", "Service Desk", category="Other Services"),
    "telephony": Stream("RP", "235", "Cloud", category="Telephony"),
    "travel": Stream("RE", "250", "Service Desk", "EXPENSE"),
    "deposit": Stream("RD", DEFERRED, "Projects", "DEPOSIT"),
    "block_hours": Stream("RD", DEFERRED, "Service Desk", "BLOCK-HOURS", agreement_type="Block Time"),
}
