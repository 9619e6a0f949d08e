"""A TCP proxy that mistreats what passes through it: Toxiproxy's eight toxics, an end that is down, and partitions.

It listens on the loopback address, belongs to the harness and knows nothing of what it carries. A toxic acts on one direction
(`up` is towards the server) or on both, and on connections that are open already as well as on new ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.chaos.pace import lasts

from ledgerwire.common.embedded.process import free_port

Direction = Literal["up", "down"]
TOXICS = ("latency", "jitter", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data")
CUTS = ("down", "partition")
"""`down` refuses and drops connections; `partition` lets nothing through and tells nobody, as a lost route does."""
_CHUNK = 65_536
_FELT = 0.01
"""Seconds: a shorter delay is none."""
_MOST_SLICES = 200
"""A body in thousands of slices would only test the patience of the reader."""
_RESET = struct.pack("ii", 1, 0)


@dataclass(eq=False, slots=True)
class Toxic:
    """One mistreatment. `amount` is in the kind's own unit: seconds, bytes a second (bandwidth), bytes (slicer, limit_data).

    `hits` counts what it did: bytes kept or delayed, connections refused, cut or kept open. 0 is a mistreatment of nobody.
    """

    kind: str
    direction: Literal["up", "down", "both"] = "both"
    amount: float = 0.0
    hits: int = 0

    def acts_on(self, direction: Direction) -> bool:
        return self.direction in {"both", direction}


@dataclass(eq=False, slots=True)
class _Pipe:
    """One direction of one connection."""

    direction: Direction
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    held: int = 0
    let_through: Counter[Toxic] = field(default_factory=Counter)

    @property
    def on_its_way(self) -> int:
        """Bytes read and not yet handed to the other side: those a toxic keeps, and those the other side's socket has no room for."""
        return self.held + self.writer.transport.get_write_buffer_size()

    async def pass_on(self, data: bytes) -> None:
        """Write what has been read."""
        self.writer.write(data)
        await self.writer.drain()
        self.held -= len(data)


@dataclass(eq=False, slots=True)
class _Connection:
    writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    pipes: tuple[_Pipe, ...] = ()
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def reset(self) -> None:
        """End both sides with RST, as a crashed peer or an angry firewall does."""
        for writer in self.writers:
            raw = writer.get_extra_info("socket")
            if raw is not None:
                with contextlib.suppress(OSError, ValueError):  # closed already
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()


class FaultProxy:
    """One link. `upstreams` are asked for at every connection, in turn, so that a server may move or have replicas."""

    def __init__(self, name: str, upstreams: Callable[[], Sequence[int]], *, draw: random.Random | None = None) -> None:
        self.name = name
        self.port = free_port()
        self._upstreams = upstreams
        self._draw = draw or random.Random(0)  # noqa: S311 - jitter
        self._toxics: dict[int, Toxic] = {}
        self._numbers = itertools.count(1)
        self._turn = itertools.count()
        self._changed = asyncio.Event()
        self._open: set[_Connection] = set()
        self._accepting: set[asyncio.Task[Any]] = set()
        self.accepted = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[FaultProxy]:
        """Listen for the length of a block; what is open at its end is reset."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=512)
        try:
            yield self
        finally:
            server.close()
            self.cut()
            if self._accepting:
                await asyncio.wait(self._accepting, timeout=5.0)

    def add(self, toxic: Toxic) -> int:
        """Begin a mistreatment; the number ends it."""
        number = next(self._numbers)
        self._toxics[number] = toxic
        if toxic.kind == "down":
            toxic.hits += len(self._open)
            self.cut()
        self._tell()
        return number

    def remove(self, number: int) -> None:
        """End one; what was held back goes on its way."""
        self._toxics.pop(number, None)
        self._tell()

    def heal(self) -> None:
        """End all."""
        self._toxics.clear()
        self._tell()

    def cut(self) -> None:
        """Reset every open connection."""
        for connection in list(self._open):
            connection.reset()
            for task in connection.tasks:
                task.cancel()  # it may be holding something back

    @property
    def open_connections(self) -> int:
        return len(self._open)

    @property
    def held(self) -> int:
        """Bytes that were read from one side and not yet written to the other, over all connections."""
        return sum(pipe.on_its_way for connection in self._open for pipe in connection.pipes)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _of(self, kind: str, direction: Direction | None = None) -> Toxic | None:
        acting = (one for one in self._toxics.values() if direction is None or one.acts_on(direction))
        return next((one for one in acting if one.kind == kind), None)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._accepting.add(task)
        task.add_done_callback(self._accepting.discard)
        if (down := self._of("down")) is not None:
            down.hits += 1
            _Connection((writer, writer)).reset()
            return
        there = await self._connect()
        if there is None:
            _Connection((writer, writer)).reset()
            return
        connection = _Connection((writer, there[1]))
        self._open.add(connection)
        connection.pipes = (_Pipe("up", reader, there[1]), _Pipe("down", there[0], writer))
        connection.tasks = {asyncio.ensure_future(self._carry(pipe, connection)) for pipe in connection.pipes}
        try:
            await asyncio.wait(connection.tasks)
        finally:
            self._open.discard(connection)
            for one in connection.writers:
                one.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        ports = list(self._upstreams())
        first = next(self._turn)
        for step in range(len(ports)):
            try:
                return await asyncio.open_connection("127.0.0.1", ports[(first + step) % len(ports)])
            except OSError:
                continue
        return None

    async def _carry(self, pipe: _Pipe, connection: _Connection) -> None:
        try:
            while data := await pipe.reader.read(_CHUNK):
                pipe.held = len(data)
                if not self._toxics:
                    await pipe.pass_on(data)
                elif not await self._mistreated(pipe, connection, data):
                    return
            if (slow := self._of("slow_close", pipe.direction)) is not None:
                slow.hits += 1
                await lasts(slow.amount)
            if pipe.writer.can_write_eof() and not pipe.writer.is_closing():
                pipe.writer.write_eof()
        except (OSError, RuntimeError):
            connection.reset()
        finally:
            pipe.held = 0  # what has not been written by now never will be

    async def _mistreated(self, pipe: _Pipe, connection: _Connection, data: bytes) -> bool:
        """Pass `data` on as the toxics let it; False when they ended the connection."""
        for kind, act in (("reset_peer", self._reset), ("timeout", self._timeout)):
            toxic = self._of(kind, pipe.direction)
            if toxic is not None and await act(toxic, connection):
                return False
        await self._parted(pipe.direction)
        await self._late(pipe.direction)
        limit = self._of("limit_data", pipe.direction)
        if limit is not None and not await self._within(limit, pipe, data):
            await self._close(connection)
            return False
        await self._sliced(pipe, data)
        return True

    async def _within(self, limit: Toxic, pipe: _Pipe, data: bytes) -> bool:
        """Whether `data` stays below what may pass since the limit began; of what does not, the part that may is passed on."""
        left = int(limit.amount) - pipe.let_through[limit]
        pipe.let_through[limit] += len(data)
        if len(data) <= left:
            return True
        limit.hits += 1
        await pipe.pass_on(data[:left])
        return False

    async def _reset(self, toxic: Toxic, connection: _Connection) -> bool:
        toxic.hits += 1
        await lasts(toxic.amount)
        connection.reset()
        return True

    async def _timeout(self, toxic: Toxic, connection: _Connection) -> bool:
        """Nothing passes; after `amount` seconds the connection is closed, unless the toxic has gone by then."""
        toxic.hits += 1
        if not await self._lasts(toxic, toxic.amount):
            return False
        await self._close(connection)
        return True

    async def _lasts(self, toxic: Toxic, seconds: float) -> bool:
        """Let so many seconds go by; False as soon as the toxic has gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while toxic in self._toxics.values():
                    await self._changed.wait()
                return False
        return True

    async def _close(self, connection: _Connection) -> None:
        for writer in connection.writers:
            writer.close()

    async def _parted(self, direction: Direction) -> None:
        met: set[Toxic] = set()
        while (cut := self._of("partition", direction)) is not None:
            cut.hits += cut not in met
            met.add(cut)
            await self._changed.wait()

    async def _late(self, direction: Direction) -> None:
        latency, jitter = self._of("latency", direction), self._of("jitter", direction)
        if latency:
            await self._delay(latency, latency.amount)
        if jitter:
            await self._delay(jitter, self._draw.random() * jitter.amount)

    async def _delay(self, toxic: Toxic, seconds: float) -> None:
        toxic.hits += seconds >= _FELT
        await self._lasts(toxic, seconds)

    async def _sliced(self, pipe: _Pipe, data: bytes) -> None:
        slicer, bandwidth = self._of("slicer", pipe.direction), self._of("bandwidth", pipe.direction)
        size = int(slicer.amount) if slicer else len(data)
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        if slicer:
            slicer.hits += len(pieces) > 1
        for piece in (*pieces[:_MOST_SLICES], b"".join(pieces[_MOST_SLICES:])):
            if not piece:
                continue
            if bandwidth:
                await self._delay(bandwidth, len(piece) / bandwidth.amount)
            await pipe.pass_on(piece)
            if slicer:
                await lasts(0.001)
