"""The provider's limit headers are followed however they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from ledgerwire.accounting.gate import LimitReport, OpenGate, read_limits, read_retry_after

NOW = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)


@pytest.mark.requirement("D19")
def test_what_is_left_is_read_from_every_answer() -> None:
    headers = httpx.Headers({"X-MinLimit-Remaining": "57", "x-daylimit-remaining": "4912"})
    assert read_limits(200, headers) == LimitReport(minute_remaining=57, day_remaining=4912)


@pytest.mark.parametrize(
    ("headers", "problem", "seconds"),
    [
        ({"X-Rate-Limit-Problem": "minute", "Retry-After": "17"}, "minute", 17),
        ({"X-Rate-Limit-Problem": "Minute"}, "minute", 60),
        ({"X-Rate-Limit-Problem": "Day", "Retry-After": "30000"}, "day", 30000),
        ({"X-Rate-Limit-Problem": "DailyLimit"}, "day", 60),
        ({"X-Rate-Limit-Problem": "appminute", "Retry-After": "2"}, "appminute", 2),
        ({"X-Rate-Limit-Problem": "App-Minute"}, "appminute", 60),
        ({"X-Rate-Limit-Problem": "concurrent"}, "concurrent", 1),
        ({"X-Rate-Limit-Problem": "Concurrent", "Retry-After": "3"}, "concurrent", 3),
        ({}, "unknown", 60),
        ({"Retry-After": "soon"}, "unknown", 60),
    ],
)
def test_a_refusal_names_its_limit_and_always_a_wait(headers: dict[str, str], problem: str, seconds: int) -> None:
    report = read_limits(429, httpx.Headers(headers))
    assert (report.problem, report.retry_after) == (problem, timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        (None, None),
        ("0", timedelta(0)),
        ("Tue, 17 Mar 2026 09:05:00 GMT", timedelta(minutes=5)),
        ("Tue, 17 Mar 2026 08:00:00 GMT", timedelta(0)),
        ("Tue, 17 Mar 2026 09:05:00", None),
        ("-5", None),
        ("99999999999999", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, wait: timedelta | None) -> None:
    assert read_retry_after(value, NOW) == wait


async def test_the_open_gate_lets_everything_pass() -> None:
    gate = OpenGate()
    await gate.take(1000)
    await gate.observe(LimitReport(problem="day"))
