"""The one way out: https only, hosts of the policy only, no redirects, no environment proxies, answers capped in size and time."""

from __future__ import annotations

import asyncio
import ssl
import sys
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import httpcore
import httpx

from ledgerwire.common.errors import Ambiguous, LedgerwireError, Transient
from ledgerwire.common.http.calls import Call, CallHook, ignore_call
from ledgerwire.common.http.guard import EgressRefused, GuardedBackend, HttpPolicy, Resolver, system_resolver

if find_spec("sniffio") is None:
    # httpcore asks for it several times a call: once known to be missing it need not be searched for on the disk
    sys.modules["sniffio"] = None  # type: ignore[assignment]

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_MAPPED: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)


class BodyTooLarge(httpx.ReadError):
    """The answer was larger than the policy allows and was cut off."""


def guarded_client(
    policy: HttpPolicy,
    *,
    on_call: CallHook = ignore_call,
    resolver: Resolver = system_resolver,
    inner: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """An httpx client that can only do what `policy` allows; close it when done.

    `inner` replaces the network (tests); the checks on scheme, host, size and time stay in front of it.
    Raises EgressRefused for a call that is not allowed and httpx.TransportError for one that failed; give the latter to
    `classify_transport_error`. Redirects are returned as they are, never followed.
    """
    network = inner or PoolTransport(policy, resolver)
    return httpx.AsyncClient(
        transport=GuardedTransport(policy, network, on_call),
        timeout=httpx.Timeout(policy.total_seconds, connect=policy.connect_seconds),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "gzip", "User-Agent": "Ledgerwire"},
    )


def classify_transport_error(error: Exception, method_is_write: bool) -> LedgerwireError:
    """The error class that decides where the work goes: not sent or a read is Transient, a write cut off is Ambiguous."""
    if isinstance(error, LedgerwireError):
        return error
    name = type(error).__name__
    if _is_tls(error):
        host = _host(error)
        told = (
            f"TLS failed with {host}: {_first_line(error)}. Does it speak https, and is its authority known (ca_file)?"
        )
        return Transient(told, code="TLS_FAILURE", detail={"host": host})
    if method_is_write and not isinstance(error, _NOT_SENT):
        return Ambiguous(f"The answer to a write was lost ({name})", detail={"error": name})
    code = "UNREACHABLE" if isinstance(error, _NOT_SENT) else "TRANSIENT"
    return Transient(f"The call failed ({name}): {_first_line(error)}", code=code, detail={"error": name})


def _is_tls(error: BaseException) -> bool:
    # Only a failed handshake counts: a TLS error later, while data flows, leaves the outcome of a write open.
    seen: BaseException | None = error if isinstance(error, httpx.ConnectError) else None
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _host(error: Exception) -> str:
    """Where the call went, as far as the error knows."""
    try:
        return error.request.url.netloc.decode() if isinstance(error, httpx.RequestError) else "the server"
    except RuntimeError:  # the error belongs to no request
        return "the server"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


@lru_cache(maxsize=32)
def _context(ca_file: str | None, changed_ns: int) -> ssl.SSLContext:
    del changed_ns  # part of the key: a renewed CA file makes a new context
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.create_default_context(cafile=ca_file)


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The TLS settings for a policy: the public authorities, or those of `ca_file` alone."""
    return _context(ca_file, Path(ca_file).stat().st_mtime_ns if ca_file else 0)


@contextmanager
def _mapped() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for ours, theirs in _MAPPED:
            if isinstance(error, ours):
                raise theirs(str(error)) from error
        raise


class _PoolStream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _mapped():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        with _mapped():
            await self._response.aclose()


class PoolTransport(httpx.AsyncBaseTransport):
    """httpx over an httpcore pool whose network is the guarded one."""

    def __init__(self, policy: HttpPolicy, resolver: Resolver = system_resolver) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls_context(policy.ca_file),
            max_connections=policy.max_connections,
            max_keepalive_connections=policy.max_connections,
            keepalive_expiry=15.0,
            network_backend=GuardedBackend(policy, resolver),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        outgoing = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _mapped():
            answer = await self._pool.handle_async_request(outgoing)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_PoolStream(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _CappedStream(httpx.AsyncByteStream):
    """Decompresses and counts; stops reading once the answer is larger or slower than allowed."""

    def __init__(self, source: httpx.AsyncByteStream, *, gzip: bool, limit: int, deadline: float) -> None:
        self._source = source
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS) if gzip else None
        self._left = limit
        self._deadline = deadline

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async with aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                plain = self._plain(chunk)
                self._left -= len(plain)
                if self._left < 0:
                    raise BodyTooLarge("the answer is larger than allowed")
                yield plain

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        source = aiter(self._source)
        while True:
            try:
                async with asyncio.timeout(self._deadline - time.monotonic()):
                    chunk = await anext(source, None)
            except TimeoutError as error:
                raise httpx.ReadTimeout("the answer took too long") from error
            if chunk is None:
                return
            yield chunk

    def _plain(self, chunk: bytes) -> bytes:
        if self._inflate is None:
            return chunk
        try:
            return self._inflate.decompress(chunk, self._left + 1)
        except zlib.error as error:
            raise httpx.ReadError("the answer is not valid gzip") from error

    async def aclose(self) -> None:
        await self._source.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """The checks that hold whatever network is behind them."""

    def __init__(self, policy: HttpPolicy, inner: httpx.AsyncBaseTransport, on_call: CallHook = ignore_call) -> None:
        self._policy = policy
        self._inner = inner
        self._on_call = on_call

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._check(request.url)
        started = time.monotonic()
        status: int | None = None
        failed: str | None = None
        try:
            answer = await self._send(request)
            status = answer.status_code
            return self._capped(answer, started + self._policy.total_seconds)
        except Exception as error:
            failed = type(error).__name__
            raise
        finally:
            path = request.url.path
            self._on_call(Call(request.method, request.url.host, path, status, time.monotonic() - started, failed))

    def _check(self, url: httpx.URL) -> None:
        if url.scheme != "https":
            raise EgressRefused(f"{url.host} is only called over https")
        if url.userinfo:
            raise EgressRefused(f"{url.host} is not called with credentials in the address")
        host = url.raw_host.decode("ascii")
        if not self._policy.allows(host, url.port or 443):
            raise EgressRefused(f"{host}:{url.port or 443} is not on the allow-list")

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(self._policy.total_seconds):
                return await self._inner.handle_async_request(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("the call took too long") from error

    def _capped(self, answer: httpx.Response, deadline: float) -> httpx.Response:
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "gzip"}:
            raise httpx.RemoteProtocolError(f"the answer has an encoding nobody asked for ({encoding[:20]})")
        stream = answer.stream
        if not isinstance(stream, httpx.AsyncByteStream):
            raise httpx.LocalProtocolError("the network behind the guard must be asynchronous")
        dropped = {"content-encoding", "content-length"} if encoding == "gzip" else set()
        headers = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in dropped]
        return httpx.Response(
            status_code=answer.status_code,
            headers=headers,
            stream=_CappedStream(stream, gzip=encoding == "gzip", limit=self._policy.max_body_bytes, deadline=deadline),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()
