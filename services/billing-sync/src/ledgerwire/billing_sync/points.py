"""Billing sync's crash points: between what ConnectWise has and what we have committed."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

STEP_SENT = declare("billing.step_sent", "A write is marked as sent, ConnectWise knows nothing of it")
PRODUCT_MADE = declare("billing.product_made", "ConnectWise has the product of a step, nothing of it is committed")
AGREEMENT_COPIED = declare("billing.agreement_copied", "ConnectWise has the copy of an agreement, nothing is committed")
ADDITION_WRITTEN = declare("billing.addition_written", "ConnectWise has the addition, nothing of it is committed")
ADDITION_RECORDED = declare("billing.addition_recorded", "An addition is committed, the next write has not begun")
