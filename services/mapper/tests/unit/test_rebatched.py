"""A record of ours that a person batched again: which batches are read, and what is made of what they show (M8)."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.domain.document import map_record
from ledgerwire.mapper.domain.model import Ignored, MappingInput
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.revision import Decided
from ledgerwire.mapper.looking import decided, followed
from ledgerwire.mapper.ports import Account
from ledgerwire.mapper.records import StoredRecord, StoredRevision, revision_of

from .domain.build import document, source, warnings


def rebatched(**changes: object) -> MappingInput:
    """An invoice that is in a batch made by hand, read from it."""
    return replace(source(batch="BY-HAND", listed=False, **changes), rebatched=True)  # type: ignore[arg-type]


def record(**changes: object) -> StoredRecord:
    """A record whose first revision poster proved batched."""
    batched = {"state": RecordState.MAPPED, "revision": 1, "settled_outcome": "batched", "settled_revision": 1}
    return StoredRecord(uuid4(), uuid4(), uuid4(), "39001", "c", **{**batched, **changes})  # type: ignore[arg-type]


def revision(*, follows: bool) -> StoredRevision:
    """Its latest revision."""
    return StoredRevision(1, Decided("mapped", "f", 1, (), (), uuid4()), follows)


@pytest.mark.requirement("M8", "M1")
def test_what_a_person_batched_again_is_mapped_as_if_it_were_listed_and_said_so() -> None:
    assert document(rebatched()) == document(source())
    assert warnings(rebatched()) == ["DOCUMENT_FOLLOWS_BATCH"]
    in_batch, open_again = map_record(source(batch="BY-HAND", listed=False)), map_record(rebatched(closed=False))
    assert isinstance(in_batch, Ignored)
    assert isinstance(open_again, Ignored)
    assert (in_batch.reason, open_again.reason) == ("batched", "open")


REPORTED = {"settled_outcome": "stopped", "settled_findings": (Finding("RECORD_REBATCHED"),)}
PAID = {"settled_outcome": "stopped", "settled_findings": (Finding("DOCUMENT_PAID"),)}
HANDED_OVER = {"announcements": 1, "settled_outcome": None, "settled_revision": None}
GIVEN_BACK = {"announcements": 1, "settled_outcome": "remap"}


@pytest.mark.requirement("M8", "M1")
@pytest.mark.parametrize(
    ("changes", "follows", "read"),
    [
        ({}, False, False),  # an old batched invoice was edited
        ({}, True, False),
        (REPORTED, False, True),
        ({"state": RecordState.OPEN}, False, True),
        (PAID, False, False),
        (PAID, True, True),
        ({"state": RecordState.SKIPPED, "settled_outcome": None}, False, False),
        ({**REPORTED, "record_type": "expense"}, False, False),
        (HANDED_OVER, False, False),  # poster has it in hand
        ({**HANDED_OVER, "state": RecordState.OPEN}, False, True),
        ({**HANDED_OVER, "state": RecordState.RECEIVED}, False, True),
        ({**HANDED_OVER, "state": RecordState.STOPPED}, False, True),
        ({**HANDED_OVER, "state": RecordState.OPEN, "announcements": 0}, False, False),  # nothing was ever sent
        (GIVEN_BACK, False, True),
        ({**GIVEN_BACK, "state": RecordState.SKIPPED}, False, False),  # nothing of it is in the ledger
    ],
)
def test_only_a_batch_that_a_person_made_of_a_record_of_ours_is_looked_into(
    changes: dict[str, object], follows: bool, read: bool
) -> None:
    one = record(**changes)
    assert bool(followed([one], {one.record_id: revision(follows=follows)})) is read


@pytest.mark.requirement("M8")
def test_what_poster_sends_back_unchanged_is_left_in_its_batch() -> None:
    given, company = rebatched(), uuid4()
    result = map_record(given)
    made = revision_of(given, result, company)  # type: ignore[arg-type]
    back = record(settled_outcome="remap")
    account = Account(back.account_id, live=True, go_live_from=date(2026, 1, 1), mappings=(), routes=())
    look = decided(
        back, given, result, account=account, ledger_connection_id=company, latest=StoredRevision(1, made.decided)
    )
    assert (look.record.state, look.announce, look.revision) == (RecordState.SKIPPED, False, None)
    assert [item.code for item in look.record.findings] == ["ALREADY_BATCHED"]
