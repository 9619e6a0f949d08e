"""Records beside invoices: their own columns in lists, the choices people make, and the sweep's counts by type.

Additive first: the previous release runs on this schema while it is rolled out.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from ledgerwire.common.db.migrations.grants import drop_view, read_view

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NO_OBJECT = sa.text("'{}'::jsonb")
_REVISIONS = """
SELECT r.account_id, r.record_id, r.state AS record_state, v.revision, v.outcome,
       v.ledger_connection_id, r.connection_id AS connectwise_connection_id,
       r.source_id, r.record_type, r.number, r.customer, r.record_date, r.currency,
       v.documents, v.documents_hash, v.processed_record_ids, v.gl_lines, v.gl_total, v.source_total,
       v.fingerprint, v.mapping_version, r.correlation_id, v.created_at{more}
  FROM mapper.record r
  JOIN mapper.revision v
    ON v.account_id = r.account_id AND v.record_id = r.record_id AND v.revision = r.revision
"""


_BY_VENDOR_INVOICE = """
CREATE INDEX ix_record_vendor_invoice ON mapper.record (account_id, connection_id, (particulars ->> 'vendor_invoice_number'))
 WHERE record_type = 'procurement'
"""


def upgrade() -> None:
    op.add_column("sweep", sa.Column("by_type", JSONB, nullable=False, server_default=_NO_OBJECT), schema="ingest")
    op.add_column("record", sa.Column("particulars", JSONB, nullable=False, server_default=_NO_OBJECT), schema="mapper")
    choices: sa.Column[list[str]] = sa.Column(
        "choices", ARRAY(sa.String), nullable=False, server_default=sa.text("'{}'::text[]")
    )
    op.add_column("record", choices, schema="mapper")
    op.execute(_BY_VENDOR_INVOICE)
    _revisions(more=", r.choices")


def downgrade() -> None:
    _revisions(more="")
    op.execute("DROP INDEX mapper.ix_record_vendor_invoice")
    op.drop_column("record", "choices", schema="mapper")
    op.drop_column("record", "particulars", schema="mapper")
    op.drop_column("sweep", "by_type", schema="ingest")


def _revisions(*, more: str) -> None:
    """Make the view that poster reads anew; a reader of the previous release does not see the added columns."""
    drop_view(op, "mapper", "revisions_for_poster")
    read_view(op, "mapper", "revisions_for_poster", _REVISIONS.format(more=more), readers=["poster"])
