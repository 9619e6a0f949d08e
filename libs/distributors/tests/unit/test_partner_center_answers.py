"""Answers of Partner Center that are well formed and yet odd: a problem of what was asked for, never the end of the run."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from ledgerwire.common.canonical import wire_bytes
from ledgerwire.common.errors import Transient, Waiting
from ledgerwire.common.seats import Completeness
from ledgerwire.distributors.partnercenter import PartnerCenterConfig, PartnerCenterSource, build_partner_center
from ledgerwire.distributors.port import Period, read_source

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
NOW = datetime(2026, 3, 20, tzinfo=UTC)
API, GRAPH, BLOBS = "https://api.example", "https://graph.example", "https://blobs.example"
CUSTOMER = {"id": "T-1", "relationshipToPartner": "reseller", "companyProfile": {"companyName": "Harbour Dental"}}
SUBSCRIPTION = {"id": "s-1", "offerId": "CFQ7TTC0LH18:1", "quantity": 3, "billingCycle": "monthly",
                "creationDate": "2026-03-05"}  # fmt: skip
MANIFEST = {"rootDirectory": BLOBS, "sasToken": "s", "blobCount": 1, "blobs": [{"name": "1"}], "eTag": "a"}
LINE = {"CustomerId": "T-1", "ProductId": "CFQ7TTC0LH18", "SkuId": "1", "ChargeType": "new", "Quantity": 3,
        "Subtotal": 30, "Currency": "USD", "ChargeStartDate": "2026-03-05", "ChargeEndDate": "2026-04-04",
        "BillingFrequency": "Monthly", "SubscriptionId": "s-1", "UnitPrice": 10}  # fmt: skip
Answer = Callable[[httpx.Request], httpx.Response]


class Tokens:
    """A sign-in that counts the tokens it gives."""

    def __init__(self) -> None:
        self.given = 0

    async def token(self, resource: str, stale: str = "") -> str:
        self.given += 1
        return f"token {self.given}"


async def no_wait(seconds: float) -> None:
    """Time passes at once."""


def source(answer: Answer, tokens: Tokens | None = None) -> PartnerCenterSource:
    config = PartnerCenterConfig("USD", base_url=API, graph_url=GRAPH, token_url=f"{API}/token")
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return build_partner_center("partner center", config, http, tokens or Tokens(), no_wait)  # type: ignore[arg-type]


def packed(*lines: Any) -> bytes:
    return gzip.compress(b"".join(wire_bytes(line) + b"\n" for line in lines))


def tenant(blob: bytes = b"", **odd: Any) -> Answer:
    """A tenant with one customer, one subscription and one line, but for the parts that are odd."""
    bodies: dict[str, Any] = {
        "customers": {"items": [CUSTOMER]},
        "subscriptions": {"items": [SUBSCRIPTION]},
        "invoices": {"items": []},
        "operation": {"status": "succeeded", "resourceLocation": MANIFEST | odd.pop("manifest", {})},
    } | odd

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(202, headers={"Location": f"{GRAPH}/operation"})
        if request.url.host == "blobs.example":
            return httpx.Response(200, content=blob or packed(LINE))
        return httpx.Response(200, content=wire_bytes(bodies[request.url.path.rpartition("/")[2]]))

    return answer


async def test_a_tenant_with_nothing_odd_is_read_whole() -> None:
    reading = await read_source(source(tenant()), MARCH, NOW)
    assert (len(reading.subscriptions), len(reading.charges), reading.problems) == (1, 2, ())


ODD_PAGES = [
    {"items": None},
    {"items": "none"},
    {"items": [SUBSCRIPTION, 7]},
    {"items": [SUBSCRIPTION], "links": "next"},
    {"items": [SUBSCRIPTION], "links": {"next": {"headers": 7}}},
]


@pytest.mark.requirement("F1: BS_SOURCE_INCOMPLETE")
@pytest.mark.parametrize("page", ODD_PAGES)
async def test_a_page_that_cannot_be_read_is_a_problem_of_its_customer(page: Any) -> None:
    reading = await read_source(source(tenant(subscriptions=page)), MARCH, NOW)
    [problem] = reading.problems
    assert (problem.code, problem.customer_id) == ("BS_SOURCE_INCOMPLETE", "t-1")
    assert reading.completeness is Completeness.PARTIAL


@pytest.mark.parametrize("page", ODD_PAGES[:3])
async def test_customers_that_cannot_be_read_are_an_error_of_the_source_alone(page: Any) -> None:
    with pytest.raises(Transient):
        await source(tenant(customers=page)).customers()


async def test_a_customer_whose_profile_is_odd_is_called_by_its_id() -> None:
    part = await source(tenant(customers={"items": [CUSTOMER | {"companyProfile": "Harbour"}]})).customers()
    assert [(each.id, each.name) for each in part.rows] == [("t-1", "t-1")]


@pytest.mark.parametrize("seats", ["NaN", "Infinity", None, "many", []])
@pytest.mark.requirement("F1: BS_SOURCE_ROW_REFUSED")
async def test_a_subscription_whose_seats_are_no_number_is_refused_and_the_next_one_read(seats: Any) -> None:
    page = {"items": [SUBSCRIPTION | {"quantity": seats}, SUBSCRIPTION | {"id": "s-2"}]}
    reading = await read_source(source(tenant(subscriptions=page)), MARCH, NOW)
    assert [problem.code for problem in reading.problems] == ["BS_SOURCE_ROW_REFUSED"]
    assert "s-2" in {held.id for held in reading.subscriptions}


@pytest.mark.requirement("F1: BS_SOURCE_INCOMPLETE")
@pytest.mark.parametrize(
    "odd",
    [
        {"manifest": {"blobCount": None}},
        {"manifest": {"blobCount": "x"}},
        {"manifest": {"blobCount": 2}},
        {"manifest": {"blobs": 7}},
        {"manifest": {"blobs": {"1": {}}}},
        {"operation": {"status": "failed", "error": "5000"}},
        {"operation": {"status": ["succeeded"], "error": None}},
        {"blob": packed(LINE, ["no", "object"])},
    ],
)
async def test_an_export_that_cannot_be_read_leaves_the_subscriptions(odd: Any) -> None:
    reading = await read_source(source(tenant(**odd)), MARCH, NOW)
    assert {problem.code for problem in reading.problems} == {"BS_SOURCE_INCOMPLETE"}
    assert (len(reading.subscriptions), reading.charges) == (1, ())


@pytest.mark.requirement("F1: BS_SOURCE_INCOMPLETE")
@pytest.mark.parametrize("day", ["soon", "2026-13-01", 7, ["2026-03-01"]])
async def test_an_invoice_whose_period_is_no_date_is_named_and_the_others_read(day: Any) -> None:
    march = {"id": "G2", "billingPeriodStartDate": "2026-03-01", "billingPeriodEndDate": "2026-03-31"}
    page = {"items": [march | {"id": "G1", "billingPeriodStartDate": day}, march]}
    part = await source(tenant(invoices=page)).charges(MARCH)
    assert [(problem.code, problem.place) for problem in part.problems] == [("BS_SOURCE_INCOMPLETE", "G1")]
    assert (len(part.rows), part.complete) == (3, False)


async def test_an_invoice_without_a_period_is_passed_over() -> None:
    page = {"items": [{"id": "G1", "billingPeriodStartDate": None, "billingPeriodEndDate": None}]}
    assert (await source(tenant(invoices=page)).charges(MARCH)).problems == ()


@pytest.mark.parametrize("before", [[], [500], [429], [500, 500], [429, 500]])
async def test_a_token_that_runs_out_is_renewed_whichever_attempt_finds_it_out(before: list[int]) -> None:
    answers, tokens = iter([*before, 401, 200]), Tokens()
    body = wire_bytes({"items": [CUSTOMER]})
    part = await source(lambda _: httpx.Response(next(answers), content=body), tokens).customers()
    assert (len(part.rows), tokens.given) == (1, 2)


async def test_a_renewed_token_that_is_refused_too_is_not_renewed_again() -> None:
    answers, tokens = iter([500, 401, 401]), Tokens()
    with pytest.raises(Waiting) as waiting:
        await source(lambda _: httpx.Response(next(answers)), tokens).customers()
    assert (waiting.value.code, tokens.given) == ("TOKEN_REFUSED", 2)


async def test_a_blob_of_several_members_is_read_to_its_end() -> None:
    other = LINE | {"ReferenceId": "r-2"}
    part = await source(tenant(blob=packed(LINE) + packed(other) + packed(LINE))).charges(MARCH)
    assert (len(part.rows), part.problems) == (6, ())


@pytest.mark.parametrize("rest", [packed(LINE)[:-9], b"no member"], ids=["cut short", "no member"])
async def test_a_blob_whose_last_member_is_damaged_is_not_read_in_part(rest: bytes) -> None:
    part = await source(tenant(blob=packed(LINE) + rest)).charges(MARCH)
    assert (part.rows, {problem.code for problem in part.problems}) == ((), {"BS_SOURCE_INCOMPLETE"})
