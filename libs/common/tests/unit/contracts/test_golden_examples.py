"""Every version ever sent still decodes: the examples beside the contracts are never changed, only added to."""

import json
from importlib.resources import files

import pytest

from ledgerwire.common.contracts.envelope import Envelope
from ledgerwire.common.contracts.registry import MODELS, model_for, type_of
from ledgerwire.common.mq.envelope_codec import decode, encode

EXAMPLES = files("ledgerwire.common.contracts") / "examples"


def examples():
    return [
        pytest.param(example, id=f"{path.name}[{index}]")
        for path in sorted(EXAMPLES.iterdir(), key=lambda item: item.name)
        for index, example in enumerate(json.loads(path.read_text()))
    ]


def as_envelope(example):
    attributes = {name: value for name, value in example.items() if name != "data"}
    return Envelope.model_validate({**attributes, "data": json.dumps(example["data"]).encode()})


@pytest.mark.parametrize("example", examples())
def test_a_message_that_was_once_sent_still_decodes(example):
    envelope = as_envelope(example)
    body = model_for(envelope.type).model_validate_json(envelope.data)
    assert type_of(body) == example["type"]
    assert str(envelope.accountid) == example["accountid"]


@pytest.mark.parametrize("example", examples())
def test_a_message_survives_the_wire(example):
    envelope = as_envelope(example)
    wire = encode(envelope)
    assert all(name.startswith("cloudEvents:") for name in wire.headers)
    assert decode(wire.headers, wire.content_type, wire.body).envelope == envelope


def test_every_message_type_has_an_example():
    assert {path.name.removesuffix(".json") for path in EXAMPLES.iterdir()} == set(MODELS)


def test_a_body_with_an_unknown_field_is_refused():
    example = json.loads((EXAMPLES / "record.closed.v1.json").read_text())[0]["data"]
    with pytest.raises(ValueError, match="Extra inputs"):
        model_for("record.closed.v1").model_validate({**example, "amount": 1})
