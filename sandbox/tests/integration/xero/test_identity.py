import base64
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest


async def test_a_token_set_holds_exactly_the_documented_members(xero):
    body = (await xero.token(grant_type="refresh_token", refresh_token=xero.tokens["refresh_token"])).json()
    assert set(body) == {"access_token", "expires_in", "token_type", "refresh_token", "scope"}
    assert (body["expires_in"], body["token_type"]) == (1800, "Bearer")


async def test_credentials_come_by_basic_authentication_or_in_the_body(xero):
    form = {"grant_type": "refresh_token", "refresh_token": xero.tokens["refresh_token"]}
    assert (await xero.token(**form)).status_code == 200
    in_body = {**form, "client_id": "app-1", "client_secret": "app-secret"}
    assert (await xero.http.post("/connect/token", data=in_body)).status_code == 200
    wrong = await xero.http.post("/connect/token", data=form, auth=("app-1", "nope"))
    unknown = await xero.http.post("/connect/token", data=form, auth=("nobody", "nope"))
    broken = await xero.http.post("/connect/token", data=form, headers={"Authorization": "Basic !"})
    assert (wrong.status_code, wrong.json()) == (400, {"error": "invalid_client"})
    assert (unknown.status_code, unknown.json()) == (401, {"error": "invalid_client"})
    assert broken.json() == {"error": "invalid_client"}


async def test_a_refresh_token_is_replaced_and_its_predecessor_works_for_thirty_minutes(xero):
    old = xero.tokens["refresh_token"]
    new = (await xero.token(grant_type="refresh_token", refresh_token=old)).json()["refresh_token"]
    assert new != old
    xero.clock.advance(timedelta(minutes=29))
    again = await xero.token(grant_type="refresh_token", refresh_token=old)
    assert again.status_code == 200
    xero.clock.advance(timedelta(minutes=2))
    dead = await xero.token(grant_type="refresh_token", refresh_token=old)
    assert (dead.status_code, dead.json()) == (400, {"error": "invalid_grant"})
    assert (await xero.token(grant_type="refresh_token", refresh_token=again.json()["refresh_token"])).is_success


async def test_a_refresh_token_dies_after_sixty_days(xero):
    xero.clock.advance(timedelta(days=60))
    dead = await xero.token(grant_type="refresh_token", refresh_token=xero.tokens["refresh_token"])
    assert dead.json() == {"error": "invalid_grant"}


async def test_an_expired_access_token_is_told_apart_from_a_wrong_one(xero):
    xero.clock.advance(timedelta(minutes=30))
    expired = await xero.get("Organisation")
    assert expired.status_code == 401
    assert set(expired.json()) == {"Type", "Title", "Status", "Detail", "Instance", "Extensions"}
    assert expired.json()["Detail"].startswith("TokenExpired: token expired at 03/17/2026 09:30:0")
    wrong = await xero.call("GET", "Organisation", headers={"Authorization": "Bearer nonsense"})
    assert (wrong.status_code, wrong.json()["Detail"]) == (401, "AuthenticationUnsuccessful")


async def test_access_tokens_can_be_brought_to_their_end_and_the_refresh_token_still_gives_another(xero):
    assert xero.state.identity.expire_access(xero.clock.now()) == 1
    assert (await xero.get("Organisation")).json()["Detail"].startswith("TokenExpired")
    assert xero.state.identity.expire_access(xero.clock.now()) == 0
    again = (await xero.token(grant_type="refresh_token", refresh_token=xero.tokens["refresh_token"])).json()
    fresh = {"Authorization": f"Bearer {again['access_token']}"}
    assert (await xero.call("GET", "Organisation", headers=fresh)).status_code == 200


async def test_a_scope_that_was_not_granted_is_401_and_a_foreign_tenant_403(xero):
    token = xero.state.identity.consent("reader", xero.clock.now())["access_token"]
    reader = {"Authorization": f"Bearer {token}"}
    assert (await xero.call("GET", "Invoices", headers=reader)).status_code == 200
    for method, path in (("PUT", "Invoices"), ("GET", "Contacts")):
        refused = await xero.call(method, path, {}, headers=reader)
        assert (refused.status_code, refused.json()["Detail"]) == (401, "AuthorizationUnsuccessful")
        assert "insufficient_scope" in refused.headers["WWW-Authenticate"]
    foreign = await xero.call("GET", "Invoices", headers={"xero-tenant-id": "7f1b6d8e-0000-4000-8000-000000000001"})
    assert (foreign.status_code, foreign.json()["Detail"]) == (403, "AuthenticationUnsuccessful")


async def test_connections_list_the_organisation_until_it_is_disconnected(xero):
    (connection,) = (await xero.http.get("/connections", headers=xero.headers)).json()
    assert set(connection) == {
        "id", "authEventId", "tenantId", "tenantType", "tenantName", "createdDateUtc", "updatedDateUtc",
    }  # fmt: skip
    assert connection["tenantId"] == xero.state.tenant_id
    gone = await xero.http.delete(f"/connections/{connection['id']}", headers=xero.headers)
    assert gone.status_code == 204
    assert (await xero.http.get("/connections", headers=xero.headers)).json() == []
    assert (await xero.get("Organisation")).status_code == 403
    assert (await xero.token(grant_type="refresh_token", refresh_token=xero.tokens["refresh_token"])).is_success
    assert (await xero.http.get("/connections")).status_code == 401


async def test_revocation_ends_the_consent(xero):
    token = xero.tokens["refresh_token"]
    answer = await xero.http.post("/connect/revocation", data={"token": token}, auth=("app-1", "app-secret"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await xero.token(grant_type="refresh_token", refresh_token=token)).json() == {"error": "invalid_grant"}
    assert (await xero.get("Organisation")).status_code == 403


async def test_a_person_can_end_every_consent_of_an_app(xero):
    assert xero.state.identity.revoke_all("app-1") == 1
    assert (await xero.get("Organisation")).status_code == 403


async def test_the_revoked_token_fault_fires_at_both_doors(xero):
    xero.arm("revoked_token", times=2)
    dead = await xero.token(grant_type="refresh_token", refresh_token=xero.tokens["refresh_token"])
    assert (dead.status_code, dead.json()) == (400, {"error": "invalid_grant"})
    assert (await xero.get("Organisation")).status_code == 403
    assert (await xero.get("Organisation")).status_code == 200
    assert [entry.fault for entry in xero.journal.entries()] == ["revoked_token", "revoked_token", None]


async def test_a_custom_connection_needs_neither_refresh_token_nor_tenant(xero):
    form = {"grant_type": "client_credentials", "scope": "accounting.invoices"}
    body = (await xero.http.post("/connect/token", data=form, auth=("custom", "cs"))).json()
    assert set(body) == {"access_token", "expires_in", "token_type", "scope"}
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    assert (await xero.http.get("/api.xro/2.0/Invoices", headers=bearer)).status_code == 200
    wide = {**form, "scope": "accounting.budgets"}
    refused = await xero.http.post("/connect/token", data=wide, auth=("custom", "cs"))
    assert refused.json() == {
        "error": "invalid_scope",
        "error_description": "Client credentials scope validation failed",
    }
    other = await xero.token(**form)
    assert other.json() == {"error": "unauthorized_client"}


@pytest.mark.parametrize("late", [False, True])
async def test_a_code_is_good_once_within_five_minutes_and_with_its_verifier(xero, late):
    verifier = "v" * 43
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": "app-1",
        "redirect_uri": "http://localhost:9/cb",
        "state": "s",
        "scope": "openid offline_access accounting.invoices",
        "code_challenge": challenge,
    }
    back = await xero.http.get("/identity/connect/authorize", params=query)
    answer = parse_qs(urlsplit(back.headers["location"]).query)
    assert (back.status_code, answer["state"]) == (302, ["s"])
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": "http://localhost:9/cb"}
    if late:
        xero.clock.advance(timedelta(minutes=5))
        assert (await xero.token(**form, code_verifier=verifier)).json() == {"error": "invalid_grant"}
        return
    body = (await xero.token(**form, code_verifier=verifier)).json()
    assert body["id_token"]
    assert (await xero.token(**form, code_verifier=verifier)).json() == {"error": "invalid_grant"}


async def test_an_unknown_grant_is_refused(xero):
    assert (await xero.token(grant_type="password")).json() == {"error": "unsupported_grant_type"}
    assert (await xero.http.get("/identity/connect/authorize")).status_code == 400
