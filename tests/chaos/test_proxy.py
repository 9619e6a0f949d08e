"""The fault proxy: without a toxic it is a wire; each toxic does what its name says, in its direction, until it is removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.chaos.proxy import CUTS, TOXICS, FaultProxy, Toxic

from ledgerwire.common.embedded.process import until

LINE = b"one line of text\n"
SOON = 5.0


@asynccontextmanager
async def echo_behind_a_proxy() -> AsyncIterator[FaultProxy]:
    served: set[asyncio.Task[None] | None] = set()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.current_task())
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    proxy = FaultProxy("echo", lambda: [port])
    async with server:
        async with proxy.serving():
            yield proxy
        await asyncio.gather(*(task for task in served if task is not None))


@asynccontextmanager
async def unread_behind_a_proxy() -> AsyncIterator[FaultProxy]:
    """A server that accepts and never reads."""
    ended = asyncio.Event()

    async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, FaultProxy("deaf", lambda: [port]).serving() as proxy:
        try:
            yield proxy
        finally:
            ended.set()


def holds(proxy: FaultProxy) -> Callable[[], Awaitable[bool]]:
    async def held() -> bool:
        return proxy.held > 0

    return held


def lets_go(proxy: FaultProxy) -> Callable[[], Awaitable[bool]]:
    async def free() -> bool:
        return proxy.held == 0

    return free


def has_hit(toxic: Toxic) -> Callable[[], Awaitable[bool]]:
    async def hit() -> bool:
        return toxic.hits > 0

    return hit


class Client:
    """One connection through the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def said(self, data: bytes = LINE) -> bytes:
        """What comes back of `data`; b"" or fewer bytes where the connection ended."""
        self.writer.write(data)
        try:
            await self.writer.drain()
            async with asyncio.timeout(SOON):
                return await self.reader.readexactly(len(data))
        except asyncio.IncompleteReadError as cut:
            return cut.partial
        except ConnectionError:
            return b""

    async def hears_nothing(self, seconds: float = 0.2) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def client_of(proxy: FaultProxy) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


async def seconds_of(client: Client, data: bytes = LINE) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await client.said(data) == data
    return loop.time() - began


async def test_without_a_toxic_it_is_a_wire() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        large = bytes(range(256)) * 4_000
        assert await client.said() == LINE
        assert await client.said(large) == large


@pytest.mark.parametrize("kind", ["latency", "jitter", "bandwidth", "slicer", "partition", "timeout"])
async def test_a_toxic_counts_what_it_did_and_not_that_it_was_there(kind: str) -> None:
    toxic = Toxic(kind, "both", {"slicer": 4.0, "bandwidth": 400.0}.get(kind, 0.2))
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        proxy.add(toxic)
        assert await client.hears_nothing(0.05)
        assert toxic.hits == 0, "nothing was sent"
        client.writer.write(LINE)
        assert await until(has_hit(toxic), seconds=SOON)
        proxy.heal()


async def test_what_is_too_little_to_be_felt_is_no_hit() -> None:
    wide, whole, high = (
        Toxic("bandwidth", "both", 1e9),
        Toxic("slicer", "both", 100),
        Toxic("limit_data", "both", 1_000),
    )
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        for toxic in (wide, whole, high):
            proxy.add(toxic)
        assert await client.said() == LINE
    assert (wide.hits, whole.hits, high.hits) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["reset_peer", "limit_data", "slow_close"])
async def test_a_connection_that_a_toxic_ends_or_keeps_from_ending_is_a_hit(kind: str) -> None:
    toxic = Toxic(kind, "up", 0.0)
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        proxy.add(toxic)
        client.writer.write(LINE if kind != "slow_close" else b"")
        if kind == "slow_close":
            client.writer.write_eof()
        assert await until(has_hit(toxic), seconds=SOON)
    assert toxic.hits == 1


async def test_down_hits_the_connections_that_it_drops_and_those_that_it_refuses() -> None:
    down = Toxic("down")
    async with echo_behind_a_proxy() as proxy:
        number = proxy.add(down)
        assert down.hits == 0
        proxy.remove(number)
        async with client_of(proxy) as client:
            assert await client.said() == LINE
            proxy.add(down)
            assert down.hits == 1
            async with client_of(proxy) as refused:
                assert await refused.said() == b""
    assert down.hits == 2


def test_there_are_the_eight_toxics_of_toxiproxy_and_two_cuts() -> None:
    assert len(TOXICS) == 8
    assert CUTS == ("down", "partition")


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_latency_delays_its_direction_until_it_is_removed(direction: str) -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        number = proxy.add(Toxic("latency", direction, 0.2))  # type: ignore[arg-type]
        assert 0.2 <= await seconds_of(client) < 0.39
        proxy.remove(number)
        assert await seconds_of(client) < 0.15


async def test_jitter_delays_by_chance_and_loses_nothing() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        proxy.add(Toxic("jitter", "both", 0.02))
        for _ in range(5):
            assert await client.said() == LINE


async def test_bandwidth_lets_so_many_bytes_a_second_through() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        proxy.add(Toxic("bandwidth", "up", 10_000))
        assert await seconds_of(client, b"x" * 2_000) >= 0.19


async def test_slow_close_keeps_the_other_side_waiting_for_the_end() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        proxy.add(Toxic("slow_close", "up", 0.3))
        client.writer.write_eof()
        assert await client.hears_nothing()
        async with asyncio.timeout(SOON):
            assert await client.reader.read() == b""


async def test_timeout_swallows_everything_and_then_closes() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        proxy.add(Toxic("timeout", "up", 0.3))
        client.writer.write(LINE)
        assert await client.hears_nothing()
        async with asyncio.timeout(SOON):
            assert await client.reader.read() == b""


async def test_reset_peer_ends_the_connection_with_a_reset() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        proxy.add(Toxic("reset_peer", "up", 0.0))
        client.writer.write(LINE)
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(SOON):
                await client.reader.read()


async def test_slicer_brings_everything_in_small_pieces() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        proxy.add(Toxic("slicer", "both", 7))
        assert await client.said(LINE * 5) == LINE * 5


async def test_limit_data_counts_from_its_own_start_lets_so_many_bytes_through_and_ends_the_connection() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said(b"x" * 500) == b"x" * 500
        proxy.add(Toxic("limit_data", "down", 100))
        assert await client.said(b"y" * 80) == b"y" * 80
        assert await client.said(b"z" * 30) == b"z" * 20


async def test_down_drops_what_is_open_refuses_what_is_new_and_comes_back() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        number = proxy.add(Toxic("down"))
        assert await client.said() == b""
        async with client_of(proxy) as refused:
            assert await refused.said() == b""
        proxy.remove(number)
        async with client_of(proxy) as again:
            assert await again.said() == LINE


@pytest.mark.parametrize("direction", ["up", "down", "both"])
async def test_a_partition_holds_everything_back_in_its_direction_and_delivers_it_once_healed(direction: str) -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        proxy.add(Toxic("partition", direction))  # type: ignore[arg-type]
        client.writer.write(LINE)
        assert await client.hears_nothing()
        proxy.heal()
        async with asyncio.timeout(SOON):
            assert await client.reader.readexactly(len(LINE)) == LINE


@pytest.mark.parametrize("kind", ["partition", "bandwidth"])
async def test_what_is_held_back_is_counted_until_it_is_written(kind: str) -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        assert await client.said() == LINE
        assert proxy.held == 0
        proxy.add(Toxic(kind, "up", 20.0))
        client.writer.write(LINE)
        assert await client.hears_nothing()
        assert proxy.held == len(LINE)
        proxy.heal()
        async with asyncio.timeout(SOON):
            assert await client.reader.readexactly(len(LINE)) == LINE
        assert proxy.held == 0


async def test_what_the_other_side_does_not_take_yet_is_held_and_what_is_cut_off_is_not() -> None:
    async with unread_behind_a_proxy() as proxy, client_of(proxy) as client:
        client.writer.write(b"x" * 30_000_000)
        assert await until(holds(proxy), seconds=SOON)
        proxy.cut()
        assert await until(lets_go(proxy), seconds=SOON)


async def test_a_toxic_of_one_direction_leaves_the_other_alone() -> None:
    async with echo_behind_a_proxy() as proxy, client_of(proxy) as client:
        proxy.add(Toxic("limit_data", "down", 1_000))
        assert await client.said(b"u" * 900) == b"u" * 900


async def test_connections_go_to_replicas_in_turn_and_past_one_that_is_gone() -> None:
    answers: list[str] = []

    async def listening(name: str) -> asyncio.Server:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            answers.append(name)
            writer.close()

        return await asyncio.start_server(answer, "127.0.0.1", 0)

    one, other = await listening("one"), await listening("other")
    ports = [server.sockets[0].getsockname()[1] for server in (one, other)]
    proxy = FaultProxy("replicas", lambda: ports)
    async with proxy.serving():
        for _ in range(4):
            async with client_of(proxy) as client:
                await client.reader.read()
        assert sorted(answers) == ["one", "one", "other", "other"]
        other.close()
        await other.wait_closed()
        for _ in range(2):
            async with client_of(proxy) as client:
                await client.reader.read()
        assert answers[4:] == ["one", "one"]
    one.close()
