"""All SQL of poster; used as `repository.<function>`."""

from ledgerwire.poster.repository.contact_links import contact_link, put_contact_link
from ledgerwire.poster.repository.records import (
    add_timeline,
    database_now,
    is_claimed,
    load_cases,
    put_batch,
    put_posting,
    set_posting,
    still_decided,
)
from ledgerwire.poster.repository.submissions import (
    close_looked_up,
    mark_unknown,
    open_submission,
    record_verdict,
    settle_submission,
)

__all__ = [
    "add_timeline",
    "close_looked_up",
    "contact_link",
    "database_now",
    "is_claimed",
    "load_cases",
    "mark_unknown",
    "open_submission",
    "put_batch",
    "put_contact_link",
    "put_posting",
    "record_verdict",
    "set_posting",
    "settle_submission",
    "still_decided",
]
