"""What every outgoing call promises whatever is at the other end."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import REGISTRY

from ledgerwire.common.errors import Ambiguous, Transient
from ledgerwire.common.http.calls import Call, operation_of, record_calls
from ledgerwire.common.http.client import BodyTooLarge, classify_transport_error, guarded_client
from ledgerwire.common.http.guard import EgressRefused, HttpPolicy

POLICY = HttpPolicy(allowed_hosts=frozenset({"api.example.com"}), max_body_bytes=1000, total_seconds=0.2)


class Server(httpx.AsyncBaseTransport):
    def __init__(self, answer=None) -> None:
        self.seen: list[httpx.Request] = []
        self.answer = answer or httpx.Response(200, content=b"{}")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == "hang":
            await asyncio.sleep(30)  # lint: allow sleeping-test - plays a server that does not answer
        return self.answer


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/",
        "https://evil.example.com/",
        "https://api.example.com.evil.net/",
        "https://api.example.com:8443/",
        "https://user:secret@api.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://api.example.com@evil.net/",
    ],
)
async def test_only_https_to_a_listed_host_is_sent(url: str) -> None:
    server = Server()
    async with guarded_client(POLICY, inner=server) as client:
        with pytest.raises(EgressRefused):
            await client.get(url)
    assert server.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_returned_and_never_followed(status: int) -> None:
    server = Server(httpx.Response(status, headers={"location": "https://169.254.169.254/latest"}))
    async with guarded_client(POLICY, inner=server) as client:
        answer = await client.get("https://api.example.com/a")
    assert answer.status_code == status
    assert len(server.seen) == 1


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("SSLKEYLOGFILE", "/nonexistent/keys")
    server = Server()
    async with guarded_client(POLICY, inner=server) as client:
        assert (await client.get("https://api.example.com/a")).status_code == 200
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"x" * 1001, gzip.compress(b"x" * 5_000_000)], ids=["plain", "compressed"])
async def test_a_large_answer_is_cut_off_also_when_compressed(body: bytes) -> None:
    headers = {"content-encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    server = Server(httpx.Response(200, headers=headers, stream=Pieces(body)))
    async with guarded_client(POLICY, inner=server) as client:
        with pytest.raises(BodyTooLarge):
            await client.get("https://api.example.com/a")


class Pieces(httpx.AsyncByteStream):
    def __init__(self, *parts: bytes, pause: float = 0) -> None:
        self.parts, self.pause = parts, pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            await asyncio.sleep(self.pause)  # lint: allow sleeping-test - plays a server that sends slowly
            yield part


async def test_compressed_answers_are_read() -> None:
    body = gzip.compress(b'{"total": 12.50}')
    server = Server(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Pieces(body[:5], body[5:])))
    async with guarded_client(POLICY, inner=server) as client:
        assert (await client.get("https://api.example.com/a")).text == '{"total": 12.50}'


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
async def test_an_encoding_nobody_asked_for_is_refused(encoding: str) -> None:
    server = Server(httpx.Response(200, headers={"content-encoding": encoding}, stream=Pieces(b"x")))
    async with guarded_client(POLICY, inner=server) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("https://api.example.com/a")


@pytest.mark.parametrize("answer", ["hang", httpx.Response(200, stream=Pieces(*[b"x"] * 50, pause=0.05))])
async def test_a_slow_answer_ends_at_the_limit_even_if_it_trickles(answer) -> None:
    async with guarded_client(POLICY, inner=Server(answer)) as client:
        async with asyncio.timeout(2):
            with pytest.raises(httpx.ReadTimeout):
                await client.get("https://api.example.com/a")


async def test_a_call_is_reported_without_query_headers_or_body() -> None:
    calls: list[Call] = []
    async with guarded_client(POLICY, inner=Server(), on_call=calls.append) as client:
        await client.post(
            "https://api.example.com/a?key=secret", content=b"secret", headers={"Authorization": "secret"}
        )
    assert [(call.method, call.host, call.path, call.status) for call in calls] == [
        ("POST", "api.example.com", "/a", 200)
    ]
    assert "secret" not in repr(calls)


async def test_a_failed_call_is_reported_too() -> None:
    calls: list[Call] = []
    async with guarded_client(POLICY, inner=Server(httpx.ConnectError("no")), on_call=calls.append) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("https://api.example.com/a")
    assert [(call.status, call.error) for call in calls] == [(None, "ConnectError")]


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
@pytest.mark.parametrize("write", [True, False])
def test_what_was_not_sent_may_be_sent_again(error: Exception, write: bool) -> None:
    assert isinstance(classify_transport_error(error, write), Transient)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ReadTimeout("x"),
        httpx.ReadError("x"),
        httpx.WriteError("x"),
        httpx.WriteTimeout("x"),
        httpx.RemoteProtocolError("x"),
        BodyTooLarge("x"),
    ],
)
def test_a_write_cut_off_is_ambiguous_and_a_read_is_not(error: Exception) -> None:
    assert isinstance(classify_transport_error(error, True), Ambiguous)
    assert isinstance(classify_transport_error(error, False), Transient)


def test_a_failed_handshake_is_told_apart() -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    found = classify_transport_error(error, True)
    assert (found.code, str(found)) == (
        "TLS_FAILURE",
        "TLS failed with the server: x. Does it speak https, and is its authority known (ca_file)?",
    )
    error.request = httpx.Request("GET", "https://cw.example.com:8443/v4_6")
    assert "TLS failed with cw.example.com:8443: x." in str(classify_transport_error(error, True))


def test_an_error_of_ours_keeps_its_class() -> None:
    error = EgressRefused("no")
    assert classify_transport_error(error, True) is error


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/v2025_1/apis/3.0/finance/invoices/39005/glEntries/", "GET /finance/invoices/{id}/glEntries/"),
        ("/api.xro/2.0/Invoices/243216c5-369e-4056-ac67-05388f86dc81", "GET /api.xro/2.0/Invoices/{id}"),
        ("/login/companyinfo/acme", "GET /login/companyinfo/acme"),
    ],
)
def test_calls_are_counted_by_operation_and_not_by_record(path: str, operation: str) -> None:
    call = Call("GET", "h", path, 200, 0.1)
    assert operation_of(call) == operation
    before = REGISTRY.get_sample_value(
        "ledgerwire_calls_total", {"provider": "p", "operation": operation, "outcome": "200"}
    )
    record_calls("p")(call)
    after = REGISTRY.get_sample_value(
        "ledgerwire_calls_total", {"provider": "p", "operation": operation, "outcome": "200"}
    )
    assert (after or 0) - (before or 0) == 1
