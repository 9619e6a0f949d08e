"""Poster's crash points: every place between two committed steps of the posting protocol."""

from __future__ import annotations

from ledgerwire.common.crashpoints import declare

BEFORE_SUBMISSION = declare("poster.before_submission", "eligible and composed, nothing committed")
SUBMISSION_COMMITTED = declare("poster.submission_committed", "submission committed, first byte not sent")
ANSWER_RECEIVED = declare("poster.answer_received", "the ledger answered, no verdict committed")
OUTCOME_UNKNOWN = declare("poster.outcome_unknown", "an unknown outcome committed, not looked up")
LOOKED_UP = declare("poster.looked_up", "what a look-up found committed, the record not gone on with")
VERDICT_COMMITTED = declare("poster.verdict_committed", "verdicts of a call committed, its end not")
SUBMISSION_SETTLED = declare("poster.submission_settled", "all verdicts and the call's end committed")
BEFORE_CONTACT = declare("poster.before_contact", "contact link `linking`, contact not created")
CONTACT_CREATED = declare("poster.contact_created", "contact created, its id not committed")
CONTACT_LINKED = declare("poster.contact_linked", "contact linked, its document not composed")
# Only a record that changed, or that needs an item made, passes these.
BEFORE_ITEM = declare("revision.before_item", "item call committed, item not created")
ITEM_CREATED = declare("revision.item_created", "item created, its call not settled")
VOID_COMMITTED = declare("revision.void_committed", "document `voiding`, call not sent")
VOIDED = declare("revision.voided", "document voided in the ledger, not committed")
REVERSAL_COMMITTED = declare("revision.reversal_committed", "credit for a document committed, nothing sent")
BEFORE_REEXPORT = declare("poster.before_reexport", "documents posted, batch not begun")
BATCHING_COMMITTED = declare("poster.batching_committed", "batch `batching`, call not sent")
BATCH_SENT = declare("poster.batch_sent", "batch created in ConnectWise, not proved")
MARK_PROVED = declare("poster.mark_proved", "mark read back, result not committed")
SETTLED = declare("poster.settled", "batched and settled committed, work row gone")
