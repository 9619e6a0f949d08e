"""How a consumer starts afresh after its channel ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from ledgerwire.common.mq import rabbit_subscription
from ledgerwire.common.mq.broker_errors import BrokerGoneError
from ledgerwire.common.mq.rabbit_subscription import Subscription


class Scripted(Subscription):
    """Channels that last as long as they are told; one that lasts None cannot be opened."""

    def __init__(self, lasting: Sequence[float | None]) -> None:
        super().__init__("q", _nobody, _nobody, batch=1, linger_seconds=0, drain_seconds=0)
        self.lasting = list(lasting)
        self.now = 0.0
        self.pauses: list[float] = []

    async def _consume(self) -> None:
        lasts = self.lasting.pop(0)
        if lasts is None:
            raise BrokerGoneError("away")
        self.now += lasts

    async def pause(self, stopping: asyncio.Event, **wait: float) -> None:
        self.pauses.append(wait["timeout"])
        if not self.lasting:
            stopping.set()


async def _nobody(*_: Any) -> Any:
    raise AssertionError("not asked")


async def pauses_after(monkeypatch: pytest.MonkeyPatch, *lasting: float | None) -> list[float]:
    subscription = Scripted(lasting)
    monkeypatch.setattr(rabbit_subscription, "first_of", subscription.pause)
    monkeypatch.setattr(rabbit_subscription, "monotonic", lambda: subscription.now)
    await subscription._run()
    return subscription.pauses


async def test_a_connection_that_breaks_again_and_again_uses_up_no_delivery_limit_in_seconds(monkeypatch: Any) -> None:
    """Twenty deliveries take more than a minute, although each channel could be opened and took something."""
    pauses = await pauses_after(monkeypatch, *[0.1] * 20)
    assert pauses[:5] == [0.2, 0.5, 1.0, 2.0, 5.0]
    assert sum(pauses) > 60


async def test_a_channel_that_lasted_is_opened_again_at_once(monkeypatch: Any) -> None:
    assert await pauses_after(monkeypatch, 0.1, 0.1, 60.0, 0.1) == [0.2, 0.5, 0.05, 0.2]


async def test_a_broker_that_is_away_is_asked_ever_more_seldom(monkeypatch: Any) -> None:
    assert await pauses_after(monkeypatch, *[None] * 6) == [0.2, 0.5, 1.0, 2.0, 5.0, 5.0]


class Delivered:
    """A message as the driver hands it over."""

    headers: dict[str, Any] = {}  # noqa: RUF012 - never written
    content_type, body = None, b""

    def __init__(self, tag: int, acknowledged: list[int]) -> None:
        self.delivery_tag = tag
        self._acknowledged = acknowledged

    async def ack(self, *, multiple: bool) -> None:
        assert multiple
        self._acknowledged.append(self.delivery_tag)


class Open:
    """A channel that lasts."""

    is_closed = False


async def test_nothing_is_acknowledged_behind_a_delivery_that_never_reached_us() -> None:
    """All up to a message are acknowledged: one that the driver could not hand over would be among them."""

    async def accept(_: Any) -> None: ...

    subscription = Subscription("q", accept, _nobody, batch=2, linger_seconds=0, drain_seconds=0)
    acknowledged: list[int] = []

    async def settle(*tags: int) -> bool:
        batch: Any = [Delivered(tag, acknowledged) for tag in tags]
        channel: Any = Open()
        return await subscription._settle(channel, batch)

    assert await settle(1, 2)
    assert await settle(3)
    assert not await settle(5)
    assert acknowledged == [2, 3]
