"""Causes found on reopened, changed or reversed records, and the choices a person has (M8)."""

from __future__ import annotations

from enum import StrEnum

from ledgerwire.common.catalogue.registry import Entry, Severity, Side, register


class Choice(StrEnum):
    """What a person may decide about a document that cannot simply be written.

    accept: what the ledger has counts as it is; the record is batched. credit_and_new: a credit note takes the document
    back and a new one is made. void_and_recreate: it is taken out of the books and made again. adopt: the document that
    has our number is ours. undo_payment_done: the payment is undone, look again.
    void: the record is deleted in ConnectWise; its documents are taken out of the books and nothing replaces them.
    """

    ACCEPT = "ACCEPT"
    CREDIT_AND_NEW = "CREDIT_AND_NEW"
    VOID_AND_RECREATE = "VOID_AND_RECREATE"
    ADOPT = "ADOPT"
    UNDO_PAYMENT_DONE = "UNDO_PAYMENT_DONE"
    VOID = "VOID"


CHOICES: dict[str, tuple[Choice, ...]] = {
    "DOCUMENT_PAID": (Choice.UNDO_PAYMENT_DONE, Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "PERIOD_LOCKED": (Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "BATCH_CLOSED": (Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "LEDGER_TOTAL_DIFFERS": (Choice.VOID_AND_RECREATE, Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "LEDGER_DOCUMENT_DIFFERS": (Choice.VOID_AND_RECREATE, Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "DOCUMENT_LEFT_BEHIND": (Choice.VOID_AND_RECREATE, Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "INVENTORY_JOURNAL_EXISTS": (Choice.VOID_AND_RECREATE, Choice.CREDIT_AND_NEW, Choice.ACCEPT),
    "DUPLICATE_NUMBER": (Choice.ADOPT,),
    "NUMBER_OF_ANOTHER_CONTACT": (Choice.ADOPT,),
    "DOCUMENT_NOT_CREDITED": (Choice.VOID_AND_RECREATE, Choice.ACCEPT),
    "RECORD_OFF_THE_LIST": (Choice.ACCEPT,),
    "BATCH_DELETED_DOCUMENT_REMAINS": (Choice.ACCEPT, Choice.VOID_AND_RECREATE),
    "RECORD_DELETED_DOCUMENT_REMAINS": (Choice.VOID, Choice.ACCEPT),
    "DOCUMENT_CHANGED_IN_LEDGER": (Choice.ACCEPT, Choice.VOID_AND_RECREATE, Choice.CREDIT_AND_NEW),
    "DOCUMENT_GONE_FROM_LEDGER": (Choice.ACCEPT, Choice.VOID_AND_RECREATE),
}
"""What poster does about a stop of its own, by code; other codes are cleared where they arose, and retried."""

AFTER_THE_BATCH = frozenset(
    {
        "BATCH_DELETED_DOCUMENT_REMAINS",
        "BATCH_DELETED_WITHOUT_DOCUMENT",
        "RECORD_REBATCHED",
        "RECORD_DELETED_DOCUMENT_REMAINS",
        "DOCUMENT_CHANGED_IN_LEDGER",
        "DOCUMENT_GONE_FROM_LEDGER",
    }
)
"""What may be noticed of a record that was batched: the only news about one."""

_RESOLVE = "Ledgerwire: ledgerwire record resolve {number} --choice ..."
_BATCHES = "ConnectWise: Finance > Accounting Interface > Batches"

register(
    Entry(
        code="DOCUMENT_CONTACT_CHANGED",
        severity=Severity.WARNING,
        title="Bill-to changed after posting",
        message="{number} was voided in {ledger} and made again for {company}, who is billed now.",
        action="None; the voided document stays visible in {ledger}.",
        where="Ledger: the document",
        who="clerk",
        side=Side.LEDGER,
        source="M8",
    ),
    Entry(
        code="DOCUMENT_ACCEPTED",
        severity=Severity.WARNING,
        title="Accepted as it is in the ledger",
        message="{number} is batched; a person accepted the document in {ledger} as it is there.",
        action="None, if that was meant.",
        where="Ledger: the document",
        who="clerk",
        side=Side.LEDGER,
        source="M8",
    ),
    Entry(
        code="DOCUMENT_CREDITED",
        severity=Severity.WARNING,
        title="Taken back by a credit",
        message="{credit} in {ledger} takes back {number}, which could not be changed any more.",
        action="Apply {credit} in {ledger}, or pay it back.",
        where="Ledger: credit notes",
        who="clerk",
        side=Side.LEDGER,
        source="M8",
    ),
    Entry(
        code="DOCUMENT_NOT_CREDITED",
        severity=Severity.STOP,
        title="The credit that was chosen cannot be posted",
        message="The credit that is to take back a document of {number} is not in {ledger} yet.",
        action="Clear the other cause, then Retry; or answer with record resolve: accept the document as it is, or void it.",
        where=_RESOLVE,
        who="clerk",
        side=Side.LEDGER,
        source="M8",
    ),
    Entry(
        code="NUMBER_OF_ANOTHER_CONTACT",
        severity=Severity.STOP,
        title="The document is another customer's or supplier's",
        message="{number} in {ledger} belongs to {found}, this record to {company}: it was not adopted.",
        action="Move {number} in {ledger} to {company} or renumber it, then Retry.",
        where="Ledger: the document; then Ledgerwire: ledgerwire record retry {number}",
        who="clerk",
        side=Side.LEDGER,
        source="M16",
    ),
    Entry(
        code="RECORD_OFF_THE_LIST",
        severity=Severity.STOP,
        title="Posted, and taken off the unposted list by somebody else",
        message="{number} is in {ledger}, but it left the unposted list in ConnectWise and no batch of ours marks it: "
        "it was batched by hand, or deleted.",
        action="Batched by hand: accept it. Deleted or taken back: void {number} in {ledger}, then Skip the record.",
        where=_RESOLVE,
        who="clerk",
        side=Side.CONNECTWISE,
        source="M1, M8",
    ),
    Entry(
        code="DOCUMENT_VOIDED",
        severity=Severity.WARNING,
        title="Voided, its record was deleted",
        message="{number} was deleted in ConnectWise; a person had its document in {ledger} voided.",
        action="None, if that was meant.",
        where="Ledger: the document",
        who="clerk",
        side=Side.LEDGER,
        source="M8",
    ),
    Entry(
        code="BATCH_CLOSED",
        severity=Severity.STOP,
        title="The earlier batch is closed",
        message="{number} changed in ConnectWise, but its batch '{batch}' is closed there.",
        action="Answer with record resolve: accept what {ledger} has and batch it, or credit it and post a new document.",
        where=_RESOLVE,
        who="clerk",
        side=Side.CONNECTWISE,
        source="M8",
    ),
    Entry(
        code="BATCH_DELETED_DOCUMENT_REMAINS",
        severity=Severity.WARNING,
        title="The batch was deleted, the document remains",
        message="Batch '{batch}' of {number} is gone in ConnectWise; its document of {amount} is still in {ledger}.",
        action="Change {number} and close it again; or accept the document as it is: it is batched again; or void and "
        "recreate it.",
        where=_RESOLVE,
        who="clerk",
        side=Side.CONNECTWISE,
        source="D11, F1, M8",
    ),
    Entry(
        code="BATCH_DELETED_WITHOUT_DOCUMENT",
        severity=Severity.WARNING,
        title="The batch was deleted, and there is no document",
        message="Batch '{batch}' of {number} is gone in ConnectWise, and {ledger} has no document of its {amount}.",
        action="Retry {number} to have it posted and batched again; or skip it, if it is to stay out.",
        where="Ledgerwire: ledgerwire record retry {number}",
        who="clerk",
        side=Side.CONNECTWISE,
        source="D11, M8",
    ),
    Entry(
        code="RECORD_REBATCHED",
        severity=Severity.WARNING,
        title="Batched again by hand with other figures",
        message="{number} is now in batch '{batch}' with {found} in ConnectWise; {ledger} has {expected}.",
        action="None: its document is brought to the figures of that batch. If this stays, the batch does not show them: "
        "delete it and close {number} again.",
        where=_BATCHES,
        who="clerk",
        side=Side.CONNECTWISE,
        source="D11, M8",
    ),
    Entry(
        code="DOCUMENT_FOLLOWS_BATCH",
        severity=Severity.WARNING,
        title="Follows a batch that was made by hand",
        message="{number} was batched again by hand, in '{batch}', with other figures: its document in {ledger} follows, "
        "with {amount}.",
        action="None, if the change was meant; no second batch is made.",
        where=_BATCHES,
        who="clerk",
        side=Side.CONNECTWISE,
        source="M8",
    ),
    Entry(
        code="INVENTORY_JOURNAL_EXISTS",
        severity=Severity.STOP,
        title="A stock journal of an earlier round stands",
        message="{ledger} holds the stock journal {number}, which the changed record no longer asks for.",
        action="Void journal {number} in {ledger}, then Retry; or choose to have it voided.",
        where=_RESOLVE,
        who="clerk",
        side=Side.LEDGER,
        source="F1, M6, M8",
    ),
)
