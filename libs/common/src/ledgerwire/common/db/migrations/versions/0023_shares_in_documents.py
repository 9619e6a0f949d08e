"""Poster sees which revision of a record has its share in the document of several: a batch is made over no other (M7, M17).

Additive: the previous release runs on this schema while it is rolled out and does not see the added column.
"""

from __future__ import annotations

from alembic import op

from ledgerwire.common.db.migrations.grants import drop_view, read_view

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_SCHEMA, _VIEW = "mapper", "revisions_for_poster"
_REVISIONS = """
SELECT r.account_id, r.record_id, r.state AS record_state, v.revision, v.outcome,
       v.ledger_connection_id, r.connection_id AS connectwise_connection_id,
       r.source_id, r.record_type, r.number, r.customer, r.record_date, r.currency,
       coalesce(g.documents, v.documents) AS documents, v.documents_hash, v.processed_record_ids, v.gl_lines, v.gl_total,
       v.source_total, v.fingerprint, v.mapping_version, r.correlation_id, v.created_at, r.choices, g.group_id,
       g.revision AS group_revision,
       v.findings @> '[{{"code": "DOCUMENT_FOLLOWS_BATCH"}}]' AS follows_batch{more}
  FROM mapper.record r
  JOIN mapper.revision v
    ON v.account_id = r.account_id AND v.record_id = r.record_id AND v.revision = r.revision
  LEFT JOIN mapper.expense_group_member m ON m.account_id = r.account_id AND m.record_id = r.record_id
  LEFT JOIN mapper.expense_group g ON g.account_id = m.account_id AND g.group_id = m.group_id
"""
_SHARE = ", m.revision AS share_revision"


def upgrade() -> None:
    _view(_SHARE)


def downgrade() -> None:
    _view("")


def _view(more: str) -> None:
    drop_view(op, _SCHEMA, _VIEW)
    read_view(op, _SCHEMA, _VIEW, _REVISIONS.format(more=more), readers=["poster"])
