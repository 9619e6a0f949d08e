"""Sends callbacks from a process of its own and writes down what became of each: the first phase of a two-phase measurement.

    python -m benchmarks.load < orders.json > answers.json

Plain sockets and requests that were built and signed beforehand, so that the sender takes little of the cores it shares. With
a rate the sender does not wait for answers (latency counts from the moment a request was due, so a stall is not hidden);
without one each connection sends its next request on the answer to the last.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, cast

from ledgerwire.common.event_loop import run

ID_MARK, MESSAGE_MARK = "@record@", "@message@"
_SILENT = 0


@dataclass(frozen=True, slots=True)
class Orders:
    """What to send. `body` holds `@record@` and `@message@`; `forged` signs with another key, `strangers` guesses addresses.

    `expected` is the answer that counts: throughput is made of these alone.
    """

    port: int
    paths: tuple[str, ...]
    body: str
    signing_key: str
    prefix: str
    count: int
    first: int = 1
    connections: int = 64
    rate: float | None = None
    forged: bool = False
    strangers: bool = False
    expected: int = 200
    patience: float = 60.0

    def message_id(self, number: int) -> str:
        return f"{self.prefix}-{number}"

    def requests(self) -> list[bytes]:
        """Every request, ready for the wire."""
        secret = hashlib.sha256(("forged" if self.forged else self.signing_key).encode()).digest()
        return [self._request(number, secret) for number in range(self.first, self.first + self.count)]

    def _request(self, number: int, secret: bytes) -> bytes:
        raw = self.body.replace(ID_MARK, str(number)).replace(MESSAGE_MARK, self.message_id(number)).encode()
        signature = base64.b64encode(hmac.new(secret, raw, hashlib.sha256).digest()).decode()
        path = self.paths[number % len(self.paths)]
        if self.strangers:
            path = f"{path.rpartition('/')[0]}/{hashlib.sha256(str(number).encode()).hexdigest()}"
        head = (
            f"POST {path}?recordId={number}&action=updated HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n"
            f"content-type: application/json\r\nx-content-signature: {signature}\r\ncontent-length: {len(raw)}\r\n\r\n"
        )
        return head.encode() + raw


class _Wire(asyncio.Protocol):
    """One keep-alive connection with one request on its way at a time."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._heard = b""
        self._transport: asyncio.Transport | None = None
        self.number = -1
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, number: int, request: bytes, due: float) -> None:
        assert self._transport is not None
        self.number, self.due = number, due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        end = self._heard.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._heard[:end].lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(self._heard) < end + 4 + length:
            return
        status = int(head[9:12])
        self._heard = b""
        self._sender.answered(self, status)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._sender.lost(self)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Sender:
    """Sends every request once; what is never answered counts as silence, not as success."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._requests = orders.requests()
        self._waiting: deque[tuple[int, float]] = deque()
        self._free: list[_Wire] = []
        self._finished = asyncio.Event()
        self.status = [_SILENT] * orders.count
        self.seconds = [0.0] * orders.count
        self._open = orders.count
        self.started = 0.0

    async def run(self) -> float:
        """Send all; seconds from the first request to the last answer."""
        loop = asyncio.get_running_loop()
        wires = []
        for _ in range(self._orders.connections):
            _, wire = await loop.create_connection(lambda: _Wire(self), "127.0.0.1", self._orders.port)
            wires.append(wire)
        self._free = list(wires)
        started = self.started = perf_counter()
        try:
            async with asyncio.timeout(self._orders.patience):
                if self._orders.rate is None:
                    self._waiting.extend((number, started) for number in range(self._orders.count))
                    self._push()
                else:
                    await self._pace(started, self._orders.rate)
                await self._finished.wait()
        except TimeoutError:
            pass
        taken = perf_counter() - started
        self._finished.set()
        for wire in wires:
            wire.close()
        return taken

    async def _pace(self, started: float, rate: float) -> None:
        number = 0
        while number < self._orders.count:
            now = perf_counter()
            while number < self._orders.count and started + number / rate <= now:
                self._waiting.append((number, started + number / rate))
                number += 1
            self._push()
            await asyncio.sleep(0.001)

    def _push(self) -> None:
        while self._waiting and self._free:
            number, due = self._waiting.popleft()
            # without a rate a request is due when its connection is free for it
            wire = self._free.pop()
            wire.send(number, self._requests[number], due if self._orders.rate else perf_counter())

    def answered(self, wire: _Wire, status: int) -> None:
        self.status[wire.number] = status
        self.seconds[wire.number] = perf_counter() - wire.due
        wire.number = -1
        self._free.append(wire)
        self._close_one()
        self._push()

    def lost(self, wire: _Wire) -> None:
        if wire in self._free:
            self._free.remove(wire)
        elif wire.number >= 0 and not self._finished.is_set():
            self._close_one()

    def _close_one(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._finished.set()


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
    cuts = {name: ordered[min(len(ordered) - 1, int(part * len(ordered)))] for name, part in at.items()}
    return {name: round(value * 1000, 1) for name, value in (cuts | {"max": ordered[-1]}).items()}


async def send(orders: Orders) -> dict[str, Any]:
    """Carry out the orders; statuses by number, and of the expected answers speed and latency; how many others there were."""
    sender = Sender(orders)
    seconds = await sender.run()
    answered = [took for took, status in zip(sender.seconds, sender.status, strict=True) if status == orders.expected]
    return {
        "per_second": round(len(answered) / seconds, 1),
        "others": orders.count - len(answered),
        "seconds": round(seconds, 2),
        "started": sender.started,
        "milliseconds": spread(answered),
        "statuses": {str(status): count for status, count in sorted(Counter(sender.status).items())},
        "status": sender.status,
    }


async def send_from_a_process(orders: Orders) -> dict[str, Any]:
    """The same from a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps(asdict(orders)).encode())
    if process.returncode:
        raise RuntimeError(f"the sender ended with {process.returncode}")
    found: dict[str, Any] = json.loads(output)
    return found


if __name__ == "__main__":
    given = json.load(sys.stdin)
    print(json.dumps(run(send(Orders(**{**given, "paths": tuple(given["paths"])})))))
