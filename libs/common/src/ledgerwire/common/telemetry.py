"""Metrics, each declared once with its meaning, and the trace context that travels with messages and calls."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import Counter, Gauge, Histogram

_SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)

CLOSE_TO_POSTED = Histogram(
    "ledgerwire_close_to_posted_seconds",
    "From the callback (or the sweep's find) to the record batched",
    buckets=_SECONDS,
)
OUTCOMES = Counter("ledgerwire_outcomes_total", "Records by how they ended", ["service", "code"])
CALLBACKS = Counter("ledgerwire_callbacks_total", "Callbacks by what became of them", ["outcome"])
PUSHES = Counter(
    "ledgerwire_pushes_total", "Posts of seats: accepted, repeated, or the code they were refused with", ["outcome"]
)
MISSED_CALLBACKS = Counter(
    "ledgerwire_missed_callbacks_total", "Closed records found by the sweep that no callback announced"
)
CALLBACK_REPAIRS = Counter(
    "ledgerwire_callback_repairs_total", "Registrations that had to be put right in ConnectWise", ["cause"]
)
DRIFTED_DOCUMENTS = Gauge(
    "ledgerwire_drifted_documents", "Posted documents that are not in the ledger as posted any more", ["cause"]
)
CONSENT_DAYS_LEFT = Gauge(
    "ledgerwire_consent_days_left", "Days until a ledger's consent ends if nothing signs in meanwhile", ["connection"]
)
DEAD_LETTERS = Counter("ledgerwire_dead_letters_total", "Dead letters written", ["service", "cause"])
DEAD_LETTERS_WAITING = Gauge(
    "ledgerwire_dead_letters_waiting", "Dead letters that nobody has replayed or discarded yet", ["service", "cause"]
)
STOPPED_RECORDS = Gauge(
    "ledgerwire_stopped_records", "Records that stopped, or died, and wait for a person", ["service", "cause"]
)
LOOKS_FAILING = Gauge(
    "ledgerwire_looks_failing", "Connections whose recurring look met a fault last time", ["service", "kind", "cause"]
)
COUNTED_AT = Gauge(
    "ledgerwire_counted_at_seconds",
    "Unix time at which a service last counted all its gauges from the database",
    ["service"],
)
BACKLOG_AGE = Gauge("ledgerwire_backlog_age_seconds", "Age of the oldest due work", ["service"])
OUTBOX_AGE = Gauge("ledgerwire_outbox_age_seconds", "Age of the oldest message not yet published", ["service"])
WORK_SETTLED = Counter("ledgerwire_work_settled_total", "Work rows by destination", ["service", "kind", "destination"])
GROUP_SECONDS = Histogram(
    "ledgerwire_group_seconds", "Time a group of work was in hand", ["service", "kind"], buckets=_SECONDS
)
PUBLISHED = Counter("ledgerwire_published_total", "Messages published and confirmed", ["service"])
PUBLISH_FAILED = Counter("ledgerwire_publish_failed_total", "Publish attempts not confirmed", ["service"])
CONSUMED = Counter("ledgerwire_consumed_total", "Messages by what the consumer made of them", ["queue", "result"])
CALLS = Counter("ledgerwire_calls_total", "Calls to providers", ["provider", "operation", "outcome"])
CALL_SECONDS = Histogram(
    "ledgerwire_call_seconds", "Duration of calls to providers", ["provider", "operation"], buckets=_SECONDS
)

_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("ledgerwire")


def configure_tracing() -> None:
    """Make spans real (ids to correlate logs of several processes). Without this call they cost nothing and say nothing."""
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())


def current_traceparent() -> str | None:
    """The W3C traceparent of the span in progress, None outside one."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


def new_traceparent() -> str | None:
    """The traceparent of a trace that begins here; None while tracing is not configured."""
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        return None
    ids = provider.id_generator  # a span of its own would say nothing more, and cost more than the message
    return f"00-{ids.generate_trace_id():032x}-{ids.generate_span_id():016x}-01"


def inject_trace(headers: MutableMapping[str, str]) -> None:
    """Add `traceparent` to outgoing HTTP headers (nothing outside a span)."""
    traceparent = current_traceparent()
    if traceparent is not None:
        headers["traceparent"] = traceparent


@contextmanager
def span(name: str, traceparent: str | None = None, **attributes: str | int) -> Iterator[None]:
    """A span around the block, continuing the trace that `traceparent` names."""
    parent = _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else context.get_current()
    with _TRACER.start_as_current_span(name, context=parent, attributes=attributes):
        yield
