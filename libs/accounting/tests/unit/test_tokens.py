"""One refresh for many workers, saved before it is used, and a person called only when nothing else helps."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from ledgerwire.accounting.oauth import ASK_AGAIN, TokenEndpoint
from ledgerwire.accounting.tokens import TokenSet, TokenSource
from ledgerwire.common.catalogue import Severity, entry
from ledgerwire.common.clock import FixedClock
from ledgerwire.common.errors import Transient, Waiting

NOW = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)
GOOD, ENDING = timedelta(minutes=20), timedelta(seconds=90)


class Endpoint:
    """A token endpoint that rotates like the real one and counts."""

    def __init__(self) -> None:
        self.live = "r0"
        self.calls: list[str] = []
        self.answer: httpx.Response | None = None
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        self.release.set()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        form = dict(pair.split("=") for pair in request.content.decode().split("&"))
        self.calls.append(form["refresh_token"])
        self.entered.set()
        await self.release.wait()
        if self.answer is not None:
            return self.answer
        if form["refresh_token"] != self.live:
            return httpx.Response(400, json={"error": "invalid_grant"})
        number = len(self.calls)
        self.live = f"r{number}"
        tokens = {"access_token": f"a{number}", "refresh_token": self.live, "expires_in": 1800, "token_type": "Bearer"}
        return httpx.Response(200, json=tokens)


def token_set(left: timedelta | None, **changes: Any) -> TokenSet:
    return dataclasses.replace(TokenSet("a0", "r0", NOW + left if left else None, 1, "app", "secret"), **changes)


class Bench:
    """A store, an endpoint, and as many processes as a test wants."""

    def __init__(self, store: Any, endpoint: Endpoint, http: httpx.AsyncClient) -> None:
        self.store, self.endpoint, self.http = store, endpoint, http
        self.clock = FixedClock(NOW)

    def process(self, turn: Any = None) -> TokenSource:
        return TokenSource(
            self.store, TokenEndpoint(self.http, "https://id.example/connect/token"), turn=turn, clock=self.clock
        )


@pytest.fixture
async def bench(memory_tokens: Any) -> Any:
    made: list[httpx.AsyncClient] = []

    def make(first: TokenSet) -> Bench:
        endpoint = Endpoint()
        made.append(httpx.AsyncClient(transport=httpx.MockTransport(endpoint)))
        return Bench(memory_tokens(first), endpoint, made[-1])

    yield make
    for http in made:
        await http.aclose()


Benches = Callable[[TokenSet], Bench]


async def test_a_good_token_is_used_as_it_is(bench: Benches) -> None:
    world = bench(token_set(GOOD))
    assert await world.process().token() == "a0"
    assert world.endpoint.calls == []


@pytest.mark.requirement("D18")
async def test_twenty_workers_make_one_refresh(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    source = world.process()
    tokens = await asyncio.gather(*(source.token() for _ in range(20)))
    assert (set(tokens), world.endpoint.calls, world.store.rotations) == ({"a1"}, ["r0"], 1)
    assert (world.store.stored.access_token, world.store.stored.refresh_token) == ("a1", "r1")


async def test_twenty_calls_that_met_an_expired_token_make_one_refresh(bench: Benches) -> None:
    world = bench(token_set(GOOD))
    source = world.process()
    stale = await source.token()
    tokens = await asyncio.gather(*(source.refresh(stale) for _ in range(20)))
    assert (set(tokens), world.endpoint.calls) == ({"a1"}, ["r0"])


class SharedTurn:
    """A lease over all processes, as a database gives it."""

    def __init__(self) -> None:
        self.taken = False

    async def take(self) -> bool:
        if self.taken:
            return False
        self.taken = True
        return True

    async def give_back(self) -> None:
        self.taken = False


@pytest.mark.requirement("D18")
async def test_twenty_processes_make_one_refresh(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    turn = SharedTurn()
    tokens = await asyncio.gather(*(world.process(turn).token() for _ in range(20)))
    assert (set(tokens), world.endpoint.calls, world.store.rotations) == ({"a1"}, ["r0"], 1)


async def test_without_a_shared_turn_the_loser_uses_what_the_winner_stored(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    world.endpoint.answer = httpx.Response(
        200, json={"access_token": "late", "refresh_token": "r-late", "expires_in": 1800}
    )
    world.endpoint.release.clear()
    loser = asyncio.create_task(world.process().token())
    await world.endpoint.entered.wait()
    winner = token_set(GOOD, access_token="a9", refresh_token="r9")
    assert await world.store.rotate(1, winner)
    world.endpoint.release.set()
    assert await loser == "a9"
    assert world.store.stored.refresh_token == "r9"


async def test_a_turn_that_is_never_given_back_is_worth_another_try(
    bench: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledgerwire.accounting import tokens  # noqa: PLC0415 - only its patience is shortened

    monkeypatch.setattr(tokens, "_POLLS", 3)
    monkeypatch.setattr(tokens, "_POLL_SECONDS", 0)
    turn = SharedTurn()
    turn.taken = True
    with pytest.raises(Transient):
        await bench(token_set(ENDING)).process(turn).token()


async def test_a_token_rotated_elsewhere_is_taken_from_the_store(bench: Benches) -> None:
    world = bench(token_set(GOOD))
    source = world.process()
    stale = await source.token()
    await world.store.rotate(1, token_set(GOOD, access_token="a5", refresh_token="r5"))
    assert await source.refresh(stale) == "a5"
    assert world.endpoint.calls == []


async def test_invalid_grant_tries_once_more_with_a_token_stored_meanwhile(bench: Benches) -> None:
    world = bench(token_set(ENDING, refresh_token="r-used"))
    world.endpoint.release.clear()
    task = asyncio.create_task(world.process().token())
    await world.endpoint.entered.wait()
    await world.store.rotate(1, token_set(ENDING, access_token="a0", refresh_token="r0"))
    world.endpoint.release.set()
    assert await task == "a2"
    assert world.endpoint.calls == ["r-used", "r0"]
    assert world.store.revoked == []


@pytest.mark.requirement("A130")
async def test_a_dead_grant_is_recorded_and_everyone_waits_for_a_person(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    world.endpoint.answer = httpx.Response(400, json={"error": "invalid_grant"})
    for source in (world.process(), world.process()):
        with pytest.raises(Waiting) as waiting:
            await source.token()
        assert (waiting.value.code, waiting.value.until) == ("TOKEN_REVOKED", None)
    assert (world.store.revoked, world.endpoint.calls) == (["invalid_grant"], ["r0"])


@pytest.mark.requirement("A130")
@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "temporarily_unavailable", "r0-said-back"])
async def test_a_refusal_of_the_app_keeps_the_consent_and_ends_by_itself(
    bench: Benches, error: str, status: int
) -> None:
    world = bench(token_set(ENDING))
    source = world.process()
    world.endpoint.answer = httpx.Response(status, json={"error": error})
    with pytest.raises(Waiting) as waiting:
        await source.token()
    assert (waiting.value.code, waiting.value.after) == ("TOKEN_REFUSED", ASK_AGAIN)
    assert entry(waiting.value.code).severity is Severity.CONNECTION
    assert "r0" not in str(waiting.value)
    assert (world.store.revoked, world.store.stored.state) == ([], "ok")
    world.endpoint.answer = None
    assert await source.token() == "a2"


async def test_a_second_invalid_grant_with_the_newer_token_ends_it(bench: Benches) -> None:
    world = bench(token_set(ENDING, refresh_token="r-used"))
    world.endpoint.release.clear()
    task = asyncio.create_task(world.process().token())
    await world.endpoint.entered.wait()
    await world.store.rotate(1, token_set(ENDING, refresh_token="r-dead-too"))
    world.endpoint.release.set()
    with pytest.raises(Waiting, match="disconnected"):
        await task
    assert world.store.revoked == ["invalid_grant"]


async def test_a_consent_without_a_token_waits_for_the_first_connect(bench: Benches) -> None:
    with pytest.raises(Waiting) as waiting:
        await bench(token_set(None, access_token=None, refresh_token=None)).process().token()
    assert waiting.value.code == "TOKEN_REVOKED"


async def test_reconnecting_ends_the_wait(bench: Benches) -> None:
    world = bench(token_set(GOOD, state="revoked"))
    source = world.process()
    with pytest.raises(Waiting):
        await source.token()
    world.store.stored = token_set(GOOD, access_token="a7", version=8)
    assert await source.token() == "a7"


async def test_a_token_that_could_not_be_stored_is_stored_before_it_is_used(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    source = world.process()
    world.store.broken = True
    with pytest.raises(Transient) as failed:
        await source.token()
    assert failed.value.code == "TOKEN_NOT_SAVED"
    world.store.broken = False
    assert await source.token() == "a1"
    assert (world.endpoint.calls, world.store.stored.refresh_token) == (["r0"], "r1")


async def test_a_caller_that_gives_up_does_not_lose_the_new_token(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    source = world.process()
    world.endpoint.release.clear()
    impatient = asyncio.create_task(source.token())
    await world.endpoint.entered.wait()
    impatient.cancel()
    world.endpoint.release.set()
    assert await source.token() == "a1"
    assert world.endpoint.calls == ["r0"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, text="oops"),
        httpx.Response(429),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"access_token": "a"}),
        httpx.Response(200, json=["a"]),
        httpx.Response(400, text="bad"),
    ],
)
async def test_an_endpoint_in_trouble_is_worth_another_try(bench: Benches, answer: httpx.Response) -> None:
    world = bench(token_set(ENDING))
    world.endpoint.answer = answer
    with pytest.raises(Transient):
        await world.process().token()
    assert world.store.revoked == []


async def test_an_endpoint_that_cannot_be_reached_is_worth_another_try() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as http:
        with pytest.raises(Transient):
            await TokenEndpoint(http, "https://id.example/token").refresh("app", "secret", "r0")


async def test_a_refresh_token_that_was_not_replaced_is_kept(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    world.endpoint.answer = httpx.Response(200, json={"access_token": "a1", "expires_in": 1800})
    assert await world.process().token() == "a1"
    assert world.store.stored.refresh_token == "r0"


def test_no_secret_shows_in_a_representation() -> None:
    shown = repr(token_set(GOOD, client_secret="s3cret"))
    assert not any(secret in shown for secret in ("a0", "r0", "s3cret"))


async def test_a_refresh_that_fails_after_its_caller_gave_up_prints_no_traceback(bench: Benches) -> None:
    world = bench(token_set(ENDING))
    world.endpoint.answer = httpx.Response(400, json={"error": "invalid_grant"})
    world.endpoint.release.clear()
    unheard: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, said: unheard.append(said))
    source = world.process()
    caller = asyncio.create_task(source.token())
    await world.endpoint.entered.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    world.endpoint.release.set()
    with pytest.raises(Waiting):
        await source.token()
    gc.collect()
    assert unheard == []
