"""Billing sync's crash point: between a write to ConnectWise and our record of it."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

ADDITION_WRITTEN = declare("billing.addition_written", "ConnectWise has the addition, nothing of it is committed")
