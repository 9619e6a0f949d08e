from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledgerwire.sandbox.xero.wire import NotAJsonBodyError, decode, encode, iso_seconds, ms_date, parse_date


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("87.75"), b"87.75"),
        (Decimal("100.00"), b"100.00"),
        (Decimal("1E+2"), b"100"),
        (Decimal("0.1") + Decimal("0.2"), b"0.3"),
        (Decimal("9999999999.99"), b"9999999999.99"),
        ({"a": [1, None, True, '\u00e9"']}, b'{"a":[1,null,true,"\\u00e9\\""]}'),
        ({}, b"{}"),
        ([], b"[]"),
        (date(2026, 3, 17), b'"/Date(1773705600000+0000)/"'),
    ],
)
def test_values_are_written_exactly(value, text):
    assert encode(value) == text


def test_what_has_no_place_in_json_is_an_error():
    with pytest.raises(TypeError):
        encode({"a": 0.1})


def test_numbers_are_read_exactly():
    assert decode(b'{"a":0.1,"b":100.00}') == {"a": Decimal("0.1"), "b": Decimal("100.00")}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":NaN}', b"[" * 100_000])
def test_what_is_no_json_is_told(body):
    with pytest.raises(NotAJsonBodyError):
        decode(body)


@pytest.mark.parametrize(
    "given", ["2026-03-17", "2026-03-17T00:00:00", "/Date(1773705600000+0000)/", "/Date(1773705600000)/"]
)
def test_dates_are_read_in_every_form_clients_send(given):
    assert parse_date(given) == date(2026, 3, 17)


@pytest.mark.parametrize("given", ["17/03/2026", "", 20260317, None])
def test_other_forms_are_no_dates(given):
    with pytest.raises(ValueError, match=r"date|format"):
        parse_date(given)


def test_moments_have_both_forms():
    moment = datetime(2026, 3, 17, 8, 30, 1, 250_000, tzinfo=UTC)
    assert ms_date(moment) == "/Date(1773736201250+0000)/"
    assert iso_seconds(moment) == "2026-03-17T08:30:01"
