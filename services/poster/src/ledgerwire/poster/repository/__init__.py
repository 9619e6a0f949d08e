"""All SQL of poster; used as `repository.<function>`."""

from ledgerwire.poster.repository.batches import (
    batched_to_watch,
    batches_looked_at,
    put_batch,
    set_batch,
)
from ledgerwire.poster.repository.contact_links import contact_link, put_contact_link
from ledgerwire.poster.repository.expense_groups import members_to_come
from ledgerwire.poster.repository.posted import postings_of
from ledgerwire.poster.repository.records import (
    add_timeline,
    close_round,
    database_now,
    forget_document,
    is_claimed,
    keep_rate,
    load_cases,
    next_edition,
    put_posting,
    set_posting,
    still_decided,
)
from ledgerwire.poster.repository.submissions import (
    OpenCall,
    answered,
    close_looked_up,
    mark_unknown,
    open_call,
    open_submission,
    record_verdict,
    reopen_submission,
    settle_submission,
)

__all__ = [
    "OpenCall",
    "add_timeline",
    "answered",
    "batched_to_watch",
    "batches_looked_at",
    "close_looked_up",
    "close_round",
    "contact_link",
    "database_now",
    "forget_document",
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
    "put_contact_link",
    "put_posting",
    "record_verdict",
    "reopen_submission",
    "set_batch",
    "set_posting",
    "settle_submission",
    "still_decided",
]
