from datetime import UTC, datetime, timedelta

import pytest

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal


def test_the_clock_runs_on_from_where_it_was_set() -> None:
    clock = VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))
    clock.advance(timedelta(days=2))
    assert clock.now() - datetime(2026, 3, 3, tzinfo=UTC) < timedelta(seconds=5)
    assert clock.today().isoformat() == "2026-03-03"
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


def test_a_fault_skips_then_fires_as_often_as_it_was_armed_for() -> None:
    faults = Faults()
    faults.add(Fault("500_before", "xero", "PUT", r"^/api", times=2, after=1))
    assert faults.take("xero", "GET", "/api/x") is None
    assert faults.take("connectwise", "PUT", "/api/x") is None
    taken = [faults.take("xero", "PUT", "/api/x") is not None for _ in range(4)]
    assert taken == [False, True, True, False]
    assert faults.list()[0]["fired"] == 2


def test_a_fault_for_what_was_sent_leaves_other_calls_alone() -> None:
    faults = Faults()
    faults.add(Fault("500_after", "xero", "PUT", r"/Invoices$", body_regex='"EXPR-7"'))
    taken = [faults.take("xero", "PUT", "/Invoices", None, body) for body in (b"", b'["EXPR-77"]', b'["EXPR-7"]')]
    assert [fault is not None for fault in taken] == [False, False, True]
    with pytest.raises(ValueError, match="body_regex"):
        Fault("500_after", "xero", body_regex="(")


def test_faults_are_cleared_by_name_by_number_or_all() -> None:
    faults = Faults()
    first = faults.add(Fault("slow", "xero", times=None))
    faults.add(Fault("slow", "xero"))
    faults.add(Fault("429", "xero"))
    assert faults.clear(number=first) == 1
    assert faults.clear("slow") == 1
    assert faults.clear() == 1
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("earthquake", "xero")


def test_secrets_never_enter_the_journal() -> None:
    journal = Journal(VirtualClock())
    journal.record(
        "xero",
        "POST",
        "/token",
        "",
        [("Authorization", "Basic c2VjcmV0"), ("X-Id", "1")],
        b"grant_type=refresh_token&refresh_token=abc123&client_secret=hush",
        200,
        b'{"access_token": "tok", "expires_in": 1800}',
        None,
        0.1,
    )
    journal.event("connectwise", "callback", {"id": 1})
    text = str([entry.as_dict() for entry in journal.entries()])
    for secret in ("c2VjcmV0", "abc123", "hush", "'tok'", '"tok"'):
        assert secret not in text
    assert "expires_in" in text
    assert [e.kind for e in journal.entries(system="connectwise")] == ["callback"]
    assert journal.entries(since_seq=1)[0].seq == 2


def test_a_journal_without_bodies_keeps_what_happened_only() -> None:
    journal = Journal(VirtualClock(), bodies=False)
    entry = journal.record("xero", "GET", "/x", "a=1", [], b"asked", 200, b"told", None, 0.1)
    assert (entry.request_body, entry.response_body, entry.query) == (b"", b"", "a=1")
