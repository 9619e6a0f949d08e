from uuid import uuid4

import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.choices import is_offered, offered
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.looking import is_mapping_choice
from ledgerwire.mapper.records import StoredRecord


def record(state, *codes, settled=()):
    return StoredRecord(
        uuid4(), uuid4(), uuid4(), "39001", "c", state=state, findings=tuple(map(Finding, codes)),
        settled_outcome="stopped" if settled else None, settled_findings=tuple(map(Finding, settled)),
    )  # fmt: skip


@pytest.mark.requirement("D3")
@pytest.mark.parametrize(
    ("code", "choice"),
    [
        ("PERIOD_LOCKED", "FIRST_OPEN_DAY"),
        ("CONTACT_UNLINKED", "CREATE_CONTACT"),
        ("CONTACT_UNLINKED", "LINK:c-9"),
        ("CONTACT_ARCHIVED", "LINK:c-9"),
        ("ADJUSTMENT_OVER_LIMIT", "ACCEPT_ROUNDING"),
    ],
)
def test_every_stop_with_choices_offers_its_own(code, choice) -> None:
    stopped = record(RecordState.STOPPED, code)
    assert is_offered(stopped, choice)
    assert is_mapping_choice(choice)
    assert not is_offered(record(RecordState.STOPPED, "TAX_CODE_UNKNOWN"), choice)


def test_a_link_needs_the_contact_it_links_to() -> None:
    assert not is_offered(record(RecordState.STOPPED, "CONTACT_UNLINKED"), "LINK:")


@pytest.mark.requirement("M8")
def test_what_poster_stopped_is_answered_by_posters_choices() -> None:
    stopped = record(RecordState.MAPPED, "PERIOD_LOCKED", settled=("DOCUMENT_PAID",))
    assert offered(stopped) == ("UNDO_PAYMENT_DONE", "CREDIT_AND_NEW", "ACCEPT")
    assert not any(map(is_mapping_choice, offered(stopped)))
    assert offered(record(RecordState.MAPPED)) == ()
