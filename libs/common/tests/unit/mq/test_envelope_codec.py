"""Whatever a broker hands over becomes an envelope or a reason; decoding never raises."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.mq.envelope_codec import PREFIX, decode, encode

ENVELOPE = Envelope(
    id=UUID(int=1),
    source="ledgerwire/ingest",
    type="record.closed.v1",
    subject="a record",
    time=datetime(2026, 3, 31, 12, tzinfo=UTC),
    dataschema="urn:ledgerwire:message:record.closed.v1",
    accountid=UUID(int=2),
    correlationid="correlation",
    data=b'{"any": "bytes"}',
)

HEADER_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.binary(), st.text(), st.datetimes(), st.lists(st.integers())
)


@given(
    headers=st.dictionaries(st.one_of(st.text(), st.sampled_from(sorted(encode(ENVELOPE).headers))), HEADER_VALUES),
    content_type=st.one_of(st.none(), st.text()),
    body=st.binary(),
)
def test_anything_is_an_envelope_or_poison(headers, content_type, body):
    received = decode(headers, content_type, body)
    assert (received.envelope is None) != (received.poison is None)
    assert received.raw == body


@pytest.mark.parametrize("missing", ["id", "type", "accountid", "time", "correlationid", "specversion", "source"])
def test_a_missing_attribute_is_named(missing):
    wire = encode(ENVELOPE)
    headers = {name: value for name, value in wire.headers.items() if name != f"{PREFIX}{missing}"}
    received = decode(headers, wire.content_type, wire.body)
    if missing == "specversion":
        assert received.envelope == ENVELOPE
    else:
        assert received.poison is not None
        assert missing in str(received.poison)


def test_a_foreign_message_is_not_taken_for_ours():
    received = decode({"x-death": "1"}, "application/json", b"{}")
    assert received.poison is not None
    assert received.poison.code == "NOT_A_CLOUD_EVENT"


def test_another_content_type_is_poison():
    wire = encode(ENVELOPE)
    assert decode(wire.headers, "application/xml", wire.body).poison is not None
    assert decode(wire.headers, "application/json; charset=utf-8", wire.body).envelope == ENVELOPE


def test_headers_of_any_amqp_type_are_kept_as_text():
    received = decode({"when": datetime(2026, 1, 1, tzinfo=UTC), "count": 3, "raw": b"\xff"}, None, b"")
    assert received.headers == {"when": "2026-01-01T00:00:00+00:00", "count": "3", "raw": "\N{REPLACEMENT CHARACTER}"}
