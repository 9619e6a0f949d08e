from dataclasses import replace
from uuid import uuid4

import pytest

from ledgerwire.common.catalogue import Finding
from ledgerwire.mapper.choices import is_offered, offered
from ledgerwire.mapper.domain.record import RecordState
from ledgerwire.mapper.looking import is_mapping_choice, waits_for_period
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


@pytest.mark.requirement("D3", "D9")
def test_a_new_contact_is_offered_only_where_it_would_be_made() -> None:
    def of(code, **params):
        found = replace(record(RecordState.STOPPED), findings=(Finding(code, params),))
        return is_offered(found, "LINK:c-9"), is_offered(found, "CREATE_CONTACT")

    assert of("CONTACT_UNLINKED") == (True, True)
    assert of("CONTACT_UNLINKED", agree="2") == (True, False)
    assert of("CONTACT_ARCHIVED") == (True, False)
    assert of("CONTACT_LINK_UNKNOWN", source="choice") == (True, True)
    assert of("CONTACT_LINK_UNKNOWN", source="settings") == (True, False)


@pytest.mark.requirement("D14")
@pytest.mark.parametrize(("policy", "by_itself"), [("hold", True), ("ask", False)])
def test_what_is_held_until_its_period_opens_is_looked_at_again_by_itself(policy, by_itself) -> None:
    found = replace(record(RecordState.STOPPED), findings=(Finding("PERIOD_LOCKED", {"policy": policy}),))
    assert waits_for_period(found) is by_itself


@pytest.mark.requirement("M8")
def test_what_poster_stopped_is_answered_by_posters_choices() -> None:
    stopped = record(RecordState.MAPPED, "PERIOD_LOCKED", settled=("DOCUMENT_PAID",))
    assert offered(stopped) == ("UNDO_PAYMENT_DONE", "CREDIT_AND_NEW", "ACCEPT")
    assert not any(map(is_mapping_choice, offered(stopped)))
    assert offered(record(RecordState.MAPPED)) == ()
