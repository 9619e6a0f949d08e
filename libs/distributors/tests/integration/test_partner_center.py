"""Partner Center as a source: paging, sign-in, throttling, exports, and what stops halfway."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.seats import ChargeKind, Completeness, Frequency, Motion, SubscriptionStatus
from ledgerwire.distributors.partnercenter import SignIn
from ledgerwire.distributors.port import Period, read_source
from ledgerwire.sandbox.partnercenter.market import Customer

SPRING = Period(date(2022, 3, 1), date(2022, 5, 31))
NOW = datetime(2022, 4, 8, tzinfo=UTC)


def add_customers(center: Any, count: int) -> None:
    for place in range(count):
        one = Customer(f"cust-{place}", f"Customer {place}", "")
        center.market.customers[one.id] = one


@pytest.mark.requirement("B33")
async def test_customers_come_page_by_page_and_only_those_that_are_resold_to(make_partner_center: Any) -> None:
    center = await make_partner_center(page_size=2)
    add_customers(center, 5)
    part = await center.source.customers()
    assert (len(part.rows), part.complete, center.calls("/customers")) == (7, True, 4)
    assert "Advised Only" not in {customer.name for customer in part.rows}


@pytest.mark.requirement("F1")
async def test_a_list_that_stops_halfway_is_kept_and_called_incomplete(make_partner_center: Any) -> None:
    center = await make_partner_center(page_size=2)
    add_customers(center, 5)
    center.arm("half_body", path_regex="/customers$", after=1, times=None)
    reading = await read_source(center.source, SPRING, NOW)
    assert len(reading.customers) == 2
    assert reading.completeness is Completeness.PARTIAL
    [problem] = reading.problems
    assert (problem.code, problem.place) == ("BS_SOURCE_INCOMPLETE", "customers page 2")


async def test_a_list_that_never_begins_is_an_error(partner_center: Any) -> None:
    partner_center.arm("500_before", path_regex="/customers$", times=None)
    with pytest.raises(Transient):
        await partner_center.source.customers()
    assert partner_center.calls("/customers") == 3


async def test_one_lost_answer_is_asked_for_again_under_the_same_request_id(partner_center: Any) -> None:
    partner_center.arm("500_after", path_regex="/customers$")
    assert len((await partner_center.source.customers()).rows) == 2
    sent = [dict(entry.request_headers) for entry in partner_center.journal.entries() if entry.path == "/v1/customers"]
    assert len({headers["ms-requestid"] for headers in sent}) == 1


async def test_a_throttled_call_waits_as_long_as_it_is_told(partner_center: Any) -> None:
    partner_center.switches.change({"calls_per_minute": 1})
    customers = (await partner_center.source.customers()).rows
    await partner_center.source.subscriptions(customers[0])
    assert [wait for wait in partner_center.waited if wait >= 59]


async def test_a_wait_longer_than_the_patience_is_left_to_whoever_asked(make_partner_center: Any) -> None:
    center = await make_partner_center(patience=timedelta(seconds=5))
    center.switches.change({"calls_per_minute": 0})
    with pytest.raises(Waiting) as waiting:
        await center.source.customers()
    assert waiting.value.code == "RATE_LIMITED"
    assert waiting.value.after is not None
    assert waiting.value.after.total_seconds() > 5


async def test_a_replaced_refresh_token_is_stored_and_the_old_one_never_used(partner_center: Any) -> None:
    first = partner_center.keys.stored.refresh_token
    await partner_center.source.customers()
    assert partner_center.keys.replaced == 1
    assert partner_center.keys.stored.refresh_token != first
    await partner_center.source.customers()
    assert partner_center.calls("/token") == 1


async def test_a_sign_in_that_ended_asks_for_a_person_once(partner_center: Any) -> None:
    partner_center.state.identity.revoke_all()
    for _ in range(2):
        with pytest.raises(Waiting) as waiting:
            await partner_center.source.customers()
        assert waiting.value.code == "TOKEN_REVOKED"
    assert partner_center.calls("/token") == 1


async def test_a_fresh_token_that_cannot_be_stored_is_not_used(partner_center: Any) -> None:
    partner_center.keys.broken = True
    with pytest.raises(Transient) as failed:
        await partner_center.source.customers()
    assert failed.value.code == "TOKEN_NOT_SAVED"
    assert partner_center.calls("/customers") == 0


async def test_a_sign_in_without_mfa_is_a_refusal_and_not_a_loop(partner_center: Any) -> None:
    partner_center.switches.change({"mfa_missing": True})
    with pytest.raises(Waiting) as waiting:
        await partner_center.source.customers()
    assert waiting.value.code == "TOKEN_REFUSED"
    assert partner_center.calls("/customers") == 2


@pytest.mark.parametrize(
    "switches",
    [
        {"manifest_by_link": True},
        {"blob_lines": 2},
        {"numbers_as_text": True},
        {"joined_ids": False},
        {"export_polls": 4},
        {"export_changes": 1},
        {"rotates": False},
        {"subscription_etags": True},
    ],
)
async def test_lines_are_the_same_whatever_the_documents_leave_open(partner_center: Any, switches: Any) -> None:
    sold = partner_center.month()
    partner_center.on("2022-04-08").switches.change(switches)
    reading = await read_source(partner_center.source, Period(date(2022, 3, 1), date(2022, 4, 3)), NOW)
    assert (len(reading.charges), reading.problems) == (11, ())
    assert sum(line.subtotal for line in reading.charges) == Decimal("275.23")
    assert {line.subscription_id for line in reading.charges} == {sold}


async def test_a_line_keeps_its_key_when_it_is_billed(partner_center: Any) -> None:
    partner_center.month()
    before = (await partner_center.on("2022-03-28").source.charges(SPRING)).rows
    after = (await partner_center.on("2022-04-08").source.charges(Period(date(2022, 3, 1), date(2022, 4, 3)))).rows
    assert {line.invoice for line in before} == {""}
    assert {line.invoice for line in after} == {"G000001"}
    assert {line.key for line in before} == {line.key for line in after}


@pytest.mark.requirement("F1")
async def test_an_export_that_breaks_leaves_the_others_and_says_so(partner_center: Any) -> None:
    partner_center.month()
    partner_center.on("2022-05-02")
    partner_center.arm("500_before", path_regex="unbilled/export", times=None)
    part = await partner_center.source.charges(SPRING)
    assert {line.invoice for line in part.rows} == {"G000001"}
    assert (part.complete, {problem.code for problem in part.problems}) == (False, {"BS_SOURCE_INCOMPLETE"})


async def test_a_subscription_shows_its_state_and_no_price(partner_center: Any) -> None:
    center = partner_center.on("2022-03-05")
    sold = center.market.buy("11111111-aaaa-4aaa-8aaa-111111111111", "CFQ7TTC0LH18:0001", "Basic", 3, Decimal(120),
                             term="P1Y", plan="annual")  # fmt: skip
    center.market.suspend(sold.id)
    customers = (await center.source.customers()).rows
    [held] = (await center.source.subscriptions(customers[0])).rows
    assert (held.id, held.sku, held.quantity) == (sold.id, "CFQ7TTC0LH18:0001", 3)
    assert (held.motion, held.frequency, held.term) == (Motion.SEAT_ANNUAL, Frequency.ANNUAL, "P1Y")
    assert (held.status, held.auto_renew, held.unit_cost) == (SubscriptionStatus.SUSPENDED, False, None)
    assert (held.start, held.term_end) == (date(2022, 3, 5), date(2023, 3, 4))


async def test_metered_use_and_credits_are_told_apart_from_seats(partner_center: Any) -> None:
    center = partner_center.on("2022-03-01")
    plan = center.market.buy("11111111-aaaa-4aaa-8aaa-111111111111", "DZH318Z0BPS6:0001", "Azure plan", 1, Decimal(0))
    center.market.use(plan.id, Decimal("123.45"), date(2022, 3, 1), date(2022, 3, 31))
    center.market.credit(plan.id, Decimal("10.00"), "SLA")
    lines = {line.kind: line for line in (await center.source.charges(SPRING)).rows}
    assert lines[ChargeKind.NEW].motion is Motion.AZURE_PLAN
    assert (lines[ChargeKind.CREDIT].subtotal, lines[ChargeKind.CREDIT].credit_reason) == (Decimal("-10.00"), "SLA")


async def test_a_customer_that_is_gone_is_one_problem(partner_center: Any) -> None:
    names = (await partner_center.source.customers()).rows
    partner_center.arm("500_before", path_regex=f"{names[0].id}/subscriptions", times=None)
    reading = await read_source(partner_center.source, SPRING, NOW)
    [problem] = reading.problems
    assert (problem.code, problem.customer_id) == ("BS_SOURCE_INCOMPLETE", names[0].id)
    assert reading.completeness is Completeness.PARTIAL


async def test_customers_of_a_page_that_never_came_are_not_planned_from_their_charges(make_partner_center: Any) -> None:
    center = await make_partner_center(page_size=4)
    add_customers(center, 3)
    for name in ("cust-0", "cust-2"):
        center.on("2022-03-05").market.buy(name, "CFQ7TTC0LH18:0001", "Basic", 3, Decimal(10))
    center.on("2022-03-20").arm("500_before", path_regex="/customers$", after=1, times=None)
    reading = await read_source(center.source, SPRING, NOW)
    assert reading.completeness is Completeness.PARTIAL
    assert {held.customer_id for held in reading.subscriptions} == {"cust-0"}
    assert reading.unsure == {"cust-2"}


async def test_two_processes_with_one_consent_sign_in_one_after_the_other(partner_center: Any) -> None:
    held = {"by": 0, "most": 0}

    class Claim:
        """A claim in the database: one at a time."""

        async def take(self) -> bool:
            if held["by"]:
                return False
            held["by"], held["most"] = 1, held["most"] + 1
            return True

        async def give_back(self) -> None:
            held["by"] = 0

    center = partner_center
    url = center.source._client.config.token_url
    async with httpx.AsyncClient(trust_env=False) as http:
        signed = [SignIn(http, url, center.keys, turn=Claim(), clock=center.clock) for _ in range(3)]
        tokens = await asyncio.gather(*(each.token("https://graph.microsoft.com") for each in signed))
    assert len(set(tokens)) == 3
    assert (held["most"], center.keys.replaced, center.keys.stored.revoked) == (3, 3, False)


async def test_a_caller_that_gives_up_lets_nobody_spend_the_same_refresh_token(partner_center: Any) -> None:
    began, let_go = asyncio.Event(), asyncio.Event()
    at_once = {"now": 0, "most": 0}

    class Slow:
        """A turn that any caller gets, and only later."""

        async def take(self) -> bool:
            at_once["now"] += 1
            at_once["most"] = max(at_once.values())
            began.set()
            await let_go.wait()
            return True

        async def give_back(self) -> None:
            at_once["now"] -= 1

    center = partner_center
    audience = "https://graph.microsoft.com"
    async with httpx.AsyncClient(trust_env=False) as http:
        signed = SignIn(http, center.source._client.config.token_url, center.keys, turn=Slow(), clock=center.clock)
        hasty = asyncio.create_task(signed.token(audience))
        await began.wait()
        hasty.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hasty
        patient = asyncio.create_task(signed.token(audience))
        await asyncio.sleep(0)
        let_go.set()
        assert await patient
    assert (at_once["most"], center.keys.replaced) == (1, 1)
