"""Causes found on a record: what stops it, and what is worth a warning."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

register(
    Entry(
        code="GL_ENTRIES_MISSING",
        severity=Severity.STOP,
        title="Closed without GL entries",
        message="{number} was closed without GL entries.",
        action="Add the GL mapping named here, set the invoice to GL Reload and close it again.",
        where="ConnectWise: System > Setup Tables > GL Accounts",
        who="account admin",
        side=Side.CONNECTWISE,
        cause_params=(),
        source="M2, F1",
    ),
)
