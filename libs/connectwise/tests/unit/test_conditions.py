"""Filters say what was meant, whatever the values hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from ledgerwire.connectwise.conditions import Field, encode, in_chunks, literal
from ledgerwire.connectwise.patch import replace


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (
            Field("status/id").in_([1, 2]) & (Field("date") >= date(2026, 7, 1)),
            "status/id in (1,2) and date >= [2026-07-01]",
        ),
        (Field("id") > 5, "id > 5"),
        (Field("id") < 5, "id < 5"),
        (Field("total") <= Decimal("12.50"), "total <= 12.50"),
        (Field("total").eq(Decimal("1E+3")), "total = 1000"),
        (Field("deletedFlag").eq(False), "deletedFlag = false"),
        (Field("closedFlag").ne(True), "closedFlag != true"),
        (Field("glBatch").eq(None), "glBatch = null"),
        (Field("name").eq("O'Neill"), 'name = "O\'Neill"'),
        (Field("name").eq('12" rack'), "name = '12\" rack'"),
        (Field("url").contains("my.host"), 'url contains "my.host"'),
        (Field("name").like("Acme*"), 'name like "Acme*"'),
        (
            (Field("a").eq(1) | Field("b").eq(2)) & Field("c").eq(3),
            "(a = 1 or b = 2) and c = 3",
        ),
        (
            Field("lastUpdated") >= datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2))),
            "lastUpdated >= [2026-07-01T10:00:00Z]",
        ),
    ],
)
def test_conditions_are_written_in_the_grammar(condition, text: str) -> None:
    assert str(condition) == text


@pytest.mark.parametrize("value", ["both \" and '", "line\nbreak", "nul\0", "tab\t"])
def test_a_text_that_cannot_be_quoted_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"in a condition|cannot be written"):
        literal(value)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        literal(datetime(2026, 7, 1))  # noqa: DTZ001


@pytest.mark.parametrize("path", ["", "a b", "a=1 or b", "a//b", "/a", "a/", "a)"])
def test_a_field_is_a_path_and_nothing_else(path: str) -> None:
    with pytest.raises(ValueError, match="field path"):
        Field(path)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValueError, match="empty list"):
        Field("id").in_([])


def test_id_lists_are_split_so_that_addresses_stay_short() -> None:
    ids = list(range(100_000, 101_000))
    chunks = list(in_chunks(ids))
    assert [item for chunk in chunks for item in chunk] == ids
    for chunk in chunks:
        assert len(encode(str(Field("billingLogId").in_(chunk)))) < 1300


def test_doubled_ids_are_asked_for_once() -> None:
    assert list(in_chunks([3, 3, 1, 3])) == [[3, 1]]


def test_moments_in_utc_need_no_shift() -> None:
    assert literal(datetime(2026, 7, 1, 1, 2, 3, tzinfo=UTC)) == "[2026-07-01T01:02:03Z]"


def test_patch_replaces_whole_values() -> None:
    assert replace({"status": {"id": 3}}) == b'[{"op":"replace","path":"status","value":{"id":3}}]'
    with pytest.raises(ValueError, match="inside an object"):
        replace({"status/id": 3})
