"""A product or expense that left the unposted list: what poster has of it is poster's to tell (M8)."""

from uuid import uuid4

import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.domain.revision import Decided
from ledgerwire.mapper.looking import unlisted
from ledgerwire.mapper.records import StoredRecord, StoredRevision

OFF_THE_LIST = {
    "settled_outcome": "stopped",
    "settled_revision": 1,
    "settled_findings": (Finding("RECORD_OFF_THE_LIST", {"number": "PO-1", "ledger": "Xero"}),),
}


def record(**changes: object) -> StoredRecord:
    """One that was handed over and that a person retries."""
    known = {"record_type": "procurement", "state": RecordState.RECEIVED, "revision": 1, "announcements": 1, **changes}
    return StoredRecord(uuid4(), uuid4(), uuid4(), "PO-1-1", "c", **known)  # type: ignore[arg-type]


def latest(outcome: str = "mapped") -> StoredRevision:
    """Its latest revision."""
    return StoredRevision(1, Decided(outcome, "f", 1, (), (), uuid4()))


@pytest.mark.requirement("M8", "D3")
@pytest.mark.parametrize("choices", [(), ("ACCEPT",)])
def test_what_poster_stopped_because_it_left_the_list_is_told_to_it_again_with_what_was_chosen(choices) -> None:
    look = unlisted(record(**OFF_THE_LIST, choices=choices), "Xero", latest())
    assert (look.record.state, look.announce, look.record.announcements) == (RecordState.MAPPED, True, 2)
    assert (look.record.choices, look.record.settled_outcome, look.revision) == (choices, None, None)


@pytest.mark.requirement("M8")
def test_one_that_is_retried_while_poster_batches_it_is_not_left_open() -> None:
    look = unlisted(record(), "Xero", latest("no_effect"))
    assert (look.record.state, look.announce) == (RecordState.NO_EFFECT, True)


@pytest.mark.requirement("M1")
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"announcements": 0}, "mapped"),  # poster never had it
        ({"settled_outcome": "remap"}, "mapped"),  # it has nothing of it
        (OFF_THE_LIST, "stopped"),  # nothing is decided that it could carry out
    ],
)
def test_every_other_one_waits_for_the_list(changes, outcome) -> None:
    look = unlisted(record(**changes), "Xero", latest(outcome))
    assert (look.record.state, look.announce) == (RecordState.OPEN, False)
    assert [item.code for item in look.record.findings] == ["NOT_ON_UNPOSTED_LIST"]
