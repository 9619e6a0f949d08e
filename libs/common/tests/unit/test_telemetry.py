"""One trace runs through messages and calls."""

from ledgerwire.common.telemetry import configure_tracing, current_traceparent, inject_trace, span


def test_outside_a_span_nothing_is_sent():
    headers = {}
    inject_trace(headers)
    assert headers == {}
    assert current_traceparent() is None


def test_a_span_continues_the_trace_it_was_given():
    configure_tracing()
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    with span("handle", f"00-{trace_id}-00f067aa0ba902b7-01", queue="mapper.record-closed"):
        headers = {}
        inject_trace(headers)
        assert headers["traceparent"].split("-")[1] == trace_id
        with span("inner"):
            assert current_traceparent().split("-")[1] == trace_id
    assert current_traceparent() is None
