"""The token endpoint: app-only tokens, and the signed-in user's refresh tokens, which are replaced as they are used."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledgerwire.sandbox.partnercenter.wire import Json

LIFE = timedelta(seconds=3_600)
REFRESH_LIFE = timedelta(days=90)


class OAuthError(Exception):
    """A refusal by its RFC 6749 code."""


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for."""

    expires: datetime
    app_only: bool


class Identity:
    """The memory of the token endpoint; every method takes the present virtual moment."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, datetime] = {}

    def consent(self, now: datetime) -> Json:
        """What a person's sign-in ends in."""
        return self._issue(now, app_only=False, refresh=self._fresh(now))

    def grant(self, form: dict[str, str], now: datetime, *, rotates: bool) -> Json:
        """A token by either grant. Raises OAuthError."""
        known = form.get("client_id") == self.client_id
        if not known or not hmac.compare_digest(form.get("client_secret", ""), self.client_secret):
            raise OAuthError("invalid_client")
        if form.get("grant_type") == "client_credentials":
            return self._issue(now, app_only=True, refresh=None)
        if form.get("grant_type") != "refresh_token":
            raise OAuthError("unsupported_grant_type")
        sent = form.get("refresh_token", "")
        if self._refresh.get(sent, now) <= now:
            raise OAuthError("invalid_grant")
        if not rotates:
            self._refresh[sent] = now + REFRESH_LIFE
            return self._issue(now, app_only=False, refresh=None)
        del self._refresh[sent]
        return self._issue(now, app_only=False, refresh=self._fresh(now))

    def access(self, token: str, now: datetime) -> Access | None:
        """What a token stands for while it lives."""
        found = self._access.get(token)
        return found if found and found.expires > now else None

    def revoke_all(self) -> None:
        """The person's password changed: every refresh token is dead, access tokens live out their hour."""
        self._refresh.clear()

    def _fresh(self, now: datetime) -> str:
        value = f"0.{secrets.token_urlsafe(48)}"
        self._refresh[value] = now + REFRESH_LIFE
        return value

    def _issue(self, now: datetime, *, app_only: bool, refresh: str | None) -> Json:
        token = secrets.token_urlsafe(64)
        self._access[token] = Access(now + LIFE, app_only)
        seconds = str(int(LIFE.total_seconds()))
        body: Json = {
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "expires_on": str(int((now + LIFE).timestamp())),
            "resource": "https://api.partnercenter.microsoft.com",
            "access_token": token,
        }
        return body | ({"scope": "user_impersonation", "refresh_token": refresh} if refresh else {})
