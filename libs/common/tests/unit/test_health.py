"""Health answers in time, names what fails, and says nothing it should not."""

import asyncio

import httpx
import pytest

from ledgerwire.common import health
from ledgerwire.common.health import Check, Kind
from ledgerwire.common.http_server import compose


def check(name, kind, outcome):
    async def ask():
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Check(name, kind, ask)


async def get(path, *checks):
    transport = httpx.ASGITransport(app=compose([], checks))
    async with httpx.AsyncClient(transport=transport, base_url="http://health") as client:
        return await client.get(path)


async def test_live_needs_nothing():
    answer = await get("/live", check("database", Kind.READY, "down"))
    assert answer.status_code == 200


@pytest.mark.parametrize(("path", "kind"), [("/ready", Kind.READY), ("/promises", Kind.PROMISE)])
async def test_a_failing_check_is_named(path, kind):
    good = await get(path, check("one", kind, None))
    assert (good.status_code, good.json()["status"]) == (200, "ok")
    bad = await get(path, check("one", kind, None), check("two", kind, "work has been due for 700 s"))
    assert bad.status_code == 503
    assert bad.json()["failing"] == {"two": "work has been due for 700 s"}


async def test_a_promise_being_broken_does_not_make_the_process_unready():
    answer = await get("/ready", check("slow", Kind.PROMISE, "late"))
    assert answer.status_code == 200


async def test_a_check_that_raises_fails_without_its_text():
    answer = await get("/ready", check("database", Kind.READY, RuntimeError("password=hunter2")))
    assert answer.status_code == 503
    assert "hunter2" not in answer.text
    assert "RuntimeError" in answer.text


async def test_a_check_that_hangs_fails_in_time(monkeypatch):
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.05)

    async def ask():
        await asyncio.Event().wait()

    answer = await get("/ready", Check("database", Kind.READY, ask))
    assert answer.status_code == 503
    assert "no answer" in answer.json()["failing"]["database"]


async def test_metrics_are_served():
    answer = await get("/metrics")
    assert answer.status_code == 200
    assert "ledgerwire_dead_letters_total" in answer.text
