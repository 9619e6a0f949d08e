"""When the next agreement is tried after one has failed, and which error the run ends with."""

from __future__ import annotations

import pytest

from ledgerwire.billing_sync.failures import IN_A_ROW, Failures
from ledgerwire.common.errors import Ambiguous, Transient


@pytest.mark.requirement("D12")
@pytest.mark.parametrize("code", ["UNREACHABLE", "TLS_FAILURE", "CONNECTWISE_RATE_LIMITED"])
def test_where_no_agreement_would_fare_better_the_run_ends_at_once(code: str) -> None:
    with pytest.raises(Transient):
        Failures().add(Transient("no answer", code=code), 1)


@pytest.mark.requirement("D12")
def test_several_in_a_row_ask_whether_connectwise_answers_and_one_that_is_served_starts_the_count_anew() -> None:
    failures = Failures()
    asks = [failures.add(Ambiguous("HTTP 500"), number) for number in range(IN_A_ROW - 1)]
    failures.none()
    asks += [failures.add(Ambiguous("HTTP 500"), number) for number in range(IN_A_ROW - 1)]
    assert not any(asks)
    assert failures.add(Ambiguous("HTTP 500"), IN_A_ROW)


@pytest.mark.requirement("D12")
def test_a_product_that_many_agreements_wait_for_counts_once() -> None:
    failures, same = Failures(), Ambiguous("HTTP 500")
    assert not any(failures.add(same, number) for number in range(2 * IN_A_ROW))


@pytest.mark.requirement("D12")
@pytest.mark.parametrize("ends_with", [None, RuntimeError("the database is gone")])
def test_a_write_whose_end_was_not_seen_goes_before_every_other_error(ends_with: Exception | None) -> None:
    failures, unseen = Failures(), Ambiguous("HTTP 500")

    def run() -> None:
        with failures.raised_at_the_end():
            failures.add(Transient("HTTP 500", code="CONNECTWISE_FAILED"), 1)
            failures.add(unseen, 2)
            if ends_with is not None:
                raise ends_with

    with pytest.raises(Ambiguous) as raised:
        run()
    assert raised.value is unseen


@pytest.mark.requirement("D12")
def test_without_a_failure_nothing_is_raised() -> None:
    with Failures().raised_at_the_end():
        pass
