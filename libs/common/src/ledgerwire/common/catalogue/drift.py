"""Causes found on a posted document that is not in the ledger as it was posted any more (D11)."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

DRIFTED = frozenset({"DOCUMENT_CHANGED_IN_LEDGER", "DOCUMENT_GONE_FROM_LEDGER"})
"""All that may be found on a document after its record was batched."""

_RESOLVE = "Ledgerwire: ledgerwire record resolve {number} --choice ..."

register(
    Entry(
        code="DOCUMENT_CHANGED_IN_LEDGER",
        severity=Severity.STOP,
        title="Changed in the ledger after posting",
        message="The {kind} {number} was changed in {ledger} after it was posted: {changes}.",
        action="Put it back in {ledger}; or answer with record resolve: accept it as it is now, void it and post it again, "
        "or credit it and post a new one.",
        where=_RESOLVE,
        who="clerk",
        side=Side.LEDGER,
        source="D11",
    ),
    Entry(
        code="DOCUMENT_GONE_FROM_LEDGER",
        severity=Severity.STOP,
        title="Voided or deleted in the ledger after posting",
        message="The {kind} {number} is out of the books of {ledger} although it was posted: {changes}.",
        action="Answer with record resolve: accept that it is gone, or post it again.",
        where=_RESOLVE,
        who="clerk",
        side=Side.LEDGER,
        source="D11",
    ),
)
