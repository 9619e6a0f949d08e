"""The OAuth 2.0 token endpoint, as both Xero and Intuit speak it: form body, Basic client authentication, JSON answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from ledgerwire.common.canonical import from_vendor
from ledgerwire.common.errors import LedgerwireError, Transient, Waiting

ASK_AGAIN = timedelta(minutes=5)
"""How soon an endpoint that refuses the app, not the consent, is asked again."""
_TIMEOUT = timedelta(seconds=15)
_OTHER_REFUSALS = {
    *("invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope"),
    *("access_denied", "server_error", "temporarily_unavailable"),
}
_REFUSALS = {400, 401, 403}


class GrantRefusedError(LedgerwireError):
    """The refresh token itself is dead: expired, used or revoked (RFC 6749 §5.2, the only such code)."""

    code = "invalid_grant"


@dataclass(frozen=True, slots=True)
class Grant:
    """A token set as issued; the refresh token is None where the endpoint did not replace it."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in: timedelta


class TokenEndpoint:
    """Turns refresh tokens into access tokens."""

    def __init__(self, http: httpx.AsyncClient, token_url: str) -> None:
        self._http = http
        self._url = token_url

    async def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Grant:
        """Use a refresh token.

        Raises:
            GrantRefusedError: the refresh token is dead.
            Waiting: TOKEN_REFUSED, the endpoint refuses the app or everybody (`invalid_client`,
                `temporarily_unavailable`, …): the consent lives on.
            Transient: no usable answer; a provider keeps the old token usable for this case (Xero: 30 minutes).
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            async with asyncio.timeout(_TIMEOUT.total_seconds()):
                response = await self._http.post(
                    self._url,
                    data=form,
                    auth=httpx.BasicAuth(client_id, client_secret),
                    headers={"Accept": "application/json"},
                )
        except (httpx.RequestError, TimeoutError) as error:
            raise Transient(f"The token endpoint did not answer ({type(error).__name__})") from error
        return _grant(response)


def _grant(response: httpx.Response) -> Grant:
    body = _decoded(response.content)
    if response.status_code in _REFUSALS and isinstance(body.get("error"), str):
        raise _refusal(body["error"])
    access_token, lifetime = body.get("access_token"), body.get("expires_in")
    if response.status_code != 200 or not isinstance(access_token, str) or not isinstance(lifetime, int):
        raise Transient(f"The token endpoint gave no token (HTTP {response.status_code})")
    replaced = body.get("refresh_token")
    return Grant(access_token, replaced if isinstance(replaced, str) else None, timedelta(seconds=lifetime))


def _refusal(said: str) -> GrantRefusedError | Waiting:
    if said == GrantRefusedError.code:
        return GrantRefusedError("The token endpoint calls the refresh token dead")
    # The answer's own texts never enter an exception: an endpoint may echo the token in them.
    named = said if said in _OTHER_REFUSALS else "an error of its own"
    return Waiting(f"The token endpoint gives no token for now: {named}", code="TOKEN_REFUSED", after=ASK_AGAIN)


def _decoded(content: bytes) -> dict[str, Any]:
    try:
        body = from_vendor(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}
