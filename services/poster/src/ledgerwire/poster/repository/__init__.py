"""All SQL of poster; used as `repository.<function>`."""

from ledgerwire.poster.repository.batches import (
    batched_to_watch,
    batches_looked_at,
    put_batch,
    put_batches,
    set_batch,
)
from ledgerwire.poster.repository.contact_links import contact_link, put_contact_link
from ledgerwire.poster.repository.expense_groups import (
    forget_leaving,
    in_documents_of_others,
    in_other_documents,
    members_to_come,
)
from ledgerwire.poster.repository.posted import postings_of
from ledgerwire.poster.repository.postings import (
    close_rounds,
    forget_document,
    keep_rate,
    next_edition,
    put_posting,
    put_postings,
    set_posting,
    set_postings,
    touch_postings,
)
from ledgerwire.poster.repository.records import (
    behind_another,
    database_now,
    decided_in_turn,
    is_claimed,
    load_cases,
    still_decided,
    still_to_send,
)
from ledgerwire.poster.repository.submissions import (
    OpenCall,
    answered,
    close_looked_up,
    mark_unknown,
    open_call,
    open_submission,
    record_verdicts,
    reopen_submission,
    settle_left_open,
    settle_submission,
)
from ledgerwire.poster.repository.timeline import add_timeline

__all__ = [
    "OpenCall",
    "add_timeline",
    "answered",
    "batched_to_watch",
    "batches_looked_at",
    "behind_another",
    "close_looked_up",
    "close_rounds",
    "contact_link",
    "database_now",
    "decided_in_turn",
    "forget_document",
    "forget_leaving",
    "in_documents_of_others",
    "in_other_documents",
    "is_claimed",
    "keep_rate",
    "load_cases",
    "mark_unknown",
    "members_to_come",
    "next_edition",
    "open_call",
    "open_submission",
    "postings_of",
    "put_batch",
    "put_batches",
    "put_contact_link",
    "put_posting",
    "put_postings",
    "record_verdicts",
    "reopen_submission",
    "set_batch",
    "set_posting",
    "set_postings",
    "settle_left_open",
    "settle_submission",
    "still_decided",
    "still_to_send",
    "touch_postings",
]
