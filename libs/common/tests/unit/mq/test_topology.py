"""The topology's rules hold over its data; the broker's side of them is tested against a broker."""

import pytest

from ledgerwire.common.contracts.registry import MODELS
from ledgerwire.common.mq.topology import QUEUES, queue_named, queues_for


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_a_queue_loses_nothing(queue):
    arguments = queue.arguments
    assert arguments["x-queue-type"] == "quorum"
    assert int(arguments["x-delivery-limit"]) > 0
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish", "at-least-once dead-lettering needs it"
    assert arguments["x-dead-letter-routing-key"] == queue.dead
    assert int(arguments["x-max-length"]) > 0


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)
def test_a_dead_queue_keeps_its_messages_for_ever(queue):
    assert queue.dead_arguments["x-queue-type"] == "quorum"
    assert not {"x-message-ttl", "x-max-length", "x-expires", "x-dead-letter-exchange"} & set(queue.dead_arguments)
    assert int(queue.dead_arguments["x-delivery-limit"]) >= 1_000_000, (
        "RabbitMQ 4 drops after 20 deliveries unless told"
    )


def test_every_message_type_has_a_consumer_and_every_queue_a_known_type():
    assert all(queues_for(message_type) for message_type in MODELS)
    assert all(message_type in MODELS for queue in QUEUES for message_type in queue.types)


def test_a_queue_is_named_after_its_consumer():
    assert all(queue.name.startswith(f"{queue.service}.") for queue in QUEUES)
    assert queue_named("mapper.record-closed").types == ("record.closed.v1",)
    with pytest.raises(KeyError):
        queue_named("nobody.listens")
