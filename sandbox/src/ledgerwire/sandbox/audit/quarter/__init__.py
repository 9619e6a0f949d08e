"""The books check of the quarter: every kind of document of several companies, in either ledger.

`papers` is what a ledger document says whatever the package, `xero` and `quickbooks` read it off the wire, `matching` puts
each expected document beside its own, `comparison` says what differs, `controls` adds up the accounts, `batches` looks at
what the PSA was told, `cash` at what customers paid, `check` makes the report.
"""

from ledgerwire.sandbox.audit.quarter.check import Books, audit_quarter

__all__ = ["Books", "audit_quarter"]
