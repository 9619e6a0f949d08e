"""The error and warning catalogue: every cause a person can be shown, declared once."""

from ledgerwire.common.catalogue import (  # noqa: F401 - importing registers their entries
    billing,
    billing_money,
    billing_setup,
    connections,
    contacts,
    drift,
    expenses,
    items,
    ledger,
    lines,
    mappings,
    payments,
    posting,
    procurement,
    records,
    revisions,
)
from ledgerwire.common.catalogue.finding import Finding, code_of
from ledgerwire.common.catalogue.registry import Entry, Severity, Side, entries, entry, is_known

__all__ = ["Entry", "Finding", "Severity", "Side", "code_of", "entries", "entry", "is_known"]
