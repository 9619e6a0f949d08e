"""Rate limits and Idempotency-Key."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from ledgerwire.sandbox.core.serving import serve


async def test_every_answer_tells_what_is_left(xero):
    headers = (await xero.get("Organisation")).headers
    assert (headers["X-MinLimit-Remaining"], headers["X-DayLimit-Remaining"]) == ("59", "4999")
    assert headers["X-AppMinLimit-Remaining"] == "9999"
    failed = await xero.put("Invoices", {"Type": "ACCREC"})
    assert (failed.status_code, failed.headers["X-MinLimit-Remaining"]) == (400, "58")


async def test_the_sixty_first_call_of_a_minute_waits(xero):
    for _ in range(60):
        assert (await xero.get("Currencies")).status_code == 200
    refused = await xero.get("Currencies")
    assert (refused.status_code, refused.content) == (429, b"")
    assert refused.headers["X-Rate-Limit-Problem"] == "minute"
    assert refused.headers["X-MinLimit-Remaining"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    xero.clock.advance(timedelta(seconds=int(refused.headers["Retry-After"])))
    assert (await xero.get("Currencies")).status_code == 200


@pytest.mark.parametrize(("switch", "problem"), [("day_limit", "day"), ("app_minute_limit", "appminute")])
async def test_each_limit_has_its_switch_and_its_name(make_xero, switch, problem):
    xero = make_xero(switches={switch: 1})
    assert (await xero.get("Currencies")).status_code == 200
    refused = await xero.get("Currencies")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, problem)
    xero.clock.advance(timedelta(seconds=int(refused.headers["Retry-After"])))
    assert (await xero.get("Currencies")).status_code in {200, 401}


async def test_the_day_begins_anew_at_the_tenants_own_hour(make_xero):
    xero = make_xero(switches={"day_limit": 1})
    await xero.get("Currencies")
    wait = int((await xero.get("Currencies")).headers["Retry-After"])
    assert 0 < wait <= 86_400
    xero.clock.advance(timedelta(seconds=wait))
    xero.tokens = xero.state.identity.consent("app-1", xero.clock.now())
    assert (await xero.get("Currencies")).status_code == 200


@pytest.mark.parametrize("with_wait", [False, True])
async def test_the_sixth_call_in_flight_is_refused_and_journaled(make_xero, with_wait):
    xero = make_xero(switches={"latency_seconds": 0.05, "concurrent_retry_after": with_wait})
    answers = await asyncio.gather(*(xero.get("Currencies") for _ in range(7)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 2
    assert all(answer.headers["X-Rate-Limit-Problem"] == "concurrent" for answer in refused)
    assert all(("Retry-After" in answer.headers) is with_wait for answer in refused)
    assert sorted(entry.status for entry in xero.journal.entries()) == [200] * 5 + [429] * 2
    assert (await xero.get("Currencies")).status_code == 200


async def test_limits_can_be_switched_off(make_xero):
    xero = make_xero(switches={"limits_enabled": False, "minute_limit": 1})
    assert [(await xero.get("Currencies")).status_code for _ in range(3)] == [200, 200, 200]


async def test_the_429_fault_looks_like_the_limit(xero):
    xero.arm("429", params={"problem": "day", "retry_after": 7200})
    refused = await xero.get("Currencies")
    assert (refused.status_code, refused.content) == (429, b"")
    assert (refused.headers["X-Rate-Limit-Problem"], refused.headers["Retry-After"]) == ("day", "7200")


async def test_the_same_key_and_request_is_answered_from_memory_for_six_minutes(xero):
    key = {"Idempotency-Key": "k-1"}
    body = {"Invoices": [xero.invoice(None)]}
    first = await xero.call("PUT", "Invoices", body, key)
    xero.clock.advance(timedelta(minutes=5, seconds=58))
    again = await xero.call("PUT", "Invoices", body, key)
    assert again.content == first.content
    assert len(xero.state.invoices) == 1
    xero.clock.advance(timedelta(seconds=3))
    await xero.call("PUT", "Invoices", body, key)
    assert len(xero.state.invoices) == 2


async def test_an_answer_lost_on_the_wire_is_had_again_under_its_key(xero):
    xero.arm("timeout_after_commit", params={"seconds": 5})
    key, body = {**xero.headers, "Idempotency-Key": "k"}, {"Invoices": [xero.invoice()]}
    async with serve(xero.app) as served, httpx.AsyncClient(base_url=served.base_url, timeout=0.3) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.put("/api.xro/2.0/Invoices", json=body, headers=key)
        again = await client.put("/api.xro/2.0/Invoices", json=body, headers=key)
    assert again.json()["Invoices"][0]["InvoiceNumber"] == "INV-1042"
    assert len(xero.state.invoices) == 1


async def test_a_replay_counts_against_the_limits(xero):
    key, body = {"Idempotency-Key": "k"}, {"Invoices": [xero.invoice()]}
    left = [(await xero.call("PUT", "Invoices", body, key)).headers["X-MinLimit-Remaining"] for _ in range(2)]
    assert left == ["59", "58"]


async def test_errors_are_kept_too(xero):
    key, body = {"Idempotency-Key": "k"}, {"Invoices": [xero.invoice(CurrencyCode="USD")]}
    first = await xero.call("PUT", "Invoices", body, key)
    await xero.call("PUT", "Currencies", {"Code": "USD"}, {"Idempotency-Key": "c"})
    xero.state.add("currencies", {"Code": "USD"})
    again = await xero.call("PUT", "Invoices", body, key)
    assert (again.status_code, again.content) == (400, first.content)
    assert (await xero.call("PUT", "Invoices", body, {"Idempotency-Key": "other"})).status_code == 200


async def test_a_broken_answer_is_kept_too(xero):
    xero.arm("500_midway")
    key = {"Idempotency-Key": "k"}
    body = {"Invoices": [xero.invoice(f"INV-{n}") for n in range(4)]}
    answers = [await xero.call("PUT", "Invoices", body, key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert [row["InvoiceNumber"] for row in xero.state.invoices] == ["INV-0", "INV-1"]


@pytest.mark.parametrize("where", ["message", "elements"])
async def test_the_same_key_with_another_request_is_refused(make_xero, where):
    xero = make_xero(switches={"idempotency_mismatch": where})
    key = {"Idempotency-Key": "k-7"}
    await xero.call("PUT", "Invoices", {"Invoices": [xero.invoice("A")]}, key)
    other = await xero.call("PUT", "Invoices", {"Invoices": [xero.invoice("B")]}, key)
    assert other.status_code == 400
    assert "Idempotency Key: k-7 is used with a different request." in other.text
    assert ("Elements" in other.json()) is (where == "elements")
    assert len(xero.state.invoices) == 1


async def test_keys_belong_to_the_app(xero):
    key, body = {"Idempotency-Key": "k"}, {"Invoices": [xero.invoice(None)]}
    await xero.call("PUT", "Invoices", body, key)
    xero.tokens = xero.state.identity.client_credentials(
        xero.state.identity.apps["custom"], "accounting.invoices", xero.clock.now()
    )
    await xero.call("PUT", "Invoices", body, key)
    assert len(xero.state.invoices) == 2


async def test_a_key_may_have_128_characters(xero):
    body = {"Invoices": [xero.invoice()]}
    assert (await xero.call("PUT", "Invoices", body, {"Idempotency-Key": "k" * 129})).status_code == 400
    assert (await xero.call("PUT", "Invoices", body, {"Idempotency-Key": "k" * 128})).status_code == 200
