"""What poster is told of a record."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ledgerwire.common.work.model import Priority, WorkItem
from ledgerwire.mapper.announcing import announcement
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.records import StoredRecord


@pytest.mark.requirement("R22")
def test_the_same_revision_made_again_after_a_restore_is_another_message() -> None:
    """A message of before the restore, which poster has taken without a revision to it, must not swallow the new one."""
    record = StoredRecord(
        uuid4(), uuid4(), uuid4(), "39001", "c", state=RecordState.MAPPED, ledger_connection_id=uuid4(), revision=1,
        announcements=1,
    )  # fmt: skip
    item = WorkItem(
        record.account_id, record.connection_id, "map", "map", Priority.BULK, 0, 1, "c", None, "sweep",
        datetime.now(UTC), {},
    )  # fmt: skip
    before, after = announcement(record, item), announcement(record, item)
    assert before.data == after.data
    assert before.id != after.id
