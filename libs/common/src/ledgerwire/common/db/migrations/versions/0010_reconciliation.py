"""What poster reads of mapper and ingest to reconcile: where every record stands, and which ones somebody is working on.

Views only: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

from alembic import op

from ledgerwire.common.db.migrations.grants import drop_view, read_view

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_RECORDS = """
SELECT r.account_id, r.record_id, r.connection_id, r.ledger_connection_id, r.record_type, r.source_id, r.number,
       r.customer, r.record_date, r.total, r.currency, r.state, r.hold_reason, r.findings, r.settled_outcome,
       r.settled_findings, r.revision, v.outcome, v.documents, r.updated_at
  FROM mapper.record r
  LEFT JOIN mapper.revision v
    ON v.account_id = r.account_id AND v.record_id = r.record_id AND v.revision = r.revision
"""
_IN_HAND = """
SELECT account_id, payload ->> 'record_id' AS record_id, kind, NULL::uuid AS message_id, first_due_at AS created_at
  FROM mapper.work
 UNION ALL
SELECT account_id, subject, 'message', message_id, created_at FROM mapper.outbox
"""
_TAKEN = "SELECT account_id, message_id FROM mapper.inbox"
_ANNOUNCED = "SELECT account_id, subject AS record_id, message_id, created_at FROM ingest.outbox"
_VIEWS = {
    ("mapper", "records_for_poster"): _RECORDS,
    ("mapper", "records_in_hand_for_poster"): _IN_HAND,
    ("mapper", "messages_taken_for_poster"): _TAKEN,
    ("ingest", "records_announced_for_poster"): _ANNOUNCED,
}


def upgrade() -> None:
    for (schema, name), sql in _VIEWS.items():
        read_view(op, schema, name, sql, readers=["poster"])


def downgrade() -> None:
    for schema, name in reversed(_VIEWS):
        drop_view(op, schema, name)
