"""What counts as drift, and how it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.catalogue import entry
from ledgerwire.common.catalogue.revisions import AFTER_THE_BATCH, CHOICES
from ledgerwire.poster.drift.domain.comparison import Change, Drift, drifted, in_words, only

POSTED = {"state": "in the books", "total": "110.00", "lines": "1", "line 1 account": "200"}
FIELDS = st.dictionaries(st.sampled_from(["total", "date", "line 1 account", "line 2 account"]), st.text(max_size=3))


@given(FIELDS)
def test_a_document_beside_itself_never_drifted(shown: dict[str, str]) -> None:
    assert drifted(shown, shown) is None


@given(FIELDS, FIELDS)
def test_every_field_that_differs_is_named_with_old_and_new(before: dict[str, str], now: dict[str, str]) -> None:
    whole = {**before, "lines": "2"}, {**now, "lines": "2"}
    found = drifted(*whole)
    changes = {(one.field, one.old, one.new) for one in found.changes} if found else set()
    fields = {*before, *now}
    assert changes == {
        (field, before.get(field, ""), now.get(field, "")) for field in fields if before.get(field) != now.get(field)
    }


@pytest.mark.parametrize("state", ["voided", "deleted", "draft"])
def test_what_is_out_of_the_books_is_gone_whatever_else_it_shows(state: str) -> None:
    found = drifted(POSTED, {"state": state})
    assert found is not None
    assert (found.drift, found.changes) == (Drift.GONE, (Change("state", "in the books", state),))


def test_a_first_look_knows_only_what_was_posted() -> None:
    known = only(["state", "total"], POSTED)
    assert drifted(known, {**POSTED, "line 2 account": "260"}) is None
    assert drifted(known, {**POSTED, "total": "120.00"}) is not None


def test_a_sentence_names_some_changes_and_counts_the_rest() -> None:
    changes = [Change(f"line {place} account", "200", "") for place in range(1, 7)]
    assert in_words(changes[:1]) == "line 1 account 200 -> none"
    assert in_words(changes).endswith("; and 2 more")


@pytest.mark.parametrize("drift", Drift)
def test_each_drift_is_catalogued_is_news_after_the_batch_and_can_be_answered(drift: Drift) -> None:
    assert entry(drift.value).source == "D11"
    assert drift.value in AFTER_THE_BATCH
    assert "ACCEPT" in CHOICES[drift.value]
