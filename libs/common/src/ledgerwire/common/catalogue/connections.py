"""Causes found on a connection or a callback rather than on one record."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

register(
    Entry(
        code="TOKEN_REVOKED",
        severity=Severity.CONNECTION,
        title="The ledger is disconnected",
        message="{ledger} is disconnected. {count} invoices ({amount}) wait; nothing is lost.",
        action="An admin reconnects {ledger}; the waiting records go on by themselves.",
        where="Ledgerwire: ledgerwire account connect",
        who="account admin",
        side=Side.LEDGERWIRE,
        cause_params=("ledger",),
        source="A130, M25",
    ),
)
