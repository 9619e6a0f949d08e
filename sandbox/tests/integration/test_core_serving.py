import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ledgerwire.sandbox.core.clock import VirtualClock
from ledgerwire.sandbox.core.faults import Fault, Faults
from ledgerwire.sandbox.core.journal import Journal
from ledgerwire.sandbox.core.middleware import Answer, SystemMiddleware
from ledgerwire.sandbox.core.serving import serve
from ledgerwire.sandbox.core.tls import make_tls


class Counter:
    """An app that counts how many requests were really processed."""

    def __init__(self) -> None:
        self.calls = 0
        self.faults = Faults()
        self.journal = Journal(VirtualClock())
        self.app = SystemMiddleware(
            Starlette(routes=[Route("/x", self.count, methods=["GET", "POST"])]),
            system="connectwise",
            journal=self.journal,
            faults=self.faults,
            render_429=lambda fault: Answer(
                429, b"{}", [(b"retry-after", str(fault.params.get("retry_after", 3)).encode())]
            ),
            render_500=lambda _: Answer(500, b"broken"),
        )

    async def count(self, request: Request) -> JSONResponse:
        self.calls += 1
        return JSONResponse({"calls": self.calls, "echo": (await request.body()).decode()})


async def test_a_fault_decides_whether_the_work_was_done_and_what_the_client_sees() -> None:
    counter = Counter()
    async with serve(counter.app) as served, httpx.AsyncClient(base_url=served.base_url) as client:
        assert (await client.post("/x", content=b"hello")).json() == {"calls": 1, "echo": "hello"}
        counter.faults.add(Fault("500_before", "connectwise"))
        assert (await client.get("/x")).status_code == 500
        assert counter.calls == 1
        counter.faults.add(Fault("500_after", "connectwise"))
        assert (await client.get("/x")).status_code == 500
        assert counter.calls == 2
        counter.faults.add(Fault("429", "connectwise", params={"retry_after": 9}))
        assert (await client.get("/x")).headers["retry-after"] == "9"
        counter.faults.add(Fault("html_page", "connectwise"))
        answer = await client.get("/x")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        counter.faults.add(Fault("half_body", "connectwise"))
        with pytest.raises(httpx.TransportError):
            await client.get("/x")
        assert [e.fault for e in counter.journal.entries()] == [
            None, "500_before", "500_after", "429", "html_page", "half_body",
        ]  # fmt: skip


async def test_the_journal_tells_what_the_system_decided_from_what_a_fault_answered() -> None:
    counter = Counter()
    async with serve(counter.app) as served, httpx.AsyncClient(base_url=served.base_url) as client:
        for name in ("500_before", "500_after", "429", "html_page"):
            counter.faults.add(Fault(name, "connectwise"))
            await client.get("/x")
        counter.faults.add(Fault("html_page", "connectwise"))
        await client.get("/nowhere")
        await client.get("/x")
        told = [(e.status, e.decided) for e in counter.journal.entries()]
        assert told == [(500, 0), (500, 200), (429, 0), (200, 200), (200, 404), (200, 200)]
        assert counter.journal.entries()[1].as_dict()["decided"] == 200


async def test_timeout_after_commit_processes_the_request_and_never_answers() -> None:
    counter = Counter()
    async with serve(counter.app) as served, httpx.AsyncClient(base_url=served.base_url) as client:
        counter.faults.add(Fault("timeout_after_commit", "connectwise", params={"seconds": 0.05}))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/x", content=b"once")
        counter.faults.add(Fault("timeout_after_commit", "connectwise", params={"seconds": 60}))
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/x", content=b"twice", timeout=0.1)
        assert counter.calls == 2
        assert (await client.get("/x")).json()["calls"] == 3


async def test_servers_stop_at_once_even_with_a_held_connection() -> None:
    counter = Counter()
    async with (
        asyncio.timeout(20),
        serve(counter.app) as served,
        httpx.AsyncClient(base_url=served.base_url) as client,
    ):
        await client.get("/x")


async def test_tls_is_trusted_through_the_generated_ca_only(tmp_path: Path) -> None:
    files = make_tls(tmp_path)
    context = ssl.create_default_context(cafile=str(files.ca_file))
    async with serve(Counter().app, tls=files) as served:
        async with httpx.AsyncClient(verify=context) as client:
            assert (await client.get(f"{served.base_url}/x")).status_code == 200
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError):
                await stranger.get(f"{served.base_url}/x")
