import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

CLIENT, SECRET = "qb-app", "qb-secret"


async def _refresh(books, value):
    return await books.token(grant_type="refresh_token", refresh_token=value)


async def test_the_refresh_value_changes_once_a_day_and_the_old_one_is_dead(books):
    first = books.tokens["refresh_token"]
    same = await _refresh(books, first)
    assert same.json()["refresh_token"] == first
    assert (same.json()["expires_in"], same.json()["x_refresh_token_expires_in"]) == (3600, 8726400)
    assert same.json()["access_token"] != books.tokens["access_token"]
    books.clock.advance(timedelta(hours=24))
    fresh = await _refresh(books, first)
    assert fresh.json()["refresh_token"] != first
    dead = await _refresh(books, first)
    assert (dead.status_code, dead.json()["error"]) == (400, "invalid_grant")
    assert dead.json()["error_description"] == "Incorrect or invalid refresh token"
    books.state.switches.change({"refresh_overlap_seconds": 3600})
    assert (await _refresh(books, first)).status_code == 200


async def test_a_refresh_value_not_used_for_101_days_dies(books):
    books.clock.advance(timedelta(seconds=8726400))
    assert (await _refresh(books, books.tokens["refresh_token"])).status_code == 400


async def test_a_client_needs_its_own_credentials(books):
    form = {"grant_type": "refresh_token", "refresh_token": books.tokens["refresh_token"]}
    for auth in ((CLIENT, "wrong"), ("stranger", SECRET)):
        answer = await books.token(auth, **form)
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert (await books.token(grant_type="password")).json()["error"] == "unsupported_grant_type"


async def test_a_user_consents_in_the_browser_and_the_code_works_once(books):
    query = {
        "client_id": CLIENT,
        "redirect_uri": "https://us.example/back",
        "response_type": "code",
        "scope": "com.intuit.quickbooks.accounting",
        "state": "xyz",
    }
    sent_back = await books.http.get("/connect/oauth2", params=query)
    given = parse_qs(urlsplit(sent_back.headers["location"]).query)
    assert (given["realmId"], given["state"]) == ([books.state.realm_id], ["xyz"])
    form = {"grant_type": "authorization_code", "code": given["code"][0], "redirect_uri": query["redirect_uri"]}
    assert (await books.token(**form)).json()["token_type"] == "bearer"
    assert (await books.token(**form)).json()["error"] == "invalid_grant"
    assert (await books.http.get("/connect/oauth2", params={**query, "client_id": "x"})).status_code == 400
    assert (await books.http.get("/connect/oauth2", params={**query, "scope": "openid"})).status_code == 400


async def test_the_hard_end_of_a_consent_is_told_on_request(books):
    form = {"grant_type": "refresh_token", "refresh_token": books.tokens["refresh_token"]}
    asked = {"x-include-refresh-token-hard-expires-in": "true"}
    answer = await books.http.post("/oauth2/v1/tokens/bearer", data=form, auth=(CLIENT, SECRET), headers=asked)
    assert answer.json()["x_refresh_token_hard_expires_in"] > 8726400
    assert "x_refresh_token_hard_expires_in" not in (await books.token(**form)).json()


async def test_discovery_names_the_endpoints_of_this_host(books):
    for name in ("openid_configuration", "openid_sandbox_configuration"):
        told = (await books.http.get(f"/.well-known/{name}")).json()
        assert told["token_endpoint"] == "http://quickbooks.test/oauth2/v1/tokens/bearer"


async def test_a_revoked_consent_ends_every_token(books):
    revoke = {"token": books.tokens["refresh_token"]}
    answer = await books.http.post("/v2/oauth2/tokens/revoke", json=revoke, auth=(CLIENT, SECRET))
    assert answer.status_code == 200
    assert (await books.get("preferences")).status_code == 401
    assert (await _refresh(books, books.tokens["refresh_token"])).json()["error"] == "invalid_grant"
    unknown = await books.http.post("/v2/oauth2/tokens/revoke", data={"token": "x"}, auth=(CLIENT, SECRET))
    assert unknown.status_code == 400
    for content in ("[1", "{"):
        odd = await books.http.post("/v2/oauth2/tokens/revoke", content=content, auth=(CLIENT, SECRET))
        assert odd.status_code == 400


async def test_a_token_that_ran_out_gets_the_lower_case_envelope(books):
    books.clock.advance(timedelta(seconds=3600))
    answer = await books.get("preferences")
    [error] = answer.json()["fault"]["error"]
    assert (answer.status_code, error["code"], answer.json()["fault"]["type"]) == (401, "3200", "AUTHENTICATION")
    assert error["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    assert error["detail"].startswith("Token expired")
    assert "Fault" not in answer.json()
    assert answer.headers["intuit_tid"]
    missing = await books.http.get(books.path("preferences"))
    assert missing.status_code == 401


async def test_another_company_is_out_of_reach(books):
    answer = await books.http.get(books.path("preferences", realm="123"), headers=books.headers)
    assert (answer.status_code, answer.json()["fault"]["error"][0]["code"]) == (403, "3100")


async def test_an_answer_is_xml_unless_json_is_asked_for(books):
    answer = await books.http.get(books.path("term/1"), headers={**books.headers, "Accept": "*/*"})
    root = ET.fromstring(answer.text)  # noqa: S314 - our own answer
    assert root.find("{*}Term/{*}DueDays").text == "14"
    assert answer.headers["content-type"].startswith("application/xml")


async def test_ten_calls_a_second_then_a_throttle_in_xml(make_books):
    books = make_books(switches={"second_limit": 2})
    books.clock.set(books.clock.now())
    answers = [await books.get("term/1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    root = ET.fromstring(answers[2].text)  # noqa: S314 - our own answer
    error = root.find("{*}Fault/{*}Error")
    assert (error.get("code"), root.find("{*}Fault").get("type")) == ("3001", "SERVICE")
    books.state.switches.change({"throttle_format": "json"})
    assert (await books.get("term/1")).json()["Fault"]["Error"][0]["code"] == "3001"
    books.clock.advance(timedelta(seconds=1))
    assert (await books.get("term/1")).status_code == 200


@pytest.mark.parametrize(("switches", "path"), [({"minute_limit": 1}, "query"), ({"batch_minute_limit": 1}, "batch")])
async def test_calls_and_batches_are_limited_by_the_minute(make_books, switches, path):
    books = make_books(switches=switches)
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select * from Term"}]}

    async def call():
        if path == "batch":
            return await books.post("batch", body)
        return await books.get("query", query="select * from Term")

    assert [(await call()).status_code for _ in range(2)] == [200, 429]
    books.clock.advance(timedelta(seconds=60))
    assert (await call()).status_code == 200


async def test_too_many_calls_at_once_are_throttled(make_books):
    books = make_books(switches={"concurrent_limit": 1})
    assert books.state.limits.enter()
    assert (await books.get("term/1")).status_code == 429
    books.state.limits.leave()
    assert (await books.get("term/1")).status_code == 200


async def test_faults_of_the_wire_speak_as_the_vendor_does(books):
    books.arm("429")
    assert "<Fault" in (await books.get("term/1")).text
    books.state.switches.change({"throttle_format": "json"})
    books.arm("429")
    assert (await books.get("term/1")).json()["Fault"]["type"] == "SERVICE"
    books.arm("500_after")
    assert (await books.post("invoice", books.invoice("A"))).status_code == 500
    assert await books.query("select count(*) from Invoice") == {"totalCount": 1}
    books.arm("500_before")
    assert (await books.post("invoice", books.invoice("B"))).status_code == 500
    assert await books.query("select count(*) from Invoice") == {"totalCount": 1}


async def test_faults_of_the_server_are_played_and_journaled(books):
    books.arm("revoked_token", path_regex="tokens/bearer")
    assert (await _refresh(books, books.tokens["refresh_token"])).json()["error"] == "invalid_grant"
    books.arm("revoked_token")
    assert (await books.get("term/1")).status_code == 401
    books.arm("closed_period")
    assert await books.code("invoice", books.invoice("A")) == "6210"
    books.arm("wrong_total", params={"by": "0.02"})
    made = await books.saved("invoice", books.invoice("A"))
    assert str(made["TotalAmt"]) == "110.02"
    books.arm("hidden_error")
    hidden = await books.post("invoice", books.invoice("B"))
    assert (hidden.status_code, hidden.json()["Fault"]["Error"][0]["code"]) == (200, "6000")
    books.arm("hidden_error", params={"saved": True})
    assert await books.code("invoice", books.invoice("C")) == "6000"
    found = await books.query("select DocNumber from Invoice orderby DocNumber")
    assert [row["DocNumber"] for row in found["Invoice"]] == ["A", "C"]
    fired = [entry.fault for entry in books.journal.entries("quickbooks") if entry.fault]
    assert fired == ["revoked_token", "revoked_token", "closed_period", "wrong_total", "hidden_error", "hidden_error"]


async def test_a_broken_basic_header_is_no_client(books):
    for header in ("Basic %%%", "Bearer x"):
        answer = await books.http.post("/oauth2/v1/tokens/bearer", data={}, headers={"Authorization": header})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_every_answer_takes_as_long_as_the_switch_says(make_books):
    books = make_books(switches={"latency_seconds": 0.02, "limits_enabled": False})
    loop = asyncio.get_running_loop()
    started = loop.time()
    assert (await books.get("term/1")).status_code == 200
    assert loop.time() - started >= 0.02
