"""What each HTTP answer means for the work, and what a call carries."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ledgerwire.accounting.gate import OpenGate
from ledgerwire.accounting.tokens import RECONNECTED_YET
from ledgerwire.accounting.xero.client import XeroClient
from ledgerwire.accounting.xero.config import XeroConfig
from ledgerwire.common.errors import Ambiguous, LedgerwireError, Stopped, Transient, Waiting

Handler = Callable[[httpx.Request], Any]
TENANT = "0f6f6a2c-54f3-4b3e-9f1d-7d5a3a0c9e11"


class Tokens:
    def __init__(self) -> None:
        self.refreshed: list[str] = []

    async def token(self) -> str:
        return "a0"

    async def refresh(self, stale: str) -> str:
        self.refreshed.append(stale)
        return f"a{len(self.refreshed)}"


class Clients:
    def __init__(self) -> None:
        self.made: list[httpx.AsyncClient] = []
        self.tokens = Tokens()
        self.requests: list[httpx.Request] = []

    def __call__(self, handler: Handler, gate: Any = None, **options: Any) -> XeroClient:
        async def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            response = handler(request)
            return await response if asyncio.iscoroutine(response) else response

        self.made.append(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        return XeroClient(XeroConfig(), self.made[-1], self.tokens, gate or OpenGate(), TENANT, **options)


@pytest.fixture
async def clients() -> Any:
    made = Clients()
    yield made
    for http in made.made:
        await http.aclose()


def always(status: int, **options: Any) -> Handler:
    return lambda _: httpx.Response(status, **options)


def problem(status: int, detail: str) -> httpx.Response:
    return httpx.Response(status, json={"Type": None, "Title": "Unauthorized", "Status": status, "Detail": detail})


async def write(client: XeroClient) -> Any:
    return await client.write("PUT", "/Invoices?unitdp=4", b'{"Invoices":[]}', "k" * 64)


async def test_a_write_carries_token_tenant_key_and_its_bytes(clients: Clients) -> None:
    await write(clients(always(200, json={})))
    [request] = clients.requests
    assert str(request.url) == "https://api.xero.com/api.xro/2.0/Invoices?unitdp=4"
    assert request.content == b'{"Invoices":[]}'
    assert {name: request.headers[name] for name in ("authorization", "xero-tenant-id", "idempotency-key")} == {
        "authorization": "Bearer a0",
        "xero-tenant-id": TENANT,
        "idempotency-key": "k" * 64,
    }
    assert (request.headers["accept"], request.headers["content-type"]) == ("application/json", "application/json")


async def test_a_query_is_percent_encoded_once_with_blanks_as_20(clients: Clients) -> None:
    await clients(always(200, json={})).read("/Contacts", {"where": 'ContactNumber=="cw 1"'})
    assert clients.requests[0].url.query == b"where=ContactNumber%3D%3D%22cw%201%22"


WRITES: list[tuple[Handler, type[LedgerwireError], str]] = [
    (always(500, text="error"), Ambiguous, "OUTCOME_UNKNOWN"),
    (always(502), Ambiguous, "OUTCOME_UNKNOWN"),
    (always(504), Ambiguous, "OUTCOME_UNKNOWN"),
    (always(302), Ambiguous, "OUTCOME_UNKNOWN"),
    (always(503), Transient, "TRANSIENT"),
    (always(429, text="{not json"), Waiting, "RATE_LIMITED"),
    (always(404, text="The resource you're looking for cannot be found"), Stopped, "LEDGER_REFUSED"),
    (always(412), Stopped, "LEDGER_REFUSED"),
    (always(413), Stopped, "LEDGER_REFUSED"),
    (always(501), Stopped, "LEDGER_REFUSED"),
    (lambda _: problem(401, "AuthorizationUnsuccessful"), Waiting, "LEDGER_PERMISSION_MISSING"),
    (lambda _: problem(401, "TokenExpired: token expired at 03/17/2026 09:00:00"), Waiting, "TOKEN_EXPIRED"),
    (lambda _: problem(403, "AuthenticationUnsuccessful"), Waiting, "TOKEN_REVOKED"),
]


@pytest.mark.parametrize(("handler", "error", "code"), WRITES)
async def test_an_answer_to_a_write_decides_where_the_work_goes(
    clients: Clients, handler: Handler, error: type[LedgerwireError], code: str
) -> None:
    with pytest.raises(error) as raised:
        await write(clients(handler))
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (always(500), Transient),
        (always(503), Transient),
        (always(429), Waiting),
        (always(404), Stopped),
        (always(400, json={"Type": "QueryParseException", "Message": "No property"}), Stopped),
        (always(200, text="<html>"), Transient),
        (always(200, text='{"Invoices": ['), Transient),
        (always(200, json=[]), Transient),
    ],
)
async def test_a_read_never_leaves_an_open_outcome(
    clients: Clients, handler: Handler, error: type[LedgerwireError]
) -> None:
    with pytest.raises(error):
        await clients(handler).read("/Invoices")


def failing(error: type[httpx.RequestError]) -> Handler:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("failed", request=request)

    return fail


@pytest.mark.parametrize(
    ("error", "of_write"),
    [
        (httpx.ConnectError, Transient),
        (httpx.ConnectTimeout, Transient),
        (httpx.PoolTimeout, Transient),
        (httpx.ReadTimeout, Ambiguous),
        (httpx.WriteTimeout, Ambiguous),
        (httpx.WriteError, Ambiguous),
        (httpx.ReadError, Ambiguous),
        (httpx.RemoteProtocolError, Ambiguous),
    ],
)
async def test_a_broken_connection_leaves_a_write_open_only_if_something_was_sent(
    clients: Clients, error: type[httpx.RequestError], of_write: type[LedgerwireError]
) -> None:
    with pytest.raises(of_write):
        await write(clients(failing(error)))
    with pytest.raises(Transient):
        await clients(failing(error)).read("/Invoices")


async def test_an_answer_that_takes_too_long_is_not_waited_for(clients: Clients) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(Ambiguous):
        await write(clients(never, request_timeout=timedelta(milliseconds=30)))


async def test_an_expired_token_is_refreshed_and_the_call_repeated_once(clients: Clients) -> None:
    def expired_first(request: httpx.Request) -> httpx.Response:
        fresh = request.headers["authorization"] == "Bearer a1"
        return httpx.Response(200, json={}) if fresh else problem(401, "TokenExpired: token expired")

    assert (await write(clients(expired_first))).status == 200
    assert clients.tokens.refreshed == ["a0"]
    assert [request.content for request in clients.requests] == [b'{"Invoices":[]}'] * 2


async def test_a_right_that_is_missing_is_told_from_a_lost_organisation(clients: Clients) -> None:
    def listed(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connections":
            assert "xero-tenant-id" not in request.headers
            return httpx.Response(200, json=[{"tenantId": TENANT.upper()}])
        return problem(403, "AuthenticationUnsuccessful")

    with pytest.raises(Waiting) as waiting:
        await clients(listed).read("/Invoices")
    assert waiting.value.code == "LEDGER_PERMISSION_MISSING"


@pytest.mark.parametrize("connections", [b"[]", b"<html>", b"{}", b'[{"tenantId":"other"}]'])
async def test_a_lost_organisation_waits_for_a_person(clients: Clients, connections: bytes) -> None:
    def lost(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/connections":
            return httpx.Response(200, content=connections)
        return problem(403, "AuthenticationUnsuccessful")

    with pytest.raises(Waiting) as waiting:
        await clients(lost).read("/Invoices")
    assert (waiting.value.code, waiting.value.after) == ("TOKEN_REVOKED", RECONNECTED_YET)


class Gate:
    def __init__(self, closed: bool = False) -> None:
        self.closed, self.taken, self.reports = closed, 0, []

    async def take(self, n: int = 1) -> None:
        if self.closed:
            raise Waiting("budget used up", code="RATE_LIMITED", after=timedelta(seconds=9))
        self.taken += n

    async def observe(self, report: Any) -> None:
        self.reports.append(report)


@pytest.mark.requirement("D19")
async def test_every_call_takes_from_the_budget_and_reports_what_is_left(clients: Clients) -> None:
    gate = Gate()
    limited = {"X-Rate-Limit-Problem": "day", "Retry-After": "7200", "X-DayLimit-Remaining": "0"}
    with pytest.raises(Waiting) as waiting:
        await write(clients(always(429, headers=limited), gate))
    assert waiting.value.after == timedelta(hours=2)
    assert (gate.taken, gate.reports[0].problem, gate.reports[0].day_remaining) == (1, "day", 0)


async def test_nothing_is_sent_through_a_closed_gate(clients: Clients) -> None:
    with pytest.raises(Waiting):
        await write(clients(always(200), Gate(closed=True)))
    assert clients.requests == []


async def test_no_more_calls_are_in_flight_than_configured(clients: Clients) -> None:
    flying = most = 0

    async def answer(_: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        flying -= 1
        return httpx.Response(200, json={})

    client = clients(answer)
    await asyncio.gather(*(client.read("/Items") for _ in range(30)))
    assert most == 4


async def test_a_call_that_finds_no_place_in_time_was_never_sent(clients: Clients) -> None:
    release = asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        await release.wait()
        return httpx.Response(200, json={})

    client = clients(slow, request_timeout=timedelta(milliseconds=300))
    results = await asyncio.gather(*(write(client) for _ in range(5)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Ambiguous"] * 4 + ["Transient"]


async def test_xeros_advice_is_followed_when_it_is_offline(clients: Clients) -> None:
    with pytest.raises(Transient) as advised:
        await write(clients(always(503, headers={"Retry-After": "42"})))
    with pytest.raises(Transient) as silent:
        await write(clients(always(503)))
    assert (advised.value.retry_after, silent.value.retry_after) == (timedelta(seconds=42), timedelta(minutes=5))


async def test_no_error_carries_the_token(clients: Clients) -> None:
    for handler, error, _ in WRITES:
        with pytest.raises(error) as raised:
            await write(clients(handler))
        assert "Bearer" not in json.dumps([str(raised.value), str(raised.value.detail)])
