"""What each answer of QuickBooks means for the work, and how gently it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ledgerwire.accounting.factory import build_ledger, build_token_source, ledger_addresses, ledger_company
from ledgerwire.accounting.gate import LimitReport, OpenGate
from ledgerwire.accounting.port import Composed
from ledgerwire.accounting.quickbooks import changes
from ledgerwire.accounting.quickbooks.client import QuickBooksClient, request_id
from ledgerwire.accounting.quickbooks.config import QuickBooksConfig
from ledgerwire.common.errors import Ambiguous, ConfigurationError, LedgerwireError, Stopped, Transient, Waiting
from ledgerwire.common.ledger.document import DocumentKind

Handler = Callable[[httpx.Request], Any]
REALM = "4620816365178234560"


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

    def __call__(self, handler: Handler, gate: Any = None, **settings: Any) -> QuickBooksClient:
        async def answer(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            response = handler(request)
            return await response if asyncio.iscoroutine(response) else response

        self.made.append(httpx.AsyncClient(transport=httpx.MockTransport(answer)))
        config = QuickBooksConfig(**settings)
        return QuickBooksClient(config, self.made[-1], self.tokens, gate or OpenGate(), REALM)


@pytest.fixture
async def clients() -> Any:
    made = Clients()
    yield made
    for http in made.made:
        await http.aclose()


def fault(code: str, detail: str = "told", status: int = 400, **error: str) -> httpx.Response:
    listed = [{"Message": "Message", "Detail": detail, "code": code, **error}]
    return httpx.Response(status, json={"Fault": {"Error": listed, "type": "ValidationFault"}, "time": "now"})


def gateway(code: str, status: int) -> httpx.Response:
    error = {"message": "message", "detail": "Token expired", "code": code, "element": None}
    return httpx.Response(status, json={"fault": {"error": [error], "type": "AUTHENTICATION"}})


XML = '<?xml version="1.0"?><IntuitResponse><Fault type="SERVICE"><Error code="3001"><Detail>A &amp; B</Detail></Error></Fault></IntuitResponse>'


@pytest.mark.requirement("D18", "F1: RATE_LIMITED")
@pytest.mark.parametrize(
    ("answer", "on_write", "on_read"),
    [
        (httpx.Response(429, text=XML), "RATE_LIMITED", "RATE_LIMITED"),
        (httpx.Response(429), "RATE_LIMITED", "RATE_LIMITED"),
        (fault("3001", status=403), "RATE_LIMITED", "RATE_LIMITED"),
        (fault("003001"), "RATE_LIMITED", "RATE_LIMITED"),
        (gateway("3200", 401), "TOKEN_EXPIRED", "TOKEN_EXPIRED"),
        (gateway("3100", 403), "LEDGER_PERMISSION_MISSING", "LEDGER_PERMISSION_MISSING"),
        (httpx.Response(401, text="no"), "LEDGER_PERMISSION_MISSING", "LEDGER_PERMISSION_MISSING"),
        (fault("6190"), "LEDGER_PERMISSION_MISSING", "LEDGER_PERMISSION_MISSING"),
        (fault("5020"), "LEDGER_PERMISSION_MISSING", "LEDGER_PERMISSION_MISSING"),
        (httpx.Response(500, text="<html>"), "OUTCOME_UNKNOWN", "TRANSIENT"),
        (httpx.Response(503), "OUTCOME_UNKNOWN", "TRANSIENT"),
        (fault("10000"), "OUTCOME_UNKNOWN", "TRANSIENT"),
        (fault("600"), "OUTCOME_UNKNOWN", "TRANSIENT"),
        (fault("6000", "Please wait a few minutes and try again"), "OUTCOME_UNKNOWN", "TRANSIENT"),
        (fault("6000", "An unexpected error occurred", status=200), "OUTCOME_UNKNOWN", "TRANSIENT"),
        (httpx.Response(404, text="gone"), "LEDGER_REFUSED", "LEDGER_REFUSED"),
        (httpx.Response(400, text="<html>"), "LEDGER_REFUSED", "LEDGER_REFUSED"),
        (fault("4000", "QueryParserError"), None, "LEDGER_REFUSED"),
        (fault("6140"), None, "LEDGER_REFUSED"),
        (fault("6140", status=200), None, "LEDGER_REFUSED"),
        (httpx.Response(200, text="<html>"), None, "TRANSIENT"),
    ],
)
async def test_what_an_answer_means(clients: Any, answer: httpx.Response, on_write: str | None, on_read: str) -> None:
    client = clients(lambda _request: answer)
    with pytest.raises(LedgerwireError) as caught:
        await client.read("/companyinfo/1")
    assert caught.value.code == on_read
    if on_write is None:
        assert (await client.write("/invoice", b"{}", "r")).body == answer.content
        return
    with pytest.raises(LedgerwireError) as caught:
        await client.write("/invoice", b"{}", "r")
    assert caught.value.code == on_write


async def test_a_refusal_in_xml_is_read(clients: Any) -> None:
    answer = await clients(lambda _request: httpx.Response(400, text=XML.replace("3001", "6140"))).write("/x", b"", "r")
    assert [(problem.code, problem.detail) for problem in answer.problems] == [("6140", "A & B")]


async def test_a_call_carries_token_realm_version_and_request_id(clients: Any) -> None:
    client = clients(lambda _request: httpx.Response(200, json={}), minor_version=76)
    await client.write("/invoice", b"{}", request_id("k" * 64), {"operation": "void"})
    [request] = clients.requests
    assert request.url.path == f"/v3/company/{REALM}/invoice"
    assert dict(request.url.params) == {
        "operation": "void",
        "requestid": request_id("k" * 64),
        "minorversion": "76",
    }
    assert (request.headers["Authorization"], request.headers["Accept"]) == ("Bearer a0", "application/json")
    assert request_id("k" * 64) == request_id("k" * 64) != request_id("k" * 64, "again")


async def test_an_expired_token_is_renewed_once(clients: Any) -> None:
    answers = [gateway("3200", 401), httpx.Response(200, json={"ok": "yes"})]
    client = clients(lambda _request: answers.pop(0))
    assert await client.read("/term/1") == {"ok": "yes"}
    assert clients.tokens.refreshed == ["a0"]
    assert [request.headers["Authorization"] for request in clients.requests] == ["Bearer a0", "Bearer a1"]


async def test_a_lost_answer_to_the_batch_leaves_nothing_open(clients: Any) -> None:
    def lost(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset")

    with pytest.raises(Transient):
        await clients(lost).select_each(["Term"], {})
    with pytest.raises(Ambiguous):
        await clients(lost).write("/invoice", b"{}", "r")


async def test_what_is_not_there_or_deleted_is_nothing(clients: Any) -> None:
    assert await clients(lambda _request: fault("610")).read_one("Invoice", "7") is None
    deleted = httpx.Response(200, json={"Invoice": {"Id": "7", "status": "Deleted"}})
    assert await clients(lambda _request: deleted).read_one("Invoice", "7") is None


class SecondGate(OpenGate):
    """Lets nothing pass for a while, then everything."""

    def __init__(self, *waits: float) -> None:
        self._waits = list(waits)
        self.reports: list[LimitReport] = []

    async def take(self, n: int = 1) -> None:
        if self._waits:
            raise Waiting("full", code="RATE_LIMITED", after=timedelta(seconds=self._waits.pop(0)))

    async def observe(self, report: LimitReport) -> None:
        self.reports.append(report)


@pytest.mark.requirement("D19")
async def test_the_limit_by_the_second_is_waited_out_and_that_by_the_minute_is_not(clients: Any) -> None:
    client = clients(lambda _request: httpx.Response(200, json={}), SecondGate(0.01, 0.01))
    assert await client.read("/term/1") == {}
    with pytest.raises(Waiting) as waiting:
        await clients(lambda _request: httpx.Response(200, json={}), SecondGate(20)).read("/term/1")
    assert waiting.value.after == timedelta(seconds=20)
    assert len(clients.requests) == 1


async def test_a_refusal_by_the_limit_is_told_to_the_gate(clients: Any) -> None:
    gate = SecondGate()
    with pytest.raises(Waiting) as waiting:
        await clients(lambda _request: httpx.Response(429, headers={"Retry-After": "7"}), gate).read("/term/1")
    assert waiting.value.after == timedelta(seconds=7)
    assert [(one.problem, one.retry_after) for one in gate.reports] == [("unknown", timedelta(seconds=7))]


async def test_no_more_calls_are_in_flight_than_allowed(clients: Any) -> None:
    flying, most = 0, 0

    async def answer(_request: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.get_running_loop().run_in_executor(None, int)  # others come in while this one is out
        flying -= 1
        return httpx.Response(200, json={})

    client = clients(answer, concurrency=2)
    await asyncio.gather(*(client.read("/term/1") for _ in range(6)))
    assert most == 2


async def test_nothing_is_sent_when_the_time_is_up(clients: Any) -> None:
    async def slow(_request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        return httpx.Response(200, json={})

    client = clients(slow, concurrency=1, request_timeout=timedelta(seconds=0.5))
    outcomes = await asyncio.gather(*(client.write("/invoice", b"{}", "r") for _ in range(2)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Ambiguous, Transient]
    assert len(clients.requests) == 1


@pytest.mark.requirement("D2")
async def test_a_number_that_took_too_long_to_check_is_not_written_again(
    clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else may serve the company by then, and the second write would pass QuickBooks' own check."""
    client = clients(lambda _request: fault("6140"), request_timeout=timedelta(seconds=0.2))

    async def frozen(*_: Any) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.25)
        return False

    monkeypatch.setattr(changes, "_is_taken", frozen)
    composed = Composed(DocumentKind.SALES_INVOICE, "POST", "/invoice", b"{}", ())
    with pytest.raises(Transient):
        await changes.create(client, composed, "k" * 64)
    assert ["include" in request.url.params for request in clients.requests] == [False]


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "quickbooks.api.intuit.com"},
        {"token_url": 5},
        {"concurrency": 0},
        {"concurrency": 11},
        {"concurrency": True},
        {"minor_version": 65},
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        QuickBooksConfig.of(settings)


async def test_a_connection_names_its_company_and_its_addresses(clients: Any) -> None:
    http = httpx.AsyncClient()
    clients.made.append(http)
    with pytest.raises(ConfigurationError, match="realm_id"):
        build_ledger("quickbooks", {"tenant_id": "x"}, http, None, OpenGate())  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="tenant_id"):
        ledger_company("xero", {"realm_id": "1"})
    with pytest.raises(ConfigurationError, match="known ledgers: xero, quickbooks"):
        build_token_source("sage", {}, http, None)  # type: ignore[arg-type]
    assert ledger_addresses("quickbooks", {}) == (
        "https://quickbooks.api.intuit.com",
        "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    )
    assert len(ledger_addresses("xero", {})) == 3


async def test_an_unknown_refusal_keeps_the_ledgers_words(clients: Any) -> None:
    with pytest.raises(Stopped) as stopped:
        await clients(lambda _request: fault("9999", "Etwas ist schiefgegangen")).read("/term/1")
    assert stopped.value.findings[0].params["text"] == "Etwas ist schiefgegangen"
