"""Causes poster finds between two systems: documents that no longer belong where they are, and faults of our own."""

from __future__ import annotations

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register

register(
    Entry(
        code="DOCUMENT_LEFT_BEHIND",
        severity=Severity.STOP,
        title="An earlier document stands in the ledger",
        message="{ledger} holds an earlier {kind} {number} that ConnectWise no longer asks for.",
        action="Void it in {ledger}, then Retry; what replaces it is posted after that.",
        where="Ledger: the document",
        who="clerk",
        side=Side.LEDGER,
        source="M8",
    ),
    Entry(
        code="DOCUMENT_IN_OTHER_COMPANY",
        severity=Severity.STOP,
        title="Posted to another company before",
        message="{number} was posted to another ledger company before its location was moved to this one.",
        action="Void it in the other company, then Retry; or move the location back.",
        where="Ledger: the other company; Ledgerwire: company locations of the account",
        who="account admin",
        side=Side.LEDGERWIRE,
        source="A117, M8",
    ),
    Entry(
        code="NUMBER_ON_ITS_WAY",
        severity=Severity.CONNECTION,
        title="Another record's document has this number, and what became of it is not known",
        message="{number} waits: {ledger} was asked for a document {document} of another record, and what became of that is "
        "not known.",
        action="Find the other record with the number {document} and clear what keeps it: Retry it, or ops replays its dead "
        "letter. {number} goes on by itself.",
        where="Ledgerwire: ledgerwire record list; ledgerwire dead-letters",
        who="ops",
        side=Side.LEDGERWIRE,
        cause_params=("document",),
        source="M16, M25",
    ),
    Entry(
        code="INTERNAL_FAULT",
        severity=Severity.STOP,
        title="A fault on our side",
        message="{number} could not be worked on because of a fault in Ledgerwire ({cause}); nothing was lost.",
        action="Ops looks at the dead letter and replays it; if it was discarded: ledgerwire record retry '{number}'.",
        where="Ledgerwire: ledgerwire dead-letters",
        who="ops",
        side=Side.LEDGERWIRE,
        cause_params=("cause",),
        source="B38",
    ),
)
