"""The catalogue speaks to clerks: what is wrong, what to do, where, who."""

import string

import pytest

from ledgerwire.common.catalogue import Entry, Finding, Severity, Side, entries
from ledgerwire.common.catalogue.registry import register

ALL = list(entries())


def named(template: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template) if field}


@pytest.mark.requirement("A126", "M25")
@pytest.mark.parametrize("entry", ALL, ids=lambda entry: entry.code)
def test_every_cause_says_what_to_do_where_and_who(entry: Entry):
    for text in (entry.title, entry.message, entry.action, entry.where, entry.who, entry.source):
        assert text.strip() == text != ""
    assert not named(entry.title) | named(entry.who), "message, action and place are filled in, nothing else"
    assert named(entry.where) <= named(entry.message) | named(entry.action), "the place needs no value of its own"
    assert entry.message.endswith((".", "}")), "a sentence"
    assert entry.message[0].isupper() or entry.message[0] in "{'", "a sentence"


@pytest.mark.requirement("M2", "M25")
@pytest.mark.parametrize(
    "entry", [each for each in ALL if each.severity is Severity.STOP], ids=lambda entry: entry.code
)
def test_whatever_stops_names_a_way_on(entry: Entry):
    assert entry.side is not Side.NONE
    ways = ("Retry", "GL Reload", "batch", "goes on", "look", "Look", "void", "Void", "release", "again")
    assert any(way in entry.action for way in ways), entry.action


def test_a_code_stands_for_one_cause():
    with pytest.raises(ValueError, match="registered twice"):
        register(ALL[0])


def test_a_missing_value_never_fails_a_clerks_list():
    assert Finding("CONTACT_BILLING_MISSING").message == "? has no billing contact."


def test_a_setting_may_turn_a_stop_into_a_warning_and_nothing_else():
    assert Finding("TRACKING_MISSING").stops
    assert Finding("TRACKING_MISSING", warned=True).severity is Severity.WARNING
    assert Finding("ALREADY_BATCHED", warned=True).severity is Severity.INFO


def test_the_same_cause_is_one_whoever_it_is_found_on():
    one = Finding("ACCOUNT_ARCHIVED", {"account": "291", "number": "INV-1"})
    other = Finding("ACCOUNT_ARCHIVED", {"account": "291", "number": "INV-2"}, 4)
    assert one.cause_key == other.cause_key == "ACCOUNT_ARCHIVED[account=291]"


def test_a_fault_whose_letter_was_put_away_has_a_way_on_too():
    action = Finding("INTERNAL_FAULT", {"number": "INV-7", "cause": "INTERNAL"}).entry.render_action(
        {"number": "INV-7"}
    )
    assert "ledgerwire record retry 'INV-7'" in action
