"""The kinds of ConnectWise record that are carried into a ledger."""

from __future__ import annotations

from enum import StrEnum


class RecordType(StrEnum):
    """What a record is; its id in ConnectWise is the one its unposted list excludes and exports it by.

    invoice: the invoice id (`billingLogId`). procurement: `unpostedProductId`, one receipt, adjustment or transfer (M16).
    expense: `expenseDetailId` (M17).
    """

    INVOICE = "invoice"
    PROCUREMENT = "procurement"
    EXPENSE = "expense"
