"""The error and warning catalogue: every cause a person can be shown, declared once."""

from ledgerwire.common.catalogue import connections, ledger, lines, records  # noqa: F401 - importing registers their entries
from ledgerwire.common.catalogue.finding import Finding
from ledgerwire.common.catalogue.registry import Entry, Severity, Side, entries, entry

__all__ = ["Entry", "Finding", "Severity", "Side", "entries", "entry"]
