"""The books check of an outsider: only the wire's journal and the expected ledger, none of the product's own rows.

`exchanges` reads the journal, `documents` finds what the ledger holds, `batches` what the PSA was told, `comparison`
puts one document beside its expectation, `controls` adds up the accounts, `books` makes the report.
"""

from ledgerwire.sandbox.audit.books import audit
from ledgerwire.sandbox.audit.report import AuditFinding, AuditReport

__all__ = ["AuditFinding", "AuditReport", "audit"]
