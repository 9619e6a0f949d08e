"""How the client speaks, pages, retries, and what it makes of each answer."""

from __future__ import annotations

import base64

import httpx
import pytest
import stamina

from ledgerwire.common.errors import ConfigurationError, Transient, Waiting
from ledgerwire.connectwise.config import ConnectWiseConfig
from ledgerwire.connectwise.errors import RecordMissing
from ledgerwire.connectwise.testing import EXAMPLE, ScriptedServer, reply, scripted_client

CANNOT_ROUTE = reply(b"Cannot route. Codebase/company is invalid", 404)
NOT_FOUND = reply({"code": "NotFound", "message": "Invoice 5 not found"}, 404)
NO_ENDPOINT = reply({"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, 404)


@pytest.fixture(autouse=True)
def _quick_retries():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


async def test_every_call_carries_keys_client_id_and_version() -> None:
    server = ScriptedServer(reply([]))
    async with scripted_client(server) as psa:
        await psa.billing_terms()
    request = server.seen[0]
    assert str(request.url).startswith("https://api-na.myconnectwise.net/v2025_1/apis/3.0/finance/billingTerms?")
    assert request.headers["authorization"] == "Basic " + base64.b64encode(b"acme+pub:priv").decode()
    assert request.headers["clientid"] == "cid"
    assert request.headers["accept"] == "application/vnd.connectwise.com+json; version=2025.1"


@pytest.mark.parametrize(
    ("site", "api"),
    [
        ("na.myconnectwise.net", "api-na.myconnectwise.net"),
        ("https://EU.myconnectwise.net/", "api-eu.myconnectwise.net"),
        ("api-au.myconnectwise.net", "api-au.myconnectwise.net"),
        ("staging.connectwisedev.com", "api-staging.connectwisedev.com"),
        ("sandbox-na.myconnectwise.net", "sandbox-na.myconnectwise.net"),
        ("psa.example.com", "psa.example.com"),
    ],
)
@pytest.mark.requirement("A043")
def test_the_api_host_follows_from_the_site(site: str, api: str) -> None:
    config = ConnectWiseConfig(site, "acme", "pub", "priv", "cid")
    assert config.api_host == api
    assert f"{api}:443" in config.hosts


@pytest.mark.parametrize(
    "site", ["http://na.myconnectwise.net", "na.myconnectwise.net:8443", "a/b", "user@host", "", "ho st", "https://x?y"]
)
@pytest.mark.requirement("A043")
def test_a_site_that_is_no_plain_host_is_refused(site: str) -> None:
    with pytest.raises(ConfigurationError):
        ConnectWiseConfig(site, "acme", "pub", "priv", "cid")


def test_the_private_key_is_not_shown() -> None:
    assert "priv" not in repr(EXAMPLE)


async def test_navigable_pages_follow_the_links_number_and_never_its_host() -> None:
    link = '<https://evil.example/v1/apis/3.0/x?pageSize=1000&page=2>; rel="next", <https://evil.example/x?page=2>; rel="last"'
    server = ScriptedServer(
        reply([{"id": 1}], link=link), reply([{"id": 2}], link='<https://evil.example/x?page=1>; rel="first"')
    )
    async with scripted_client(server) as psa:
        assert [row.id for row in await psa.billing_terms()] == [1, 2]
    assert [request.url.params["page"] for request in server.seen] == ["1", "2"]
    assert {request.url.host for request in server.seen} == {"api-na.myconnectwise.net"}


async def test_a_server_without_links_is_read_until_a_page_is_short() -> None:
    full = [{"id": number} for number in range(1000)]
    server = ScriptedServer(reply(full), reply([{"id": 1000}]))
    async with scripted_client(server) as psa:
        assert len(await psa.billing_terms()) == 1001


@pytest.mark.parametrize(
    "last",
    [reply([], link=""), reply([{"id": 2001, "billingLogId": 7}]), reply([{"id": 2001, "billingLogId": 7}], link="")],
)
async def test_forward_only_pages_go_by_id_and_end(last: httpx.Response) -> None:
    full = [{"id": number, "billingLogId": number} for number in range(1001, 2001)]
    server = ScriptedServer(reply(full, link='<https://x/y?pageId=2000>; rel="next"'), last)
    async with scripted_client(server) as psa:
        rows = await psa.unposted_invoices()
    assert len(rows) >= 1000
    assert [request.url.params["pageId"] for request in server.seen] == ["0", "2000"]
    assert {request.headers["pagination-type"] for request in server.seen} == {"forward-only"}
    assert "orderBy" not in server.seen[0].url.params


async def test_a_forward_list_that_does_not_move_on_stops() -> None:
    full = [{"id": number} for number in range(1, 1001)]
    async with scripted_client(ScriptedServer(reply(full))) as psa:
        with pytest.raises(Transient) as stuck:
            await psa.unposted_invoices()
    assert stuck.value.code == "CONNECTWISE_PAGING_STUCK"


async def test_ids_are_asked_for_in_addresses_below_two_thousand_characters() -> None:
    server = ScriptedServer(reply([]))
    async with scripted_client(server) as psa:
        await psa.unposted_invoices(list(range(100_000, 100_900)))
        await psa.invoice_marks(list(range(100_000, 100_900)))
    assert len(server.seen) > 2
    assert max(len(str(request.url)) for request in server.seen) < 2000
    assert await scripted_client(server).invoices([]) == []


# Code base


async def test_the_code_base_is_asked_for_when_none_is_configured() -> None:
    config = ConnectWiseConfig("na.myconnectwise.net", "ac me", "pub", "priv", "cid")
    server = ScriptedServer(reply({"Codebase": "v2026_2/", "CompanyID": "acme", "IsCloud": "True"}), reply([]))
    async with scripted_client(server, config) as psa:
        await psa.billing_terms()
    assert server.seen[0].url.raw_path == b"/login/companyinfo/ac%20me"
    assert server.seen[1].url.path.startswith("/v2026_2/apis/3.0/")


@pytest.mark.parametrize("gone", [CANNOT_ROUTE, NO_ENDPOINT, reply(b"Cannot route. Codebase/company is invalid", 200)])
async def test_a_changed_code_base_is_noticed_and_the_call_repeated_once(gone: httpx.Response) -> None:
    server = ScriptedServer(gone, reply({"Codebase": "v2026_2/"}), reply([{"id": 1}]))
    async with scripted_client(server) as psa:
        assert len(await psa.billing_terms()) == 1
        assert len(await psa.billing_terms()) == 1
    assert [path.split("/")[1] for path in server.paths] == ["v2025_1", "login", "v2026_2", "v2026_2"]


async def test_a_write_to_an_address_that_does_not_exist_goes_to_the_new_one() -> None:
    server = ScriptedServer(CANNOT_ROUTE, reply({"Codebase": "v2026_2/"}), reply({"transactions": []}, 201))
    async with scripted_client(server) as psa:
        await psa.create_batch("INV-1", [1])
    assert [request.method for request in server.seen] == ["POST", "GET", "POST"]


async def test_an_unchanged_code_base_is_asked_for_at_most_once_a_minute() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return reply({"Codebase": "v2025_1/"}) if "companyinfo" in request.url.path else CANNOT_ROUTE

    server = ScriptedServer(answer)
    async with scripted_client(server) as psa:
        for _ in range(3):
            with pytest.raises(Waiting) as lost:
                await psa.billing_terms()
            assert lost.value.code == "CONNECTWISE_ROUTE_UNKNOWN"
    assert sum("companyinfo" in path for path in server.paths) == 1


async def test_a_missing_record_is_not_taken_for_a_changed_code_base() -> None:
    server = ScriptedServer(NOT_FOUND)
    async with scripted_client(server) as psa:
        with pytest.raises(RecordMissing):
            await psa.gl_entries(5)
    assert len(server.seen) == 1


@pytest.mark.requirement("A046")
@pytest.mark.parametrize("answer", [reply(b"null"), reply(b"null", 404), reply(b" null\n")])
async def test_an_unknown_company_says_so(answer: httpx.Response) -> None:
    config = ConnectWiseConfig("na.myconnectwise.net", "nobody", "pub", "priv", "cid")
    async with scripted_client(ScriptedServer(answer), config) as psa:
        with pytest.raises(Waiting) as unknown:
            await psa.billing_terms()
    assert unknown.value.code == "CONNECTWISE_COMPANY_NOT_FOUND"


@pytest.mark.parametrize("codebase", ["../../evil", "a/b", "", "v1?x", None])
async def test_a_code_base_that_is_no_name_is_not_called(codebase: str | None) -> None:
    config = ConnectWiseConfig("na.myconnectwise.net", "acme", "pub", "priv", "cid")
    server = ScriptedServer(reply({"Codebase": codebase}))
    async with scripted_client(server, config) as psa:
        with pytest.raises(Transient):
            await psa.billing_terms()
    assert all("companyinfo" in path for path in server.paths)
